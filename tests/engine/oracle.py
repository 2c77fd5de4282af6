"""An oracle for recurrence that knows neither CronTrigger nor folds.

A clock is stretches of one offset; a rule is the days, the hours and the minute that it matches.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.engine.schedule.recurrence import LAST, Cadence, Rule

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ZONES = (
    "Africa/Casablanca",  # back for Ramadan
    "Africa/Cairo",  # four changes in 2010 and 2014, at midnight
    "America/Sao_Paulo",  # at midnight, until 2019
    "America/St_Johns",  # half an hour off; changed at 00:01 until 2011
    "Antarctica/Troll",  # two hours at a time
    "Asia/Beirut",  # at midnight
    "Asia/Kathmandu",  # never
    "Asia/Tehran",  # at midnight, until 2022
    "Australia/Adelaide",  # half an hour off
    "Australia/Lord_Howe",  # half an hour at a time
    "Europe/Dublin",  # its winter is the exception
    "Europe/Ljubljana",
    "Pacific/Apia",  # without 30 December 2011
    "Pacific/Chatham",  # three quarters off, at 02:45
    "America/Havana",  # at midnight
    "UTC",
)


@dataclass(frozen=True)
class Clock:
    """A zone from 2005 to 2045: from each of `starts` on, the clock is `offsets` ahead of UTC."""

    starts: list[datetime]
    offsets: list[timedelta]

    def shows(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=None) + self.offsets[bisect_right(self.starts, moment) - 1]

    def first_showing(self, wall: datetime) -> datetime:
        """Return when the clock first shows this; what it skips, as much later as it skips."""
        ends = [*self.starts[1:], datetime.max.replace(tzinfo=UTC)]
        near = bisect_right(self.starts, wall.replace(tzinfo=UTC))
        for i in range(max(near - 3, 0), min(near + 2, len(self.starts))):
            moment = wall.replace(tzinfo=UTC) - self.offsets[i]
            if self.starts[i] <= moment < ends[i]:
                return moment
            if moment >= ends[i] and wall.replace(tzinfo=UTC) - self.offsets[i + 1] < ends[i]:
                return moment
        raise AssertionError(wall)


@cache
def clock(zone: str) -> Clock:
    tz = ZoneInfo(zone)

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(tz).utcoffset() or timedelta()

    at = datetime(2005, 1, 1, tzinfo=UTC)
    starts, offsets = [at], [offset(at)]
    while at < datetime(2045, 1, 1, tzinfo=UTC):
        low, high = at, at + 12 * HOUR
        at = high
        if offset(high) != offsets[-1]:
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                low, high = (low, middle) if offset(middle) != offsets[-1] else (middle, high)
            starts.append(high)
            offsets.append(offset(high))
    return Clock(starts, offsets)


@dataclass(frozen=True)
class Case:
    """A rule, and what it means: the days, the hours and the minute that it matches."""

    rule: Rule
    matches: Callable[[date], bool]
    hours: frozenset[int]
    minute: int

    def walls(self, first: date) -> Iterator[datetime]:
        for ahead in range(366 * 9):
            day = first + ahead * DAY
            if self.matches(day):
                for hour in sorted(self.hours):
                    yield datetime.combine(day, time(hour, self.minute))

    def due(self, zone: str, after: datetime) -> datetime:
        shown = clock(zone)
        due: list[tuple[datetime, datetime]] = []
        for wall in self.walls(shown.shows(after).date() - 2 * DAY):
            if due and wall > due[0][0] + 2 * DAY:
                break
            moment = shown.first_showing(wall)
            if moment > after:
                due.append((wall, moment))
        return min(moment for _, moment in due)


def nth_of_month(day: date, nth: int) -> bool:
    left = monthrange(day.year, day.month)[1] - day.day
    return left < 7 if nth == LAST else (nth - 1) * 7 < day.day <= nth * 7


def simple(at: time, cadence: Cadence, number: int = 0, nth: int = 1) -> Case:
    hours = frozenset({at.hour})
    weekday = number % 7
    if cadence is Cadence.DAILY:
        return Case(Rule(cadence, at), lambda day: True, hours, at.minute)
    if cadence is Cadence.WEEKLY:
        rule = Rule(cadence, at, weekday=weekday)
        return Case(rule, lambda day: day.weekday() == weekday, hours, at.minute)
    if cadence is Cadence.FORTNIGHTLY:
        anchor = date(2020, 1, 1) + number * DAY
        own = {anchor.toordinal() % 14}
        rule = Rule(cadence, at, anchor=anchor)
        return Case(rule, lambda day: day.toordinal() % 14 in own, hours, at.minute)
    if cadence is Cadence.MONTHLY:
        rule = Rule(cadence, at, monthday=number % 31 + 1)
        return Case(rule, lambda day: day.day == number % 31 + 1, hours, at.minute)
    rule = Rule(cadence, at, weekday=weekday, nth=nth)
    return Case(
        rule, lambda day: day.weekday() == weekday and nth_of_month(day, nth), hours, at.minute
    )
