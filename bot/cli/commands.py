"""Groups of subcommands that are loaded when they are called, and help that fits the terminal."""

import importlib
import shutil
from collections.abc import Iterable, Mapping

import click

from bot.core.mistyped import nearest

_WIDEST, _NARROW, _NARROWEST = 100, 60, 20


class _Formatter(click.HelpFormatter):
    """On a narrow terminal, what a word does stands below it and not beside it."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl(rows, 2 if self.width < _NARROW else col_max, col_spacing)


class Context(click.Context):
    """A context whose help is as wide as the terminal, and no wider than one likes to read."""

    def make_formatter(self) -> click.HelpFormatter:
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        return _Formatter(width=max(width, _NARROWEST))


class Command(click.Command):
    """A subcommand."""

    context_class = Context


class Group(Command, click.Group):
    """Subcommands, named with the decorator `command` as in any group of click, or found late.

    `subcommands` says by heading and word in which `module:name` one is found; it is imported when
    it is called, or when its help is asked for.
    """

    command_class = Command
    group_class = type
    subcommands: Mapping[str, Mapping[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._found_late(), *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self._found_late().get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word, known = args[0], self.list_commands(ctx)
        if not word.startswith("-") and word not in known:
            near = nearest(word, known)
            there = f"Did you mean '{near}'?" if near else f"There are: {', '.join(known)}."
            ctx.fail(f"No such command '{word}'. {there}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, words in {**self.subcommands, "Commands": self.commands}.items():
            found = [(word, self.get_command(ctx, word)) for word in words]
            rows = [(word, one.get_short_help_str(500)) for word, one in found if one is not None]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def _found_late(self) -> dict[str, str]:
        return {word: at for words in self.subcommands.values() for word, at in words.items()}
