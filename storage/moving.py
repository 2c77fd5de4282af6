"""What goes on elsewhere: a room that was replaced, a community that became another's part."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from bot.core.refs import Community as CommunityRef
from bot.core.refs import Room
from bot.core.turn import USES
from storage.communities import Communities
from storage.conversations import Questions
from storage.room_days import RoomDays
from storage.schedules import Schedules
from storage.tables import Community, CommunityRoom, Question
from storage.transaction import Transaction

# Open questions whose choices, or what they are about, name rooms.
_NAME_ROOMS = (
    "community.enter",
    "community.rooms",
    "prompts.room",
    "prompts.when",
    "prompts.rule",
    "prompts.confirm",
)


class Moving:
    """Lets things go on under another reference."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx
        self.communities = Communities(tx)

    def community(self, before: CommunityRef, after: CommunityRef) -> Community | None:
        """Let a community go on under another reference, and return it.

        None where there is nothing to be carried, or the other one is set up itself.
        """
        row = self.communities.find(before)
        if row is None or before == after:
            return row
        there = self.communities.find(after)
        if _is_blank(row) or (there is not None and not _is_blank(there)):
            return None
        if there is not None:
            self.tx.session.delete(there)
            self.tx.session.flush()
            self.tx.known.pop((Community, there.id), None)
        row.external_id = after.id
        self.communities.save(row)
        return row

    def both(self, before: CommunityRef, after: CommunityRef) -> tuple[Community, Community] | None:
        """Return two communities that were each set up, where the one is part of the other now."""
        part, whole = self.communities.find(before), self.communities.find(after)
        if part is None or whole is None or part is whole or part.state == "gone":
            return None
        return None if _is_blank(part) or _is_blank(whole) else (part, whole)

    def room(self, row: Community, before: Room, after: Room) -> None:
        """Let everything that a community has in a room be in another."""
        for use in USES:
            if getattr(row, f"{use}_room") == before.id:
                setattr(row, f"{use}_room", after.id)
        self.communities.save(row)
        self._known_room(row.id, before, after)
        self._schedules(row.id, before, after)
        self._questions(row.id, before, after)
        days = RoomDays(self.tx)
        for key, body in days.waiting_in(before).items():
            days.move(key, json.dumps(_renamed(json.loads(body), before.id, after.id)), after)

    def _known_room(self, community: str, before: Room, after: Room) -> None:
        session = self.tx.session
        known = session.get(CommunityRoom, (community, before.id))
        there = session.get(CommunityRoom, (community, after.id))
        if known is not None:
            values = known.model_dump() | {"external_id": after.id}
            session.delete(known)
            if there is not None:
                session.delete(there)
            session.flush()
            session.add(CommunityRoom(**values))
            session.flush()
        self.tx.known.pop((CommunityRoom, community), None)

    def _schedules(self, community: str, before: Room, after: Room) -> None:
        schedules = Schedules(self.tx)
        for plan in schedules.of(community):
            payload = _renamed(plan.payload, before.id, after.id)
            if payload != plan.payload:
                schedules.save(replace(plan, payload=payload))

    def _questions(self, community: str, before: Room, after: Room) -> None:
        questions = Questions(self.tx)
        of = col(Question.community_id) == community
        here = questions.digest(before)
        self.tx.execute(
            update(Question)
            .where(of, col(Question.room_digest) == here)
            .values(room_digest=questions.digest(after)),
            of=Question,
        )
        keys = select(col(Question.key), col(Question.delivery_key)).where(
            of, col(Question.purpose).in_(_NAME_ROOMS)
        )
        for row in self.tx.execute(keys, of=Question).all():
            found = questions.get(row.key)
            if found is not None and before.id in json.dumps(found.spec, ensure_ascii=False):
                spec = _renamed(found.spec, before.id, after.id)
                questions.update(row.key, spec, row.delivery_key)


def _is_blank(row: Community) -> bool:
    """Tell whether nobody has set a community up."""
    chosen = any(getattr(row, f"{use}_room") for use in USES)
    return row.state in ("new", "gone") and row.opened_at is None and not chosen


def _renamed(value: Any, before: str, after: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return plain data with one text in the place of another, wherever it stands whole."""
    if isinstance(value, dict):
        return {key: _renamed(each, before, after) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, before, after) for each in value]
    return after if value == before else value
