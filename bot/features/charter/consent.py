"""Deciding by consent (PRODUCT.md, *Charter*): pure, of numbers and windows alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.engine.schedule.calendar import Calendar

_SMALL = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """A charter's own rules for its changes; days, but for the numbers of people and rounds."""

    seconds: int = 1
    clarify: int = 3
    react: int = 3
    consent: int = 7
    min_consents: int = 5
    rounds: int = 2
    review_after: int = 180


def rules_of(amendment: Mapping[str, Any] | None) -> Rules:
    """Read the rules that a charter was founded with."""
    if not amendment:
        return Rules()
    windows = amendment["windows"]
    return Rules(
        seconds=int(amendment["seconds"]),
        clarify=int(windows["clarify"]),
        react=int(windows["react"]),
        consent=int(windows["consent"]),
        min_consents=int(amendment["min_consents"]),
        rounds=int(amendment["integrate_rounds"]),
        review_after=int(amendment["review_after"]),
    )


def needed(rules: Rules, members: int, joined: int) -> int:
    """Return how many consents an adoption takes: five, or in a small community half of those who
    joined this decision, and two at least.
    """
    if members >= _SMALL:
        return rules.min_consents
    return max(2, (joined + 1) // 2)


def outcome(
    rules: Rules, members: int, voices: Sequence[Mapping[str, Any]], objections: int, round_: int
) -> str:
    """Return what the end of a consent window means: adopted, integrate or parked.

    Silence is neither consent nor refusal.
    """
    if objections:
        return "integrate" if round_ < rules.rounds else "parked"
    consents = sum(voice.get("consent") == round_ for voice in voices)
    return "adopted" if consents >= needed(rules, members, len(voices)) else "parked"


def end_of(calendar: Calendar, start: datetime, days: int) -> datetime:
    """Return when a window ends that has so many days; quiet days stop its clock."""
    zone, left, moment = ZoneInfo(calendar.zone), days, start
    while left:
        moment = _next_day(moment, zone)
        if not _is_quiet(calendar, moment.astimezone(zone).date()):
            left -= 1
    return moment


def _next_day(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    following = datetime.combine(local.date() + _DAY, local.time(), zone)
    return following.astimezone(UTC)


def _is_quiet(calendar: Calendar, day: date) -> bool:
    noon = datetime.combine(day, time(12), ZoneInfo(calendar.zone))
    return calendar.quiet(noon.astimezone(UTC))
