"""A check-in: it opens with somebody's own last words, asks one question, and takes a no."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Field
from bot.core.content import in_locale
from bot.core.events import Undelivered
from bot.core.features import HomeItem, Number
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.reflection.rhythm import KIND, Rhythm
from bot.features.reflection.sets import Sets
from bot.features.reflection.telling import tell_once
from storage.conversations import Questions
from storage.reflection import Thought, Thoughts
from storage.schedules import Schedules

OUTCOMES = ("happened", "changed", "didnt", "nomatter")
_FLOW = "reflection"
_PATIENCE = 2  # unanswered invitations before the one question whether to go slower
_LIMIT = 4000


class CheckIns:
    """Check-ins by question sets."""

    def __init__(self, sets: Sets, rhythm: Rhythm) -> None:
        """Ask the questions of these sets, in this rhythm."""
        self.sets = sets
        self.rhythm = rhythm

    def read_ahead(self, rows: Any, plans: Sequence[Plan]) -> None:  # noqa: ANN401 - see `Turn.rows`
        """Read the last words of all who are to be invited."""
        if people := {plan.subject for plan in plans if plan.kind == KIND and plan.subject}:
            Thoughts(rows).fetch(people)

    def due(self, turn: Turn, plan: Plan) -> None:
        """Invite, once; after two unanswered ones ask whether to go slower, then be silent.

        While the community is quiet, nothing is asked and nothing waits.
        """
        calendar = calendar_of(turn)
        if calendar.quiet(turn.now) or (plan.next_due and calendar.quiet(plan.next_due)):
            return
        state = turn.state(_FLOW)
        unanswered = int(state.get("unanswered", 0))
        community = turn.community
        if community.state != "open" or "reflection" in community.paused:
            return
        if unanswered > _PATIENCE:
            return
        direct = turn.settings.get("reach") == "direct" and not turn.settings.get("closed")
        turn.keep(_FLOW, {**state, "unanswered": unanswered + 1, "waiting": not direct})
        if not direct:
            return
        if unanswered == _PATIENCE:
            self._ask_slower(turn, gate="reflection.rhythm")
        else:
            self._invite(turn, gate="reflection.rhythm")

    def numbers(self, turn: Turn) -> list[Number]:
        """Return how many have a rhythm, for a band."""
        count = turn.rows(Schedules).people(turn.community.id, KIND)
        return [Number("reflection", turn.text("number_rhythm"), count)]

    def undelivered(self, turn: Turn, event: Undelivered) -> None:
        """Let a check-in that could not reach somebody wait for them."""
        question = turn.rows(Questions).get(event.key)
        if question is not None and question.purpose.startswith("checkin."):
            turn.keep(_FLOW, {**turn.state(_FLOW), "waiting": True})

    def _ask_slower(self, turn: Turn, gate: str | None = None) -> None:
        slower = () if self._cadence(turn) == "monthly" else ("slower",)  # none is less often
        ways = (*slower, "pause", "stop", "as_it_is")
        choices = [turn.choice(each, f"slower_{each}") for each in ways]
        turn.ask(
            "checkin.slower",
            "ask_slower",
            choices,
            about={"came": gate is None},
            gate=gate,
            came=gate is None,
        )

    def _cadence(self, turn: Turn) -> str:
        plans = turn.plans(KIND, personal=True)
        return str((plans[0].payload or {}).get("cadence", "")) if plans else ""

    def _invite(self, turn: Turn, gate: str | None = None) -> None:
        last = self._last(turn)
        if last is None:
            self._question(turn, gate, greet=True)
            return
        choices = [turn.choice(each, f"choice_{each}") for each in OUTCOMES]
        choices.append(turn.choice("pass", "choice_pass"))
        choices.append(turn.choice("stop", "choice_stop"))
        at = datetime.fromisoformat(str(last.body["at"])).astimezone(ZoneInfo(turn.zone))
        turn.ask(
            "checkin.outcome",
            "last_words",
            choices,
            about={"thought": last.id},
            gate=gate,
            at=at,
            text=str(last.body["text"]),
        )

    def outcome(self, turn: Turn, answer: Answer) -> None:
        """Note what became of the last words, then ask one question."""
        state = turn.state(_FLOW)
        turn.keep(_FLOW, {**state, "unanswered": 0, "waiting": False})
        if answer.choice == "stop":
            self.rhythm.stop(turn, {})
            return
        self._question(turn, None, outcome="" if answer.choice == "pass" else answer.choice)

    def _question(
        self, turn: Turn, gate: str | None, *, outcome: str = "", greet: bool = False
    ) -> None:
        state = turn.state(_FLOW)
        # Who chose a set keeps it, also when it is not offered to others any more.
        chosen = self.sets.all.get(str(state.get("set", ""))) or self.sets.offered(turn)[0]
        position = int(state.get("question", 0)) % len(chosen.questions)
        turn.keep(_FLOW, {**state, "question": position + 1})
        text = in_locale(chosen.questions[position].text, turn.locale)
        field = Field("text", turn.text("field_thought"), limit=_LIMIT)
        choices = [turn.choice("nothing", "choice_nothing"), turn.choice("stop", "choice_stop")]
        turn.ask_form(
            "checkin.answer",
            "question",
            [field],
            choices=choices,
            about={"question": text, "outcome": outcome},
            gate=gate,
            first=tell_once(turn),
            tells_encryption=True,
            text=text,
            greet=greet,
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Keep the answer; nothing this time is one."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "unanswered": 0, "waiting": False})
        if answer.choice == "stop":
            self.rhythm.stop(turn, {})
            return
        if answer.choice:
            turn.say("nothing_this_time")
            return
        body: dict[str, Any] = {
            "text": answer.text,
            "at": turn.now.isoformat(),
            "question": str(answer.about.get("question", "")),
            "outcome": str(answer.about.get("outcome", "")),
        }
        turn.rows(Thoughts).keep(turn.new_id(), turn.subject, turn.community.id, body)
        turn.say("kept")

    def slower(self, turn: Turn, answer: Answer) -> None:
        """Go slower, pause, stop, or go on as it is; who came for the question gets it now."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "unanswered": 0, "waiting": False})
        match answer.choice:
            case "slower":
                weekly = self._cadence(turn) == "weekly"
                self.rhythm.begin(turn, "fortnightly" if weekly else "monthly")
            case "pause":
                self.rhythm.pause(turn)
            case "as_it_is":
                turn.say("goes_on_as_it_is")
                if answer.about.get("came"):
                    self._invite(turn)
            case _:
                self.rhythm.stop(turn, {})

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the doors to one's own words; a check-in that waits comes first."""
        waiting = bool(turn.state(_FLOW).get("waiting"))
        items = [HomeItem(turn.text("home"), "reflect", order=30)]
        if waiting:
            items.insert(0, HomeItem(turn.text("home_waiting"), "reflect check-in", 1, True))
        return items

    def take_up(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Open the check-in that waits; where two waited in vain, ask first what would suit."""
        state = turn.state(_FLOW)
        often = bool(state.get("waiting")) and int(state.get("unanswered", 0)) > _PATIENCE
        turn.keep(_FLOW, {**state, "waiting": False, "unanswered": 0})
        if often:
            self._ask_slower(turn)
        else:
            self._invite(turn)

    def _last(self, turn: Turn) -> Thought | None:
        return turn.rows(Thoughts).last(turn.subject, turn.community.id)
