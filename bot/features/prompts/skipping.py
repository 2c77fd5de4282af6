"""Leaving a date out: once a command, with a way back until that date has passed.

What was left out stands in the schedule's payload, so whoever asks again (twice by mistake, or a
second moderator) hears of it, and is asked before another date goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Choice
from bot.core.errors import BadInput
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.engine.schedule.recurrence import Rule, next_after
from bot.features.prompts.coming import Library, chosen_for, next_date, with_payload
from bot.features.prompts.scheduling import Scheduling

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The last date that a schedule leaves out, and the one that comes after it."""

    at: datetime
    following: datetime
    plan: Plan


class Skipping:
    """What `/keeper prompt skip-next` does."""

    def __init__(self, library: Library, scheduling: Scheduling) -> None:
        """Leave out dates of these schedules."""
        self.library = library
        self.scheduling = scheduling

    def skip_next(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Leave the next date out; where that was done already, ask whether another one is meant.

        The prompt that was meant for it comes the time after.
        """
        plan, moment = self._next(turn)
        if any(each.at < moment for each in self.left_out(turn)):
            self._ask_another(turn, plan, moment)
        else:
            self.skip(turn, plan, moment)

    def skip(self, turn: Turn, plan: Plan, moment: datetime) -> None:
        """Leave one date of a schedule out, say which comes instead, and offer the way back."""
        rule = Rule.from_json(plan.rule or {})
        following = calendar_of(turn).next_after(rule, plan.zone, moment)
        chosen, allowed = chosen_for(plan, moment), (plan.payload or {}).get("ping") or {}
        left: dict[str, Any] = {"at": moment.isoformat()}
        if chosen:
            left["chosen"] = chosen
            plan = with_payload(plan, chosen={"prompt": chosen, "at": following.isoformat()})
        if allowed.get("at") == moment.isoformat():  # the prompt comes then, and so it may
            left["ping"] = allowed["prompt"]
            plan = with_payload(plan, ping={**allowed, "at": following.isoformat()})
        plan = with_payload(plan, skipped=[*_entries(turn, plan), left])
        self.scheduling.save(turn, plan, rule, plan.zone, following)
        choices = [turn.choice("back", "choice_back"), turn.choice("fine", "choice_fine")]
        zone = ZoneInfo(plan.zone)
        turn.ask(
            "skipping.back",
            "skipped",
            choices,
            about=_about(plan, moment),
            left=moment.astimezone(zone),
            at=following.astimezone(zone),
        )

    def left_out(self, turn: Turn) -> list[LeftOut]:
        """Return what is left out and still to come: of each schedule the last one."""
        calendar, found = calendar_of(turn), list[LeftOut]()
        for plan in self.library.plans(turn):
            following = next_date(plan, calendar)
            if following is not None and (entries := _entries(turn, plan)):
                at = datetime.fromisoformat(entries[-1]["at"])
                found.append(LeftOut(at, following, plan))
        return sorted(found, key=lambda each: each.at)

    def offers(self, turn: Turn) -> list[Choice]:
        """Return the ways back, as choices."""
        return [
            Choice(
                f"back:{each.plan.id}",
                turn.text("choice_bring_back", at=each.at.astimezone(ZoneInfo(each.plan.zone))),
                None,
                (),
            )
            for each in self.left_out(turn)
        ]

    def shown(self, turn: Turn) -> list[datetime]:
        """Return all that is left out and still to come, each on its schedule's clock."""
        found = [
            datetime.fromisoformat(each["at"]).astimezone(ZoneInfo(plan.zone))
            for plan in self.library.plans(turn)
            for each in _entries(turn, plan)
        ]
        return sorted(found)

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Let the date come after all, or leave all as it is."""
        if answer.choice != "back":
            turn.say("stays_left_out")
        elif self._may(turn):
            self._bring_back(turn, str(answer.about["plan"]), str(answer.about["at"]))

    def another(self, turn: Turn, answer: Answer) -> None:
        """Leave out the date that was asked about, or bring one back."""
        what, _, schedule = answer.choice.partition(":")
        if what == "back":
            self.bring_back(turn, schedule)
            return
        if what != "too":
            turn.say("unchanged")
            return
        plan, moment = self._next(turn)
        if _about(plan, moment) != dict(answer.about):
            self._ask_another(turn, plan, moment)  # somebody else was faster
            return
        self.skip(turn, plan, moment)

    def bring_back(self, turn: Turn, schedule: str) -> None:
        """Let the last date that a schedule leaves out come after all."""
        found = next((each for each in self.left_out(turn) if each.plan.id == schedule), None)
        if found is None:
            raise BadInput("back_too_late")
        self._bring_back(turn, schedule, found.at.isoformat())

    def _bring_back(self, turn: Turn, schedule: str, at: str) -> None:
        plan = next((each for each in self.library.plans(turn) if each.id == schedule), None)
        entries = _entries(turn, plan) if plan is not None else []
        if plan is None or not entries or entries[-1]["at"] != at:
            raise BadInput("back_too_late")
        *earlier, left = entries
        # What had moved on with it comes back, unless somebody changed that meanwhile.
        for name in ("chosen", "ping"):
            moved = (plan.payload or {}).get(name) or {}
            if name in left and moved.get("prompt") == left[name]:
                plan = with_payload(plan, **{name: {**moved, "at": at}})
        plan = with_payload(plan, skipped=earlier or None)
        moment = datetime.fromisoformat(at)
        self.scheduling.save(turn, plan, Rule.from_json(plan.rule or {}), plan.zone, moment)
        turn.say("brought_back", at=moment.astimezone(ZoneInfo(plan.zone)))

    def _may(self, turn: Turn) -> bool:
        """Tell whether the member moderates still: a note of the day before led here, too."""
        if not turn.moderator:
            turn.say("engine/moderators_only", by_role=turn.has_roles)
        return turn.moderator

    def _next(self, turn: Turn) -> tuple[Plan, datetime]:
        calendar = calendar_of(turn)
        dates = [(next_date(plan, calendar), plan) for plan in self.library.plans(turn)]
        coming = [(plan, at) for at, plan in dates if at is not None]
        if not coming:
            raise BadInput("nothing_scheduled")
        return min(coming, key=lambda each: each[1])

    def _ask_another(self, turn: Turn, plan: Plan, moment: datetime) -> None:
        at = moment.astimezone(ZoneInfo(plan.zone))
        choices = [
            turn.choice("fine", "choice_skipped_enough"),
            *self.offers(turn),
            turn.choice("too", "choice_skip_too", at=at),
        ]
        turn.ask(
            "skipping.another",
            "skipped_already",
            choices,
            about=_about(plan, moment),
            left=self.shown(turn),
            at=at,
        )


def _about(plan: Plan, moment: datetime) -> dict[str, str]:
    return {"plan": plan.id, "at": moment.isoformat()}


def _entries(turn: Turn, plan: Plan) -> list[dict[str, Any]]:
    """Return what a schedule leaves out and would still come: not after another rule or zone."""
    if plan.next_due is None or plan.rule is None:
        return []
    rule, entries = Rule.from_json(plan.rule), (plan.payload or {}).get("skipped") or []
    moments = [(datetime.fromisoformat(each["at"]), each) for each in entries]
    return [
        each
        for at, each in sorted(moments, key=lambda one: one[0])
        if turn.now < at < plan.next_due and next_after(rule, plan.zone, at - _INSTANT) == at
    ]
