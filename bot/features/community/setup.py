"""Setting a community up: a few questions, which can be left and taken up again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from zoneinfo import available_timezones

from bot.core.actions import Choice, Enter, Field
from bot.core.errors import BadInput
from bot.core.features import SetupGoesOn, SetupReached, SetupStep, ZoneChanged
from bot.core.refs import OutsideRoom, RoleFacts, RoomFacts, Way
from bot.core.turn import USES, Answer, Turn
from bot.engine.reading import fold
from bot.engine.schedule.recurrence import valid_zone
from bot.engine.words import language_name
from storage.communities import Communities

_FLOW = "community"
_OWN = ("language", "zone", "rooms", "role")
_MANY = 8
_ROLES = 24  # with "nobody else" as many as one menu holds


def begin(turn: Turn, _options: Mapping[str, str]) -> None:
    """Begin, or go on where it was left."""
    step = turn.state(_FLOW).get("step", "language")
    if step == "language":
        turn.say("setup_begins", minutes=10)
    else:
        turn.say("setup_goes_on")
    _go_to(turn, step)


def _steps(turn: Turn) -> list[SetupStep]:
    steps: list[SetupStep] = turn.gather("setup")
    return sorted(steps, key=lambda step: step.order)


def _go_to(turn: Turn, step: str) -> None:
    turn.keep(_FLOW, {"step": step})
    contributed = {each.name for each in _steps(turn)}
    match step:
        case "language":
            choices = [Choice(tag, language_name(tag), None, (tag,)) for tag in turn.languages]
            turn.ask("community.language", "ask_language", choices)
        case "zone":
            turn.ask_form(
                "community.zone",
                "ask_zone",
                [Field("zone", turn.text("field_zone"), limit=60)],
                choices=[turn.choice("keep", "keep_zone", zone=turn.community.zone)],
            )
        case "rooms":
            _ask_enter(turn)
        case "role":
            _ask_role(turn)
        case "opening":
            choices = [turn.choice("open", "choice_open"), turn.choice("wait", "choice_wait")]
            turn.ask("community.opening", "ask_opening", choices)
        case name if name in contributed:
            turn.tell(SetupReached(event_id=turn.new_id(), step=name))
        case _:
            _go_to(turn, "language")


def _after(turn: Turn, step: str) -> None:
    order = [*_OWN, *(each.name for each in _steps(turn)), "opening"]
    _go_to(turn, order[order.index(step) + 1])


def goes_on(turn: Turn, event: SetupGoesOn) -> None:
    """A contributed step is done: ask what comes next, if the setup is under way."""
    if turn.state(_FLOW).get("step") == event.step:
        _after(turn, event.step)


def language(turn: Turn, answer: Answer) -> None:
    """Keep the community's language."""
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    row.locale = answer.choice
    communities.save(row)
    # The moderator who chose it is spoken to in it, too, unless they have set another one.
    if "locale" not in turn.settings:
        turn.save_settings({**turn.settings, "locale": answer.choice})
    turn.say("language_kept", language=language_name(answer.choice))
    _after(turn, "language")


def zone(turn: Turn, answer: Answer) -> None:
    """Keep the community's time zone; a city's name is enough."""
    if answer.choice != "keep":
        communities = turn.rows(Communities)
        row = communities.get(turn.community.id)
        before, row.zone = row.zone, zone_meant(answer.text)
        communities.save(row)
        if row.zone != before:
            turn.tell(ZoneChanged(event_id=turn.new_id(), own=False))
    turn.say("zone_kept", zone=turn.community.zone)
    _after(turn, "zone")


def zone_meant(text: str) -> str:
    """Return the IANA zone that somebody typed, by its name or its city.

    Raises: `BadInput` with the nearest ones.
    """
    if valid_zone(text.strip()):
        return text.strip()
    places = {fold(name.split("/")[-1].replace("_", " ")): name for name in _zones()}
    typed = fold(text.split("/")[-1].replace("_", " "))
    if typed in places:
        return places[typed]
    from rapidfuzz import process  # only where somebody mistyped: it is large

    near = [places[found[0]] for found in process.extract(typed, list(places), limit=3)]
    raise BadInput("zone_unknown", near=near)


def _zones() -> list[str]:
    return sorted(name for name in available_timezones() if "/" in name)


def _ask_enter(turn: Turn) -> None:
    """Ask into which rooms to come, where there are some that the bot is not in."""
    outside = turn.community.outside
    closed = [each.name for each in outside if each.way in (Way.INVITED, Way.REPLACED)]
    asked = [each.name for each in outside if each.way is Way.ASKED]
    if closed or asked:
        turn.say("closed_rooms", closed=closed, asked=asked)
    ways_in = _ways_in(turn)
    if not ways_in or not turn.can.enters:
        _ask_rooms(turn)
        return
    turn.ask_form(
        "community.enter",
        "ask_enter",
        [Field("rooms", turn.text("field_enter"), limit=500)],
        choices=[turn.choice("all", "choice_enter_all"), turn.choice("none", "choice_enter_none")],
        rooms=[(each.name, each.way is Way.KNOCK) for each in ways_in],
    )


