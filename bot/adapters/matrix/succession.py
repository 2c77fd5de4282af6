"""What goes on elsewhere: rooms that were replaced, and rooms that became part of a space."""

from bot.adapters.matrix.communities import PLATFORM, fingerprint
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.rooms import RoomState, is_moderator
from bot.core.events import Moved
from bot.core.refs import Community, Room


def follow(facts: Facts) -> list[Moved]:
    """Note which rooms go on in others by now, and tell what moves along."""
    _note_spaces(facts)
    told: list[Moved] = []
    while (pair := _next(facts)) is not None:
        told += _move(facts, *pair)
    return told


def settled(facts: Facts) -> list[Moved]:
    """Tell of rooms that were communities and are part of one now, by no replacement."""
    told = []
    for room in facts.rooms.values():
        community = facts.communities.of(room.id)
        if room.announced_facts and community is not None and community.id != room.id:
            # It may come and go: by what was told last, each time is another one.
            told.append(_moved(room.id, community.id, after=room.announced))
    return told


def was_before(facts: Facts, room_id: str, user_id: str) -> bool:
    """Tell whether somebody was in a room that goes on in this one."""
    return any(
        facts.now(before) == room_id and facts.rooms[before].members.get(user_id) == "join"
        for before in facts.moved
        if before in facts.rooms
    )


def _note_spaces(facts: Facts) -> None:
    """Note which space each room is in, for the day on which it is replaced."""
    view = facts.communities
    for root in view.roots:
        for room in view.within(root.id):
            named = view.named(room.id)
            if named and (room.space != named[0] or room.adopted):
                room.space, room.adopted = named[0], ""
                facts.mark(room.id)


def _next(facts: Facts) -> tuple[RoomState, RoomState] | None:
    """Return a room that is replaced, and the one that it goes on in; None if all is noted."""
    for room in facts.rooms.values():
        after = facts.rooms.get(room.replaced_by)
        if after is None or facts.moved.get(room.id) == after.id:
            continue
        if facts.now(after.id) != room.id and _succeeds(after, room):
            return room, after
    return None


def _succeeds(after: RoomState, before: RoomState) -> bool:
    """Tell whether a room is what another was replaced by, by the word of both.

    It says so itself; or who replaced the one moderates the other as well.
    """
    said = after.predecessor == before.id or is_moderator(after, before.replaced_from)
    return after.known and said and after.is_space == before.is_space


def _move(facts: Facts, room: RoomState, after: RoomState) -> list[Moved]:
    # Replaced once more, by another room: what had moved already moves on from there.
    stood = facts.now(room.id)
    was, community = facts.rooms.get(stood), facts.communities.of(stood)
    spaces = facts.communities.parents(stood) if was is not None and community else []
    facts.move(room.id, after.id)
    if stood != room.id and stood != after.id:
        facts.move(stood, after.id)
    if room.direct:
        if after.others(facts.me) == [room.direct]:
            after.direct = room.direct
            facts.mark(after.id)
        return []
    if community is None or stood == after.id:
        return []
    if spaces and not facts.communities.named(after.id):
        after.adopted = spaces[0]
        facts.mark(after.id)
    place = facts.communities.of(after.id)
    root = community.id if place is None or community.id != stood else place.id
    rooms = () if room.is_space else ((Room(PLATFORM, stood), Room(PLATFORM, after.id)),)
    return [_moved(community.id, root, rooms)] if rooms or root != community.id else []


def _moved(
    before: str, now: str, rooms: tuple[tuple[Room, Room], ...] = (), after: str = ""
) -> Moved:
    """Tell once what moved; `after` what else was told."""
    return Moved(
        event_id=fingerprint("moved", before, now, rooms, after),
        before=Community(PLATFORM, before),
        after=Community(PLATFORM, now),
        rooms=rooms,
    )
