"""Rules fall due when the clock on the wall says so, and a moderator's words become rules."""

import json
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import takewhile
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bot.core.errors import CirclekeeperError
from bot.engine.schedule.recurrence import (
    LAST,
    WEEKDAYS,
    Cadence,
    Reason,
    Rule,
    RuleMistake,
    next_after,
    upcoming,
    valid_zone,
)
from bot.engine.schedule.typed import parse_rule

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FRIDAY = date(2026, 11, 20)
ZONES = (
    "Africa/Casablanca",  # back for Ramadan
    "Africa/Cairo",  # four changes in 2010 and 2014, at midnight
    "America/Sao_Paulo",  # at midnight, until 2019
    "America/St_Johns",  # half an hour off; changed at 00:01 until 2011
    "Antarctica/Troll",  # two hours at a time
    "Asia/Beirut",  # at midnight
    "Asia/Kathmandu",  # never
    "Asia/Tehran",  # at midnight, until 2022
    "Australia/Lord_Howe",  # half an hour at a time
    "Europe/Dublin",  # its winter is the exception
    "Europe/Ljubljana",
    "Pacific/Apia",  # without 30 December 2011
    "Pacific/Chatham",  # three quarters off, at 02:45
    "America/Havana",  # at midnight
    "UTC",
)


# --- an oracle that knows neither CronTrigger nor folds: a clock is stretches of one offset ---


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


