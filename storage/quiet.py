"""Quiet periods of a community: holidays and quiet weeks, in which nothing comes by itself."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import bindparam
from sqlmodel import col, select

from storage.tables import QuietPeriod
from storage.transaction import Transaction

_MANY = (
    select(QuietPeriod)
    .where(col(QuietPeriod.community_id).in_(bindparam("communities", expanding=True)))
    .order_by(col(QuietPeriod.first_day), col(QuietPeriod.id))
)


class QuietPeriods:
    """The quiet periods of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def of(self, community: str, since: date = date.min) -> list[QuietPeriod]:
        """Return a community's periods that end on this day or later, the earliest first."""
        if (QuietPeriod, community) not in self.tx.known:
            self.fetch([community])
        return [row for row in self.tx.known[QuietPeriod, community] if row.last_day >= since]

    def fetch(self, communities: Collection[str]) -> None:
        """Read the periods of these communities at once, for a transaction that needs many."""
        known = self.tx.known
        known.update(((QuietPeriod, community), []) for community in communities)
        for row in self.tx.session.scalars(_MANY, {"communities": list(communities)}):
            known[QuietPeriod, row.community_id].append(row)

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
