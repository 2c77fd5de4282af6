"""Every cadence, in zones with every kind of change, against an oracle."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bot.engine.schedule.recurrence import LAST, WEEKDAYS, Cadence, Rule, upcoming
from tests.engine.oracle import DAY, MINUTE, ZONES, Case, clock, simple

HOURS = st.integers(0, 3) | st.integers(0, 23)
MINUTES = st.sampled_from((0, 1, 15, 30, 45, 59)) | st.integers(0, 59)
simple_cases = st.builds(
    simple,
    st.builds(time, HOURS, MINUTES),
    st.sampled_from([c for c in Cadence if c is not Cadence.CRON]),
    st.integers(0, 100),
    st.sampled_from((1, 2, 3, 4, LAST)),
)


@st.composite
def cron_cases(draw: st.DrawFn) -> Case:
    minute = draw(MINUTES)
    hours = draw(
        st.frozensets(HOURS, min_size=1, max_size=4) | st.just(frozenset(range(24)))
        | st.just(frozenset(range(0, 24, 3)))
    )  # fmt: skip
    hour = {24: "*", 8: "*/3"}.get(len(hours), ",".join(map(str, hours)))
    kind = draw(st.sampled_from(("every day", "names", "dates", "months", "last", "29 february")))
    if kind == "names":
        days = draw(st.frozensets(st.integers(0, 6), min_size=1))
        text = f"{minute} {hour} * * {','.join(WEEKDAYS[d] for d in days)}"
        return Case(Rule(Cadence.CRON, cron=text), lambda d: d.weekday() in days, hours, minute)
    if kind == "dates":
        low = draw(st.integers(1, 31))
        high = draw(st.integers(low, 31))
        rule = Rule(Cadence.CRON, cron=f"{minute} {hour} {low}-{high} * *")
        return Case(rule, lambda d: low <= d.day <= high, hours, minute)
    if kind == "months":
        months = draw(st.frozensets(st.integers(1, 12), min_size=1))
        rule = Rule(Cadence.CRON, cron=f"{minute} {hour} * {','.join(map(str, months))} *")
        return Case(rule, lambda d: d.month in months, hours, minute)
    if kind == "last":
        rule = Rule(Cadence.CRON, cron=f"{minute} {hour} last * *")
        return Case(rule, lambda d: (d + DAY).day == 1, hours, minute)
    if kind == "29 february":
        rule = Rule(Cadence.CRON, cron=f"{minute} {hour} 29 feb *")
        return Case(rule, lambda d: (d.month, d.day) == (2, 29), hours, minute)
    rule = Rule(Cadence.CRON, cron=f"{minute} {hour} * * *")
    return Case(rule, lambda d: True, hours, minute)


@st.composite
def zones_and_moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """Any moment from 2006 to 2034, most of them within two days of a change of the clock."""
    zone = draw(st.sampled_from(ZONES))
    changes = [start for start in clock(zone).starts[1:] if start.year < 2035]
    near: int = draw(st.integers(0, 3))
    if changes and near:
        minutes = st.integers(-60, 180).map(lambda m: 60 * m)
        seconds: int = draw(st.integers(-2 * 86400, 2 * 86400) | minutes)
        change: datetime = draw(st.sampled_from(changes))
        return zone, change + timedelta(seconds=seconds)
    return zone, datetime(2006, 1, 1, tzinfo=UTC) + draw(st.integers(0, 28 * 365 * 1440)) * MINUTE


@settings(
    max_examples=4000,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(simple_cases | cron_cases(), zones_and_moments())
def test_any_rule_in_any_zone_is_due_when_the_walk_along_the_wall_clock_says(
    case: Case, where: tuple[str, datetime]
) -> None:
    zone, after = where
    event(case.rule.cadence)
    for due in upcoming(case.rule, zone, after, 3):
        assert due.tzinfo is UTC
        assert due == case.due(zone, after), (case.rule, zone, after)
        after = due


CHANGING = [zone for zone in ZONES if zone not in ("Asia/Kathmandu", "UTC")]
# From midnight to four o'clock, the first and last minutes of an hour and of a day included.
TIMES = [time(m // 60, m % 60) for m in (*range(0, 240, 15), 1, 29, 59, 119, 121, 540, 1439)]


def changes(zone: str) -> list[datetime]:
    """Return a few gaps and as many folds of a zone."""
    shown = clock(zone)
    found: dict[bool, list[datetime]] = {True: [], False: []}
    for before, start in enumerate(shown.starts[1:]):
        if 2010 <= start.year < 2024:
            found[shown.offsets[before + 1] > shown.offsets[before]].append(start)
    assert all(found.values()), "a gap and a fold"
    return [start for each in found.values() for start in each[:: -(-len(each) // 3)]]


def on(day: date, at: time, cadence: Cadence) -> Iterator[Case]:
    """Yield rules of a cadence that come on this day."""
    if cadence is not Cadence.CRON:
        number = {Cadence.FORTNIGHTLY: (day - date(2020, 1, 1)).days, Cadence.MONTHLY: day.day - 1}
        nth = (day.day - 1) // 7 + 1
        yield simple(at, cadence, number.get(cadence, day.weekday()), nth if nth < 5 else LAST)
        return
    minute, hour = at.minute, at.hour
    alone, two = frozenset({hour}), frozenset({hour, (hour + 1) % 24})
    name, weekday = WEEKDAYS[day.weekday()], day.weekday()
    text = f"{minute} {hour} * * {name}"
    yield Case(Rule(cadence, cron=text), lambda d: d.weekday() == weekday, alone, minute)
    text = f"{minute} {hour} {day.day} {day.month} *"
    same = (day.month, day.day)
    yield Case(Rule(cadence, cron=text), lambda d: (d.month, d.day) == same, alone, minute)
    text = f"{minute} {','.join(map(str, sorted(two)))} * * *"
    yield Case(Rule(cadence, cron=text), lambda d: True, two, minute)
    text = f"{minute} * * * *"
    yield Case(Rule(cadence, cron=text), lambda d: True, frozenset(range(24)), minute)


@pytest.mark.parametrize("cadence", list(Cadence))
@pytest.mark.parametrize("zone", CHANGING)
def test_around_every_change_of_the_clock_nothing_is_lost_or_doubled(
    zone: str, cadence: Cadence
) -> None:
    """On the day before, in the gap or the fold, and on the day after."""
    shown = clock(zone)
    for change in changes(zone):
        first = shown.shows(change).date() - 3 * DAY
        midnights = [datetime.combine(first + n * DAY, time()) for n in (1, 6)]
        after, end = (shown.first_showing(midnight) for midnight in midnights)
        days = [first + n * DAY for n in (2, 3, 4)]
        cases = {case.rule: case for at in TIMES for day in days for case in on(day, at, cadence)}
        for case in cases.values():
            walls = takewhile(lambda wall: wall.date() < first + 8 * DAY, case.walls(first))  # noqa: B023
            wanted = sorted({m for w in walls if after < (m := shown.first_showing(w)) < end})
            assert wanted, (case.rule, zone, change)
            got = [d for d in upcoming(case.rule, zone, after, len(wanted) + 1) if d < end]
            assert got == wanted, (case.rule, zone, change)


def test_the_zones_are_as_many_and_as_odd_as_promised() -> None:
    assert len(ZONES) >= 12
    half = [zone for zone in ZONES if any(o % timedelta(hours=1) for o in clock(zone).offsets)]
    assert {"Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Adelaide"} <= set(half)
