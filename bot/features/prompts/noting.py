"""The day before: whoever looks after the prompts is shown the next one, if they asked for that."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.events import Undelivered
from bot.core.features import HomeItem
from bot.core.markup import Markdown
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.engine.schedule.recurrence import Rule
from bot.features.prompts.arranging import Arranging
from bot.features.prompts.cards import SUGGESTED, heading, shown
from bot.features.prompts.coming import Coming, Library, next_date
from bot.features.prompts.moderating import TEXT, change, new_own
from bot.features.prompts.overview import waiting_own
from bot.features.prompts.skipping import Skipping
from bot.features.prompts.tending import NOTE, Tending
from storage.conversations import Questions
from storage.schedules import Schedules

KIND = NOTE
_FLOW = "prompts"
_AHEAD = timedelta(days=1)
_AGAIN = timedelta(days=7)  # when nothing is scheduled, it is looked for again
_SOON = timedelta(hours=30)  # a day that summer time makes longer, and a note that comes late
_DATES = 3


class Notes:
    """Notes for stewards: fine, edit, swap or skip."""

    def __init__(self, library: Library) -> None:
        """Tell of what comes next of these."""
        self.library = library
        self.arranging: Arranging | None = None
        self.skipping: Skipping | None = None
        self.tending: Tending | None = None

    def offer(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what waits; else ask whether notes shall come."""
        if self.tending is not None and self.tending.waits(turn):
            self.tending.ask(turn)
            return
        if turn.state(_FLOW).get("note"):
            self._tell(turn)
            return
        on = bool(turn.plans(KIND, personal=True))
        choices = [turn.choice("on", "choice_note_on"), turn.choice("off", "choice_note_off")]
        turn.ask("note.wanted", "ask_note", choices, on=on)

    def wanted(self, turn: Turn, answer: Answer) -> None:
        """Let notes come from now on, or no more."""
        for plan in turn.plans(KIND, personal=True):
            turn.unplan(plan.id)
        if self.tending is not None:
            self.tending.stop(turn)
        if answer.choice != "on":
            turn.keep(_FLOW, {**turn.state(_FLOW), "note": False})
            turn.say("note_off")
            return
        at = self._moment(turn)
        turn.plan(
            Plan(id=turn.new_id(), kind=KIND, next_due=at or turn.now + _AGAIN), personal=True
        )
        shown_at = at.astimezone(ZoneInfo(turn.zone)) if at else None
        turn.say("note_on", at=shown_at, direct=turn.settings.get("reach") == "direct")

    def planned_anew(self, turn: Turn) -> None:
        """A schedule was changed: the notes go by it."""
        schedules = turn.rows(Schedules)
        plans = [plan for plan in schedules.of_all(turn.community.id) if plan.kind == KIND]
        if plans:
            at = self._moment(turn) or turn.now + _AGAIN
            for plan in plans:
                schedules.save(replace(plan, next_due=at))

    def due(self, turn: Turn, plan: Plan) -> None:
        """Tell of the prompt of tomorrow, and plan the next note."""
        coming = self._next(turn)
        at = self._moment(turn) or turn.now + _AGAIN
        turn.plan(replace(plan, next_due=at), personal=True)
        community = turn.community
        if community.state != "open" or "prompts" in community.paused or coming is None:
            return
        if calendar_of(turn).quiet(turn.now):
            return
        if self.tending is not None:
            self.tending.watch(turn, coming)
        direct = turn.settings.get("reach") == "direct" and not turn.settings.get("closed")
        turn.keep(_FLOW, {**turn.state(_FLOW), "note": not direct})
        if direct:
            self._tell(turn, gate="prompts.note")

    def still_wanted(self, turn: Turn) -> bool:
        """Tell, just before sending, whether the note is of use."""
        return bool(turn.plans(KIND, personal=True)) and self._next(turn) is not None

    def undelivered(self, turn: Turn, event: Undelivered) -> None:
        """Let a note that could not reach somebody wait for them."""
        question = turn.rows(Questions).get(event.key)
        if question is not None and question.purpose.startswith("note."):
            turn.keep(_FLOW, {**turn.state(_FLOW), "note": True})

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to what waits."""
        if self.tending is not None and (items := self.tending.home(turn)):
            return items
        if not turn.moderator or not turn.state(_FLOW).get("note"):
            return []
        return [HomeItem(turn.text("home_note"), "keeper prompt note", 2, True)]

    def _tell(self, turn: Turn, gate: str | None = None) -> None:
        coming = self._next(turn)
        if coming is None:
            turn.keep(_FLOW, {**turn.state(_FLOW), "note": False})
            turn.say("note_late")
            return
        card = shown(turn, coming.card)
        choices = [
            turn.choice(each, f"note_{each}") for each in ("fine", "sign", "edit", "swap", "skip")
        ]
        turn.ask(
            "note.answer",
            "note",
            choices,
            about=_about(coming),
            gate=gate,
            at=coming.at.astimezone(ZoneInfo(turn.zone)),
            title=heading(card),
            text=Markdown(card.text),
            note=self._for_steward(coming, turn.locale),
        )

    def _for_steward(self, coming: Coming, locale: str) -> str:
        prompt = self.library.prompts.get(coming.card.id)
        return (prompt.note.get(locale) or prompt.note.get("en", "")) if prompt else ""

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Leave it, change its words, take another, or leave the date out."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "note": False})
        coming = self._meant(turn, answer)
        if coming is None:
            return
        match answer.choice:
            case "edit":
                field = Field("text", turn.text("field_text"), limit=TEXT, required=True)
                turn.ask_form(
                    "note.text",
                    "ask_note_text",
                    [field],
                    choices=[turn.choice("no", "choice_as_it_is")],
                    about=answer.about,
                    text=coming.card.text,
                )
            case "sign":
                assert self.arranging is not None
                self.arranging.signing.ask(turn)
            case "swap":
                assert self.arranging is not None
                self.arranging.ask_swap(turn)
            case "skip":
                assert self.skipping is not None
                self.skipping.skip(turn, coming.plan, coming.at)
            case _:
                turn.say("note_kept")

    def text_typed(self, turn: Turn, answer: Answer) -> None:
        """Give the prompt of that date other words; the library keeps its own."""
        if answer.choice:
            turn.say("note_kept")
            return
        coming = self._meant(turn, answer)
        if coming is None:
            return
        own = next((row for row in waiting_own(turn) if row.id == coming.card.id), None)
        if own is not None and own.kind == SUGGESTED:
            raise BadInput("edit_suggested")
        if own is not None:
            change(turn, own, answer.text)
        else:
            base = coming.card
            own = new_own(turn, answer.text, kind=base.kind, base=base.id, author=turn.subject)
        assert self.arranging is not None
        self.arranging.choose(turn, coming.plan.id, coming.at.isoformat(), own.id)

    def _meant(self, turn: Turn, answer: Answer) -> Coming | None:
        """Return the prompt that a note was about, for who still moderates, while it is to come."""
        if not turn.moderator:
            # A note lies about for a day: who was a moderator then need not be one now.
            for plan in turn.plans(KIND, personal=True):
                turn.unplan(plan.id)
            if self.tending is not None:
                self.tending.stop(turn)
            turn.say("engine/moderators_only", by_role=turn.has_roles)
            return None
        coming = next(iter(self.library.upcoming(turn, 1)), None)
        if coming is None or _about(coming) != dict(answer.about):
            turn.say("note_late")
            return None
        return coming

    def _next(self, turn: Turn) -> Coming | None:
        coming = next(iter(self.library.upcoming(turn, 1)), None)
        return coming if coming and coming.at - turn.now <= _SOON else None

    def _moment(self, turn: Turn) -> datetime | None:
        """Return the next time that is a day before a prompt."""
        calendar, found = calendar_of(turn), list[datetime]()
        for plan in self.library.plans(turn):
            at = next_date(plan, calendar)
            if at is not None:
                rule = Rule.from_json(plan.rule or {})
                found += [at, *calendar.upcoming(rule, plan.zone, at, _DATES - 1)]
        return min((at - _AHEAD for at in found if at - _AHEAD > turn.now), default=None)


def _about(coming: Coming) -> dict[str, Any]:
    return {"plan": coming.plan.id, "at": coming.at.isoformat(), "prompt": coming.card.id}
