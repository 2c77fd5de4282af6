"""Welcoming somebody: Start, Later, No thanks; then language, reach, what is kept, what next."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.core.actions import Choice, Pin
from bot.core.events import Joined, Moved
from bot.core.features import DoorMoved, Findable, HomeItem, Introduced, Opened
from bot.core.markup import to_plain
from bot.core.turn import Answer, Turn
from bot.engine.words import language_name
from bot.features.welcome import expectations, greeting, introduction
from storage.greetings import Greetings
from storage.members import Members
from storage.tables import Membership

_FLOW = "welcome"
_STEPS = ("language", "reach", "kept", "next")
REACH = ("direct", "return", "never")


def greet(turn: Turn, _event: Joined) -> None:
    """Offer a welcome, once, where the bot may write first; else *Start here* waits."""
    membership = _enter(turn)
    if membership.greeted or turn.community.state != "open" or not turn.writes_first:
        return
    membership.greeted = True
    _offer(turn)


def _enter(turn: Turn) -> Membership:
    """Let somebody in; note who comes back, whether by joining or by what they do first."""
    members = turn.rows(Members)
    before = members.membership(turn.subject, turn.community.id)
    if before is not None and before.greeted and not before.here:
        turn.keep(_FLOW, {**turn.state(_FLOW), "returned": True})
    return members.enter(turn.subject, turn.community.id)


def _offer(turn: Turn) -> None:
    choices = [
        turn.choice("start", "choice_start"),
        turn.choice("later", "choice_later"),
        turn.choice("no", "choice_no"),
    ]
    turn.ask("welcome.offer", "offer", choices, to=turn.me, community=turn.community.name)


def offered(turn: Turn, answer: Answer) -> None:
    """Begin, or leave the person in peace."""
    if answer.choice == "start":
        start(turn, {})
    else:
        turn.say("later" if answer.choice == "later" else "no_thanks")


def post_door(turn: Turn, _event: Opened | DoorMoved | Moved) -> None:
    """Post *Start here* for those already here, and pin it."""
    room = turn.community.rooms["newcomers"]
    with turn.in_language(turn.community.locale):
        key = turn.ask(
            "door.start",
            "door",
            [turn.choice("start", "choice_start", emoji="👋")],
            to=room,
            anyone=True,
            community=turn.community.name,
            purpose=dict(turn.gather("variables")).get("purpose", ""),
        )
    turn.do(Pin(key=turn.new_id(), to=room, after=key))


def door_moved(turn: Turn, event: DoorMoved | Moved) -> None:
    """Put *Start here* up anew where newcomers come in now: pins stay behind."""
    room = turn.community.rooms.get("newcomers")
    if isinstance(event, Moved) and room not in [after for _, after in event.rooms]:
        return
    if turn.community.state in ("open", "paused"):
        post_door(turn, event)


def door(turn: Turn, _answer: Answer) -> None:
    """Somebody came through *Start here*; who could not be greeted before is greeted now."""
    membership = _enter(turn)
    if membership.greeted or turn.writes_first:
        start(turn, {})
        return
    membership.greeted = True
    _offer(turn)


def start(turn: Turn, _options: Mapping[str, str]) -> None:
    """Welcome somebody, or go on where they were, or show the Start page."""
    _enter(turn).greeted = True
    state = turn.state(_FLOW)
    step = state.get("step", "")
    words = "resume" if step else "hello"
    if state.pop("returned", False):
        words = "returner"
        turn.keep(_FLOW, state)
    if step == "done":
        if words == "returner":
            turn.say(words, community=turn.community.name)
        home(turn)
        return
    turn.say(words, community=turn.community.name)
    _go_to(turn, step or _STEPS[0])


def _go_to(turn: Turn, step: str) -> None:
    turn.keep(_FLOW, {**turn.state(_FLOW), "step": step})
    place: dict[str, Any] = {"number": _STEPS.index(step) + 1, "count": len(_STEPS)}
    match step:
        case "language":
            choices = [Choice(tag, language_name(tag), None, (tag,)) for tag in turn.languages]
            turn.ask("welcome.language", "ask_language", choices, **place)
        case "reach":
            choices = [turn.choice(way, f"reach_{way}") for way in REACH]
            turn.ask("welcome.reach", "ask_reach", choices, **place)
        case "kept":
            on = [turn.choice("on", "choice_on")]
            turn.ask("welcome.kept", "what_is_kept", on, tells_encryption=True, **place)
        case _:
            turn.ask("welcome.next", "ask_next", _ways_on(turn), **place)


def _ways_on(turn: Turn) -> list[Choice]:
    """Return what may come next; what was done, or left out on purpose, is not offered again."""
    choices = [turn.choice("hunt", "choice_hunt"), turn.choice("start", "choice_look")]
    offered = turn.state(_FLOW).get("offered", [])
    kept = {"expect": turn.state("expectations"), "introduce": turn.state("introduction")}
    for what in _ON_THE_WAY:
        if what not in offered and not kept.get(what):
            choices.append(turn.choice(what, f"choice_{what}"))
    return choices


def language(turn: Turn, answer: Answer) -> None:
    """Keep the member's language and speak it from now on."""
    turn.save_settings({**turn.settings, "locale": answer.choice})
    _go_to(turn, "reach")


