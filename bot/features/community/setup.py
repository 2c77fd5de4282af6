"""Setting a community up: a few questions, which can be left and taken up again."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.features import SetupGoesOn, SetupReached, SetupStep, ZoneChanged
from bot.core.refs import RoleFacts
from bot.core.turn import Answer, Turn
from bot.engine.places import zone_meant
from bot.engine.reading import fold
from bot.engine.words import language_name
from bot.features.community import entering, rooms
from storage.communities import Communities

_FLOW = "community"
_OWN = ("language", "zone", "rooms", "role")
_ROLES = 24  # with "nobody else" as many as one menu holds


def begin(turn: Turn, _options: Mapping[str, str]) -> None:
    """Begin, or go on where it was left."""
    step = turn.state(_FLOW).get("step", "language")
    if step == "language":
        turn.say("setup_begins", minutes=10, visible=_is_open(turn))
    else:
        turn.say("setup_goes_on")
    _go_to(turn, step)


def _is_open(turn: Turn) -> bool:
    return turn.community.state in ("open", "paused")


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
            if not entering.ask(turn):
                _ask_rooms(turn)
        case "role":
            _ask_role(turn)
        case "opening" if _is_open(turn):
            turn.keep(_FLOW, {"step": "language"})
            turn.say("setup_over")
        case "opening":
            choices = [turn.choice("open", "choice_open"), turn.choice("wait", "choice_wait")]
            most = turn.community.budget
            turn.ask("community.opening", "ask_opening", choices, budget=most)
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


def enter(turn: Turn, answer: Answer) -> None:
    """Come into the rooms that the moderator names, and go on with them."""
    entering.enter(turn, answer)
    _ask_rooms(turn)


def _ask_rooms(turn: Turn) -> None:
    if not rooms.ask(turn):
        _after(turn, "rooms")


def room(turn: Turn, answer: Answer) -> None:
    """Use one room for all, or ask for each use."""
    if rooms.chosen(turn, answer):
        _after(turn, "rooms")


def rooms_apart(turn: Turn, answer: Answer) -> None:
    """Keep a room for each use."""
    rooms.apart(turn, answer)
    _after(turn, "rooms")


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
