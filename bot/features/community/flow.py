"""The community's own life: the bot comes, is opened, pauses, and is taken away."""

from collections.abc import Mapping

from bot.core.errors import BadInput
from bot.core.events import Added, Removed
from bot.core.features import Opened
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
    communities.save(row)
    communities.set_rooms(row.id, event.rooms)
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


def pause(turn: Turn, options: Mapping[str, str]) -> None:
    """Let nothing come due until `keeper resume`, or nothing of one kind."""
    if what := options.get("what"):
        _pause_alone(turn, {*turn.community.paused, what})
        turn.say("paused_alone", what=turn.text(f"pausable_{what}"))
        return
    if turn.community.state != "open":
        raise BadInput("not_open")
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
        lines=turn.gather("status"),
        problems=turn.gather("problems"),
    )


def check(turn: Turn, _options: Mapping[str, str]) -> None:
    """Name everything that would not work."""
    turn.say("check", problems=turn.gather("problems"))


def problems(turn: Turn) -> list[str]:
    """Return what is wrong with the rooms."""
    community = turn.community
    known = {facts.room.id: facts for facts in community.known_rooms}
    found = []
    if not community.rooms:
        found.append(turn.text("problem_no_rooms"))
    for use, room in community.rooms.items():
        facts = known.get(room.id)
        if facts is None:
            found.append(turn.text("problem_room_gone", use=turn.text(f"use_{use}")))
        elif not facts.can_post:
            found.append(turn.text("problem_cannot_post", room=facts.name))
        elif use == "newcomers" and not facts.can_pin:
            found.append(turn.text("problem_cannot_pin", room=facts.name))
    return found


def _set_state(turn: Turn, state: str) -> None:
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    row.state = state
    communities.save(row)