def reach(turn: Turn, answer: Answer) -> None:
    """Keep how the member may be reached."""
    turn.save_settings({**turn.settings, "reach": answer.choice})
    _go_to(turn, "kept")


def kept(turn: Turn, _answer: Answer) -> None:
    """The member has read what is kept."""
    _go_to(turn, "next")


def chosen(turn: Turn, answer: Answer) -> None:
    """Go through a door; the welcome is done by whichever leads on."""
    if answer.choice in _ON_THE_WAY:
        state = turn.state(_FLOW)
        turn.keep(_FLOW, {**state, "offered": [*state.get("offered", []), answer.choice]})
        _ON_THE_WAY[answer.choice](turn)
        return
    turn.keep(_FLOW, {"step": "done"})
    if answer.choice == "introduction":
        introduction.begin(turn)
    elif answer.choice == "greeting":
        greeting.take_back(turn)
    elif answer.choice == expectations.DOOR:
        expectations.show(turn)
    else:
        turn.run(answer.choice)


_ON_THE_WAY: Mapping[str, Callable[[Turn], None]] = {
    "expect": expectations.ask,
    "introduce": introduction.begin,
    "greet": greeting.ask,
}


def greeted(turn: Turn, answer: Answer) -> None:
    """Keep the wish to be welcomed by name, and go on with the welcome."""
    greeting.wished(turn, answer)
    _goes_on(turn)


def introduced(turn: Turn, _event: Introduced) -> None:
    """Whoever introduced themselves on the way, or not now, goes on with the welcome."""
    _goes_on(turn)


def _goes_on(turn: Turn) -> None:
    if turn.state(_FLOW).get("step") == _STEPS[-1]:
        _go_to(turn, _STEPS[-1])


def expected(turn: Turn, answer: Answer) -> None:
    """Keep what somebody hopes for, and go on with the welcome."""
    expectations.keep(turn, answer)
    _goes_on(turn)


def home(turn: Turn) -> None:
    """Show what waits, and every door."""
    items: list[HomeItem] = sorted(
        turn.gather("home"), key=lambda item: (not item.waiting, item.order)
    )
    waiting = sum(item.waiting for item in items)
    whole = {item.command for item in items}
    choices = [
        Choice(item.command, item.label, None, (item.command, *_first(item.command, whole)))
        for item in items
    ]
    words = "home_introduction" if turn.state("introduction") else "choice_introduce"
    choices.append(turn.choice("introduction", words))
    if turn.rows(Greetings).of(turn.subject, turn.community.id):
        choices.append(turn.choice("greeting", "home_greeting"))
    turn.ask("home.door", "home", choices, community=turn.community.name, waiting=waiting)


def _first(command: str, whole: set[str]) -> tuple[str, ...]:
    """Return a door's first word, which is enough unless it is another door's whole name."""
    word = command.split()[0]
    return () if word in whole else (word,)


def findable(turn: Turn) -> list[Findable]:
    """Return what the pinned *Start here* says, once it is there."""
    if turn.community.state not in ("open", "paused") or "newcomers" not in turn.community.rooms:
        return []
    text = turn.text(
        "door",
        community=turn.community.name,
        purpose=dict(turn.gather("variables")).get("purpose", ""),
    )
    return [Findable("start-here", {turn.locale: to_plain(text)})]
