"""When prompts come: one schedule or several, each for its room."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.features import SetupGoesOn, SetupReached
from bot.core.turn import Answer, Plan, Turn
from bot.engine.reading import fold
from bot.engine.schedule.calendar import calendar_of
from bot.engine.schedule.recurrence import Rule, RuleMistake, next_after
from bot.engine.schedule.typed import parse_rule
from bot.features.prompts.coming import (
    KIND,
    LATENESS,
    Library,
    free_from,
    next_date,
    room_of,
    with_payload,
)
from storage.prompts import PromptRows

_SUGGESTED = "fortnightly tuesday 09:00"
_SHOWN = 3
MOST = 6  # schedules of one community
_NO_WORDS = ("off", "none", "stop", "aucun", "non")


class Scheduling:
    """What `/keeper prompt schedule` does."""

    def __init__(self, library: Library, changed: Callable[[Turn], None]) -> None:
        """Tell of every change: what is planned ahead of a prompt goes by it."""
        self.library = library
        self.changed = changed

    def set_up(self, turn: Turn, event: SetupReached) -> None:
        """Ask when the first prompts come, as a step of the setup."""
        if event.step != "schedule":
            return
        if self.library.plans(turn):
            turn.say("scheduled_already")
            self._setup_goes_on(turn)
            return
        self._ask_when(turn, {})

    def schedule(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Change when prompts come."""
        plans, words = self.library.plans(turn), options.get("text", "")
        rooms = turn.community.known_rooms
        if not plans or (words and len(plans) == 1):
            self._go_on(turn, {"plan": plans[0].id if plans else "", "words": words})
            return
        if len(plans) == 1 and len(rooms) < 2:
            self._go_on(turn, {"plan": plans[0].id})
            return
        choices = [Choice(plan.id, self.label(turn, plan), None, ()) for plan in plans]
        if len(plans) < MOST:
            choices.append(turn.choice("new", "choice_new_schedule"))
        choices.append(turn.choice("none", "choice_as_it_is"))
        turn.ask("prompts.which", "ask_which_schedule", choices, about={"words": words})

    def which(self, turn: Turn, answer: Answer) -> None:
        """Go on with the chosen schedule, or ask for the room of another one."""
        words = str(answer.about.get("words", ""))
        match answer.choice:
            case "none":
                turn.say("schedules_stay")
            case "new":
                self._ask_room(turn, words)
            case plan:
                self._go_on(turn, {"plan": plan, "words": words})

    def _ask_room(self, turn: Turn, words: str) -> None:
        rooms, about = turn.community.known_rooms, {"words": words}
        cancel = turn.choice("none", "choice_cancel")
        if turn.can.pickers:
            field = Field("room", turn.text("field_room"), required=True, kind="room")
            turn.ask_form("prompts.room", "ask_room", [field], choices=[cancel], about=about)
        else:
            choices = [Choice(facts.room.id, facts.name, None, ()) for facts in rooms]
            turn.ask("prompts.room", "ask_room", [*choices, cancel], about=about)

    def room(self, turn: Turn, answer: Answer) -> None:
        """Ask when prompts come to the chosen room."""
        if answer.choice == "none":
            turn.say("schedules_stay")
            return
        room = answer.choice or answer.text
        _may_post(turn, room)
        self._go_on(turn, {"room": room, "words": str(answer.about.get("words", ""))})

    def _go_on(self, turn: Turn, about: Mapping[str, str]) -> None:
        if about.get("words"):
            self._propose(turn, about["words"], about)
        else:
            self._ask_when(turn, about)

    def _ask_when(self, turn: Turn, about: Mapping[str, Any]) -> None:
        choices = [
            turn.choice("fortnightly", "choice_fortnightly"),
            turn.choice("weekly", "choice_weekly"),
            turn.choice("other", "choice_other"),
            turn.choice("none", "choice_no_schedule"),
        ]
        turn.ask("prompts.when", "ask_when", choices, about=about)

    def when(self, turn: Turn, answer: Answer) -> None:
        """Propose a usual rhythm, or ask for another."""
        match answer.choice:
            case "fortnightly":
                self._propose(turn, _SUGGESTED, answer.about)
            case "weekly":
                self._propose(turn, "weekly tuesday 09:00", answer.about)
            case "other":
                self._ask_rule(turn, answer.about)
            case _:
                self._drop(turn, answer.about)
                self._setup_goes_on(turn)

    def _ask_rule(self, turn: Turn, about: Mapping[str, Any]) -> None:
        field = Field("rule", turn.text("field_rule"), limit=100)
        turn.ask_form("prompts.rule", "ask_rule", [field], about=about)

    def rule_typed(self, turn: Turn, answer: Answer) -> None:
        """Propose what was typed."""
        self._propose(turn, answer.text, answer.about)

    def _propose(self, turn: Turn, words: str, about: Mapping[str, Any]) -> None:
        if fold(words) in _NO_WORDS:
            self._drop(turn, about)
            return
        zone = turn.community.zone
        today = turn.now.astimezone(ZoneInfo(zone)).date()
        try:
            rule = parse_rule(words, today, locales=tuple(turn.languages))
        except RuleMistake as mistake:
            name = "rule_" + mistake.reason.value.replace("-", "_")
            reason = turn.text(name, word=mistake.word)
            raise BadInput("rule_mistake", reason=reason) from mistake
        self._ask_sure(turn, rule, about)

    def _ask_sure(self, turn: Turn, rule: Rule, about: Mapping[str, Any]) -> None:
        zone, known = turn.community.zone, self._named(turn, about)
        begin = self._free_from(turn, zone, about)
        coming = calendar_of(turn).upcoming(rule, zone, begin, _SHOWN)
        dates = [at.astimezone(ZoneInfo(zone)) for at in coming]
        choices = [turn.choice("yes", "choice_yes"), turn.choice("other", "choice_other")]
        kept = {**about, "rule": rule.to_json(), "seen": known.rule if known else None}
        turn.ask("prompts.confirm", "next_dates", choices, about=kept, dates=dates, zone=zone)

    def confirmed(self, turn: Turn, answer: Answer) -> None:
        """Keep the schedule, or ask again."""
        if answer.choice != "yes":
            self._ask_rule(turn, answer.about)
            return
        rule = Rule.from_json(answer.about["rule"])
        zone = turn.community.zone
        begin = self._free_from(turn, zone, answer.about)
        known = self._named(turn, answer.about)
        if known is not None and known.rule != answer.about.get("seen"):
            turn.say("rule_changed_meanwhile", now=self.label(turn, known))
            self._ask_sure(turn, rule, answer.about)
            return
        if known is None and len(self.library.plans(turn)) >= MOST:
            raise BadInput("too_many_schedules", count=MOST)
        room = str(answer.about.get("room", "")) or None
        self.save(turn, known, rule, zone, next_after(rule, zone, begin), room=room)
        shown_first = calendar_of(turn).next_after(rule, zone, begin)
        at, is_open = shown_first.astimezone(ZoneInfo(zone)), turn.community.state == "open"
        turn.say("scheduled", at=at, zone=zone, is_open=is_open)
        self._setup_goes_on(turn)

    def save(
        self,
        turn: Turn,
        known: Plan | None,
        rule: Rule,
        zone: str,
        first: datetime,
        room: str | None = None,
        lateness: int = int(LATENESS.total_seconds()),
    ) -> None:
        """Keep a schedule: a changed one, or another one."""
        plan = Plan(
            id=known.id if known else turn.new_id(),
            kind=KIND,
            rule=rule.to_json(),
            zone=zone,
            next_due=first,
            policy="late once",
            lateness=lateness if known is None else known.lateness,
            payload=known.payload if known else None,
        )
        turn.plan(with_payload(plan, room=room) if room else plan)
        self.changed(turn)

    def _free_from(self, turn: Turn, zone: str, about: Mapping[str, Any]) -> datetime:
        posted = turn.rows(PromptRows).postings(turn.community.id)
        return free_from(turn, zone, str(about.get("plan", "")), posted)

    def _named(self, turn: Turn, about: Mapping[str, Any]) -> Plan | None:
        """Return the schedule that is meant; in the setup, and where there is one alone, that."""
        plans = self.library.plans(turn)
        if about.get("room"):
            return None
        named = [plan for plan in plans if plan.id == about.get("plan")]
        return next(iter(named or plans[:1]), None)

    def label(self, turn: Turn, plan: Plan) -> str:
        """Return a schedule as a choice shows it: its room, and when it comes next."""
        names = {facts.room.id: facts.name for facts in turn.community.known_rooms}
        room, at = room_of(turn, plan), next_date(plan, calendar_of(turn))
        shown = at.astimezone(ZoneInfo(plan.zone)) if at else turn.now
        name = names.get(room.id, "?") if room else "?"
        return turn.choice(plan.id, "choice_schedule", room=name, at=shown).label

    def _drop(self, turn: Turn, about: Mapping[str, Any]) -> None:
        plan = self._named(turn, about)
        if plan is not None:
            turn.unplan(plan.id)
        others = self.library.plans(turn)
        turn.say("schedule_dropped" if others else "no_schedule")
        self.changed(turn)

    def _setup_goes_on(self, turn: Turn) -> None:
        turn.tell(SetupGoesOn(event_id=turn.new_id(), step="schedule"))


def _may_post(turn: Turn, room: str) -> None:
    """Refuse a room in which the bot cannot post, while there is somebody to mend that."""
    known = {facts.room.id: facts for facts in turn.community.known_rooms}
    if room not in known:
        raise BadInput("room_unseen")
    if not known[room].can_post:
        raise BadInput("room_cannot_post", room=known[room].name)
