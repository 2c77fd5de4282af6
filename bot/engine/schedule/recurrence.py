"""Recurrence: rules in wall-clock time, when they come due, and what a moderator types for one.

Rules are matched on the wall-clock axis and localized here, because APScheduler's own arithmetic
loses and doubles fires around changes of the clock.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger
from babel import Locale

from bot.core.errors import CirclekeeperError

LAST = -1
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Reason(StrEnum):
    """Why a rule cannot be; the words for it are made elsewhere."""

    NO_CADENCE = "no-cadence"
    NO_TIME = "no-time"
    NO_DAY = "no-day"
    UNKNOWN_WORD = "unknown-word"
    UNEXPECTED_WORD = "unexpected-word"  # known, but at odds with the rest
    IMPOSSIBLE_TIME = "impossible-time"
    IMPOSSIBLE_DATE = "impossible-date"
    BAD_CRON = "bad-cron"
    SUB_HOURLY = "sub-hourly"
    DAY_NUMBERS = "day-numbers"  # 1 is Monday for cron, Tuesday for APScheduler
    DATE_AND_DAY = "date-and-day"  # either of them for cron, both at once for APScheduler


class RuleMistake(CirclekeeperError, ValueError):
    """A rule that cannot be: why, and the offending word as typed ("" where one is missing)."""

    def __init__(self, reason: Reason, word: str = "") -> None:
        """Keep the reason and the word."""
        super().__init__(f"{reason}: {word}")
        self.reason, self.word = reason, word


class Cadence(StrEnum):
    """How a rule repeats."""

    DAILY = "daily"
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    NTH_WEEKDAY = "nth-weekday"
    CRON = "cron"


_PARTS = {
    Cadence.DAILY: {"at"},
    Cadence.WEEKLY: {"at", "weekday"},
    Cadence.FORTNIGHTLY: {"at", "anchor"},
    Cadence.MONTHLY: {"at", "monthday"},
    Cadence.NTH_WEEKDAY: {"at", "weekday", "nth"},
    Cadence.CRON: {"cron"},
}
_NTH = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", LAST: "last"}
_RANGES = {"weekday": range(7), "monthday": range(1, 32), "nth": _NTH}
_SPAN = r"(\*|\d+(-\d+)?)(/\d+)?"
_NAMES = r"[a-z]{3}(-[a-z]{3})?"
_CRON = {  # by field, what cron itself allows: APScheduler overlooks whatever follows a name
    "minute": _SPAN,
    "hour": _SPAN,
    "day": f"{_SPAN}|last",
    "month": f"{_SPAN}|{_NAMES}",
    "day_of_week": rf"\*|{_NAMES}",
}
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d\d)|h)?(am|pm)?")
_NUMBER = re.compile(r"(\d{1,2})(st|nd|rd|th|er|e|eme)?")
_SPLIT_CLOCK = re.compile(r"(?<=\d)\s+(?=(?:h|am|pm)\b)|((?<=\bh)|(?<=\dh))\s+(?=\d\d\b)", re.I)
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


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence in wall-clock time; raises `RuleMistake` rather than be one that cannot be.

    `at` is to the minute; `weekday` counts from Monday, 0; `nth` is 1 to 4 or `LAST`; a month
    without the `monthday` (1 to 31) is passed over; `anchor` is a day of the fortnightly rule.
    """

    cadence: Cadence
    at: time | None = None
    weekday: int | None = None
    monthday: int | None = None
    nth: int | None = None
    anchor: date | None = None
    cron: str | None = None

    def __post_init__(self) -> None:
        """Refuse a part that is missing, too many or out of range, and what never fires."""
        given = {f.name for f in fields(self)[1:] if getattr(self, f.name) is not None}
        if extra := given - _PARTS[self.cadence]:
            raise RuleMistake(Reason.UNEXPECTED_WORD, min(extra))
        if missing := _PARTS[self.cadence] - given:
            raise RuleMistake(Reason.NO_TIME if "at" in missing else Reason.NO_DAY)
        for part in _RANGES.keys() & given:
            if getattr(self, part) not in _RANGES[part]:
                raise RuleMistake(Reason.IMPOSSIBLE_DATE, part)
        if self.at and self.at != time(self.at.hour, self.at.minute):
            raise RuleMistake(Reason.IMPOSSIBLE_TIME, "at")
        if self.cron is not None:
            _cron_parts(self.cron)

    def to_json(self) -> dict[str, str | int]:
        """Return the rule as a flat object, for its row."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["at"] = self.at and self.at.isoformat("minutes")
        return {k: v if isinstance(v, int) else str(v) for k, v in values.items() if v is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, str | int]) -> "Rule":
        """Return the rule that `to_json` wrote; raises ValueError for anything else."""
        parts: dict[str, Any] = dict(data)
        read = {"cadence": Cadence, "at": time.fromisoformat, "anchor": date.fromisoformat}
        try:
            return cls(**parts | {name: read[name](parts[name]) for name in read.keys() & data})
        except (AttributeError, TypeError) as error:
            raise ValueError(f"not a rule: {data}") from error


@lru_cache(maxsize=1024)
def _cron_parts(cron: str) -> dict[str, str]:
    """Return the trigger's fields for five cron fields, which are in lower case and in English."""
    parts = dict(zip(_CRON, cron.split(), strict=False))
    if list(parts.values()) != cron.split() or len(parts) < len(_CRON):
        raise RuleMistake(Reason.BAD_CRON, cron)
    day, weekday, month = parts["day"], parts["day_of_week"], parts["month"]
    if re.search(r"\d", weekday):
        raise RuleMistake(Reason.DAY_NUMBERS, weekday)
    for name, value in parts.items():
        try:
            if not re.fullmatch(f"({_CRON[name]})(,({_CRON[name]}))*", value):
                raise ValueError
            CronTrigger(**{name: value}, timezone=UTC)
        except ValueError:
            raise RuleMistake(Reason.BAD_CRON, value) from None
    start = datetime(2000, 1, 1, tzinfo=UTC)
    minutes = _matches(CronTrigger(minute=parts["minute"], timezone=UTC), start)
    if next(minutes) + timedelta(hours=1) != next(minutes):
        raise RuleMistake(Reason.SUB_HOURLY, parts["minute"])
    if "*" not in (day, weekday):
        raise RuleMistake(Reason.DATE_AND_DAY, weekday)
    # A leap year has every date, so a rule that fires in one fires in any eight years.
    trigger = CronTrigger(**parts, timezone=UTC, end_date=start + timedelta(days=366))
    if trigger.get_next_fire_time(None, start) is None:
        raise RuleMistake(Reason.IMPOSSIBLE_DATE, f"{day} {month}")
    return parts


