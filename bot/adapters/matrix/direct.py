"""Direct rooms: which one a member's is, and making one.

createRoom takes no transaction id. So before a room is created a random token is remembered, and
the room carries it in m.room.create: after a crash in between, the room is found again by it.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.rooms import DIRECT_KEY, MEGOLM, RoomState
from bot.adapters.matrix.transport import MatrixError, Refused
from bot.core.errors import Unreachable
from bot.core.ports import Host, Ids

log = structlog.get_logger(__name__)

_MEMORY = "matrix.direct"


@dataclass(slots=True)
class Intent:
    """A direct room that we made or were about to make."""

    token: str
    member: str
    room: str = ""
    gone: bool = False  # we are in it no more

    def to_json(self) -> str:
        """Write it down for the store."""
        return json.dumps({"member": self.member, "room": self.room, "gone": self.gone})


class DirectRooms:
    """The direct rooms of one account."""

    def __init__(self, client: Client, facts: Facts, ids: Ids) -> None:
        """Know only what the facts tell."""
        self._client = client
        self._facts = facts
        self._ids = ids
        self._host: Host | None = None
        self._intents: dict[str, Intent] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._spoke_in: dict[str, str] = {}
        self._whole: set[str] = set()  # rooms that the member is known to be invited to
        self.encrypts: Callable[[str], Awaitable[bool]] | None = None  # for this member

    async def load(self, host: Host) -> None:
        """Recall the rooms that we made or were about to make."""
        self._host = host
        for token, text in (await host.recall(_MEMORY)).items():
            kept = json.loads(text)
            intent = Intent(token, kept["member"], kept["room"], kept["gone"])
            self._intents[intent.member] = intent

    def spoke(self, member: str, room_id: str) -> None:
        """Note that the member wrote here last: answers go to the same room."""
        self._spoke_in[member] = room_id
        room = self._facts.rooms.get(room_id)
        if room is not None and room.forgotten:
            room.forgotten = False
            self._facts.mark(room_id)

    def peek(self, member: str) -> str | None:
        """Return the member's direct room, if there is one that only the two of us are in."""
        usable = [room for room in self._rooms_of(member) if self._is_usable(room)]
        if usable:
            return max(usable, key=self._preference).id
        intent = self._intents.get(member)
        if intent is None or intent.gone or not intent.room:
            return None
        seen = self._facts.rooms.get(intent.room)
        # Made a moment ago: sync has not told of it yet, or not of all of it.
        return intent.room if seen is None or not seen.direct else None

    async def dropped(self, room_id: str) -> None:
        """Note that we are in a room no more."""
        for intent in list(self._intents.values()):
            if intent.room == room_id:
                await self._note(replace(intent, gone=True))

    async def forget(self, member: str) -> None:
        """Let go of what is remembered of a member, but for the room as long as they are in it."""
        await self._forget(member)
        self._spoke_in.pop(member, None)
        for room in self._rooms_of(member):
            room.forgotten = True
            self._facts.mark(room.id)

    async def recover(self, member: str) -> str | None:
        """Return the member's direct room, even one that a crash kept us from noting."""
        room_id = self.peek(member)
        intent = self._intents.get(member)
        if room_id is not None or intent is None or intent.room:
            return room_id
        for candidate in await self._client.joined_rooms():
            if await self._token_of(candidate) == intent.token:
                await self._note(Intent(intent.token, member, candidate))
                return candidate
        return None

    async def open(self, member: str, *, answering: bool) -> str:
        """Return the member's direct room, made now if need be.

        `answering`: the member has just done something, so a room that they left may be made anew.
        Raises: `Unreachable`, `MatrixError`.
        """
        async with self._locks[member]:
            room_id = await self.recover(member)
            if room_id is not None and await self._is_invited(member, room_id):
                return room_id
            left = self._was_left(member)
            if left and not answering:
                raise Unreachable("This member has left the direct conversation.")
            intent = self._intents.get(member)
            if intent is None or intent.room:
                await self._forget(member)
                intent = Intent(self._ids.new(), member)
                await self._note(intent)
            room_id = await self._create(intent)
            self._whole.add(room_id)
            await self._note(Intent(intent.token, member, room_id))
            await self._tidy(member)
            return room_id

    async def _is_invited(self, member: str, room_id: str) -> bool:
        """Tell whether the member has not left; invite them if a crash came before that."""
        seen = self._facts.rooms.get(room_id)
        if room_id in self._whole or (seen is not None and seen.direct):
            return True
        content = await self._client.get_state(room_id, "m.room.member", member)
        if not content:
            await self._client.invite(room_id, member)
        self._whole.add(room_id)
        return content.get("membership") not in ("leave", "ban")

    async def _create(self, intent: Intent) -> str:
        body = {
            "preset": "private_chat",
            "is_direct": True,
            "invite": [intent.member],
            "creation_content": {DIRECT_KEY: intent.token},
            # Nobody else comes in: what is said here is for the two of us.
            "power_level_content_override": {"invite": 100},
        }
        if self.encrypts is not None and await self.encrypts(intent.member):
            body["initial_state"] = [
                {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": MEGOLM}}
            ]
        try:
            return await self._client.create_room(body)
        except Refused as error:
            if error.limited or error.signed_out or error.for_now:
                raise
            raise Unreachable("This member cannot be invited on Matrix.") from error

    def _rooms_of(self, member: str) -> list[RoomState]:
        return [room for room in self._facts.rooms.values() if room.direct == member]

    def _is_usable(self, room: RoomState) -> bool:
        alone = room.is_private_to(room.direct, self._facts.me)
        return alone and not room.replaced_by and not self._facts.is_locked(room)

    def _preference(self, room: RoomState) -> tuple[bool, bool, bool, int, str]:
        there = room.members.get(room.direct) == "join"
        spoke_here = self._spoke_in.get(room.direct) == room.id
        return there, spoke_here, room.encrypted, room.own_join_ms, room.id

    def _was_left(self, member: str) -> bool:
        intent = self._intents.get(member)
        return bool(self._rooms_of(member)) or (intent is not None and bool(intent.room))

    async def _token_of(self, room_id: str) -> str:
        room = self._facts.rooms.get(room_id)
        if room is not None and room.known:
            return room.token
        token = (await self._client.get_state(room_id, "m.room.create")).get(DIRECT_KEY)
        return token if isinstance(token, str) else ""

    async def _tidy(self, member: str) -> None:
        """Leave the rooms that the member has left."""
        for room in self._rooms_of(member):
            if not self._is_usable(room):
                try:
                    await self._client.leave(room.id)
                except MatrixError as error:
                    log.info("old direct room not left", error=str(error))

    async def _note(self, intent: Intent) -> None:
        self._intents[intent.member] = intent
        if self._host is not None:
            # Under the token: a store may keep the keys readable, and a member's id is not to be.
            await self._host.remember(_MEMORY, {intent.token: intent.to_json()})

    async def _forget(self, member: str) -> None:
        intent = self._intents.pop(member, None)
        if intent is not None and self._host is not None:
            await self._host.remember(_MEMORY, {intent.token: None})
