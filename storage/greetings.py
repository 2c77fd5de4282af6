"""Who would like to stand in the day's welcome, or stands there: sealed with their own key."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel, col, select

from storage.personal import Personal
from storage.tables import Membership
from storage.transaction import Transaction

_BODY = "greeting.body"


class Greeting(SQLModel, table=True):
    """Somebody asked to be welcomed by name; once it is posted, the body knows the message, so that
    they can be taken out of it.
    """

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

    def of(self, subject: str, community: str) -> dict[str, Any] | None:
        """Return somebody's wish: the `name`; once it is posted also `key`, `room` and `at`."""
        row = self.tx.session.get(Greeting, (subject, community))
        return _body(self.tx, row) if row else None

    def leave(self, subject: str, community: str) -> bool:
        """Forget the wish; False where there was none any more."""
        row = self.tx.session.get(Greeting, (subject, community))
        if row is None:
            return False
        self.tx.session.delete(row)
        self.tx.session.flush()
        return True

    def take(self, community: str) -> dict[str, str]:
        """Return the names of those who are here and wait, by the alphabet; nobody waits then."""
        query = select(Greeting, Membership).where(
            Greeting.community_id == community,
            col(Membership.subject_id) == col(Greeting.subject_id),
            Membership.community_id == community,
        )
        rows = [
            each for each in self.tx.session.exec(query) if "key" not in _body(self.tx, each[0])
        ]
        names = {row.subject_id: _name(self.tx, row) for row, membership in rows if membership.here}
        for row, _ in rows:
            self.tx.session.delete(row)
        self.tx.session.flush()
        return dict(sorted(names.items(), key=lambda each: each[1].casefold()))

    def stand(self, subject: str, community: str, body: Mapping[str, Any]) -> None:
        """Note where somebody stands in a welcome that was posted."""
        sealed = self.tx.seal(_BODY, json.dumps(dict(body)), subject)
        self.tx.session.add(Greeting(subject_id=subject, community_id=community, body=sealed))
        self.tx.session.flush()

    def named(self, community: str, key: str) -> list[str]:
        """Return the names that stand in a message, by the alphabet."""
        found = [body for _, body in self._all(community) if body.get("key") == key]
        return sorted((str(body["name"]) for body in found), key=str.casefold)

    def let_go(self, community: str, before: datetime) -> None:
        """Forget who stands in what was posted before."""
        for row, body in self._all(community):
            if "at" in body and datetime.fromisoformat(body["at"]) <= before:
                self.tx.session.delete(row)
        self.tx.session.flush()

    def _all(self, community: str) -> list[tuple[Greeting, dict[str, Any]]]:
        query = select(Greeting).where(Greeting.community_id == community)
        return [(row, _body(self.tx, row)) for row in self.tx.session.exec(query)]


def _body(tx: Transaction, row: Greeting) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(tx.open(_BODY, row.body, row.subject_id))
    return body


def _name(tx: Transaction, row: Greeting) -> str:
    return str(_body(tx, row)["name"])


def _export(tx: Transaction, row: Greeting) -> dict[str, Any]:
    return {"community": row.community_id, "name": _name(tx, row)}


PERSONAL = (Personal(Greeting, "welcome by name", _export),)
