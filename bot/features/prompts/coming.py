"""What comes next, when, in which room, and why: of all the schedules that a community has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import EVERYONE
from bot.core.refs import Room
from bot.core.turn import Plan, Turn
from bot.engine.schedule.calendar import Calendar, calendar_of
from bot.engine.schedule.recurrence import Rule
from bot.features.prompts.cards import Card, library_card, own_card
from bot.features.prompts.choosing import Why, next_of
from bot.features.prompts.content import Arc, Prompt
from storage.communities import Communities
from storage.prompts import Posting, PromptRows
from storage.prompts import Prompt as Row

KIND = "prompts.weekly"
LATENESS = timedelta(days=2)  # where a moderator chose no other window


@dataclass(frozen=True, slots=True)
class Coming:
    """A prompt, the moment for which it is meant, and its schedule."""

    at: datetime
    card: Card
    plan: Plan


@dataclass(slots=True)
class Ahead:
    """What a choice depends on; it changes with each prompt that is taken."""

    posted: list[Posting]
    own: list[Row]
    opened: datetime | None
    retired: set[str]


class Library:
    """The shipped prompts, and the schedules by which they come."""

    def __init__(self, prompts: Mapping[str, Prompt], arcs: Mapping[str, Arc]) -> None:
        """Choose from these prompts, when the community has none of its own waiting."""
        self.prompts = prompts
        self.arcs = arcs

    def plans(self, turn: Turn) -> list[Plan]:
        """Return the community's schedules, by what is next."""
        return [plan for plan in turn.plans(KIND) if plan.rule is not None]

    def ahead(self, turn: Turn) -> Ahead:
        """Return what was posted, and what of the community's own waits."""
        rows = turn.rows(PromptRows)
        community = turn.community.id
        own = [each for each in rows.own(community) if each.state == "approved"]
        opened = turn.rows(Communities).get(community).opened_at
        return Ahead(rows.postings(community), own, opened, rows.retired(community))

    def pick(self, turn: Turn, plan: Plan, ahead: Ahead, at: datetime) -> Card | None:
        """Take the prompt for a moment of a schedule: the one that a moderator chose for it, else
        the community's own in their order, else one of the library.
        """
        wanted = chosen_for(plan, at)
        if wanted in self.prompts:
            return library_card(self.prompts[wanted], turn.community.locale, Why.CHOSEN)
        rows = turn.rows(PromptRows)
        waiting = sorted(ahead.own, key=lambda row: row.id != wanted)
        if waiting:
            row = waiting[0]
            ahead.own.remove(row)
            card = own_card(row, rows.texts(row))
            return replace(card, why=Why.CHOSEN) if row.id == wanted else card
        arc = (plan.payload or {}).get("arc") or {}
        since = str(arc.get("since", ""))
        there = {each.prompt_id for each in ahead.posted if each.due.isoformat() >= since}
        steps = [step for step in arc.get("prompts", ()) if step not in there] if arc else ()
        seed = turn.community.id
        library = {id_: each for id_, each in self.prompts.items() if id_ not in ahead.retired}
        chosen = next_of(library, ahead.posted, ahead.opened, at, seed, steps)
        if chosen is None:
            return None
        return library_card(chosen.prompt, turn.community.locale, chosen.why)

    def upcoming(self, turn: Turn, count: int) -> list[Coming]:
        """Return what comes next and when, as it would be without further changes."""
        calendar = calendar_of(turn)
        moments = {plan.id: next_date(plan, calendar) for plan in self.plans(turn)}
        plans = {plan.id: plan for plan in self.plans(turn)}
        ahead = self.ahead(turn)
        found: list[Coming] = []
        while len(found) < count:
            waiting = [(at, id_) for id_, at in moments.items() if at is not None]
            if not waiting:
                break
            at, id_ = min(waiting)
            plan = plans[id_]
            card = self.pick(turn, plan, ahead, at)
            if card is None:
                break
            found.append(Coming(at, card, plan))
            ahead.posted.append(
                Posting(
                    id="",
                    community_id="",
                    schedule_id="",
                    due=at,
                    prompt_id=card.base or card.id,
                    kind=card.kind,
                    delivery_key="",
                )
            )
            moments[id_] = calendar.next_after(Rule.from_json(plan.rule or {}), plan.zone, at)
        return found


def next_date(plan: Plan, calendar: Calendar) -> datetime | None:
    """Return when a schedule's next prompt comes; what falls into quiet days is left out."""
    if plan.next_due is None or plan.rule is None:
        return None
    if not calendar.quiet(plan.next_due):
        return plan.next_due
    return calendar.next_after(Rule.from_json(plan.rule), plan.zone, plan.next_due)


def chosen_for(plan: Plan, at: datetime) -> str:
    """Return the id of the prompt that a moderator chose for this moment; "" for none."""
    chosen = (plan.payload or {}).get("chosen") or {}
    return str(chosen["prompt"]) if chosen.get("at") == at.isoformat() else ""


def ping_for(turn: Turn, plan: Plan, at: datetime, prompt: str) -> str:
    """Return whom a moderator allowed this prompt to mention at this moment; "" for nobody.

    The permission is for one prompt on one date: with either of them it is void by itself.
    """
    allowed = (plan.payload or {}).get("ping") or {}
    if allowed.get("at") != at.isoformat() or allowed.get("prompt") != prompt:
        return ""
    who = str(allowed["who"])
    there = {EVERYONE, *(role.id for role in turn.community.known_roles)}
    return who if who in there else ""


def with_payload(plan: Plan, **values: Any) -> Plan:  # noqa: ANN401 - JSON
    """Return a schedule that holds these values, too; None takes one away."""
    payload = {**(plan.payload or {}), **values}
    kept = {name: value for name, value in payload.items() if value is not None}
    return replace(plan, payload=kept or None)


def room_of(turn: Turn, plan: Plan) -> Room | None:
    """Return the room of a schedule: its own, else the one for prompts."""
    own = (plan.payload or {}).get("room")
    if own:
        return Room(turn.community.ref.platform, str(own))
    return turn.community.rooms.get("prompts")


def free_from(turn: Turn, zone: str, schedule: str, posted: Sequence[Posting]) -> datetime:
    """Return from when a changed rule may come due: no second prompt on the same day."""
    own = [each for each in posted if each.schedule_id == schedule]
    today = turn.now.astimezone(ZoneInfo(zone)).date()
    if not own or own[-1].due.astimezone(ZoneInfo(zone)).date() != today:
        return turn.now
    tomorrow = datetime.combine(today + timedelta(days=1), time(), ZoneInfo(zone))
    return max(turn.now, tomorrow.astimezone(UTC) - timedelta(microseconds=1))
