"""The rhythm: a check-in now and then, for who asked for it; it opens with their own last words."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Choice, Field
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.events import Undelivered
from bot.core.features import HomeItem, Number
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.engine.schedule.recurrence import Cadence, Rule, next_after
from bot.features.reflection.content import Set
from storage.communities import Communities
from storage.conversations import Questions
from storage.reflection import Thought, Thoughts
from storage.schedules import Schedules

KIND = "reflection.check-in"
CADENCES = ("weekly", "fortnightly", "monthly")
OUTCOMES = ("happened", "changed", "didnt", "nomatter")
_FLOW = "reflection"
_HOUR = time(18, 0)
_PATIENCE = 2  # unanswered invitations before the one question whether to go slower
_LIMIT = 4000
_LATENESS = 3 * 86_400


class Rhythm:
    """Check-ins by question sets."""

    def __init__(self, sets: Sequence[Set]) -> None:
        """Ask the questions of these sets."""
        self.sets = {each.id: each for each in sets}

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
                self._begin(turn, str(cadence), hour)

    def _ask_cadence(self, turn: Turn) -> None:
        choices = [turn.choice(each, f"cadence_{each}") for each in CADENCES]
        choices.append(turn.choice("off", "cadence_off"))
        turn.ask("rhythm.cadence", "ask_cadence", choices)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Keep the cadence, then ask for the set of questions."""
        if answer.choice == "off":
            self.stop(turn, {})
            return
        self._begin(turn, answer.choice)

    def _begin(self, turn: Turn, cadence: str, hour: time | None = None) -> None:
        zone = turn.zone
        known = turn.plans(KIND, personal=True)
        at = hour or next((Rule.from_json(plan.rule).at for plan in known if plan.rule), None)
        at = at or _HOUR
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
        turn.keep(_FLOW, {**turn.state(_FLOW), "offered": True, "told": True, "unanswered": 0})
        calendar = calendar_of(turn)
        shown = calendar.next_after(rule, zone, first) if calendar.quiet(first) else first
        turn.say(
            "rhythm_kept", cadence=turn.text(f"cadence_{cadence}"), at=self._local(turn, shown)
        )
        if len(self.offered_sets(turn)) > 1 and not turn.state(_FLOW).get("set"):
            self._ask_set(turn)
        else:
            self._ask_reach(turn)

    def _ask_set(self, turn: Turn) -> None:
        sets = self.offered_sets(turn)
        choices = [
            Choice(each.id, in_locale(each.title, turn.locale), None, (each.id,)) for each in sets
        ]
        listed = [
            (in_locale(each.title, turn.locale), in_locale(each.about, turn.locale))
            for each in sets
        ]
        turn.ask("rhythm.set", "ask_set", choices, sets=listed)

    def offered_sets(self, turn: Turn) -> list[Set]:
        """Return the sets that this community offers; never none."""
        off = turn.rows(Communities).get(turn.community.id).sets_off.split()
        sets = list(self.sets.values())
        return [each for each in sets if each.id not in off] or sets[:1]

    def show_sets(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show a moderator which sets are offered, and let them change it."""
        on = {each.id for each in self.offered_sets(turn)}
        choices = []
        for each in self.sets.values():
            words = "choice_set_off" if each.id in on else "choice_set_on"
            if each.id not in on or len(on) > 1:
                title = in_locale(each.title, turn.locale)
                choices.append(turn.choice(each.id, words, title=title))
        choices.append(turn.choice("done", "choice_sets_done"))
        listed = [
            (
                in_locale(each.title, turn.locale),
                in_locale(each.about, turn.locale),
                each.id in on,
            )
            for each in self.sets.values()
        ]
        turn.ask("sets.change", "sets", choices, sets=listed)

    def sets_changed(self, turn: Turn, answer: Answer) -> None:
        """Offer a set, or no longer."""
        if answer.choice not in self.sets:
            turn.say("sets_kept")
            return
        communities = turn.rows(Communities)
        row = communities.get(turn.community.id)
        off = set(row.sets_off.split()) ^ {answer.choice}
        if off < self.sets.keys():
            row.sets_off = " ".join(sorted(off))
            communities.save(row)
        self.show_sets(turn, {})

    def set_chosen(self, turn: Turn, answer: Answer) -> None:
        """Keep the set, and ask where the check-in may come."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "set": answer.choice, "question": 0})
        turn.say("set_kept", title=in_locale(self.sets[answer.choice].title, turn.locale))
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

    def stop(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """End the rhythm at once; what was kept stays."""
        plans = turn.plans(KIND, personal=True)
        for plan in plans:
            turn.unplan(plan.id)
        for flow in ("checkin", "rhythm"):
            turn.drop_questions(flow)
        turn.keep(_FLOW, {**turn.state(_FLOW), "waiting": False, "unanswered": 0})
        turn.say("stopped" if plans else "nothing_to_stop")

    def wanted(self, turn: Turn) -> bool:
        """Tell, just before sending, whether the member is still to be written to."""
        agreed = turn.settings.get("reach") == "direct" and turn.plans(KIND, personal=True)
        return bool(agreed) and not calendar_of(turn).quiet(turn.now)

    # A check-in

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
            choices = [turn.choice(each, f"slower_{each}") for each in ("slower", "pause", "stop")]
            turn.ask("checkin.slower", "ask_slower", choices, gate="reflection.rhythm")
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
            self.stop(turn, {})
            return
        self._question(turn, None, outcome="" if answer.choice == "pass" else answer.choice)

    def _question(
        self, turn: Turn, gate: str | None, *, outcome: str = "", greet: bool = False
    ) -> None:
        state = turn.state(_FLOW)
        # Who chose a set keeps it, also when it is not offered to others any more.
        chosen = self.sets.get(str(state.get("set", ""))) or self.offered_sets(turn)[0]
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
            text=text,
            greet=greet,
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Keep the answer; nothing this time is one."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "unanswered": 0, "waiting": False})
        if answer.choice == "stop":
            self.stop(turn, {})
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
        """Go slower, pause, or stop."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "unanswered": 0, "waiting": False})
        plans = turn.plans(KIND, personal=True)
        cadence = str((plans[0].payload or {}).get("cadence", "")) if plans else ""
        match answer.choice:
            case "slower":
                self._begin(turn, "fortnightly" if cadence == "weekly" else "monthly")
            case _:
                self.stop(turn, {})

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the doors to one's own words; a check-in that waits comes first."""
        waiting = bool(turn.state(_FLOW).get("waiting"))
        items = [HomeItem(turn.text("home"), "reflect", order=30)]
        if waiting:
            items.insert(0, HomeItem(turn.text("home_waiting"), "reflect check-in", 1, True))
        return items

    def take_up(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Open the check-in that waits."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "waiting": False, "unanswered": 0})
        self._invite(turn)

    def _last(self, turn: Turn) -> Thought | None:
        return turn.rows(Thoughts).last(turn.subject, turn.community.id)

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