def _ways_in(turn: Turn) -> list[OutsideRoom]:
    return [each for each in turn.community.outside if each.way in (Way.OPEN, Way.KNOCK)]


def enter(turn: Turn, answer: Answer) -> None:
    """Come into the rooms that the moderator names, and go on with them."""
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
    _ask_rooms(turn)


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


def _usable(turn: Turn) -> list[RoomFacts]:
    """Return the rooms that the bot is in, or is about to come into."""
    coming = turn.state(_FLOW).get("coming", ())
    outside = [each for each in turn.community.outside if each.room.id in coming]
    return [*turn.community.known_rooms, *(RoomFacts(each.room, each.name) for each in outside)]


def _ask_rooms(turn: Turn) -> None:
    rooms = _usable(turn)
    if not rooms:
        turn.say("no_rooms")
        _after(turn, "rooms")
        return
    if len(rooms) == 1:
        _use(turn, dict.fromkeys(USES[:3], rooms[0]))
        turn.say("one_room", room=rooms[0].name)
        _after(turn, "rooms")
        return
    choices = [Choice(facts.room.id, facts.name, None, ()) for facts in rooms[:_MANY]]
    choices.append(turn.choice("apart", "choice_rooms_apart"))
    turn.ask("community.rooms", "ask_rooms", choices)


def rooms(turn: Turn, answer: Answer) -> None:
    """Use one room for all, or ask for each use."""
    known = _usable(turn)
    if answer.choice == "apart":
        listed = [facts.name for facts in known]
        fields = [Field(use, turn.text(f"use_{use}"), limit=100) for use in USES]
        turn.ask_form("community.rooms_apart", "ask_rooms_apart", fields, rooms=listed)
        return
    chosen = next((facts for facts in known if facts.room.id == answer.choice), None)
    if chosen is None:
        raise BadInput("room_unknown", typed="", rooms=[facts.name for facts in known])
    _use(turn, dict.fromkeys(USES[:3], chosen))
    turn.say("one_room", room=chosen.name)
    _after(turn, "rooms")


def rooms_apart(turn: Turn, answer: Answer) -> None:
    """Keep a room for each use."""
    known = _usable(turn)
    chosen = {use: _room_meant(known, answer.values.get(use, "")) for use in USES}
    _use(turn, chosen)
    shown = [(turn.text(f"use_{use}"), facts.name) for use, facts in chosen.items()]
    turn.say("rooms_kept", rooms=shown)
    _after(turn, "rooms")


def _room_meant(known: list[RoomFacts], typed: str) -> RoomFacts:
    text = fold(typed.lstrip("#"))
    if text.isdecimal() and 1 <= int(text) <= len(known):
        return known[int(text) - 1]
    for facts in known:
        if text in (fold(facts.name.lstrip("#")), facts.room.id.casefold()):
            return facts
    raise BadInput("room_unknown", typed=typed[:60], rooms=[facts.name for facts in known])


def _use(turn: Turn, chosen: Mapping[str, RoomFacts]) -> None:
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    for use, facts in chosen.items():
        setattr(row, f"{use}_room", facts.room.id)
    communities.save(row)


def _ask_role(turn: Turn) -> None:
    roles = turn.community.known_roles
    if not turn.has_roles or not roles:
        _after(turn, "role")
        return
    choices = [turn.choice("none", "choice_no_role")]
    choices += [
        Choice(role.id, label, None, ())
        for role, label in zip(roles[:_ROLES], _told_apart(roles), strict=False)
    ]
    field = Field("role", turn.text("field_role"), limit=100)
    turn.ask_form("community.role", "ask_role", [field], choices=choices)


def _told_apart(roles: Sequence[RoleFacts]) -> list[str]:
    """Return the roles' names; those that several have get a number, from the highest down."""
    names = Counter(role.name for role in roles)
    seen = Counter[str]()
    labels = []
    for each in roles:
        seen[each.name] += 1
        number = f" ({seen[each.name]})" if names[each.name] > 1 else ""
        labels.append(f"{each.name}{number}")
    return labels


def role(turn: Turn, answer: Answer) -> None:
    """Keep the role whose members moderate, or that there is none."""
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    meant = None if answer.choice == "none" else _role_meant(turn, answer)
    row.moderator_role = meant.id if meant else None
    communities.save(row)
    if meant:
        turn.say("role_kept", role=meant.name, how=turn.text("open_keeper"))
    else:
        turn.say("no_role_kept")
    _after(turn, "role")


def _role_meant(turn: Turn, answer: Answer) -> RoleFacts:
    roles = list(turn.community.known_roles)
    typed = fold(answer.text.lstrip("@"))
    found = [each for each in roles if answer.choice == each.id or fold(each.name) == typed]
    if len(found) == 1:
        return found[0]
    names = [each.name for each in roles[:_ROLES]]
    raise BadInput("role_twice" if found else "role_unknown", typed=answer.text[:60], roles=names)


def opening(turn: Turn, answer: Answer) -> None:
    """Open now, or leave that for later."""
    turn.keep(_FLOW, {"step": "language"})
    if answer.choice == "open":
        turn.run("keeper open")
    else:
        turn.say("open_later")
