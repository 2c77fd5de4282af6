"""Quiet periods of a community: holidays and quiet weeks, in which nothing comes by itself."""

from datetime import date

from sqlmodel import col, select

from storage.store import Transaction
from storage.tables import QuietPeriod


class QuietPeriods:
    """The quiet periods of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def of(self, community: str, since: date = date.min) -> list[QuietPeriod]:
        """Return a community's periods that end on this day or later, the earliest first."""
        known, key = self.tx.known, (QuietPeriod, community, since)
        if key not in known:
            query = select(QuietPeriod).where(
                QuietPeriod.community_id == community, QuietPeriod.last_day >= since
            )
            ordered = query.order_by(col(QuietPeriod.first_day), QuietPeriod.id)
            known[key] = self.tx.session.exec(ordered).all()
        return list(known[key])

    def add(self, row: QuietPeriod) -> None:
        """Keep a period."""
        self.tx.session.add(row)
        self.tx.session.flush()
        self.tx.known.clear()

    def remove(self, id_: str) -> None:
        """Forget a period."""
        row = self.tx.session.get(QuietPeriod, id_)
        if row is not None:
            self.tx.session.delete(row)
            self.tx.session.flush()
            self.tx.known.clear()
