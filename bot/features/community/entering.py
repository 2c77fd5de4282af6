"""Coming into rooms of the community that the bot is not in yet, as a moderator says in setup."""

from collections.abc import Sequence

from bot.core.actions import Enter, Field
from bot.core.errors import BadInput
from bot.core.refs import OutsideRoom, RoomFacts, Way
from bot.core.turn import Answer, Turn
from bot.engine.reading import fold

_FLOW = "community"  # the setup's own state


def ask(turn: Turn) -> bool:
    """Ask into which rooms to come; False where there are none that the bot may come into."""
    outside = turn.community.outside
    closed = [each.name for each in outside if each.way in (Way.INVITED, Way.REPLACED)]
    asked = [each.name for each in outside if each.way is Way.ASKED]
    if closed or asked:
        turn.say("closed_rooms", closed=closed, asked=asked)
    ways_in = _ways_in(turn)
    if not ways_in or not turn.can.enters:
        return False
    turn.ask_form(
        "community.enter",
        "ask_enter",
        [Field("rooms", turn.text("field_enter"), limit=500)],
        choices=[turn.choice("all", "choice_enter_all"), turn.choice("none", "choice_enter_none")],
        rooms=[(each.name, each.way is Way.KNOCK) for each in ways_in],
    )
    return True


def _ways_in(turn: Turn) -> list[OutsideRoom]:
    return [each for each in turn.community.outside if each.way in (Way.OPEN, Way.KNOCK)]


def enter(turn: Turn, answer: Answer) -> None:
    """Come into the rooms that the moderator names."""
    there = _ways_in(turn)
    chosen: list[OutsideRoom] = []
    if answer.choice == "all":
        chosen = there
    elif answer.choice != "none":
        chosen = _meant(there, answer.text)
    for each in chosen:
        turn.do(Enter(key=turn.new_id(), to=each.room))
    if chosen:
        turn.say(
            "entering",
            rooms=[each.name for each in chosen if each.way is Way.OPEN],
            knocked=[each.name for each in chosen if each.way is Way.KNOCK],
        )
    coming = [each.room.id for each in chosen if each.way is Way.OPEN]
    turn.keep(_FLOW, {"step": "rooms", "coming": coming})


def _meant(there: Sequence[OutsideRoom], typed: str) -> list[OutsideRoom]:
    """Return the rooms that somebody named, by numbers or names with commas between.

    Raises: `BadInput` for what is neither.
    """
    found: dict[str, OutsideRoom] = {}
    for part in filter(None, (each.strip() for each in typed.split(","))):
        number = int(part) if part.isdecimal() else 0
        named = [each for each in there if fold(each.name.lstrip("#")) == fold(part.lstrip("#"))]
        if not named and 1 <= number <= len(there):
            named = [there[number - 1]]
        if not named:
            names = [each.name for each in there]
            raise BadInput("enter_unknown", typed=part[:60], rooms=names)
        found.update((each.room.id, each) for each in named)
    return list(found.values())


def usable(turn: Turn) -> list[RoomFacts]:
    """Return the rooms that the bot is in, or is about to come into."""
    coming = turn.state(_FLOW).get("coming", ())
    outside = [each for each in turn.community.outside if each.room.id in coming]
    return [*turn.community.known_rooms, *(RoomFacts(each.room, each.name) for each in outside)]
