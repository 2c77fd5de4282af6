"""Working days: Monday to Friday on the community's wall clock, without quiet days."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.engine.schedule.calendar import Calendar

_DAY = timedelta(days=1)
_WEEKEND = 5  # Saturday, counted from Monday


def end_of(calendar: Calendar, start: datetime, days: int) -> datetime:
    """Return when so many working days have passed: at the start's time of day on the last."""
    zone, left, moment = ZoneInfo(calendar.zone), days, start
    while left:
        local = moment.astimezone(zone)
        moment = datetime.combine(local.date() + _DAY, local.time(), zone).astimezone(UTC)
        left -= _counts(calendar, moment, zone)
    return moment


def _counts(calendar: Calendar, moment: datetime, zone: ZoneInfo) -> bool:
    day = moment.astimezone(zone).date()
    noon = datetime.combine(day, time(12), zone).astimezone(UTC)
    return day.weekday() < _WEEKEND and not calendar.quiet(noon)
