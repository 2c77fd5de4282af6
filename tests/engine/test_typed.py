"""A moderator's words become rules, or a mistake with its reason and its word."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import CirclekeeperError
from bot.engine.schedule.recurrence import LAST, Cadence, Reason, Rule, RuleMistake, next_after
from bot.engine.schedule.typed import parse_rule
from tests.support.work import calls_at_most

FRIDAY = date(2026, 11, 20)
CALLS = 20  # a character


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
def test_long_nonsense_is_gone_through_once(words: str) -> None:
    with calls_at_most(CALLS * len(words)), pytest.raises(RuleMistake):
        parse_rule(words, FRIDAY)


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
        assert (
            next_after(rule, "Europe/Ljubljana", datetime(2026, 11, 20, 12, tzinfo=UTC)).tzinfo
            is UTC
        )
        assert Rule.from_json(rule.to_json()) == rule
