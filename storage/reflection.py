"""People's own words: sealed whole, the day and the question included."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Field, SQLModel, col, func, select

from storage.personal import Personal
from storage.transaction import Transaction

_BODY = "thought.body"


class ThoughtRow(SQLModel, table=True):
    """One thought; when and to what it was written is sealed with it."""

    __tablename__ = "thought"
    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    body: bytes


_NEWEST = (
    select(func.max(ThoughtRow.seq))
    .where(col(ThoughtRow.subject_id).in_(bindparam("subjects", expanding=True)))
    .group_by(col(ThoughtRow.subject_id), col(ThoughtRow.community_id))
)
_LAST = select(ThoughtRow).where(col(ThoughtRow.seq).in_(_NEWEST))


@dataclass(frozen=True, slots=True)
class Thought:
    """What somebody wrote for themselves: `at` (ISO, UTC), `text`, and the question where there
    was one.
    """

    id: str
    body: Mapping[str, Any]


class Thoughts:
    """The thoughts of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def keep(self, id_: str, subject: str, community: str, body: Mapping[str, Any]) -> None:
        """Keep a thought."""
        row = ThoughtRow(
            id=id_,
            subject_id=subject,
            community_id=community,
            body=self.tx.seal(_BODY, json.dumps(dict(body)), subject),
        )
        self.tx.session.add(row)
        self.tx.known[ThoughtRow, subject, community] = row

    def last(self, subject: str, community: str) -> Thought | None:
        """Return somebody's newest thought."""
        known, key = self.tx.known, (ThoughtRow, subject, community)
        if key not in known and (ThoughtRow, subject) not in known:
            self.fetch([subject])
        row: ThoughtRow | None = known.get(key)
        if row is None:
            return None
        return Thought(row.id, json.loads(self.tx.open(_BODY, row.body, subject)))

    def fetch(self, subjects: Collection[str]) -> None:
        """Read the newest thoughts of these people, for a transaction that needs many."""
        self.tx.known.update(((ThoughtRow, subject), None) for subject in subjects)
        for row in self.tx.session.scalars(_LAST, {"subjects": list(subjects)}):
            self.tx.known[ThoughtRow, row.subject_id, row.community_id] = row

    def of(self, subject: str, community: str) -> list[Thought]:
        """Return somebody's thoughts, the oldest first."""
        query = select(ThoughtRow).where(
            ThoughtRow.subject_id == subject, ThoughtRow.community_id == community
        )
        return [
            Thought(row.id, json.loads(self.tx.open(_BODY, row.body, subject)))
            for row in self.tx.session.exec(query.order_by(col(ThoughtRow.seq)))
        ]


def _export(tx: Transaction, row: ThoughtRow) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(tx.open(_BODY, row.body, row.subject_id))
    return {"community": row.community_id, **body}


PERSONAL = (Personal(ThoughtRow, "thoughts", _export),)
