"""Buddies: who would like to meet somebody, and who was told of whom.

The rows say that somebody takes part, and (by a random pair id) with whom; names, the day and who
said "met" are sealed for each of the two.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel, col, select

from bot.core.turn import Plan
from storage.personal import Personal
from storage.schedules import Schedules
from storage.tables import Membership
from storage.transaction import Transaction

_WISH = "buddy_wish.body"
_PAIR = "buddy.body"


class BuddyWish(SQLModel, table=True):
    """Somebody would like to meet a person: once (`newcomer`), or whoever comes (`welcomer`)."""

    __tablename__ = "buddy_wish"
    seq: int | None = Field(default=None, primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    kind: str
    body: bytes


class Buddy(SQLModel, table=True):
    """One side of a pair: of whom this member was told."""

    __tablename__ = "buddy"
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", ondelete="CASCADE")
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    pair_id: str = Field(index=True)
    body: bytes


class Buddies:
    """The buddies of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def wish(self, subject: str, community: str) -> str | None:
        """Return how somebody would like to meet people, if they would."""
        row = self._wish(subject, community)
        return row.kind if row else None

    def name(self, subject: str, community: str) -> str:
        """Return the name under which somebody wishes to be found."""
        row = self._wish(subject, community)
        return str(json.loads(self.tx.open(_WISH, row.body, subject))["name"]) if row else ""

    def offer(self, subject: str, community: str, kind: str, name: str) -> None:
        """Note that somebody would like to meet people."""
        self.leave(subject, community)
        sealed = self.tx.seal(_WISH, json.dumps({"name": name}), subject)
        row = BuddyWish(subject_id=subject, community_id=community, kind=kind, body=sealed)
        self.tx.session.add(row)
        self.tx.session.flush()

    def leave(self, subject: str, community: str) -> None:
        """Forget that somebody would like to meet people."""
        row = self._wish(subject, community)
        if row is not None:
            self.tx.session.delete(row)
            self.tx.session.flush()

    def willing(self, subject: str, community: str) -> list[tuple[str, str]]:
        """Return who else would, is here, and has no buddy now: kind and subject, the first who
        asked first.
        """
        busy = select(Buddy.subject_id).where(Buddy.community_id == community)
        query = (
            select(BuddyWish.kind, BuddyWish.subject_id)
            .join(
                Membership,
                (col(Membership.subject_id) == col(BuddyWish.subject_id))
                & (col(Membership.community_id) == col(BuddyWish.community_id)),
            )
            .where(
                BuddyWish.community_id == community,
                BuddyWish.subject_id != subject,
                col(Membership.here).is_(True),
                col(BuddyWish.subject_id).not_in(busy),
            )
        )
        return list(self.tx.session.exec(query.order_by(col(BuddyWish.seq))))

    def pair(self, pair: str, community: str, one: str, other: str, until: datetime) -> None:
        """Make two people buddies, each told the other's name; whoever asked once has found."""
        names = {each: self.name(each, community) for each in (one, other)}
        for subject, of in ((one, other), (other, one)):
            body = {"name": names[of], "met": False, "until": until.isoformat()}
            sealed = self.tx.seal(_PAIR, json.dumps(body), subject)
            row = Buddy(subject_id=subject, community_id=community, pair_id=pair, body=sealed)
            self.tx.session.add(row)
        for subject in (one, other):
            if self.wish(subject, community) == "newcomer":
                self.leave(subject, community)
        self.tx.session.flush()

    def plan_for(self, plan: Plan) -> None:
        """Plan what the other one is told, in a turn of their own."""
        Schedules(self.tx).save(plan)

    def buddy(self, subject: str, community: str) -> dict[str, Any] | None:
        """Return of whom somebody was told: `name`, `met`, `until`, and the pair."""
        row = self.tx.session.get(Buddy, (subject, community))
        if row is None:
            return None
        return {**json.loads(self.tx.open(_PAIR, row.body, subject)), "pair": row.pair_id}

    def met(self, subject: str, community: str) -> bool:
        """Note that somebody said that they met; tell whether both have now."""
        row = self.tx.session.get_one(Buddy, (subject, community))
        self._save(row, {"met": True})
        others = select(Buddy).where(Buddy.pair_id == row.pair_id, Buddy.subject_id != subject)
        other = self.tx.session.exec(others).first()
        return other is not None and bool(self._body(other)["met"])

    def part(self, subject: str, community: str) -> None:
        """End it for both."""
        row = self.tx.session.get(Buddy, (subject, community))
        if row is None:
            return
        for each in self.tx.session.exec(select(Buddy).where(Buddy.pair_id == row.pair_id)):
            self.tx.session.delete(each)
        self.tx.session.flush()

    def _wish(self, subject: str, community: str) -> BuddyWish | None:
        query = select(BuddyWish).where(
            BuddyWish.subject_id == subject, BuddyWish.community_id == community
        )
        return self.tx.session.exec(query).first()

    def _body(self, row: Buddy) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.tx.open(_PAIR, row.body, row.subject_id))
        return body

    def _save(self, row: Buddy, changes: Mapping[str, Any]) -> None:
        body = {**self._body(row), **changes}
        row.body = self.tx.seal(_PAIR, json.dumps(body), row.subject_id)
        self.tx.session.add(row)
        self.tx.session.flush()


def _export_wish(tx: Transaction, row: BuddyWish) -> dict[str, Any]:
    body = json.loads(tx.open(_WISH, row.body, row.subject_id))
    return {"community": row.community_id, "kind": row.kind, **body}


def _export_buddy(tx: Transaction, row: Buddy) -> dict[str, Any]:
    return {
        "community": row.community_id,
        **json.loads(tx.open(_PAIR, row.body, row.subject_id)),
    }


PERSONAL = (
    Personal(BuddyWish, "buddy wishes", _export_wish),
    Personal(Buddy, "buddies", _export_buddy),
)
