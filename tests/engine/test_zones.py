"""A zone is changed: the same day and time on the new clock, never twice a day, never past."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.turn import Plan
from bot.engine.schedule.catchup import following
from bot.engine.schedule.recurrence import Cadence, Rule, next_after
from bot.engine.schedule.zones import moved
from tests.engine.circle import START

ZONES = (
    "Pacific/Pago_Pago",
    "America/St_Johns",
    "UTC",
    "Europe/Ljubljana",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)
DAILY = Rule(Cadence.DAILY, at=time(9))


def plan(rule: Rule, zone: str, due: datetime) -> Plan:
    return Plan(id="p", kind="k", rule=rule.to_json(), zone=zone, next_due=due)


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("rule", "zone", "due", "to", "now", "moved_to"),
    [
        # It was handled at 9 today; the new zone's 9 o'clock is still to come, and is left out.
        (DAILY, "Europe/Paris", "05 09:00", "America/New_York", "04 10:00", "05 09:00"),
        (DAILY, "Europe/Paris", "05 09:00", "Asia/Kolkata", "04 10:00", "05 09:00"),
        # Today's is still to come, here and there.
        (DAILY, "Europe/Paris", "04 09:00", "America/New_York", "04 08:00", "04 09:00"),
        # Today's has passed on the new clock.
        (DAILY, "America/New_York", "04 09:00", "Europe/Paris", "04 08:00", "05 09:00"),
        # It is due now and will be handled in a moment: once, here or there.
        (DAILY, "Europe/Paris", "04 09:00", "America/New_York", "04 09:00", "04 09:00"),
        # A weekly one keeps its day, a fortnightly one its week.
        (
            Rule(Cadence.WEEKLY, at=time(9), weekday=1),
            *("Europe/Paris", "10 09:00", "Pacific/Kiritimati", "04 08:00", "10 09:00"),
        ),
        (
            Rule(Cadence.FORTNIGHTLY, at=time(9), anchor=date(2026, 3, 3)),
            *("Europe/Paris", "17 09:00", "Pacific/Pago_Pago", "04 08:00", "17 09:00"),
        ),
        # Of two times a day the second one is next, there as here.
        (
            Rule(Cadence.CRON, cron="0 9,15 * * *"),
            *("Europe/Paris", "04 15:00", "America/New_York", "04 10:00", "04 15:00"),
        ),
    ],
)
def test_it_keeps_its_day_and_time_on_the_clock(
    rule: Rule, zone: str, due: str, to: str, now: str, moved_to: str
) -> None:
    before = plan(rule, zone, at(f"2026-03-{due}", zone))
    assert moved(before, to, at(f"2026-03-{now}", zone)) == at(f"2026-03-{moved_to}", to)


def test_what_is_due_and_has_passed_on_the_new_clock_stays_due() -> None:
    due = at("2026-03-04 09:00", "America/New_York")
    assert moved(plan(DAILY, "America/New_York", due), "Europe/Paris", due) == due


def test_out_of_a_gap_the_time_is_the_rules_own() -> None:
    night = Rule(Cadence.DAILY, at=time(2, 30))
    due = next_after(night, "Europe/Paris", at("2026-03-28 12:00", "Europe/Paris"))
    assert due == at("2026-03-29 03:30", "Europe/Paris")
    before = plan(night, "Europe/Paris", due)
    assert moved(before, "UTC", due - timedelta(hours=9)) == at("2026-03-29 02:30", "UTC")


def test_what_comes_once_is_a_moment_and_not_a_time_on_a_clock() -> None:
    once = Plan(id="p", kind="k", zone="UTC", next_due=START)
    assert moved(once, "Asia/Kolkata", START - timedelta(days=1)) == START


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(ZONES)), max_size=12),
)
def test_however_often_a_zone_is_changed_no_day_sees_it_twice(
    clock: time, edits: list[tuple[int, str]]
) -> None:
    rule, now, come = Rule(Cadence.DAILY, at=clock), START, []
    schedule = plan(rule, "UTC", next_after(rule, "UTC", now))
    for minutes, zone in edits:
        end = now + timedelta(minutes=minutes)
        while schedule.next_due is not None and schedule.next_due <= end:
            now = schedule.next_due
            come.append(now.astimezone(ZoneInfo(schedule.zone)))
            schedule = plan(rule, schedule.zone, following(schedule, now) or now)
        now = end
        due = moved(schedule, zone, now)
        assert due is not None
        # Tomorrow's, where the day begins first, and on the clock where it ends last.
        assert timedelta() < due - now < timedelta(days=3, hours=3)
        schedule = plan(rule, zone, due)
    days = [each.date() for each in come]
    assert days == sorted(set(days))
