"""Who would like to stand in the day's welcome: until it is posted, sealed with their own key."""

import json
from typing import Any

from sqlmodel import Field, SQLModel, col, select

from storage.personal import Personal
from storage.tables import Membership
from storage.transaction import Transaction

_BODY = "greeting.body"


class Greeting(SQLModel, table=True):
    """Somebody asked to be welcomed by name; the row goes when that is done."""

    __tablename__ = "greeting"
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", ondelete="CASCADE")
    community_id: str = Field(
        primary_key=True, foreign_key="community.id", ondelete="CASCADE", index=True
    )
    body: bytes


class Greetings:
    """The welcomes that are wished for."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def wish(self, subject: str, community: str, name: str) -> None:
        """Note under which name somebody would like to be welcomed."""
        sealed = self.tx.seal(_BODY, json.dumps({"name": name}), subject)
        row = self.tx.session.get(Greeting, (subject, community))
        row = row or Greeting(subject_id=subject, community_id=community, body=sealed)
        row.body = sealed
        self.tx.session.add(row)
        self.tx.session.flush()

    def waits(self, subject: str, community: str) -> bool:
        """Tell whether somebody waits to be welcomed."""
        return self.tx.session.get(Greeting, (subject, community)) is not None

    def leave(self, subject: str, community: str) -> bool:
        """Forget the wish; False where there was none any more."""
        row = self.tx.session.get(Greeting, (subject, community))
        if row is None:
            return False
        self.tx.session.delete(row)
        self.tx.session.flush()
        return True

    def take(self, community: str) -> list[str]:
        """Return the names of those who are here, by the alphabet; nobody is named twice."""
        query = select(Greeting, Membership).where(
            Greeting.community_id == community,
            col(Membership.subject_id) == col(Greeting.subject_id),
            Membership.community_id == community,
        )
        rows = list(self.tx.session.exec(query))
        names = [_name(self.tx, row) for row, membership in rows if membership.here]
        for row, _ in rows:
            self.tx.session.delete(row)
        self.tx.session.flush()
        return sorted(names, key=str.casefold)


def _name(tx: Transaction, row: Greeting) -> str:
    return str(json.loads(tx.open(_BODY, row.body, row.subject_id))["name"])


def _export(tx: Transaction, row: Greeting) -> dict[str, Any]:
    return {"community": row.community_id, "name": _name(tx, row)}


PERSONAL = (Personal(Greeting, "welcome by name", _export),)
