"""A rehearsal as people read it, and as programs do."""

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from bot.adapters.memory import BOT, Line
from bot.core.refs import Direct
from bot.rehearsal.rehearse import START, ZONE

_INDENT = " " * 6
_NARROWEST, _WIDEST = 48, 100


def while_read(show: Callable[[Line], None]) -> Callable[[Line], None]:
    """Return what shows lines until nobody reads on, as with `| head`, and then drops them.

    An error would look to the outbox as if the platform had failed.
    """

    def shown(line: Line) -> None:
        try:
            show(line)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)

    return shown


def as_json(line: Line) -> str:
    """Return a message as one line of JSON."""
    shown = {
        "at": line.at.astimezone(ZoneInfo(ZONE)).isoformat(),
        "place": _place(line),
        "author": line.author,
        "text": line.text,
        "choices": list(line.choices),
    }
    return json.dumps(shown, ensure_ascii=False)


def _place(line: Line) -> str:
    if isinstance(line.place, Direct):
        return f"private with {line.place.member.id}"
    return f"#{line.place.id}" + (" (thread)" if line.thread else "")


class Transcript:
    """Prints a rehearsal for people: a heading a day, then who said what where."""

    def __init__(self) -> None:
        """Begin a page as wide as the terminal."""
        self.day = ""
        self.place = ""
        self.before: datetime | None = None
        columns = shutil.get_terminal_size((_WIDEST, 24)).columns
        self.width = max(_NARROWEST, min(_WIDEST, columns))

    def note(self, text: str) -> None:
        """Print something that nobody in the rehearsal says."""
        click.echo(textwrap.fill(text, self.width))

    def show(self, line: Line) -> None:
        """Print one message."""
        at = line.at.astimezone(ZoneInfo(ZONE))
        self._head(at)
        place = _place(line)
        if place != self.place:
            click.secho(f"\n  {place}", dim=True)
            self.place = place
        name = click.style(line.author, fg="cyan" if line.author == BOT else "yellow", bold=True)
        said = f"{at:%H:%M} {line.author}: {line.text}"
        if line.author != BOT and "\n" not in line.text and len(said) <= self.width:
            click.echo(f"{at:%H:%M} {name}: {line.text}")
            return
        click.echo(f"{at:%H:%M} {name}")
        for row in line.text.split("\n"):
            click.echo(self._wrapped(row))
        if line.choices:
            click.echo(self._row([f"[{label}]" for label in line.choices]))

    def _head(self, at: datetime) -> None:
        day = f"{at:%A} {at.day} {at:%B %Y}"
        if day == self.day:
            return
        if self.before is not None and at.utcoffset() != self.before.utcoffset():
            click.secho("\n  (The clocks have changed. What comes at nine still comes at nine.)")
        week = (at.date() - START.date()).days // 7 + 1
        click.secho(f"\n══ {day} ══ week {week}", bold=True)
        self.day, self.place, self.before = day, "", at

    def _wrapped(self, row: str) -> str:
        """Return a row of text; what goes on below a bullet or a number stands under its words."""
        mark = re.match(r"\s*(?:[•-]|\d+\.)?\s*", row)
        return textwrap.fill(
            row,
            self.width,
            initial_indent=_INDENT if row else "",
            subsequent_indent=_INDENT + " " * (mark.end() if mark else 0),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _row(self, labels: list[str]) -> str:
        """Return what can be clicked; a label is never broken in two."""
        rows = [""]
        for label in labels:
            if rows[-1] and len(_INDENT + rows[-1]) + 2 + len(label) > self.width:
                rows.append("")
            rows[-1] += f"  {label}" if rows[-1] else label
        return "\n".join(_INDENT + row for row in rows)
