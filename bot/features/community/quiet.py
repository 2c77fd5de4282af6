"""Quiet days: holidays and quiet weeks, in which nothing comes by itself."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.markup import to_plain
from bot.core.turn import Answer, Turn
from bot.engine.reading import fold
from storage.quiet import QuietPeriods
from storage.tables import QuietPeriod

_AHEAD = timedelta(days=2 * 366)
_DAY = timedelta(days=1)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_BETWEEN = re.compile(r"(?<=\d)\s*(?:\.\.+|[–—,;]|-(?=\d{4}))\s*(?=\d)")
_JOINERS = ("", "-", "to", "until", "till", "and", "from", "a", "au", "du", "jusqu'au", "et")
_OFFERED = 8


def show(turn: Turn, _options: Mapping[str, str]) -> None:
    """List the quiet days that have not passed."""
    _say_list(turn)


def add(turn: Turn, options: Mapping[str, str]) -> None:
    """Keep quiet days, or ask which."""
    if options.get("days"):
        _add(turn, options["days"])
        return
    field = Field("days", turn.text("field_days"), limit=100)
    choices = [turn.choice("none", "choice_no_days")]
    first, last = _example(turn)
    turn.ask_form("quiet.days", "ask_days", [field], choices=choices, first=first, last=last)


def days_typed(turn: Turn, answer: Answer) -> None:
    """Keep the days that were typed, or leave it."""
    if answer.choice:
        turn.say("quiet_unchanged")
    else:
        _add(turn, answer.text)


def remove(turn: Turn, options: Mapping[str, str]) -> None:
    """Take quiet days away by their number, or ask which."""
    rows = _coming(turn)
    number = options.get("number", "")
    if not rows:
        _say_list(turn)
    elif not number:
        choices = [
            Choice(row.id, to_plain(_span(turn, row.first_day, row.last_day)), None, ())
            for row in rows[:_OFFERED]
        ]
        choices.append(turn.choice("none", "choice_no_days"))
        turn.ask("quiet.remove", "ask_remove_days", choices)
    elif not number.isdecimal() or not 1 <= int(number) <= len(rows):
        raise BadInput("quiet_number_unknown", typed=number, count=len(rows))
    else:
        _remove(turn, rows[int(number) - 1])


def remove_chosen(turn: Turn, answer: Answer) -> None:
    """Take the chosen days away; somebody else may have done so meanwhile."""
    row = next((each for each in _coming(turn) if each.id == answer.choice), None)
    if row is None:
        turn.say("quiet_unchanged")
    else:
        _remove(turn, row)


def status(turn: Turn) -> list[str]:
    """Return the quiet days that come next, or are now."""
    rows = _coming(turn)[:1]
    return [
        turn.text(
            "quiet_now" if row.first_day <= _today(turn) else "quiet_next",
            span=_span(turn, row.first_day, row.last_day),
        )
        for row in rows
    ]


def _add(turn: Turn, text: str) -> None:
    first, last = _days_meant(turn, text)
    if not keep(turn, first, last):
        turn.say("quiet_already", span=_span(turn, first, last))


def keep(turn: Turn, first: date, last: date, *, say: bool = True) -> bool:
    """Keep quiet days; False where they are quiet already."""
    # What overlaps or follows on the next day becomes one with it.
    touching = [
        row
        for row in _coming(turn)
        if row.first_day <= last + _DAY and first <= row.last_day + _DAY
    ]
    if any(row.first_day <= first and last <= row.last_day for row in touching):
        return False
    periods = turn.rows(QuietPeriods)
    for row in touching:
        first, last = min(first, row.first_day), max(last, row.last_day)
        periods.remove(row.id)
    periods.add(
        QuietPeriod(
            id=turn.new_id(), community_id=turn.community.id, first_day=first, last_day=last
        )
    )
    words = "quiet_joined" if touching else "quiet_added"
    if say:
        turn.say(words, span=_span(turn, first, last), zone=turn.community.zone)
    return True


def _remove(turn: Turn, row: QuietPeriod) -> None:
    turn.rows(QuietPeriods).remove(row.id)
    turn.say("quiet_removed", span=_span(turn, row.first_day, row.last_day))


def _days_meant(turn: Turn, text: str) -> tuple[date, date]:
    """Return the first and the last day that somebody typed; one day alone is both.

    Raises: `BadInput` that names the word, and shows how to write it.
    """
    one, other = _example(turn)
    found: list[date] = []
    for word in _BETWEEN.sub(" ", text).split():
        parts = _DATE.fullmatch(word.strip(".,;"))
        if parts is None:
            if fold(word) not in _JOINERS:
                raise BadInput("quiet_word_unknown", word=word[:60], first=one, last=other)
            continue
        try:
            found.append(date(*(int(part) for part in parts.groups())))
        except ValueError as error:
            raise BadInput("quiet_no_such_day", word=word[:60]) from error
    if not 1 <= len(found) <= 2:
        raise BadInput("quiet_days_count", count=len(found), first=one, last=other)
    first, last = found[0], found[-1]
    today = _today(turn)
    if last < first:
        raise BadInput("quiet_backwards", first=first, last=last)
    if last < today:
        raise BadInput("quiet_past", last=last)
    if last > today + _AHEAD:
        raise BadInput("quiet_far", last=last, limit=today + _AHEAD)
    return first, last


def _say_list(turn: Turn) -> None:
    spans = [_span(turn, row.first_day, row.last_day) for row in _coming(turn)]
    first, last = _example(turn)
    turn.say("quiet_list", spans=spans, zone=turn.community.zone, first=first, last=last)


def _coming(turn: Turn) -> list[QuietPeriod]:
    return turn.rows(QuietPeriods).of(turn.community.id, _today(turn))


def _today(turn: Turn) -> date:
    return turn.now.astimezone(ZoneInfo(turn.community.zone)).date()


def _example(turn: Turn) -> tuple[str, str]:
    """Return days to show as an example: a week, a month from now."""
    first = _today(turn) + timedelta(days=30)
    return first.isoformat(), (first + 6 * _DAY).isoformat()


def _span(turn: Turn, first: date, last: date) -> str:
    return turn.text("quiet_span", first=first, last=last)