@pytest.mark.parametrize("zone", [z for z in ZONES if z not in ("Asia/Kathmandu", "UTC")])
def test_around_every_change_of_the_clock_nothing_is_lost_or_doubled(zone: str) -> None:
    shown = clock(zone)
    changes = [c for c in shown.starts[1:] if 2010 <= c.year < 2024]
    assert changes
    # From midnight to four o'clock, the first minutes of the day after included.
    times = [time(m // 60, m % 60) for m in (*range(0, 240, 15), 1, 29, 59, 119, 121, 540, 1439)]
    for change in changes[:: max(1, len(changes) // 8)]:
        first = shown.shows(change).date() - 3 * DAY
        after, end = change - 2 * DAY, change + 3 * DAY
        for at in times:
            on = [simple(at, Cadence.WEEKLY, (first + n * DAY).weekday()) for n in (2, 3, 4)]
            for case in (simple(at, Cadence.DAILY), *on):
                walls = takewhile(lambda wall: wall.date() < first + 8 * DAY, case.walls(first))  # noqa: B023
                wanted = sorted({m for w in walls if after < (m := shown.first_showing(w)) < end})
                got = [d for d in upcoming(case.rule, zone, after, len(wanted) + 1) if d < end]
                assert got == wanted, (case.rule, zone, change)


# --- behaviours, one by one --------------------------------------------------------------------


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(rule: Rule, zone: str, after: str, count: int = 1) -> list[str]:
    """Return what the clock shows when the rule is due, from a time that it shows."""
    tz = ZoneInfo(zone)
    start = datetime.fromisoformat(after).replace(tzinfo=tz).astimezone(UTC)
    return [f"{d.astimezone(tz):%Y-%m-%d %H:%M}" for d in upcoming(rule, zone, start, count)]


def daily(at: str) -> Rule:
    return Rule(Cadence.DAILY, time.fromisoformat(at))


def test_a_time_that_the_clock_skips_is_due_an_hour_later_and_the_next_day_as_ever() -> None:
    assert local(daily("02:30"), "Europe/Ljubljana", "2026-03-28 12:00", 2) == [
        "2026-03-29 03:30",
        "2026-03-30 02:30",
    ]


def test_a_time_that_the_clock_shows_twice_is_due_the_first_time_only() -> None:
    assert upcoming(daily("02:30"), "Europe/Ljubljana", utc("2026-10-24T12:00"), 2) == [
        utc("2026-10-25T00:30"),
        utc("2026-10-26T01:30"),
    ]


def test_between_the_two_showings_nothing_is_due_again() -> None:
    between = utc("2026-10-25T00:45")
    assert next_after(daily("02:30"), "Europe/Ljubljana", between) == utc("2026-10-26T01:30")
    second = utc("2026-10-25T01:10")
    assert next_after(daily("02:05"), "Europe/Ljubljana", second) == utc("2026-10-26T01:05")


def test_the_first_hour_of_the_day_after_the_clock_went_forward_is_not_lost() -> None:
    assert local(daily("00:30"), "Europe/Ljubljana", "2026-03-29 12:00") == ["2026-03-30 00:30"]


def test_where_midnight_itself_is_skipped_the_day_begins_at_one() -> None:
    assert local(daily("00:00"), "America/Sao_Paulo", "2018-11-03 12:00", 2) == [
        "2018-11-04 01:00",
        "2018-11-05 00:00",
    ]


def test_a_day_that_samoa_never_had_moves_to_the_day_after() -> None:
    friday = Rule(Cadence.WEEKLY, time(9), weekday=4)
    assert local(friday, "Pacific/Apia", "2011-12-31 08:00", 2) == [
        "2011-12-31 09:00",
        "2012-01-06 09:00",
    ]


def test_a_later_time_that_comes_before_a_skipped_one_is_due_first() -> None:
    twice = Rule(Cadence.CRON, cron="30 2,3 * * *")  # two hours are skipped: 02:30 is due at 04:30
    assert local(twice, "Antarctica/Troll", "2026-03-29 00:00", 3) == [
        "2026-03-29 03:30",
        "2026-03-29 04:30",
        "2026-03-30 02:30",
    ]


def test_the_next_time_is_strictly_later_and_in_utc() -> None:
    noon = utc("2026-11-20T12:00")
    assert next_after(daily("12:00"), "UTC", noon) == noon + DAY
    assert next_after(daily("12:00"), "UTC", noon - timedelta(microseconds=1)) == noon
    assert next_after(daily("12:00"), "Asia/Kathmandu", noon) == utc("2026-11-21T06:15")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        next_after(daily("12:00"), "UTC", datetime(2026, 11, 20))  # noqa: DTZ001


def test_a_fortnightly_rule_keeps_to_its_weeks_for_years_whenever_it_is_asked() -> None:
    rule = parse_rule("fortnightly tue 17:30", FRIDAY)
    assert rule.anchor == date(2026, 11, 24)
    for weeks in range(0, 300, 7):
        after = utc("2026-11-20T12:00") + weeks * 7 * DAY
        assert (next_after(rule, "Europe/Dublin", after).date() - rule.anchor).days % 14 == 0


def test_a_month_without_the_date_is_passed_over() -> None:
    rule = Rule(Cadence.MONTHLY, time(9), monthday=31)
    assert local(rule, "UTC", "2026-01-31 09:00", 2) == ["2026-03-31 09:00", "2026-05-31 09:00"]


def test_the_29_february_is_waited_for_across_a_century_without_one() -> None:
    rule = Rule(Cadence.CRON, cron="0 9 29 2 *")
    assert local(rule, "UTC", "2096-03-01 00:00") == ["2104-02-29 09:00"]


def test_a_rule_that_is_never_due_is_refused_in_no_time() -> None:
    begin = process_time()
    for day, month in ((30, "2"), (31, "4,6"), (30, "feb"), (31, "feb-feb"), (31, "11")):
        with pytest.raises(RuleMistake) as caught:
            Rule(Cadence.CRON, cron=f"0 9 {day} {month} *")
        assert (caught.value.reason, caught.value.word) == ("impossible-date", f"{day} {month}")
    assert process_time() - begin < 0.1


@pytest.mark.parametrize(
    ("cron", "reason", "word"),
    [
        ("0 9 * * 1", "day-numbers", "1"),
        ("0 9 * * mon,2", "day-numbers", "mon,2"),
        ("0 9 * * mon#1", "day-numbers", "mon#1"),
        ("*/5 * * * *", "sub-hourly", "*/5"),
        ("* 9 * * *", "sub-hourly", "*"),
        ("0,30 9 * * *", "sub-hourly", "0,30"),
        ("0 9 1 * mon", "date-and-day", "mon"),
        ("60 9 * * *", "bad-cron", "60"),
        ("0 24 * * *", "bad-cron", "24"),
        ("0 9 0 * *", "bad-cron", "0"),
        ("0 9 1st * *", "bad-cron", "1st"),
        ("0 9 lastly * *", "bad-cron", "lastly"),
        ("0 9 * mar/x *", "bad-cron", "mar/x"),
        ("0 9 * * monday", "bad-cron", "monday"),
        ("0 9 * * mon!", "bad-cron", "mon!"),
        ("0 9 * * fri-mon", "bad-cron", "fri-mon"),
        ("0 9 * *", "bad-cron", "0 9 * *"),
        ("0 9 * * * *", "bad-cron", "0 9 * * * *"),
        ("", "bad-cron", ""),
    ],
)
def test_cron_that_would_not_do_what_it_says_is_refused(cron: str, reason: str, word: str) -> None:
    with pytest.raises(RuleMistake) as caught:
        Rule(Cadence.CRON, cron=cron)
    assert (caught.value.reason, caught.value.word) == (reason, word)


@pytest.mark.parametrize(
    ("cron", "due"), [("0,0 9 * * *", 9), ("0 */6 * * *", 6), ("0 8 last * *", 8)]
)
def test_cron_at_one_minute_of_the_hour_is_taken(cron: str, due: int) -> None:
    rule = Rule(Cadence.CRON, cron=cron)
    assert next_after(rule, "UTC", utc("2026-11-30T05:00")) == utc(f"2026-11-30T{due:02}:00")


@pytest.mark.parametrize(
    "rule",
    [
        Rule(Cadence.DAILY, time(0)),
        Rule(Cadence.WEEKLY, time(9, 5), weekday=0),
        Rule(Cadence.FORTNIGHTLY, time(9), anchor=FRIDAY),
        Rule(Cadence.MONTHLY, time(9), monthday=31),
        Rule(Cadence.NTH_WEEKDAY, time(9), weekday=6, nth=LAST),
        Rule(Cadence.CRON, cron="0 9 * jan mon-fri"),
    ],
    ids=lambda rule: str(rule.cadence),
)
def test_a_rule_comes_back_from_its_row(rule: Rule) -> None:
    assert Rule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


def test_a_row_says_what_the_rule_says() -> None:
    rule = Rule(Cadence.NTH_WEEKDAY, time(9), weekday=0, nth=LAST)
    assert rule.to_json() == {"cadence": "nth-weekday", "at": "09:00", "weekday": 0, "nth": -1}


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"cadence": "yearly"},
        {"cadence": "daily"},
        {"cadence": "daily", "at": "25:00"},
        {"cadence": "daily", "at": 9},
        {"cadence": "daily", "at": "09:00:30"},
        {"cadence": "daily", "at": "09:00+02:00"},
        {"cadence": "daily", "at": "09:00", "weekday": 1},
        {"cadence": "daily", "at": "09:00", "colour": "red"},
        {"cadence": "weekly", "at": "09:00", "weekday": 7},
        {"cadence": "weekly", "at": "09:00", "weekday": "1"},
        {"cadence": "monthly", "at": "09:00", "monthday": 0},
        {"cadence": "nth-weekday", "at": "09:00", "weekday": 1, "nth": 5},
        {"cadence": "cron", "cron": 5},
    ],
    ids=str,
)
def test_a_row_that_is_no_rule_is_refused(row: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Rule.from_json(row)


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("weekly monday 09:00", "weekly 09:00 0"),
        ("every monday at 9", "weekly 09:00 0"),
        ("Weekly on Mondays, at 9 PM.", "weekly 21:00 0"),
        ("weekly sun noon", "weekly 12:00 6"),
        ("weekly 9:30 wed", "weekly 09:30 2"),
        ("fortnightly tue 17:30", "fortnightly 17:30 2026-11-24"),
        ("every two weeks on friday 9.15", "fortnightly 09:15 2026-11-20"),
        ("every other thu 12am", "fortnightly 00:00 2026-11-26"),
        ("daily 8:00", "daily 08:00"),
        ("every day at 8", "daily 08:00"),
        ("monthly 15 09:00", "monthly 09:00 15"),
        ("monthly on the 31st at 9", "monthly 09:00 31"),
        ("monthly 9 10", "monthly 10:00 9"),
        ("monthly at 9 on the 15", "monthly 09:00 15"),
        ("monthly first monday 10:00", "nth-weekday 10:00 0 1"),
        ("monthly 2nd tue 10", "nth-weekday 10:00 1 2"),
        ("every fourth thursday of the month at midnight", "nth-weekday 00:00 3 4"),
        ("monthly last fri 16h", "nth-weekday 16:00 4 -1"),
        ("cron 0 9 * * mon", "cron 0 9 * * mon"),
        ("CRON 0 9 * JAN Mon-Fri", "cron 0 9 * jan mon-fri"),
        ("hebdomadaire lundi 9h", "weekly 09:00 0"),
        ("chaque lundi à 9h30", "weekly 09:30 0"),
        ("tous les mercredis à 9\u00a0h\u00a030", "weekly 09:30 2"),
        ("toutes les deux semaines mardi 17:30", "fortnightly 17:30 2026-11-24"),
        ("un mardi sur deux à midi", "fortnightly 12:00 2026-11-24"),
        ("quotidien 8h", "daily 08:00"),
        ("tous les jours a 8 h", "daily 08:00"),
        ("mensuel le 15 à 9h", "monthly 09:00 15"),
        ("mensuel à 9h le 15", "monthly 09:00 15"),
        ("mensuel le 1er à 9", "monthly 09:00 1"),
        ("mensuel premier lundi 10h", "nth-weekday 10:00 0 1"),
        ("le DEUXIÈME mer. du mois à 10h", "nth-weekday 10:00 2 2"),
        ("cron 0 9 * mar mar,jeu", "cron 0 9 * mar tue,thu"),  # mars, then mardi
    ],
)
def test_what_a_moderator_types_becomes_a_rule(words: str, row: str) -> None:
    rule = parse_rule(words, FRIDAY)
    assert " ".join(str(part) for part in rule.to_json().values()) == row


