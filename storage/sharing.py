"""Thoughts that are shared without a name: no member, no order, no time finer than the week.

A row is found by the digest of its withdrawal code alone. Bands of a month are kept, so that
asking twice within it cannot tell who came in between.
"""

from datetime import date

from sqlmodel import Field, SQLModel, col, delete, func, select

from storage.store import Transaction
from storage.tables import Community, Membership, Schedule

_TEXT = "shared_thought.text"


class SharedThought(SQLModel, table=True):
    """A thought that waits until there are enough of them."""

    __tablename__ = "shared_thought"
    # Without row numbers, which would tell in which order the rows came.
    __table_args__ = {"sqlite_with_rowid": False}
    code: str = Field(primary_key=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    week: date
    text: bytes


class MonthBand(SQLModel, table=True):
    """What a number about people was in a calendar month, as a band."""

    __tablename__ = "month_band"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    month: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    band: str


class Sharing:
    """What was staged to be shared."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def stage(self, code: str, community: str, week: date, text: str) -> int:
        """Keep a thought until it is released; return how many wait now."""
        row = SharedThought(
            code=self._digest(code), community_id=community, week=week, text=self._sealed(text)
        )
        self.tx.session.add(row)
        self.tx.session.flush()
        return self.count(community)

    def withdraw(self, code: str, community: str) -> bool:
        """Take a thought back by its code; False where nothing waits under it."""
        row = self.tx.session.get(SharedThought, self._digest(code))
        if row is None or row.community_id != community:
            return False
        self.tx.session.delete(row)
        self.tx.session.flush()
        return True

    def count(self, community: str) -> int:
        """Return how many wait."""
        query = select(func.count()).select_from(SharedThought)
        return self.tx.session.exec(query.where(SharedThought.community_id == community)).one()

    def release(self, community: str) -> list[str]:
        """Take all that wait out, in the order of their digests, which says nothing."""
        query = select(SharedThought).where(SharedThought.community_id == community)
        rows = self.tx.session.exec(query.order_by(SharedThought.code)).all()
        texts = [self.tx.open(_TEXT, row.text) for row in rows]
        for row in rows:
            self.tx.session.delete(row)
        community_row = self.tx.session.get_one(Community, community)
        community_row.share_round += 1
        self.tx.session.add(community_row)
        self.tx.session.flush()
        return texts

    def expire(self, before: date) -> None:
        """Delete what was not released in time."""
        self.tx.session.exec(delete(SharedThought).where(col(SharedThought.week) < before))

    def _sealed(self, text: str) -> bytes:
        return self.tx.seal(_TEXT, text)

    def _digest(self, code: str) -> str:
        return self.tx.vault.digest("share", code)


class Numbers:
    """Numbers about people, which leave the store as bands only."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def members(self, community: str) -> int:
        """Return how many are here."""
        query = select(func.count()).select_from(Membership)
        here = query.where(Membership.community_id == community, col(Membership.here).is_(True))
        return self.tx.session.exec(here).one()

    def planned(self, community: str, kind: str) -> int:
        """Return how many members have a schedule of a kind."""
        query = select(func.count(func.distinct(col(Schedule.subject_id)))).where(
            Schedule.community_id == community, Schedule.kind == kind
        )
        return self.tx.session.exec(query).one()

    def band(self, community: str, month: str, name: str) -> str | None:
        """Return the band that was kept of a month."""
        row = self.tx.session.get(MonthBand, (community, month, name))
        return row.band if row else None

    def keep(self, community: str, month: str, name: str, band: str) -> None:
        """Keep a band for the rest of its month."""
        row = MonthBand(community_id=community, month=month, name=name, band=band)
        self.tx.session.add(row)
        self.tx.session.flush()
