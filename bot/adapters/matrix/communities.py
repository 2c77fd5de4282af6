"""Which community each room belongs to, who stands where, and what a community looks like.

A joined space is a community, and so is a joined room outside any joined space (PRODUCT.md).
"""

import hashlib
from collections.abc import Container, Mapping

from bot.adapters.matrix.rooms import RoomState, can_pin, can_post, is_moderator
from bot.core.refs import Community, Room, RoomFacts, Standing

PLATFORM = "matrix"


class Communities:
    """A view of all rooms at one moment; made anew when a room changes."""

    def __init__(
        self, rooms: Mapping[str, RoomState], me: str, moved: Mapping[str, str] | None = None
    ) -> None:
        """Find the community of each of the rooms, all of which we can read.

        `moved`: the rooms that were replaced, each with the one that it goes on in.
        """
        self._me = me
        self._moved = moved or {}
        self._rooms = {room.id: room for room in rooms.values() if is_shared(room)}
        self._spaces = sorted(room.id for room in self._rooms.values() if room.is_space)
        self._named: dict[str, list[str]] = {}  # a room's spaces, by the spaces' word
        for space in self._spaces:
            for child in self._rooms[space].children:
                self._named.setdefault(child, []).append(space)
        self._root = {room_id: self._climb(room_id) for room_id in self._rooms}
        self._within: dict[str, list[str]] = {}
        for room_id, root in self._root.items():
            self._within.setdefault(root, []).append(room_id)

    def _climb(self, room_id: str) -> str:
        seen = {room_id}
        while (above := self._above(room_id, seen)) is not None:
            seen.add(above)
            room_id = above
        return room_id

    def _above(self, room_id: str, seen: Container[str]) -> str | None:
        """Return what a room goes on in, else the space that it is in."""
        after = self._moved.get(room_id)
        if after in self._rooms and after not in seen:
            return after
        return next((each for each in self.parents(room_id) if each not in seen), None)

    def parents(self, room_id: str) -> list[str]:
        """Return the spaces that a room is in.

        Where none names it: what its predecessor was in; or, for a room that is replaced, what it
        was in itself, since its successor may be named there before we are in that.
        """
        room = self._rooms[room_id]
        last = room.adopted or (room.space if room.replaced_by else "")
        return self.named(room_id) or [each for each in (last,) if each in self._rooms]

    def named(self, room_id: str) -> list[str]:
        """Return the spaces that name a room, with its own agreement."""
        room = self._rooms[room_id]
        return [each for each in self._named.get(room_id, ()) if belongs(room, self._rooms[each])]

    @property
    def roots(self) -> list[RoomState]:
        """The rooms and spaces that are communities."""
        return [self._rooms[root] for root in self._within]

    def of(self, room_id: str) -> Community | None:
        """Return the community that a room belongs to."""
        root = self._root.get(room_id)
        return None if root is None else Community(PLATFORM, root)

    def is_root(self, room_id: str) -> bool:
        """Tell whether coming into this room is coming into its community."""
        return self._root.get(room_id) == room_id

    def standing(self, user_id: str) -> tuple[Standing, ...]:
        """Return the communities that the user is in now, and where the user moderates."""
        return tuple(
            Standing(Community(PLATFORM, root), is_moderator(self._rooms[root], user_id))
            for root, within in self._within.items()
            if any(self._rooms[one].members.get(user_id) == "join" for one in within)
        )

    def present(self, root: str) -> frozenset[str]:
        """Return who is in a community now: in any of its rooms."""
        return frozenset(
            who
            for one in self._within.get(root, ())
            for who, membership in self._rooms[one].members.items()
            if membership == "join"
        )

    def facts(self, root: RoomState) -> tuple[RoomFacts, ...]:
        """Return what people see of a community's rooms, and what we may do in them."""
        rooms = [self._rooms[room_id] for room_id in self._within[root.id]]
        shown = [room for room in rooms if not room.is_space and not self.is_left_behind(room.id)]
        return tuple(
            RoomFacts(
                Room(PLATFORM, room.id),
                room.title,
                can_post=can_post(room, self._me),
                can_pin=can_pin(room, self._me),
                topic=room.topic,
            )
            for room in sorted(shown, key=lambda room: (room.title.casefold(), room.id))
        )

    def within(self, root: str) -> list[RoomState]:
        """Return a community's rooms and spaces, those that were replaced included."""
        return [self._rooms[room_id] for room_id in self._within.get(root, ())]

    def is_left_behind(self, room_id: str) -> bool:
        """Tell whether a room goes on in another."""
        return self._moved.get(room_id) in self._rooms


def is_shared(room: RoomState) -> bool:
    """Tell whether a room can be part of a community."""
    return room.known and not room.direct and not room.token


def belongs(room: RoomState, space: RoomState) -> bool:
    """Tell whether a room is part of a space, by the space's word and the room's own.

    The space's word alone would let any space that we are invited to take over any room that we
    are in, with power over what we do there. The room agrees by naming the space as its parent, or
    by its own moderator being the one who named it in the space.
    """
    named_by = space.children.get(room.id)
    if named_by is None:
        return False
    return space.id in room.parents or is_moderator(room, named_by)


def fingerprint(*parts: object) -> str:
    """Return a short hash, for event ids that are derived rather than given."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