@pytest.mark.parametrize(
    ("words", "reason", "word"),
    [
        ("", Reason.NO_CADENCE, ""),
        ("monday 9:00", Reason.NO_CADENCE, ""),
        ("every first monday 9:00", Reason.UNEXPECTED_WORD, "first"),
        ("every second monday 9:00", Reason.UNEXPECTED_WORD, "second"),  # of the month? alternate?
        ("weekly monday", Reason.NO_TIME, ""),
        ("weekly 9:00", Reason.NO_DAY, ""),
        ("fortnightly 9:00", Reason.NO_DAY, ""),
        ("monthly 9:00", Reason.NO_DAY, ""),
        ("monthly monday 9:00", Reason.NO_DAY, ""),
        ("weekly Mondey 9:00", Reason.UNKNOWN_WORD, "Mondey"),
        ("weekly ponedeljek 9:00", Reason.UNKNOWN_WORD, "ponedeljek"),
        ("weekly \u0301 9:00", Reason.UNKNOWN_WORD, "\u0301"),
        ("weekly monday 123:00", Reason.UNKNOWN_WORD, "123:00"),
        ("daily monday 9:00", Reason.UNEXPECTED_WORD, "monday"),
        ("daily weekly 9:00", Reason.UNEXPECTED_WORD, "weekly"),
        ("weekly monday Tuesday 9:00", Reason.UNEXPECTED_WORD, "Tuesday"),
        ("weekly monday 9:00 10:00", Reason.UNEXPECTED_WORD, "10:00"),
        ("weekly monday 9:00 10", Reason.UNEXPECTED_WORD, "10"),
        ("weekly monday 3rd", Reason.UNEXPECTED_WORD, "3rd"),
        ("weekly monday 25:00", Reason.IMPOSSIBLE_TIME, "25:00"),
        ("weekly monday 9:60", Reason.IMPOSSIBLE_TIME, "9:60"),
        ("weekly monday at 24", Reason.IMPOSSIBLE_TIME, "24"),
        ("weekly monday 13am", Reason.IMPOSSIBLE_TIME, "13am"),
        ("monthly 32 9:00", Reason.IMPOSSIBLE_DATE, "32"),
        ("monthly 5th monday 9:00", Reason.IMPOSSIBLE_DATE, "5th"),
        ("cron 0 9 30 2 *", Reason.IMPOSSIBLE_DATE, "30 2"),
        ("cron 0 9 * * 1", Reason.DAY_NUMBERS, "1"),
        ("cron 0,30 9 * * *", Reason.SUB_HOURLY, "0,30"),
        ("cron", Reason.BAD_CRON, ""),
    ],
)
def test_what_cannot_be_is_named_by_its_reason_and_its_word(
    words: str, reason: Reason, word: str
) -> None:
    with pytest.raises(RuleMistake) as caught:
        parse_rule(words, FRIDAY)
    assert (caught.value.reason, caught.value.word) == (reason, word)
    assert isinstance(caught.value, CirclekeeperError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("words", "locale", "weekday"),
    [
        ("weekly četrtek 9:00", "sl", 3),
        ("weekly CET. 9:00", "sl", 3),
        ("weekly الأربعاء 9:00", "ar", 2),
        ("weekly الأربعاء ٩:٣٠", "ar", 2),
        ("weekly segunda-feira 9:00", "pt-BR", 0),
        ("weekly Thứ Hai 9:00", "vi", 0),
        ("weekly 星期一 9:00", "zh", 0),
        ("weekly Wednesday 9:00", "sl", 2),
    ],
)
def test_days_are_known_in_the_languages_given(words: str, locale: str, weekday: int) -> None:
    assert parse_rule(words, FRIDAY, [locale, "en"]).weekday == weekday


