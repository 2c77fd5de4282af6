"""Numbers about people, kept as the bands of a calendar month.

A band is kept for its month, so that asking twice within it cannot tell who came in between.
"""

from sqlmodel import Field, SQLModel, col, func, select

from storage.tables import Membership
from storage.transaction import Transaction


class MonthBand(SQLModel, table=True):
    """What a number about people was in a calendar month, as a band."""

    __tablename__ = "month_band"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    month: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    band: str


class Numbers:
    """The bands of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def members(self, community: str) -> int:
        """Return how many are here."""
        query = select(func.count()).select_from(Membership)
        here = query.where(Membership.community_id == community, col(Membership.here).is_(True))
        return self.tx.session.exec(here).one()

    def band(self, community: str, month: str, name: str) -> str | None:
        """Return the band that was kept of a month."""
        row = self.tx.session.get(MonthBand, (community, month, name))
        return row.band if row else None

    def keep(self, community: str, month: str, name: str, band: str) -> None:
        """Keep a band for the rest of its month."""
        row = MonthBand(community_id=community, month=month, name=name, band=band)
        self.tx.session.add(row)
        self.tx.session.flush()
