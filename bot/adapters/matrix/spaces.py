"""What is in the spaces that we are in, besides the rooms that we are in."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.facts import Facts, Outside
from bot.adapters.matrix.invitations import Invitations
from bot.adapters.matrix.rooms import RoomState
from bot.adapters.matrix.transport import JSON, MatrixError
from bot.core.ports import Clock
from bot.core.refs import Way

log = structlog.get_logger(__name__)

# Nobody tells us when a room that we are not in is opened.
_STALE = timedelta(minutes=5)
_PAGES = 40


class Spaces:
    """Asks the homeserver, in the background, whenever a space or what we are in has changed."""

    def __init__(
        self, client: Client, facts: Facts, invitations: Invitations, errands: Errands, clock: Clock
    ) -> None:
        """Have asked nothing yet."""
        self._client = client
        self._facts = facts
        self._invitations = invitations
        self._errands = errands
        self._clock = clock
        self._seen: dict[str, tuple[object, datetime]] = {}

    def look(self) -> None:
        """Send off what is to be asked."""
        now = self._clock.now()
        for root in self._facts.communities.roots:
            if not root.is_space:
                continue
            state = self._state(root)
            before, at = self._seen.get(root.id, (None, now))
            stale = bool(self._facts.outside.get(root.id)) and now - at > _STALE
            if state != before or stale:
                self._seen[root.id] = (state, now)
                self._errands.send(f"space {root.id}", lambda root=root: self._ask(root))  # type: ignore[misc]

    def _state(self, root: RoomState) -> object:
        """Return what the answer depends on, as far as we are told of it."""
        within = self._facts.communities.within(root.id)
        children = {child for room in within if room.is_space for child in room.children}
        return (
            tuple(sorted(child for child in children if child not in self._facts.rooms)),
            tuple(room.id for room in within),
            tuple(child for child in sorted(children) if self._invitations.has_knocked(child)),
        )

    async def _ask(self, root: RoomState) -> None:
        """Find the rooms of a space that we are not in."""
        listed: list[JSON] = []
        page: str | None = None
        try:
            for _ in range(_PAGES):
                answer = await self._client.hierarchy(root.id, page)
                listed += [each for each in answer.get("rooms", ()) if isinstance(each, dict)]
                page = answer.get("next_batch")
                if not isinstance(page, str):
                    break
        except MatrixError as error:
            log.info("space not read", room=root.id, error=str(error))
            self._seen.pop(root.id, None)
            return
        self._facts.see_outside(root.id, self._outside(root, listed))

    def _outside(self, root: RoomState, listed: list[JSON]) -> list[Outside]:
        known = {str(each.get("room_id")): each for each in listed}
        found: dict[str, Outside] = {}
        # Outermost first, so that the way into a space within is known before its rooms are.
        spaces: list[tuple[str, tuple[str, ...]]] = [(root.id, ())]
        seen = {root.id}
        for space, through in spaces:
            for child, via in _children(known.get(space, {})):
                if child in seen:
                    continue
                seen.add(child)
                summary = known.get(child, {})
                here = child in self._facts.rooms
                way = Way.OPEN if here else self._way(child, summary)
                if summary.get("room_type") == "m.space":
                    if way is Way.OPEN:
                        spaces.append((child, through if here else (*through, child)))
                elif not here:
                    found[child] = Outside(child, _name(child, summary), way, via, through)
        return list(found.values())

    def _way(self, room_id: str, summary: Mapping[str, Any]) -> Way:
        if self._invitations.has_knocked(room_id):
            return Way.ASKED
        rule, allowed = summary.get("join_rule"), summary.get("allowed_room_ids")
        if rule == "public":
            return Way.OPEN
        allowed = allowed if isinstance(allowed, list) else []
        if str(rule).endswith("restricted") and any(each in self._facts.rooms for each in allowed):
            return Way.OPEN
        return Way.KNOCK if rule in ("knock", "knock_restricted") else Way.INVITED


def _children(summary: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for event in summary.get("children_state", ()):
        content = event.get("content") if isinstance(event, dict) else None
        child = event.get("state_key") if isinstance(event, dict) else None
        via = content.get("via") if isinstance(content, dict) else None
        if isinstance(child, str) and isinstance(via, list) and via:
            yield child, tuple(server for server in via if isinstance(server, str))[:3]


def _name(room_id: str, summary: Mapping[str, Any]) -> str:
    name = summary.get("name") or summary.get("canonical_alias")
    return name if isinstance(name, str) else f"https://matrix.to/#/{room_id}"
