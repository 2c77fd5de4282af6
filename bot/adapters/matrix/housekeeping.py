"""Rooms that we have to leave or follow: encrypted, no longer private, over, or replaced."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.adapters.matrix.backoff import Backoff
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import fingerprint
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.invitations import Invitations
from bot.adapters.matrix.outbound import plain_notice, transaction
from bot.adapters.matrix.rooms import RoomState
from bot.adapters.matrix.transport import MatrixError, Refused
from bot.core.ports import Clock, Ids

log = structlog.get_logger(__name__)

_ATTEMPTS = 8


class Housekeeping:
    """Looks at the facts after every change."""

    def __init__(
        self,
        client: Client,
        facts: Facts,
        invitations: Invitations,
        errands: Errands,
        clock: Clock,
        ids: Ids,
        notices: Mapping[str, str],
    ) -> None:
        """Have nothing done yet."""
        self._client = client
        self._facts = facts
        self._invitations = invitations
        self._errands = errands
        self._clock = clock
        self._ids = ids
        self._notices = notices
        self._done: dict[str, str] = {}  # by room: what it was followed to; "" when it is left

    def look(self) -> None:
        """Send off what is to be done, once a room."""
        rooms = self._facts.rooms
        self._done = {id_: to for id_, to in self._done.items() if id_ in rooms}
        for room in rooms.values():
            if self._is_done(room):
                continue
            if self._facts.is_locked(room) or self._is_overheard(room) or _is_over(room):
                self._done[room.id] = ""
                self._errands.send(f"farewell {room.id}", self._farewell(room))
            elif room.replaced_by and room.replaced_by not in rooms:
                self._done[room.id] = room.replaced_by
                server = room.replaced_from.partition(":")[2]
                self._invitations.follow(room.replaced_by, room.replaced_from, server)

    def _is_done(self, room: RoomState) -> bool:
        return self._done.get(room.id) in ("", room.replaced_by)

    def _is_overheard(self, room: RoomState) -> bool:
        """Tell whether a third person came into a direct room, which is private no more."""
        return bool(room.direct) and len(room.others(self._facts.me)) > 1

    def _farewell(self, room: RoomState) -> Callable[[], Awaitable[None]]:
        # Where we cannot read what is encrypted, whoever wrote to us would wait for ever. The
        # notice goes unencrypted; clients show it, marked as such.
        locked = self._facts.is_locked(room)
        text = self._notices.get("encrypted-room", "") if locked else ""
        room_id, visit = room.id, fingerprint(room.own_join)[:20]

        async def say_and_leave() -> None:
            if text:
                content, name = plain_notice(text), transaction(visit, "-encrypted")
                await self._try(lambda: self._client.send(room_id, "m.room.message", content, name))
            if await self._try(lambda: self._client.leave(room_id)):
                log.info("room left", room=room_id, encrypted=bool(text))
            else:
                self._done.pop(room_id, None)  # at the next look

        return say_and_leave

    async def _try(self, call: Callable[[], Awaitable[object]]) -> bool:
        """Call until there is an answer; False where none came for long."""
        backoff = Backoff(self._clock, self._ids)
        for _ in range(_ATTEMPTS):
            try:
                await call()
                return True
            except Refused as error:
                if not error.limited and not error.for_now:
                    log.info("farewell refused", error=str(error))
                    return True
                await backoff.rest(error.retry_after)
            except MatrixError:
                await backoff.rest()
        return False


def _is_over(room: RoomState) -> bool:
    """Tell whether the member whose direct room this is was erased and has left.

    Others are kept in mind: who leaves a direct room does not want to be written to.
    """
    return room.forgotten and room.direct not in room.members
