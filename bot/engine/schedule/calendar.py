"""A community's calendar: which days are quiet, and what comes due outside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.turn import Turn
from bot.engine.schedule.recurrence import Rule, next_after
from storage.quiet import QuietPeriods

_DAY, _MOMENT = timedelta(days=1), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The quiet periods of a community.

    Args:
        zone: whose wall clock the days are on.
        periods: first and last day, both quiet.
    """

    zone: str
    periods: Sequence[tuple[date, date]]

    def quiet(self, moment: datetime) -> bool:
        """Tell whether a moment lies in a quiet period."""
        return self._last_day(moment) is not None

    def next_after(self, rule: Rule, zone: str, after: datetime) -> datetime:
        """Return when a rule is due next outside quiet periods, strictly later than `after`."""
        moment = next_after(rule, zone, after)
        while (last := self._last_day(moment)) is not None:
            end = datetime.combine(last + _DAY, time(), ZoneInfo(self.zone)).astimezone(UTC)
            moment = next_after(rule, zone, end - _MOMENT)
        return moment

    def upcoming(self, rule: Rule, zone: str, after: datetime, count: int) -> list[datetime]:
        """Return the next `count` times outside quiet periods."""
        times = [after]
        for _ in range(count):
            times.append(self.next_after(rule, zone, times[-1]))
        return times[1:]

    def _last_day(self, moment: datetime) -> date | None:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        return max((last for first, last in self.periods if first <= day <= last), default=None)


def calendar_of(turn: Turn) -> Calendar:
    """Return the calendar of the turn's community."""
    community = turn.community
    rows = turn.rows(QuietPeriods).of(community.id)
    return Calendar(community.zone, [(row.first_day, row.last_day) for row in rows])
