"""Thoughts that are shared without a name: no member, no order, no time finer than the week.

A row is found by the digest of its withdrawal code alone.
"""

from datetime import date

from sqlmodel import Field, SQLModel, col, delete, func, select

from storage.tables import Community
from storage.transaction import Transaction

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
