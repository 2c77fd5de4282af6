"""Weekly prompts that moderators added, and what was posted when."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BindParameter, UniqueConstraint, bindparam
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.personal import Personal
from storage.transaction import Transaction

_TEXTS = "prompt.texts"
Row = TypeVar("Row", bound=SQLModel)


class Prompt(SQLModel, table=True):
    """A prompt of the community's own; the texts are sealed, because a person typed them."""

    __tablename__ = "prompt"
    id: str = Field(primary_key=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    author_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    kind: str
    state: str  # approved, posted, removed; retired: of the library, and not drawn again
    position: int
    texts: bytes


class Posting(SQLModel, table=True):
    """A prompt that was given to the outbox: once for each due moment of its schedule."""

    __tablename__ = "posting"
    __table_args__ = (UniqueConstraint("schedule_id", "due"),)
    id: str = Field(primary_key=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    schedule_id: str
    due: datetime
    prompt_id: str
    kind: str
    delivery_key: str = Field(unique=True)


_IN: BindParameter[Any] = bindparam("communities", expanding=True)
_MANY: Mapping[type[SQLModel], SelectOfScalar[Any]] = {
    Prompt: select(Prompt)
    .where(col(Prompt.community_id).in_(_IN), col(Prompt.state) != "removed")
    .order_by(col(Prompt.position), col(Prompt.id)),
    Posting: select(Posting)
    .where(col(Posting.community_id).in_(_IN))
    .order_by(col(Posting.due), col(Posting.id)),
}


class PromptRows:
    """The prompts of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def add(self, row: Prompt, texts: Mapping[str, Any]) -> None:
        """Keep a prompt of the community's own."""
        self.save(row, texts)

    def own(self, community: str) -> list[Prompt]:
        """Return the community's own prompts that were not removed, in order."""
        return self._known(Prompt, community)

    def retired(self, community: str) -> set[str]:
        """Return the ids of the library's prompts that are not drawn again here."""
        rows = [row for row in self.own(community) if row.state == "retired"]
        return {str(self.texts(row)["base"]) for row in rows}

    def texts(self, row: Prompt) -> dict[str, Any]:
        """Return a prompt's title and text, what they were before (`history`), and the prompt of
        the library that it was made from (`base`).
        """
        texts: dict[str, Any] = json.loads(self.tx.open(_TEXTS, row.texts))
        return texts

    def save(self, row: Prompt, texts: Mapping[str, Any] | None = None) -> None:
        """Keep a changed prompt."""
        if texts is not None:
            row.texts = self.tx.seal(_TEXTS, json.dumps(dict(texts)))
        self.tx.session.add(row)
        self.tx.known.pop((Prompt, row.community_id), None)

    def post(self, row: Posting) -> None:
        """Note that a prompt goes out."""
        self.tx.session.add(row)
        self.tx.known.pop((Posting, row.community_id), None)

    def unpost(self, key: str) -> None:
        """Take a posting back that never stood in its room: its prompt is there for another time.

        `key`: that of its delivery.
        """
        row = self.tx.session.scalar(select(Posting).where(Posting.delivery_key == key))
        if row is None:
            return
        own = self.tx.session.get(Prompt, row.prompt_id)
        if own is not None and own.state == "posted":
            own.state = "approved"
            self.save(own)
        self.tx.session.delete(row)
        self.tx.known.pop((Posting, row.community_id), None)

    def postings(self, community: str) -> list[Posting]:
        """Return what was posted, the oldest first."""
        return self._known(Posting, community)

    def fetch(self, communities: Collection[str]) -> None:
        """Read what these communities have and had, for a transaction that needs many."""
        for kind, query in _MANY.items():
            self.tx.known.update(((kind, community), []) for community in communities)
            for row in self.tx.session.scalars(query, {"communities": list(communities)}):
                self.tx.known[kind, row.community_id].append(row)

    def _known(self, kind: type[Row], community: str) -> list[Row]:
        if (kind, community) not in self.tx.known:
            self.fetch([community])
        return list(self.tx.known[kind, community])

    def posting(self, id_: str) -> Posting | None:
        """Return one posting."""
        return self.tx.session.get(Posting, id_)


def _export(tx: Transaction, row: Prompt) -> dict[str, Any]:
    texts = json.loads(tx.open(_TEXTS, row.texts))
    texts.pop("history", None)  # other people's wordings, too
    return {"community": row.community_id, "state": row.state, **texts}


PERSONAL = (Personal(Prompt, "prompts", _export, column="author_id", keep="unnamed"),)
