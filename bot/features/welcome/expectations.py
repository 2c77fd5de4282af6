"""Four optional questions about what somebody hopes for, given back after eight weeks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.core.actions import Field
from bot.core.features import HomeItem
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of

KIND = "welcome.expectations"
QUESTIONS = ("hope", "bring", "doubt", "sign")
_AFTER = timedelta(weeks=8)
_FLOW = "expectations"
_LIMIT = 600
_BLANK = ("", "-", "–", ".", "…")


def ask(turn: Turn) -> None:
    """Ask all four in one form; each may stay blank."""
    fields = [Field(each, turn.text(f"expect_{each}"), limit=_LIMIT) for each in QUESTIONS]
    choices = [turn.choice("no", "choice_nothing_this_time")]
    turn.ask_form("welcome.expect", "ask_expectations", fields, choices=choices)


def keep(turn: Turn, answer: Answer) -> None:
    """Keep what was written, sealed, and plan to give it back."""
    said = {each: answer.values.get(each, "").strip() for each in QUESTIONS}
    said = {each: text for each, text in said.items() if text not in _BLANK}
    if not said:
        turn.say("expectations_none")
        return
    turn.keep(_FLOW, {"said": said, "at": turn.now.isoformat()})
    for plan in turn.plans(KIND, personal=True):
        turn.unplan(plan.id)
    plan = Plan(id=turn.new_id(), kind=KIND, zone=turn.zone, next_due=turn.now + _AFTER)
    turn.plan(plan, personal=True)
    turn.say("expectations_kept")


def due(turn: Turn, _plan: Plan) -> None:
    """Give them back, if the member may be written to; else they wait under Start."""
    state = turn.state(_FLOW)
    if not state.get("said"):
        return
    turn.keep(_FLOW, {**state, "waits": True})
    if wanted(turn) and not calendar_of(turn).quiet(turn.now):
        _show(turn, gate="expectations.wanted")


def wanted(turn: Turn) -> bool:
    """Tell whether the member may be written to of this."""
    return turn.community.state == "open" and turn.settings.get("reach") == "direct"


def show(turn: Turn) -> None:
    """Show them because the member came for them."""
    _show(turn)


def _show(turn: Turn, gate: str | None = None) -> None:
    state = turn.state(_FLOW)
    turn.keep(_FLOW, {name: state[name] for name in ("said", "at") if name in state})
    said = [(turn.text(f"expect_{each}"), text) for each, text in state.get("said", {}).items()]
    turn.say("expectations_back", to=turn.me, gate=gate, said=said)


def home(turn: Turn) -> list[HomeItem]:
    """Return the door to what waits to be given back."""
    if not turn.state(_FLOW).get("waits"):
        return []
    return [HomeItem(turn.text("home_expectations"), DOOR, order=5, waiting=True)]


DOOR = "expectations"
GATES: Mapping[str, Any] = {"expectations.wanted": wanted}
