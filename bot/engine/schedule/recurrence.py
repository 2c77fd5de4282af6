"""Recurrence: rules in wall-clock time, and when they come due.

Rules are matched on the wall-clock axis and localized here, because APScheduler's own arithmetic
loses and doubles fires around changes of the clock.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger

from bot.core.errors import CirclekeeperError

LAST = -1
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Reason(StrEnum):
    """Why a rule cannot be; the words for it are made elsewhere."""

    NO_CADENCE = "no-cadence"
    NO_TIME = "no-time"
    NO_DAY = "no-day"
    UNKNOWN_WORD = "unknown-word"
    UNEXPECTED_WORD = "unexpected-word"  # known, but at odds with the rest
    IMPOSSIBLE_TIME = "impossible-time"
    IMPOSSIBLE_DATE = "impossible-date"
    BAD_CRON = "bad-cron"
    SUB_HOURLY = "sub-hourly"
    DAY_NUMBERS = "day-numbers"  # 1 is Monday for cron, Tuesday for APScheduler
    DATE_AND_DAY = "date-and-day"  # either of them for cron, both at once for APScheduler


class RuleMistake(CirclekeeperError, ValueError):
    """A rule that cannot be: why, and the offending word as typed ("" where one is missing)."""

    def __init__(self, reason: Reason, word: str = "") -> None:
        """Keep the reason and the word."""
        super().__init__(f"{reason}: {word}")
        self.reason, self.word = reason, word


class Cadence(StrEnum):
    """How a rule repeats."""

    DAILY = "daily"
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    NTH_WEEKDAY = "nth-weekday"
    CRON = "cron"


_PARTS = {
    Cadence.DAILY: {"at"},
    Cadence.WEEKLY: {"at", "weekday"},
    Cadence.FORTNIGHTLY: {"at", "anchor"},
    Cadence.MONTHLY: {"at", "monthday"},
    Cadence.NTH_WEEKDAY: {"at", "weekday", "nth"},
    Cadence.CRON: {"cron"},
}
_NTH = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", LAST: "last"}
_RANGES = {"weekday": range(7), "monthday": range(1, 32), "nth": _NTH}
_SPAN = r"(\*|\d+(-\d+)?)(/\d+)?"
_NAMES = r"[a-z]{3}(-[a-z]{3})?"
_CRON = {  # by field, what cron itself allows: APScheduler overlooks whatever follows a name
    "minute": _SPAN,
    "hour": _SPAN,
    "day": f"{_SPAN}|last",
    "month": f"{_SPAN}|{_NAMES}",
    "day_of_week": rf"\*|{_NAMES}",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence in wall-clock time; raises `RuleMistake` rather than be one that cannot be.

    `at` is to the minute; `weekday` counts from Monday, 0; `nth` is 1 to 4 or `LAST`; a month
    without the `monthday` (1 to 31) is passed over; `anchor` is a day of the fortnightly rule.
    """

    cadence: Cadence
    at: time | None = None
    weekday: int | None = None
    monthday: int | None = None
    nth: int | None = None
    anchor: date | None = None
    cron: str | None = None

    def __post_init__(self) -> None:
        """Refuse a part that is missing, too many or out of range, and what never fires."""
        given = {f.name for f in fields(self)[1:] if getattr(self, f.name) is not None}
        if extra := given - _PARTS[self.cadence]:
            raise RuleMistake(Reason.UNEXPECTED_WORD, min(extra))
        if missing := _PARTS[self.cadence] - given:
            raise RuleMistake(Reason.NO_TIME if "at" in missing else Reason.NO_DAY)
        for part in _RANGES.keys() & given:
            if getattr(self, part) not in _RANGES[part]:
                raise RuleMistake(Reason.IMPOSSIBLE_DATE, part)
        if self.at and self.at != time(self.at.hour, self.at.minute):
            raise RuleMistake(Reason.IMPOSSIBLE_TIME, "at")
        if self.cron is not None:
            _cron_parts(self.cron)

    def to_json(self) -> dict[str, str | int]:
        """Return the rule as a flat object, for its row."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["at"] = self.at and self.at.isoformat("minutes")
        return {k: v if isinstance(v, int) else str(v) for k, v in values.items() if v is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, str | int]) -> "Rule":
        """Return the rule that `to_json` wrote; raises ValueError for anything else."""
        parts: dict[str, Any] = dict(data)
        read = {"cadence": Cadence, "at": time.fromisoformat, "anchor": date.fromisoformat}
        try:
            return cls(**parts | {name: read[name](parts[name]) for name in read.keys() & data})
        except (AttributeError, TypeError) as error:
            raise ValueError(f"not a rule: {data}") from error


@lru_cache(maxsize=1024)
def _cron_parts(cron: str) -> dict[str, str]:
    """Return the trigger's fields for five cron fields, which are in lower case and in English."""
    parts = dict(zip(_CRON, cron.split(), strict=False))
    if list(parts.values()) != cron.split() or len(parts) < len(_CRON):
        raise RuleMistake(Reason.BAD_CRON, cron)
    day, weekday, month = parts["day"], parts["day_of_week"], parts["month"]
    if re.search(r"\d", weekday):
        raise RuleMistake(Reason.DAY_NUMBERS, weekday)
    for name, value in parts.items():
        try:
            if not re.fullmatch(f"({_CRON[name]})(,({_CRON[name]}))*", value):
                raise ValueError
            CronTrigger(**{name: value}, timezone=UTC)
        except ValueError:
            raise RuleMistake(Reason.BAD_CRON, value) from None
    start = datetime(2000, 1, 1, tzinfo=UTC)
    minutes = _matches(CronTrigger(minute=parts["minute"], timezone=UTC), start)
    if next(minutes) + timedelta(hours=1) != next(minutes):
        raise RuleMistake(Reason.SUB_HOURLY, parts["minute"])
    if "*" not in (day, weekday):
        raise RuleMistake(Reason.DATE_AND_DAY, weekday)
    # A leap year has every date, so a rule that fires in one fires in any eight years.
    trigger = CronTrigger(**parts, timezone=UTC, end_date=start + timedelta(days=366))
    if trigger.get_next_fire_time(None, start) is None:
        raise RuleMistake(Reason.IMPOSSIBLE_DATE, f"{day} {month}")
    return parts


