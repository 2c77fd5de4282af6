"""A change of zone: what was planned keeps its day and its time on the clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.features import ZoneChanged
from bot.core.turn import Plan, Turn
from bot.engine.schedule.recurrence import Cadence, Rule, next_after
from storage.communities import Communities
from storage.members import Members
from storage.schedules import Schedules

_MOMENT = timedelta(microseconds=1)


def follow(turn: Turn, event: ZoneChanged) -> None:
    """Plan anew what follows the changed zone.

    A community's schedules follow its zone, a member's follow the member's own, else that of the
    schedule's community.
    """
    schedules = turn.rows(Schedules)
    plans: Sequence[Plan] = (
        schedules.of_member(turn.subject) if event.own else schedules.of_all(turn.community.id)
    )
    for plan in plans:
        own = turn.rows(Members).settings(plan.subject).get("zone") if plan.subject else None
        zone = str(own or turn.rows(Communities).get(plan.community).zone)
        if plan.rule is not None and plan.zone != zone:
            schedules.move(plan.id, zone, moved(plan, zone, turn.now))


def moved(plan: Plan, zone: str, now: datetime) -> datetime | None:
    """Return when a schedule comes due next in another zone.

    That is the same day and time on the new clock; where it has passed there, the next one. So what
    was handled on a day does not come again on that day. What is due already stays due.
    """
    if plan.rule is None or plan.next_due is None:
        return plan.next_due
    rule = Rule.from_json(plan.rule)
    wall = plan.next_due.astimezone(ZoneInfo(plan.zone)).replace(fold=0)
    if rule.cadence is not Cadence.CRON:
        # In a gap the clock shows another time than the rule's, but the day is the same.
        wall = datetime.combine(wall.date(), time())
    begin = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    same = next_after(rule, zone, begin - _MOMENT)
    if same > now:
        return same
    return plan.next_due if plan.next_due <= now else next_after(rule, zone, now)
