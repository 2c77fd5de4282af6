"""Quiet hours, over midnight and over changes of the clock."""

from datetime import UTC, datetime

import pytest

from bot.engine.quiet import quiet_until

LJUBLJANA = "Europe/Ljubljana"  # UTC+1, in summer UTC+2
NIGHT = ("22:00", "07:00")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-10T20:59", "2026-01-10T20:59"),  # 21:59 there
        ("2026-01-10T21:00", "2026-01-11T06:00"),  # 22:00: the night begins
        ("2026-01-10T23:30", "2026-01-11T06:00"),  # after midnight
        ("2026-01-11T05:59", "2026-01-11T06:00"),
        ("2026-01-11T06:00", "2026-01-11T06:00"),  # the end is not quiet any more
        ("2026-01-11T12:00", "2026-01-11T12:00"),
    ],
)
def test_a_night_goes_over_midnight(now: str, until: str) -> None:
    assert quiet_until(NIGHT, LJUBLJANA, utc(now)) == utc(until)


@pytest.mark.parametrize(
    ("now", "until"),
    [("2026-01-10T11:59", "2026-01-10T13:30"), ("2026-01-10T10:00", "2026-01-10T10:00")],
)
def test_quiet_hours_may_lie_within_a_day(now: str, until: str) -> None:
    assert quiet_until(("12:00", "14:30"), LJUBLJANA, utc(now)) == utc(until)


@pytest.mark.parametrize("hours", [None, (), []])
def test_without_quiet_hours_it_is_now(hours: tuple[str, str] | None) -> None:
    assert quiet_until(hours, LJUBLJANA, utc("2026-01-10T23:30")) == utc("2026-01-10T23:30")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T22:00", "2026-03-29T05:00"),  # the clocks go forward in that night
        ("2026-10-24T21:00", "2026-10-25T06:00"),  # and back in this one
    ],
)
def test_the_end_is_read_on_the_wall_clock(now: str, until: str) -> None:
    assert quiet_until(NIGHT, LJUBLJANA, utc(now)) == utc(until)


def test_an_end_that_the_clock_skips_comes_that_much_later() -> None:
    until = quiet_until(("22:00", "02:30"), LJUBLJANA, utc("2026-03-28T23:00"))
    assert until == utc("2026-03-29T01:30")  # 03:30 there


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-10-25T00:15", "2026-10-25T00:30"),  # the first 02:15
        ("2026-10-25T01:15", "2026-10-25T01:30"),  # the second: not in the past
    ],
)
def test_an_end_that_the_clock_shows_twice_is_still_to_come(now: str, until: str) -> None:
    assert quiet_until(("22:00", "02:30"), LJUBLJANA, utc(now)) == utc(until)