@lru_cache(maxsize=1024)
def _trigger(rule: Rule) -> CronTrigger:
    """Return what matches the rule on the wall-clock axis, but for which weeks of a fortnight."""
    at = rule.at or time()
    parts: dict[str, Any] = {"day": rule.monthday, "hour": at.hour, "minute": at.minute}
    if rule.cron is not None:
        parts |= _cron_parts(rule.cron)
    weekday = rule.anchor.weekday() if rule.anchor else rule.weekday
    if rule.nth is not None and weekday is not None:
        parts["day"] = f"{_NTH[rule.nth]} {WEEKDAYS[weekday]}"
    elif weekday is not None:
        parts["day_of_week"] = weekday
    return CronTrigger(**parts, second=0, timezone=UTC)


def _matches(trigger: CronTrigger, start: datetime) -> Iterator[datetime]:
    """Yield the wall-clock times that match, from `start` on, both as if they were UTC."""
    while found := trigger.get_next_fire_time(None, start):
        yield found
        start = found + timedelta(minutes=1)


@lru_cache(maxsize=1024)
def valid_zone(name: str) -> bool:
    """Tell whether this names an IANA zone; the host's own ("localtime") is none."""
    return name in available_timezones() - {"Factory", "localtime"}


@lru_cache(maxsize=4096)
def next_after(rule: Rule, zone: str, after: datetime) -> datetime:
    """Return when the rule is due next, in UTC, strictly later than `after` (aware).

    A time that the clock skips is due that much later; of one that it shows twice, the first is.
    """
    if after.tzinfo is None:
        raise ValueError("`after` has no zone")
    tz, best = ZoneInfo(zone), None
    here, yesterday = after.astimezone(tz), (after - timedelta(days=1)).astimezone(tz)
    gap = (here.utcoffset() or timedelta()) - (yesterday.utcoffset() or timedelta())
    # Times within a gap are due after it: look back over it (Samoa once skipped a whole day).
    start = here.replace(tzinfo=UTC) - max(timedelta(hours=3), gap)
    for wall in _matches(_trigger(rule), start):
        if rule.anchor and (wall.date() - rule.anchor).days % 14:
            continue
        due = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
        if due > after and (best is None or due < best):
            best = due
        # What follows a time within a gap may be due before it, until the gap's width has passed.
        if best and wall >= best.astimezone(tz).replace(tzinfo=UTC):
            return best
    raise AssertionError(f"never due: {rule}")  # Rule refuses to be one


def upcoming(rule: Rule, zone: str, after: datetime, count: int) -> list[datetime]:
    """Return the next `count` times, in UTC."""
    times = [after]
    for _ in range(count):
        times.append(next_after(rule, zone, times[-1]))
    return times[1:]
