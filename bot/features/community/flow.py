"""The community's own life: the bot comes, is opened, pauses, and is taken away."""

from collections.abc import Iterable, Mapping

from bot.core.errors import BadInput
from bot.core.events import Added, Removed
from bot.core.features import Opened
from bot.core.refs import Need, RoomFacts
from bot.core.turn import USES, Turn
from storage.communities import Communities


def added(turn: Turn, event: Added) -> None:
    """Note the rooms; when the bot is new here, say one line, and stay quiet until it is set up."""
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    back = row.state == "gone"
    if event.name:
        row.name = event.name
    if back:
        row.state = "new"
    row.lacks = [str(need) for need in event.lacks] or None
    communities.save(row)
    communities.set_rooms(row.id, event.rooms)
    communities.set_roles(row.id, event.roles)
    if event.new and row.state == "new" and event.rooms:
        turn.say("arrived", to=event.rooms[0].room)


def removed(turn: Turn, _event: Removed) -> None:
    """The bot is no longer there: nothing comes due any more."""
    _set_state(turn, "gone")


def open_(turn: Turn, _options: Mapping[str, str]) -> None:
    """Open the community to its members."""
    community = turn.community
    if community.state == "open":
        turn.say("open_already")
        return
    if "newcomers" not in community.rooms:
        raise BadInput("open_needs_room")
    communities = turn.rows(Communities)
    row = communities.get(community.id)
    row.state = "open"
    row.opened_at = row.opened_at or turn.now
    communities.save(row)
    turn.say("opened")
    turn.tell(Opened(event_id=turn.new_id()))


def pause(turn: Turn, _options: Mapping[str, str]) -> None:
    """Let nothing come due until `keeper resume`."""
    if turn.community.state != "open":
        raise BadInput("not_open")
    _set_state(turn, "paused")
    turn.say("paused")


def resume(turn: Turn, _options: Mapping[str, str]) -> None:
    """Go on after a pause."""
    if turn.community.state != "paused":
        raise BadInput("not_paused")
    _set_state(turn, "open")
    turn.say("resumed")


def status(turn: Turn, _options: Mapping[str, str]) -> None:
    """Tell on one screen what happens next, what waits, and what is wrong."""
    community = turn.community
    names = {facts.room.id: facts.name for facts in community.known_rooms}
    rooms = [
        (turn.text(f"use_{use}"), names.get(community.rooms[use].id, "?"))
        for use in USES
        if use in community.rooms
    ]
    turn.say(
        "status",
        name=community.name,
        state=turn.text(f"state_{community.state}"),
        zone=community.zone,
        rooms=rooms,
        by_role=turn.has_roles,
        role=_moderator_role(turn),
        lines=turn.gather("status"),
        problems=turn.gather("problems"),
    )


def check(turn: Turn, _options: Mapping[str, str]) -> None:
    """Name everything that would not work."""
    turn.say(
        "check",
        problems=turn.gather("problems"),
        unheard=Need.ARRIVALS in turn.community.lacks,
        by_role=turn.has_roles,
        role=_moderator_role(turn),
        how=turn.text("open_keeper"),
    )


def problems(turn: Turn) -> list[str]:
    """Return what is wrong with the rooms, the role, and what the bot may do."""
    community = turn.community
    known = {facts.room.id: facts for facts in community.known_rooms}
    found = []
    lacks = [each for each in community.lacks if each is not Need.ARRIVALS]
    if lacks:
        found.append(turn.text("problem_lacks", names=_named(turn, lacks)))
    if not community.rooms:
        found.append(turn.text("problem_no_rooms"))
    for use, room in community.rooms.items():
        facts = known.get(room.id)
        if facts is None:
            found.append(turn.text("problem_room_gone", use=turn.text(f"use_{use}")))
        else:
            found += _in_room(turn, facts, pins=use == "newcomers")
    if community.moderator_role and not _moderator_role(turn):
        found.append(turn.text("problem_role_gone"))
    return list(dict.fromkeys(found))  # a room may serve several uses


def _in_room(turn: Turn, facts: RoomFacts, *, pins: bool) -> list[str]:
    """Return what is wrong in one room, unless it is so in all."""
    lacks = [each for each in facts.lacks if pins or each is not Need.PIN]
    if lacks:
        return [turn.text("problem_room_lacks", room=facts.name, names=_named(turn, lacks))]
    if turn.has_roles:
        return []
    if not facts.can_post:
        return [turn.text("problem_cannot_post", room=facts.name)]
    if pins and not facts.can_pin:
        return [turn.text("problem_cannot_pin", room=facts.name)]
    return []


def _named(turn: Turn, lacks: Iterable[Need]) -> list[str]:
    return [turn.text(f"need_{each}") for each in lacks]


def _moderator_role(turn: Turn) -> str:
    """Return the name of the role whose members moderate; nothing where there is none."""
    roles = {role.id: role.name for role in turn.community.known_roles}
    return roles.get(turn.community.moderator_role or "", "")


def _set_state(turn: Turn, state: str) -> None:
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    row.state = state
    communities.save(row)
