"""Prompts that members suggested: theirs, sealed for them, until one is taken into the queue."""

import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import Field, SQLModel, col, select

from storage.personal import Personal
from storage.transaction import Transaction

_BODY = "suggestion.body"
# waiting: for a moderator; asked: its author is, about an edit; the others are ends.
OPEN = ("waiting", "asked")


class Suggestion(SQLModel, table=True):
    """A suggestion: its wordings, the wished credit and a reason are sealed for its author."""

    __tablename__ = "suggestion"
    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    state: str  # waiting, asked, approved, declined, withdrawn
    prompt_id: str | None = Field(
        default=None, foreign_key="prompt.id", ondelete="SET NULL", index=True
    )
    revision: int
    body: bytes


class Suggestions:
    """The suggestions of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def add(self, id_: str, subject: str, community: str, body: Mapping[str, Any]) -> Suggestion:
        """Keep a new suggestion."""
        row = Suggestion(
            id=id_,
            subject_id=subject,
            community_id=community,
            state="waiting",
            revision=0,
            body=self._sealed(body, subject),
        )
        self.tx.session.add(row)
        self.tx.session.flush()
        return row

    def save(self, row: Suggestion, body: Mapping[str, Any] | None = None) -> None:
        """Keep a changed suggestion; who looked at it before finds another revision."""
        if body is not None:
            row.body = self._sealed(body, row.subject_id)
        row.revision += 1
        self.tx.session.add(row)
        self.tx.session.flush()

    def get(self, id_: str) -> Suggestion | None:
        """Return one; None where its author was erased."""
        return self.tx.session.get(Suggestion, id_)

    def body(self, row: Suggestion) -> dict[str, Any]:
        """Return the wordings (`text`, `history`), the wished `credit`, and a `reason`."""
        body: dict[str, Any] = json.loads(self.tx.open(_BODY, row.body, row.subject_id))
        return body

    def waiting(self, community: str) -> list[Suggestion]:
        """Return what waits for a community's moderators, by id: nobody waits in the order in
        which they came.
        """
        query = select(Suggestion).where(
            Suggestion.community_id == community, Suggestion.state == "waiting"
        )
        return list(self.tx.session.exec(query.order_by(Suggestion.id)))

    def of(self, subject: str, community: str) -> list[Suggestion]:
        """Return what somebody suggested here."""
        query = select(Suggestion).where(
            Suggestion.subject_id == subject, Suggestion.community_id == community
        )
        return list(self.tx.session.exec(query.order_by(Suggestion.id)))

    def behind(self, prompt: str) -> Suggestion | None:
        """Return the suggestion that a prompt was made of, while its author is there."""
        query = select(Suggestion).where(col(Suggestion.prompt_id) == prompt)
        return self.tx.session.exec(query).first()

    def _sealed(self, body: Mapping[str, Any], subject: str) -> bytes:
        return self.tx.seal(_BODY, json.dumps(dict(body)), subject)


def _export(tx: Transaction, row: Suggestion) -> dict[str, Any]:
    return {"community": row.community_id, "state": row.state, **Suggestions(tx).body(row)}


PERSONAL = (Personal(Suggestion, "suggestions", _export),)
