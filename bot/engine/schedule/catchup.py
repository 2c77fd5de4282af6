"""Catching up: which moment of a schedule is handled, when some have passed meanwhile.

A moment is *missed* when its schedule was due and nobody handled it: the process was down, the
machine slept, or its clock was wrong. However many were missed, at most one is handled, the newest;
the next one is then later than now. So there is never a backlog.

Within `GRACE` a moment is on time for every policy: so long the tick itself may take. After that:

- `skip`: it is passed over. For what is of no use later ("the call begins").
- `late once`: it is handled, late, as long as it is not later than the schedule's lateness window
  (to the second; exactly at the window is within). Where several were missed the newest alone is
  looked at; those before it are passed over, also within the window. For invitations.
- `coalesce`: all that were missed count as one, which is handled with the newest moment as its due
  time, however late; there is no window. For work that piles up and must be done (a digest).

What comes due once, without a rule, has no next moment: it is handled however late.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from bot.core.turn import Plan
from bot.engine.schedule.recurrence import Rule, next_after

GRACE = timedelta(minutes=5)
_STEP = timedelta(hours=3)


class Policy(StrEnum):
    """What becomes of a moment that was missed."""

    SKIP = "skip"
    LATE_ONCE = "late once"
    COALESCE = "coalesce"


def catch_up(plan: Plan, now: datetime, *, begun: bool = False) -> datetime | None:
    """Return which moment of a due schedule is to be handled now; None: all are passed over.

    Args:
        plan: the schedule, `next_due` being the first moment that nobody handled.
        now: in UTC.
        begun: this first moment was taken up in time and failed; it is tried again however late.
    """
    due = plan.next_due
    if due is None or due > now:
        return None
    # No rule comes due twice within the grace.
    if plan.rule is None or now - due <= GRACE:
        return due
    policy = Policy(plan.policy)
    newest = _newest(_rule(plan.rule), plan.zone, due, now)
    window = timedelta(seconds=plan.lateness) if policy is Policy.LATE_ONCE else GRACE
    wanted = policy is Policy.COALESCE or (begun and newest == due)
    if wanted or now - newest <= max(window, GRACE):
        return newest
    return None


def following(plan: Plan, now: datetime) -> datetime | None:
    """Return when a schedule comes due next: never a backlog, so later than now."""
    if plan.rule is None or plan.next_due is None:
        return None
    return next_after(_rule(plan.rule), plan.zone, max(now, plan.next_due))


def _rule(row: Mapping[str, str | int]) -> Rule:
    return _read(tuple(sorted(row.items())))


@lru_cache(maxsize=1024)
def _read(items: tuple[tuple[str, str | int], ...]) -> Rule:
    return Rule.from_json(dict(items))


def _newest(rule: Rule, zone: str, due: datetime, now: datetime) -> datetime:
    """Return the latest moment from `due` on that is not later than now.

    It is looked for from now backwards, ever further: years of hours need not be walked through.
    """
    step = _STEP
    while now - step > due:
        found = _last_from(rule, zone, now - step, now)
        if found is not None:
            return found
        step *= 2
    return _last_from(rule, zone, due, now) or due


def _last_from(rule: Rule, zone: str, after: datetime, now: datetime) -> datetime | None:
    last, found = None, next_after(rule, zone, after)
    while found <= now:
        last, found = found, next_after(rule, zone, found)
    return last
