"""Quiet days are days on the community's wall clock, whoever the rule belongs to."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.engine.schedule.calendar import Calendar
from bot.engine.schedule.recurrence import Cadence, Rule, next_after

HOURLY = Rule(Cadence.CRON, cron="30 * * * *")
MOMENT = timedelta(microseconds=1)


def calendar(zone: str, *periods: tuple[str, str]) -> Calendar:
    days = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in periods]
    return Calendar(zone, days)


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Pacific/Auckland", "2026-05-20", 24),
        ("Asia/Kathmandu", "2026-05-20", 24),
        ("America/St_Johns", "2026-03-08", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Beirut", "2026-03-29", 23),  # its midnight is skipped
        ("Asia/Beirut", "2026-03-28", 24),
        ("America/Havana", "2026-11-01", 25),
        ("America/Sao_Paulo", "2018-02-17", 25),  # its last hour is there twice
    ],
)
def test_a_quiet_day_is_quiet_from_its_first_moment_to_its_last(
    zone: str, day: str, length: float
) -> None:
    quiet = calendar(zone, (day, day))
    midnight = datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone)).astimezone(UTC)
    end = midnight + timedelta(hours=length)
    assert not quiet.quiet(midnight - MOMENT)
    assert quiet.quiet(midnight)
    assert quiet.quiet(end - MOMENT)
    assert not quiet.quiet(end)
    after = quiet.next_after(HOURLY, "UTC", midnight - MOMENT)
    assert after == next_after(HOURLY, "UTC", end - MOMENT)


def test_a_members_clock_does_not_shift_the_communitys_days() -> None:
    quiet = calendar("Europe/Ljubljana", ("2026-05-20", "2026-05-21"))
    evening = Rule(Cadence.DAILY, at=time(20))
    begin = datetime(2026, 5, 18, 12, tzinfo=UTC)

    def days(zone: str) -> list[str]:
        times = quiet.upcoming(evening, zone, begin, 3)
        return [f"{at.astimezone(ZoneInfo(zone)):%d}" for at in times]

    assert days("Europe/Ljubljana") == ["18", "19", "22"]
    # 20:00 in New York is two in the morning of the next day in Ljubljana.
    assert days("America/New_York") == ["18", "21", "22"]


def test_periods_one_after_the_other_are_left_in_one_go() -> None:
    quiet = calendar("UTC", ("2026-05-20", "2026-05-21"), ("2026-05-22", "2026-05-30"))
    tuesdays = Rule(Cadence.WEEKLY, at=time(9), weekday=1)
    after = datetime(2026, 5, 19, 9, tzinfo=UTC)
    assert quiet.next_after(tuesdays, "UTC", after) == datetime(2026, 6, 2, 9, tzinfo=UTC)
    assert quiet.next_after(tuesdays, "UTC", after - MOMENT) == after


def test_without_quiet_days_the_rule_alone_counts() -> None:
    after = datetime(2026, 5, 19, 9, tzinfo=UTC)
    assert calendar("UTC").next_after(HOURLY, "UTC", after) == next_after(HOURLY, "UTC", after)