@lru_cache(maxsize=1024)
def _trigger(rule: Rule) -> CronTrigger:
    """Return what matches the rule on the wall-clock axis, but for which weeks of a fortnight."""
    at = rule.at or time()
    parts: dict[str, Any] = {"day": rule.monthday, "hour": at.hour, "minute": at.minute}
    if rule.cron is not None:
        parts |= _cron_parts(rule.cron)
    weekday = rule.anchor.weekday() if rule.anchor else rule.weekday
    if rule.nth is not None and weekday is not None:
        parts["day"] = f"{_NTH[rule.nth]} {WEEKDAYS[weekday]}"
    elif weekday is not None:
        parts["day_of_week"] = weekday
    return CronTrigger(**parts, second=0, timezone=UTC)


def _matches(trigger: CronTrigger, start: datetime) -> Iterator[datetime]:
    """Yield the wall-clock times that match, from `start` on, both as if they were UTC."""
    while found := trigger.get_next_fire_time(None, start):
        yield found
        start = found + timedelta(minutes=1)


@lru_cache(maxsize=1024)
def valid_zone(name: str) -> bool:
    """Tell whether this names an IANA zone; the host's own ("localtime") is none."""
    return name in available_timezones() - {"Factory", "localtime"}


def next_after(rule: Rule, zone: str, after: datetime) -> datetime:
    """Return when the rule is due next, in UTC, strictly later than `after` (aware).

    A time that the clock skips is due that much later; of one that it shows twice, the first is.
    """
    if after.tzinfo is None:
        raise ValueError("`after` has no zone")
    tz, best = ZoneInfo(zone), None
    here, yesterday = after.astimezone(tz), (after - timedelta(days=1)).astimezone(tz)
    gap = (here.utcoffset() or timedelta()) - (yesterday.utcoffset() or timedelta())
    # Times within a gap are due after it: look back over it (Samoa once skipped a whole day).
    start = here.replace(tzinfo=UTC) - max(timedelta(hours=3), gap)
    for wall in _matches(_trigger(rule), start):
        if rule.anchor and (wall.date() - rule.anchor).days % 14:
            continue
        due = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
        if due > after and (best is None or due < best):
            best = due
        # What follows a time within a gap may be due before it, until the gap's width has passed.
        if best and wall >= best.astimezone(tz).replace(tzinfo=UTC):
            return best
    raise AssertionError(f"never due: {rule}")  # Rule refuses to be one


def upcoming(rule: Rule, zone: str, after: datetime, count: int) -> list[datetime]:
    """Return the next `count` times, in UTC."""
    times = [after]
    for _ in range(count):
        times.append(next_after(rule, zone, times[-1]))
    return times[1:]


def _fold(words: str) -> tuple[str, ...]:
    """Return the words without case, accents and closing punctuation."""
    plain = unicodedata.normalize("NFKD", words).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(word.strip(".,;") for word in plain.split())


@lru_cache(maxsize=64)
def _vocabulary(locales: tuple[str, ...]) -> dict[tuple[str, ...], tuple[str, Any]]:
    """Return the part and the value that each folded phrase stands for."""
    known: dict[tuple[str, ...], tuple[str, Any]] = {}
    for locale in locales:
        days: dict[tuple[str, ...], set[int]] = {}
        for widths in Locale.parse(locale.replace("-", "_")).days.values():
            for width in ("wide", "abbreviated", "short"):
                for day, name in widths[width].items():
                    for form in (name, f"{name}s"):  # on Mondays, les lundis
                        days.setdefault(_fold(form), set()).add(day)
        # Without its accent an abbreviation may stand for two days (Slovak st, št): for neither.
        known = {k: ("weekday", min(v)) for k, v in days.items() if len(v) == 1} | known
    return known | {_fold(p): (part, v) for part, v, ps in _PHRASES for p in ps.split("|")}


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
