"""Rules fall due when the clock on the wall says so."""

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.engine.schedule.recurrence import (
    LAST,
    Cadence,
    Rule,
    RuleMistake,
    next_after,
    upcoming,
    valid_zone,
)
from bot.engine.schedule.typed import parse_rule
from tests.engine.oracle import DAY, ZONES
from tests.support.work import calls_at_most

FRIDAY = date(2026, 11, 20)
CALLS = 5_000  # to look for such a date takes a hundred times as many


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


def test_a_rule_that_is_never_due_is_refused_without_a_search() -> None:
    for day, month in ((30, "2"), (31, "4,6"), (30, "feb"), (31, "feb-feb"), (31, "11")):
        with calls_at_most(CALLS), pytest.raises(RuleMistake) as caught:
            Rule(Cadence.CRON, cron=f"0 9 {day} {month} *")
        assert (caught.value.reason, caught.value.word) == ("impossible-date", f"{day} {month}")


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


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_of_the_iana_is_valid(zone: str) -> None:
    assert valid_zone(zone)


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "Europe/Atlantis", "../UTC", "/etc/passwd", "localtime", "europe/paris", "a\0b"],
)
def test_anything_else_is_not_a_zone(name: str) -> None:
    assert not valid_zone(name)
