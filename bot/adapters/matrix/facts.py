"""All rooms' facts together: taken from the stream, remembered, recalled at a start."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.adapters.matrix.communities import Communities
from bot.adapters.matrix.rooms import RoomState
from bot.core.ports import Host

_MEMORY = "matrix.room"


class Facts:
    """What we know of the rooms that we are in."""

    def __init__(self, me: str) -> None:
        """Know nothing yet."""
        self.me = me
        self.rooms: dict[str, RoomState] = {}
        self.algorithms: frozenset[str] = frozenset()  # that we can decrypt
        self._changed: set[str] = set()
        self._communities: Communities | None = None

    @property
    def communities(self) -> Communities:
        """Which community each room belongs to, now."""
        if self._communities is None:
            readable = {id_: room for id_, room in self.rooms.items() if not self.is_locked(room)}
            self._communities = Communities(readable, self.me)
        return self._communities

    def can_read(self, algorithms: Iterable[str]) -> None:
        """Note what we can decrypt."""
        self.algorithms = frozenset(algorithms)
        self._communities = None

    def is_locked(self, room: RoomState) -> bool:
        """Tell whether what is said in a room is encrypted in a way that we cannot read."""
        return room.encrypted and room.algorithm not in self.algorithms

    def apply(self, room_id: str, event: Mapping[str, Any]) -> None:
        """Take a state event in."""
        room = self.rooms.get(room_id)
        if room is None:
            room = self.rooms[room_id] = RoomState(room_id)
            self.mark(room_id)
        if room.apply(event, self.me):
            self.mark(room_id)

    def settle(self, room_id: str) -> None:
        """Decide whose direct room this is, once everything about it is known."""
        room = self.rooms[room_id]
        if room.direct or not (room.token or room.direct_asked):
            return
        others = room.others(self.me)
        if room.token:
            # Ours from the start; who was invited may have declined before we saw it.
            room.direct = room.guest
        elif len(others) == 1:
            room.direct = others[0]
        # Asked once: a room that empties down to two people later is no direct room.
        room.direct_asked = False
        self.mark(room_id)

    def mark(self, room_id: str) -> None:
        """Note that a room's facts are to be written down."""
        self._changed.add(room_id)
        self._communities = None

    def drop(self, room_id: str) -> None:
        """Forget a room that we are no longer in."""
        if self.rooms.pop(room_id, None) is not None:
            self.mark(room_id)

    async def load(self, host: Host) -> None:
        """Recall what was remembered; what cannot be read is left out."""
        for room_id, text in (await host.recall(_MEMORY)).items():
            room = RoomState.from_json(text)
            if room is not None:
                self.rooms[room_id] = room
        self._communities = None

    async def save(self, host: Host) -> None:
        """Remember what has changed since the last time."""
        changed = sorted(self._changed)
        if not changed:
            return
        rooms = {room_id: self.rooms.get(room_id) for room_id in changed}
        await host.remember(
            _MEMORY,
            {room_id: None if room is None else room.to_json() for room_id, room in rooms.items()},
        )
        self._changed.difference_update(changed)