def test_a_day_is_unknown_that_could_be_two() -> None:
    with pytest.raises(
        RuleMistake, match="unknown-word: št"
    ):  # as st, Wednesday, but for its accent
        parse_rule("weekly št 9:00", FRIDAY, ["sk"])
    assert parse_rule("weekly štvrtok 9:00", FRIDAY, ["sk"]).weekday == 3


def test_where_languages_differ_the_earlier_one_has_it() -> None:
    assert parse_rule("weekly mar 9:00", FRIDAY, ["fr", "en"]).weekday == 1
    assert parse_rule("weekly me 9:00", FRIDAY, ["fr", "kea"]).weekday == 2


def test_the_english_names_hold_in_cron_whatever_the_language() -> None:
    assert parse_rule("cron 0 9 * * mon,sat", FRIDAY, ["cy"]).cron == "0 9 * * mon,sat"


def test_further_languages_bring_their_own_words() -> None:
    words = {"tedensko": "weekly", "ob": "at", "vsak drugi teden": "fortnightly", "zadnji": "last"}
    rule = parse_rule("tedensko ponedeljek ob 9", FRIDAY, ["sl"], words)
    assert rule == Rule(Cadence.WEEKLY, time(9), weekday=0)
    assert parse_rule("Vsak drugi teden torek ob 9", FRIDAY, ["sl"], words).anchor
    assert parse_rule("monthly zadnji petek 9h", FRIDAY, ["sl"], words).nth == LAST


