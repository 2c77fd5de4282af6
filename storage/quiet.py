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
        query = select(QuietPeriod).where(
            QuietPeriod.community_id == community, QuietPeriod.last_day >= since
        )
        return list(
            self.tx.session.exec(query.order_by(col(QuietPeriod.first_day), QuietPeriod.id))
        )

    def add(self, row: QuietPeriod) -> None:
        """Keep a period."""
        self.tx.session.add(row)
        self.tx.session.flush()

    def remove(self, id_: str) -> None:
        """Forget a period."""
        row = self.tx.session.get(QuietPeriod, id_)
        if row is not None:
            self.tx.session.delete(row)
            self.tx.session.flush()
