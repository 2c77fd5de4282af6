"""One room's share of an answer of /sync, and what the answer left out."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.rooms import RoomState, timestamp
from bot.adapters.matrix.transport import JSON, Refused

log = structlog.get_logger(__name__)

_POWER = ("m.room.power_levels", "")
_FEW = 8  # pieces of state that are asked for one by one; more come with the whole
_PAGE = 100
_GAP_LIMIT = 1000
_GAP_FILTER = {
    "types": ["m.room.message", "m.room.encrypted", "m.sticker", "m.reaction", "m.room.member"]
}


Piece: TypeAlias = tuple[str, str]  # type and key


@dataclass(slots=True)
class Share:
    """One room's share of an answer."""

    room_id: str
    state: list[JSON]  # as it was where the timeline begins
    timeline: list[JSON]
    gap: list[JSON] = field(default_factory=list)  # what the timeline left out before it
    now: list[JSON] = field(default_factory=list)  # what is in doubt, as the homeserver has it now
    before: dict[str, str | None] = field(default_factory=dict)  # membership, by event id
    events: list[JSON] = field(default_factory=list)  # what to act on, oldest first
    sealed: set[str] = field(default_factory=set)  # events of when the room was encrypted already


class History:
    """Reads shares; asks the homeserver for what is missing, and changes no facts."""

    def __init__(self, client: Client, facts: Facts) -> None:
        """Look at the facts as they stand before an answer is taken in."""
        self._client = client
        self._facts = facts
        self._me = facts.me

    async def share(self, room_id: str, part: JSON, since: str | None, oldest_ms: int) -> Share:
        """Read a room's share, and ask for what it lacks."""
        timeline = as_dict(part.get("timeline"))
        share = Share(room_id, events_in(part.get("state")), events_in(timeline))
        known = self._facts.rooms.get(room_id)
        told = [*share.state, *share.timeline]
        if (known is None or not known.known) and not any(
            event.get("type") == "m.room.create" for event in told
        ):
            share.state = [*await self._all_state(room_id), *share.state]
        elif known is not None and since is not None:
            share.now = await self._now(room_id, _in_doubt(known, share, self._me))
        start = timeline.get("prev_batch")
        if timeline.get("limited") is True and isinstance(start, str):
            own_join = self._own_join(known, room_id, [*share.state, *share.timeline])
            if not _reached(share.timeline, own_join, oldest_ms):
                share.gap = await self._gap(room_id, start, since, own_join, oldest_ms)
        return share

    async def _now(self, room_id: str, pieces: set[Piece]) -> list[JSON]:
        """Ask what stands in a room's state, for the pieces about which we may be told wrong."""
        found: list[JSON] = []
        if len(pieces) > _FEW:
            return [each for each in await self._all_state(room_id) if _piece(each) in pieces]
        for piece in sorted(pieces):
            try:
                event = await self._client.state_event(room_id, *piece)
            except Refused as error:
                if error.limited or error.signed_out:
                    raise
                log.info("state not confirmed", room=room_id, error=str(error))
                continue
            if _piece(event) != piece:  # a homeserver that gives contents alone
                return [each for each in await self._all_state(room_id) if _piece(each) in pieces]
            found.append(event)
        return found

    async def _all_state(self, room_id: str) -> list[JSON]:
        try:
            return await self._client.all_state(room_id)
        except Refused as error:
            if error.limited or error.signed_out:
                raise
            log.warning("state not readable", room=room_id, error=str(error))
            return []

    async def _gap(
        self, room_id: str, start: str, since: str | None, own_join: str, oldest_ms: int
    ) -> list[JSON]:
        """Return what the timeline left out since the last answer, oldest first."""
        found: list[JSON] = []
        page: str | None = start
        while page is not None and len(found) < _GAP_LIMIT:
            try:
                answer = await self._client.messages(
                    room_id, page, to=since, limit=_PAGE, event_filter=_GAP_FILTER
                )
            except Refused as error:
                if error.limited or error.signed_out:
                    raise
                log.warning("gap not readable", room=room_id, error=str(error))
                break
            chunk = events_in({"events": answer.get("chunk")})
            found += chunk
            end = answer.get("end")
            page = end if isinstance(end, str) and end != page else None
            if _reached(chunk, own_join, oldest_ms):
                page = None
        if page is not None:
            log.warning("gap too long, its beginning is left out", room=room_id, events=len(found))
        return found[::-1]

    def _own_join(self, known: RoomState | None, room_id: str, events: list[JSON]) -> str:
        probe = RoomState(room_id)
        if known is not None:
            probe.own_join, probe.members = known.own_join, {self._me: "join"}
        for event in events:
            if event.get("state_key") == self._me:
                probe.apply(event, self._me)
        return probe.own_join


def _in_doubt(known: RoomState, share: Share, me: str) -> set[Piece]:
    """Return the pieces of state that may stand otherwise than we are told.

    Events that were made at the same moment stand beside one another, and Synapse then tells in
    `state` how things were before the one of them, though the other came earlier and changed them.
    And of two changes of the power levels, the homeservers' own rules choose, not their order.
    """
    probe = deepcopy(known) if share.state else known
    doubted = {_piece(event) for event in share.state if probe.apply(event, me)}
    return doubted | {_POWER for event in share.timeline if _piece(event) == _POWER}


def _piece(event: JSON) -> Piece:
    return str(event.get("type")), str(event.get("state_key"))


def _reached(events: list[JSON], own_join: str, oldest_ms: int) -> bool:
    """Tell whether going further back would pass our own join, or reach too old times."""
    return any(
        event.get("event_id") == own_join or timestamp(event) < oldest_ms for event in events
    )


def after(own_join: str, invited: str | None, events: list[JSON], oldest_ms: int) -> list[JSON]:
    """Return the events after our own join: a join brings old messages along.

    `invited`: whose invitation counts as well, whichever stands first.
    """
    for index, event in enumerate(events):
        is_invitation = (
            invited is not None
            and event.get("state_key") == invited
            and as_dict(event.get("content")).get("membership") == "invite"
        )
        if is_invitation or event.get("event_id") == own_join:
            events = events[index + 1 :]
            break
    return [event for event in events if timestamp(event) >= oldest_ms]


def events_in(section: object) -> list[JSON]:
    """Return a section's events, as far as they are objects."""
    events = as_dict(section).get("events")
    return (
        [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
    )


def as_dict(value: object) -> dict[str, Any]:
    """Return what was sent, if it is an object."""
    return value if isinstance(value, dict) else {}