@pytest.mark.parametrize(
    "words", ["the " * 20_000, "9 " * 20_000, "cron " + "1," * 20_000, "9:" * 9_999]
)
def test_long_nonsense_takes_no_time(words: str) -> None:
    begin = process_time()
    with pytest.raises(RuleMistake):
        parse_rule(words, FRIDAY)
    assert process_time() - begin < 2


TYPED = [
    *("weekly", "fortnightly", "monthly", "mensuel", "every", "monday", "lundi", "first", "last"),
    *("at", "à", "the", "le", "9", "9h", "25:00", "15", "1er", "noon", "sur", "deux", "pm"),
    *("cron", "*", "0", "*/2", "31", "feb", "mon-fri"),
]


@settings(max_examples=1000, derandomize=True, database=None, deadline=None)
@given(st.text() | st.lists(st.sampled_from(TYPED) | st.text(max_size=4)).map(" ".join))
def test_whatever_is_typed_becomes_a_rule_or_a_mistake(words: str) -> None:
    try:
        rule = parse_rule(words, FRIDAY)
    except RuleMistake as mistake:
        assert str(mistake).startswith(mistake.reason)  # noqa: PT017 - either will do
    else:
        assert next_after(rule, "Europe/Ljubljana", utc("2026-11-20T12:00")).tzinfo is UTC
        assert Rule.from_json(rule.to_json()) == rule


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_of_the_iana_is_valid(zone: str) -> None:
    assert valid_zone(zone)


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "Europe/Atlantis", "../UTC", "/etc/passwd", "localtime", "europe/paris", "a\0b"],
)
def test_anything_else_is_not_a_zone(name: str) -> None:
    assert not valid_zone(name)
