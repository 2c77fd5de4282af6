"""Rules as a moderator types them: "weekly monday 09:00", "chaque lundi à 9h"."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any

from babel import Locale

from bot.engine.schedule.recurrence import LAST, WEEKDAYS, Cadence, Reason, Rule, RuleMistake

_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d\d)|h)?(am|pm)?")
_NUMBER = re.compile(r"(\d{1,2})(st|nd|rd|th|er|e|eme)?")
_SPLIT_CLOCK = re.compile(r"(?<=\d)\s+(?=(?:h|am|pm)\b)|((?<=\bh)|(?<=\dh))\s+(?=\d\d\b)", re.I)
_TOO_OFTEN = re.compile(r"\b(minutes?|half[ -]?hour(ly|s)?|demi[ -]?heures?)\b")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # at most, by month
_PHRASES: tuple[tuple[str, Any, str], ...] = (  # part, value, what people type; "" is passed over
    ("cadence", Cadence.DAILY, "daily|every day|quotidien|quotidienne|chaque jour|tous les jours"),
    ("cadence", Cadence.WEEKLY, "weekly|every week|hebdomadaire|chaque semaine"),
    ("cadence", Cadence.WEEKLY, "toutes les semaines"),
    ("cadence", Cadence.FORTNIGHTLY, "fortnightly|every two weeks|every 2 weeks|every other"),
    ("cadence", Cadence.FORTNIGHTLY, "every other week|toutes les deux semaines|sur deux"),
    ("cadence", Cadence.FORTNIGHTLY, "toutes les 2 semaines|tous les 15 jours"),
    ("cadence", Cadence.MONTHLY, "monthly|every month|of the month|of every month|mensuel"),
    ("cadence", Cadence.MONTHLY, "mensuelle|chaque mois|tous les mois|du mois"),
    ("nth", 1, "first|premier"),
    ("nth", 2, "second|deuxieme"),
    ("nth", 3, "third|troisieme"),
    ("nth", 4, "fourth|quatrieme"),
    ("nth", LAST, "last|dernier"),
    ("at", time(12), "noon|midi"),
    ("at", time(0), "midnight|minuit"),
    ("every", True, "every|chaque|tous les"),
    ("clock", True, "at|a"),
    ("", None, "on|the|le|un"),
)


def _fold(words: str) -> tuple[str, ...]:
    """Return the words without case, accents and closing punctuation."""
    plain = unicodedata.normalize("NFKD", words).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(word.strip(".,;") for word in plain.split())


@lru_cache(maxsize=64)
def _vocabulary(locales: tuple[str, ...]) -> dict[tuple[str, ...], tuple[str, Any]]:
    """Return the part and the value that each folded phrase stands for."""
    known: dict[tuple[str, ...], tuple[str, Any]] = {}
    months: dict[tuple[str, ...], tuple[str, Any]] = {}
    for locale in locales:
        for widths in Locale.parse(locale.replace("-", "_")).months.values():
            months = {_fold(name): ("month", n) for n, name in widths["wide"].items()} | months
        days: dict[tuple[str, ...], set[int]] = {}
        for widths in Locale.parse(locale.replace("-", "_")).days.values():
            for width in ("wide", "abbreviated", "short"):
                for day, name in widths[width].items():
                    for form in (name, f"{name}s"):  # on Mondays, les lundis
                        days.setdefault(_fold(form), set()).add(day)
        # Without its accent an abbreviation may stand for two days (Slovak st, št): for neither.
        known = {k: ("weekday", min(v)) for k, v in days.items() if len(v) == 1} | known
    return months | known | {_fold(p): (part, v) for part, v, ps in _PHRASES for p in ps.split("|")}


def _clock(word: str) -> time:
    """Return the time of day that a word which `_CLOCK` matches means."""
    hour, minute, half = _CLOCK.fullmatch(word).groups()  # type: ignore[union-attr]
    if int(hour) > 23 or int(minute or 0) > 59 or (half and not 0 < int(hour) < 13):
        raise RuleMistake(Reason.IMPOSSIBLE_TIME, word)
    return time(int(hour) % 12 + 12 * (half == "pm") if half else int(hour), int(minute or 0))


def parse_rule(
    words: str,
    today: date,
    locales: Sequence[str] = ("en", "fr"),
    time_words: Mapping[str, str] = {},
) -> Rule:
    """Return the rule that a moderator typed ("weekly monday 09:00"); raises `RuleMistake`.

    Args:
        words: in the words of `_PHRASES`, the day names of `locales` (the earlier one wins), and
            `time_words`: further ones by the English that they stand for, {"tedensko": "weekly"}.
        today: a fortnightly rule begins with its first day that is not before this one.
    """
    known = dict(_vocabulary(tuple(locales)))
    known |= {_fold(word): known[_fold(english)] for word, english in time_words.items()}
    raw = _SPLIT_CLOCK.sub("", words).split()
    folded = tuple("".join(_fold(word)) for word in raw)
    if folded[:1] == ("cron",):
        days = {k[0]: WEEKDAYS[v] for k, (part, v) in known.items() if part == "weekday"}
        raw[5:6] = ["".join(days.get(d, d) for d in re.split("([,-])", f)) for f in folded[5:6]]
        return Rule(Cadence.CRON, cron=" ".join(raw[1:]).lower())
    if often := _TOO_OFTEN.search(" ".join(folded)):
        raise RuleMistake(Reason.SUB_HOURLY, often[0])
    parts: dict[str, Any] = {}
    typed: dict[str, str] = {}
    numbers: list[tuple[int, str]] = []

    def put(part: str, value: object, word: str) -> None:
        if parts.setdefault(part, value) != value:
            raise RuleMistake(Reason.UNEXPECTED_WORD, word)
        typed.setdefault(part, word)

    start = 0
    while start < len(raw):
        ends = range(min(start + 5, len(raw)), start, -1)
        end = next((end for end in ends if folded[start:end] in known), start + 1)
        word, text, after_at = " ".join(raw[start:end]), folded[start], parts.pop("clock", False)
        if found := known.get(folded[start:end]):
            put(*found, word)
        elif _CLOCK.fullmatch(text) and (after_at or not text.isdigit()):
            put("at", _clock(text), word)
        elif number := _NUMBER.fullmatch(text):
            numbers.append((int(number[1]), text))
        else:
            raise RuleMistake(Reason.UNKNOWN_WORD, word)
        start = end
    if "month" in parts:  # no rule is yearly; some dates never come at all
        for value, text in numbers:
            if value > _DAYS[parts["month"] - 1]:
                raise RuleMistake(Reason.IMPOSSIBLE_DATE, f"{text} {typed['month']}")
        raise RuleMistake(Reason.UNEXPECTED_WORD, typed["month"])
    weekly = Cadence.WEEKLY if "every" in parts and "weekday" in parts else None
    cadence = parts.pop("cadence", weekly)
    if cadence is None:
        raise RuleMistake(Reason.NO_CADENCE)
    if cadence is Cadence.MONTHLY and "weekday" in parts:
        cadence = Cadence.NTH_WEEKDAY
    for value, word in numbers:
        part = {Cadence.MONTHLY: "monthday", Cadence.NTH_WEEKDAY: "nth"}.get(cadence, "at")
        if part != "at" and part not in parts:
            put(part, value, word)
        elif word.isdigit():
            put("at", _clock(word), word)
        else:
            raise RuleMistake(Reason.UNEXPECTED_WORD, word)
    if cadence is Cadence.FORTNIGHTLY and "weekday" in parts:
        ahead = (parts.pop("weekday") - today.weekday()) % 7
        parts["anchor"] = today + timedelta(days=ahead)
    try:
        return Rule(cadence, **{k: v for k, v in parts.items() if k not in ("", "every", "clock")})
    except RuleMistake as mistake:
        raise RuleMistake(mistake.reason, typed.get(mistake.word, mistake.word)) from None
