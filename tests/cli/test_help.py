"""The help of every command, as wide and as narrow terminals show it; and wrong usage."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli import main
from tests.test_cli import circlekeeper


@pytest.mark.parametrize(
    "words", [("rnu",), ("rehearse", "--weeks", "0"), ("db", "x"), ("run", "x")]
)
def test_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = circlekeeper(tmp_path, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Usage:" in ended.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("rnu",), "Did you mean 'run'?"),
        (("db", "upgrad"), "Did you mean 'upgrade'?"),
        (("db", "zzz"), "There are: upgrade."),
        (("rehearse", "--week", "2"), "'--weeks'?"),
    ],
)
def test_a_mistyped_word_gets_the_nearest(words: tuple[str, ...], hint: str) -> None:
    ended = CliRunner().invoke(main, words)
    assert ended.exit_code == 2
    assert hint in " ".join(ended.stderr.split())


def every_command() -> list[tuple[str, ...]]:
    """Return the words of every command and group that `--help` names."""
    found: list[tuple[str, ...]] = []

    def walk(command: click.Command, words: tuple[str, ...]) -> None:
        found.append(words)
        if isinstance(command, click.Group):
            context = command.context_class(command)
            for word in command.list_commands(context):
                below = command.get_command(context, word)
                assert below is not None
                if not below.hidden:
                    walk(below, (*words, word))

    walk(main, ())
    return found


def help_of(words: tuple[str, ...], columns: int) -> str:
    """Return what `--help` says on a terminal of so many columns."""
    env = {"COLUMNS": str(columns), "LINES": "40"}
    ended = CliRunner().invoke(main, [*words, "--help"], env=env, prog_name="circlekeeper")
    assert (ended.exit_code, ended.stderr) == (0, "")
    return ended.stdout


@pytest.mark.parametrize("columns", [200, 80, 40])
@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_reads_well(words: tuple[str, ...], columns: int) -> None:
    """One sentence says what a command is for, every option what it does, within the terminal."""
    said = help_of(words, columns)
    assert max(map(len, said.splitlines())) <= min(columns, 100)
    assert "\x1b" not in said
    usage, purpose, *parts = said.split("\n\n")
    assert usage.startswith(" ".join(("Usage: circlekeeper", *words)))
    assert purpose.rstrip().endswith("."), purpose
    for part in parts:
        heading, *lines = part.splitlines()
        if heading.endswith(":"):
            entries = re.split(r"\n  (?=\S)", "\n" + "\n".join(lines))[1:]
            for entry in entries:
                what = re.split(r"\s{2,}", entry, maxsplit=1)
                assert len(what) == 2, f"{entry!r} says nothing"
                assert not what[1].rstrip().endswith("..."), f"{entry!r} is cut"


def test_help_as_a_process(tmp_path: Path) -> None:
    ended = circlekeeper(tmp_path, "-h", env={"COLUMNS": "80"})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == help_of((), 80)
    for words in every_command():
        assert not words or f"  {words[0]} " in ended.stdout
