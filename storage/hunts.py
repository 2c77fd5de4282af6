"""Hunts as they were when somebody began them, the community's own, and clues for the next person.

What moderators and members typed is sealed with the store's key, like all that people type.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import Field, SQLModel, col, select

from storage.personal import Personal
from storage.transaction import Transaction

_BODY = "hunt_edition.body"
_CLUE = "hunt_clue.text"


class HuntEdition(SQLModel, table=True):
    """A hunt as it was read: who begins it finishes it so, whatever becomes of the file.

    `own`: the community's own, edited in chat; `current`: it is on offer in place of a shipped one.
    """

    __tablename__ = "hunt_edition"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    digest: str = Field(primary_key=True)
    hunt_id: str
    version: int
    own: bool
    current: bool
    body: bytes


class HuntClue(SQLModel, table=True):
    """A line that somebody leaves for the next person; shown once a moderator has read it."""

    __tablename__ = "hunt_clue"
    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    author_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    hunt_id: str
    state: str  # waiting, approved
    text: bytes


class HuntRows:
    """The hunts of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def edition(self, community: str, digest: str) -> dict[str, Any] | None:
        """Return a hunt as it was when somebody began it."""
        row = self.tx.session.get(HuntEdition, (community, digest))
        return self._opened(row) if row else None

    def own(self, community: str) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return the community's own hunts that are on offer, by id: digest and body."""
        query = select(HuntEdition).where(
            HuntEdition.community_id == community, col(HuntEdition.current).is_(True)
        )
        rows = self.tx.session.exec(query.order_by(HuntEdition.hunt_id))
        return {row.hunt_id: (row.digest, self._opened(row)) for row in rows}

    def keep(
        self, community: str, digest: str, body: Mapping[str, Any], *, own: bool = False
    ) -> None:
        """Keep a hunt as it is now; `own`: from now on it is on offer here."""
        if own:
            self.withdraw(community, str(body["id"]))
        row = self.tx.session.get(HuntEdition, (community, digest))
        if row is None:
            sealed = self.tx.seal(_BODY, json.dumps(dict(body), ensure_ascii=False))
            row = HuntEdition(
                community_id=community,
                digest=digest,
                hunt_id=str(body["id"]),
                version=int(body["version"]),
                own=own,
                current=own,
                body=sealed,
            )
        elif own:
            row.own = row.current = True
        self.tx.session.add(row)
        self.tx.session.flush()

    def withdraw(self, community: str, hunt: str) -> bool:
        """Let the community's own hunt be on offer no longer; who is on it finishes it."""
        query = select(HuntEdition).where(
            HuntEdition.community_id == community,
            HuntEdition.hunt_id == hunt,
            col(HuntEdition.current).is_(True),
        )
        rows = list(self.tx.session.exec(query))
        for row in rows:
            row.current = False
            self.tx.session.add(row)
        return bool(rows)

    # Clues

    def leave_clue(self, id_: str, community: str, author: str, hunt: str, text: str) -> None:
        """Keep a clue until a moderator has read it."""
        row = HuntClue(
            id=id_,
            community_id=community,
            author_id=author,
            hunt_id=hunt,
            state="waiting",
            text=self.tx.seal(_CLUE, text),
        )
        self.tx.session.add(row)

    def clues(self, community: str, state: str, hunt: str | None = None) -> list[tuple[str, str]]:
        """Return clues by id, the newest first."""
        query = select(HuntClue).where(HuntClue.community_id == community, HuntClue.state == state)
        if hunt is not None:
            query = query.where(HuntClue.hunt_id == hunt)
        rows = self.tx.session.exec(query.order_by(col(HuntClue.seq).desc()))
        return [(row.id, self.tx.open(_CLUE, row.text)) for row in rows]

    def decide_clue(self, id_: str, *, approved: bool) -> bool:
        """Show a clue from now on, or delete it; False when somebody else decided already."""
        row = self.tx.session.exec(select(HuntClue).where(HuntClue.id == id_)).first()
        if row is None or row.state != "waiting":
            return False
        if approved:
            row.state = "approved"
            self.tx.session.add(row)
        else:
            self.tx.session.delete(row)
        self.tx.session.flush()
        return True

    def _opened(self, row: HuntEdition) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.tx.open(_BODY, row.body))
        return body


def _export_clue(tx: Transaction, row: HuntClue) -> dict[str, Any]:
    text = tx.open(_CLUE, row.text)
    return {"community": row.community_id, "hunt": row.hunt_id, "state": row.state, "text": text}


PERSONAL = (Personal(HuntClue, "clues", _export_clue, column="author_id", keep="unnamed"),)
