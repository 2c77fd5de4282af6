"""The store: tables, transactions and sealing; the only place that speaks SQL."""
