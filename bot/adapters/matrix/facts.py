"""All rooms' facts together: taken from the stream, remembered, recalled at a start."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.adapters.matrix.communities import PLATFORM, Communities
from bot.adapters.matrix.rooms import RoomState
from bot.core.ports import Host
from bot.core.refs import OutsideRoom, Room, Way

_MEMORY = "matrix.room"
_MOVED = "matrix.moved"


@dataclass(frozen=True, slots=True)
class Outside:
    """A room of a space that we are not in: by which spaces and servers one comes in."""

    id: str
    name: str
    way: Way
    via: tuple[str, ...] = ()
    through: tuple[str, ...] = ()  # spaces that we are not in either, the outermost first


class Facts:
    """What we know of the rooms that we are in."""

    def __init__(self, me: str) -> None:
        """Know nothing yet."""
        self.me = me
        self.rooms: dict[str, RoomState] = {}
        self.algorithms: frozenset[str] = frozenset()  # that we can decrypt
        self.moved: dict[str, str] = {}  # rooms that were replaced, and what each goes on in
        self.outside: dict[str, list[Outside]] = {}  # by the space at the top
        self.looks = 0  # how often what is outside was found changed
        self._changed: set[str] = set()
        self._newly_moved: dict[str, str] = {}
        self._communities: Communities | None = None

    @property
    def communities(self) -> Communities:
        """Which community each room belongs to, now."""
        if self._communities is None:
            readable = {id_: room for id_, room in self.rooms.items() if not self.is_locked(room)}
            self._communities = Communities(readable, self.me, self.moved)
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

    def now(self, room_id: str) -> str:
        """Return the room that a room goes on in; itself where it was not replaced."""
        seen = {room_id}
        while (after := self.moved.get(room_id)) is not None and after not in seen:
            seen.add(after)
            room_id = after
        return room_id

    def move(self, before: str, after: str) -> None:
        """Note that a room goes on in another."""
        self.moved[before] = self._newly_moved[before] = after
        self._communities = None

    def see_outside(self, space: str, rooms: list[Outside]) -> None:
        """Note which of a space's rooms we are not in."""
        if rooms != self.outside.get(space, []):
            self.outside[space] = rooms
            self.looks += 1

    def way_into(self, room_id: str) -> Outside | None:
        """Return how we would come into a room that we are not in."""
        listed = (each for rooms in self.outside.values() for each in rooms)
        return next((each for each in listed if each.id == room_id), None)

    def outside_of(self, root: str) -> tuple[OutsideRoom, ...]:
        """Return the rooms of a community that we are not in."""
        found = {each.id: each for each in self.outside.get(root, ()) if each.id not in self.rooms}
        for room in self.communities.within(root):
            after = room.replaced_by
            if after and after not in self.rooms and self.moved.get(room.id) != after:
                found[after] = Outside(after, room.title, Way.REPLACED)
        return tuple(
            OutsideRoom(Room(PLATFORM, each.id), each.name, each.way)
            for each in sorted(found.values(), key=lambda each: (each.name.casefold(), each.id))
        )

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
        self.moved = dict(await host.recall(_MOVED))
        self._communities = None

    async def save(self, host: Host) -> None:
        """Remember what has changed since the last time."""
        if self._newly_moved:
            await host.remember(_MOVED, dict(self._newly_moved))
            self._newly_moved.clear()
        changed = sorted(self._changed)
        if not changed:
            return
        rooms = {room_id: self.rooms.get(room_id) for room_id in changed}
        await host.remember(
            _MEMORY,
            {room_id: None if room is None else room.to_json() for room_id, room in rooms.items()},
        )
        self._changed.difference_update(changed)
