"""The rhythm: a check-in now and then, for who asked for it; how often, when, and by which set."""

import re
from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.core.actions import Choice
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.engine.schedule.recurrence import Cadence, Rule, next_after
from bot.features.reflection.sets import Sets

KIND = "reflection.check-in"
CADENCES = ("weekly", "fortnightly", "monthly")
_FLOW = "reflection"
_HOUR = time(18, 0)
_LATENESS = 3 * 86_400


class Rhythm:
    """How often somebody is asked, by which set, and where; and that it ends at once."""

    def __init__(self, sets: Sets) -> None:
        """Let people choose among these sets."""
        self.sets = sets

    # Opting in and out

    def offer(self, turn: Turn) -> None:
        """Offer a rhythm once, to somebody who has none."""
        state = turn.state(_FLOW)
        if state.get("offered") or turn.plans(KIND, personal=True):
            return
        turn.keep(_FLOW, {**state, "offered": True})
        choices = [turn.choice("yes", "choice_yes"), turn.choice("no", "choice_no")]
        turn.ask("rhythm.offer", "offer", choices)

    def offered(self, turn: Turn, answer: Answer) -> None:
        """Ask how often, or leave it."""
        if answer.choice == "yes":
            self._ask_cadence(turn)
        else:
            turn.say("offer_declined")

    def how_often(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Change the cadence, or ask which."""
        match options.get("cadence"):
            case None:
                self._ask_cadence(turn)
            case "off":
                self.stop(turn, {})
            case cadence:
                hour = hour_meant(options["hour"]) if options.get("hour") else None
                self.begin(turn, str(cadence), hour)

    def _ask_cadence(self, turn: Turn) -> None:
        choices = [turn.choice(each, f"cadence_{each}") for each in CADENCES]
        choices.append(turn.choice("off", "cadence_off"))
        turn.ask("rhythm.cadence", "ask_cadence", choices)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Keep the cadence, then ask for the set of questions."""
        if answer.choice == "off":
            self.stop(turn, {})
            return
        self.begin(turn, answer.choice)

    def begin(self, turn: Turn, cadence: str, hour: time | None = None) -> None:
        """Keep a cadence and plan the first check-in."""
        zone = turn.zone
        known = turn.plans(KIND, personal=True)
        at = hour or next((Rule.from_json(plan.rule).at for plan in known if plan.rule), None)
        kept = turn.state(_FLOW).get("hour")  # of a rhythm that was paused
        at = at or (time.fromisoformat(str(kept)) if kept else _HOUR)
        today = turn.now.astimezone(ZoneInfo(zone)).date()
        match cadence:
            case "weekly":
                rule = Rule(Cadence.WEEKLY, at=at, weekday=today.weekday())
            case "fortnightly":
                rule = Rule(Cadence.FORTNIGHTLY, at=at, anchor=today)
            case _:
                nth = (today.day - 1) // 7 + 1
                rule = Rule(
                    Cadence.NTH_WEEKDAY,
                    at=at,
                    weekday=today.weekday(),
                    nth=nth if nth < 5 else -1,
                )
        # The first one not within the next day: somebody has just reflected.
        first = next_after(rule, zone, turn.now)
        if (first - turn.now).total_seconds() < 86_400:
            first = next_after(rule, zone, first)
        turn.plan(
            Plan(
                id=known[0].id if known else turn.new_id(),
                kind=KIND,
                rule=rule.to_json(),
                zone=zone,
                next_due=first,
                policy="late once",
                lateness=_LATENESS,
                payload={"cadence": cadence},
            ),
            personal=True,
        )
        turn.keep(_FLOW, {**turn.state(_FLOW), "offered": True, "unanswered": 0})
        calendar = calendar_of(turn)
        shown = calendar.next_after(rule, zone, first) if calendar.quiet(first) else first
        turn.say(
            "rhythm_kept", cadence=turn.text(f"cadence_{cadence}"), at=self._local(turn, shown)
        )
        if len(self.sets.offered(turn)) > 1 and not turn.state(_FLOW).get("set"):
            self._ask_set(turn)
        else:
            self._ask_reach(turn)

    def _ask_set(self, turn: Turn) -> None:
        sets = self.sets.offered(turn)
        choices = [
            Choice(each.id, in_locale(each.title, turn.locale), None, (each.id,)) for each in sets
        ]
        listed = [
            (in_locale(each.title, turn.locale), in_locale(each.about, turn.locale))
            for each in sets
        ]
        turn.ask("rhythm.set", "ask_set", choices, sets=listed)

    def set_chosen(self, turn: Turn, answer: Answer) -> None:
        """Keep the set, and ask where the check-in may come."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "set": answer.choice, "question": 0})
        turn.say("set_kept", title=in_locale(self.sets.all[answer.choice].title, turn.locale))
        self._ask_reach(turn)

    def _ask_reach(self, turn: Turn) -> None:
        if turn.settings.get("reach") == "direct":
            return
        choices = [turn.choice("direct", "reach_direct"), turn.choice("return", "reach_return")]
        turn.ask("rhythm.reach", "ask_reach", choices)

    def reach_chosen(self, turn: Turn, answer: Answer) -> None:
        """Keep how check-ins may come."""
        turn.save_settings({**turn.settings, "reach": answer.choice})
        turn.say(f"reach_kept_{answer.choice}")

    def pause(self, turn: Turn) -> None:
        """Ask nothing until the member comes back to it; their hour and questions stay."""
        plans = turn.plans(KIND, personal=True)
        at = next((Rule.from_json(plan.rule).at for plan in plans if plan.rule), None) or _HOUR
        self._end(turn)
        turn.keep(_FLOW, {**turn.state(_FLOW), "hour": at.isoformat()})
        turn.say("paused")

    def stop(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """End the rhythm at once; what was kept stays."""
        turn.say("stopped" if self._end(turn) else "nothing_to_stop")

    def _end(self, turn: Turn) -> bool:
        plans = turn.plans(KIND, personal=True)
        for plan in plans:
            turn.unplan(plan.id)
        for flow in ("checkin", "rhythm"):
            turn.drop_questions(flow)
        turn.keep(_FLOW, {**turn.state(_FLOW), "waiting": False, "unanswered": 0})
        return bool(plans)

    def wanted(self, turn: Turn) -> bool:
        """Tell, just before sending, whether the member is still to be written to."""
        agreed = turn.settings.get("reach") == "direct" and turn.plans(KIND, personal=True)
        return bool(agreed) and not calendar_of(turn).quiet(turn.now)

    def _local(self, turn: Turn, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(turn.zone))


def hour_meant(typed: str) -> time:
    """Return the time of day that somebody typed: 7:30, 19h, 21.

    Raises: `BadInput` for none.
    """
    found = re.fullmatch(r"(?:at |à )?(\d{1,2})(?:\s*[:.h]\s*(\d\d)?)?", typed.strip().casefold())
    hour, minute = (int(part or 0) for part in found.groups()) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise BadInput("hour_unknown", typed=typed[:20])
    return time(hour, minute)
