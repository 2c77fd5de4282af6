"""The community's own life: the bot comes, is opened, pauses, and is taken away."""

from collections.abc import Iterable, Mapping

from bot.core.errors import BadInput
from bot.core.events import Added, Removed
from bot.core.features import Absorbed, Opened
from bot.core.refs import Need, RoomFacts, Way
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
        row.state, row.gone_at = "new", None
    row.lacks = [str(need) for need in event.lacks] or None
    communities.save(row)
    alone = not turn.community.known_rooms  # a space that the bot came into has no room of its own
    communities.set_rooms(row.id, event.rooms, event.outside)
    communities.set_roles(row.id, event.roles)
    if (event.new or alone) and row.state == "new" and event.rooms:
        turn.say("arrived", to=event.rooms[0].room)


def removed(turn: Turn, _event: Removed) -> None:
    """The bot is no longer there: nothing comes due any more, and what is kept has its time."""
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    row.state, row.gone_at = "gone", turn.now
    communities.save(row)


def absorbed(turn: Turn, event: Absorbed) -> None:
    """Tell in a community that is part of another now that what was set up in it rests."""
    turn.say("absorbed", to=event.room, name=event.name, space=turn.community.name)


def open_(turn: Turn, _options: Mapping[str, str]) -> None:
    """Open the community to its members."""
    community = turn.community
    if community.state == "open":
        turn.say("open_already")
        return
    if "newcomers" not in community.rooms:
        raise BadInput("open_needs_room")
    door = community.rooms["newcomers"]
    for facts in community.known_rooms:
        if facts.room.id == door.id and not facts.can_post:
            raise BadInput("room_cannot_post", room=facts.name)
    communities = turn.rows(Communities)
    row = communities.get(community.id)
    row.state = "open"
    row.opened_at = row.opened_at or turn.now
    communities.save(row)
    turn.say("opened")
    turn.tell(Opened(event_id=turn.new_id()))


def pause(turn: Turn, options: Mapping[str, str]) -> None:
    """Let nothing come due until `keeper resume`, or nothing of one kind."""
    if what := options.get("what"):
        _pause_alone(turn, {*turn.community.paused, what})
        turn.say("paused_alone", what=turn.text(f"pausable_{what}"))
        return
    if turn.community.state != "open":
        raise BadInput("paused_already" if turn.community.state == "paused" else "not_open")
    _set_state(turn, "paused")
    turn.say("paused")


def resume(turn: Turn, options: Mapping[str, str]) -> None:
    """Go on after a pause: with everything, or with one kind."""
    what, alone = options.get("what"), turn.community.paused
    if what:
        if what not in alone:
            raise BadInput("not_paused")
        _pause_alone(turn, set(alone) - {what})
        turn.say("resumed_alone", what=turn.text(f"pausable_{what}"))
        return
    if turn.community.state != "paused" and not alone:
        raise BadInput("not_paused")
    if turn.community.state == "paused":
        _set_state(turn, "open")
    _pause_alone(turn, set())
    turn.say("resumed")


def _pause_alone(turn: Turn, what: set[str]) -> None:
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    row.paused = " ".join(sorted(what))
    communities.save(row)


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
        paused=[turn.text(f"pausable_{what}") for what in community.paused],
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
        hints=turn.gather("hints"),
        unheard=Need.ARRIVALS in turn.community.lacks,
        by_role=turn.has_roles,
        role=_moderator_role(turn),
        how=turn.text("open_keeper"),
    )


def problems(turn: Turn) -> list[str]:
    """Return what is wrong with the rooms, the role, and what the bot may do."""
    community = turn.community
    known = {facts.room.id: facts for facts in community.known_rooms}
    found = _lacking(turn, known)
    replaced = [each.name for each in community.outside if each.way is Way.REPLACED]
    if replaced:
        found.append(turn.text("problem_replaced", rooms=replaced))
    if not community.rooms:
        found.append(turn.text("problem_no_rooms"))
    for use, room in community.rooms.items():
        facts = known.get(room.id)
        if facts is None:
            found.append(turn.text("problem_room_gone", use=turn.text(f"use_{use}")))
        elif turn.has_roles:
            continue  # what it lacks there is named
        elif not facts.can_post:
            found.append(turn.text("problem_cannot_post", room=facts.name))
        elif use == "newcomers" and not facts.can_pin:
            found.append(turn.text("problem_cannot_pin", room=facts.name))
    if community.moderator_role and not _moderator_role(turn):
        found.append(turn.text("problem_role_gone"))
    return list(dict.fromkeys(found))  # a room may serve several uses


def _lacking(turn: Turn, known: Mapping[str, RoomFacts]) -> list[str]:
    """Say what the bot may not do in the rooms that it uses; once, if it is so everywhere."""
    community = turn.community
    by_room: dict[str, set[Need]] = {}
    for use, room in community.rooms.items():
        if room.id in known:
            lacks = {each for each in known[room.id].lacks if _counts(each, use)}
            by_room.setdefault(room.id, set()).update(lacks)
    somewhere = set[Need]().union(*by_room.values()) if by_room else set(Need)
    everywhere = [
        each
        for each in community.lacks
        if each is not Need.ARRIVALS and (each is Need.ROLES or each in somewhere)
    ]
    found = [turn.text("problem_lacks", names=_named(turn, everywhere))] if everywhere else []
    for id_, lacks in by_room.items():
        own = [each for each in Need if each in lacks and each not in everywhere]
        if own:
            name = known[id_].name
            found.append(turn.text("problem_room_lacks", room=name, names=_named(turn, own)))
    return found


def _counts(need: Need, use: str) -> bool:
    """Tell whether a need matters where a room is used for this."""
    return need is not Need.PIN or use == "newcomers"


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
