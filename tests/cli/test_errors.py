"""Errors end with what to do next. In this process, since most of them need no other."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from tests.operations.planted import SECRET
from tests.test_cli import MATRIX, ROOT, circlekeeper, one_sentence


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(*words: str, env: Mapping[str, str] | None = None) -> str:
    """Return the sentence with which a command ends that the host has to mend something for."""
    unset = {name: None for name in os.environ if name.startswith("CIRCLEKEEPER_")}
    ended = CliRunner().invoke(main, words, env={**unset, **(env or {})})
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("circlekeeper: ")
    assert SECRET not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize(
    ("words", "doing"), [(("db", "upgrade"), "upgraded"), (("status",), "read")]
)
def test_something_else_in_the_databases_place(
    folder: Path, words: tuple[str, ...], doing: str
) -> None:
    (folder / "circlekeeper.db").write_bytes(b"These are notes, and no database." * 100)
    said = told(*words)
    assert f"{folder / 'circlekeeper.db'} cannot be {doing}: file is not a database" in said
    assert "put a backup in its place" in said


def test_something_else_where_a_bot_starts(folder: Path) -> None:
    (folder / "circlekeeper.db").write_bytes(b"These are notes, and no database." * 100)
    said = one_sentence(circlekeeper(folder, "run", env=MATRIX))
    assert "put a backup in its place" in said


@pytest.mark.parametrize("words", [("db", "upgrade"), ("status",), ("charter", "floor")])
def test_a_database_server_that_does_not_answer(words: tuple[str, ...]) -> None:
    url = f"postgresql://keeper:{SECRET}@127.0.0.1:9/keeper"
    said = told(*words, env={**MATRIX, "CIRCLEKEEPER_DATABASE_URL": url})
    assert "See that its server runs, and that CIRCLEKEEPER_DATABASE_URL is right." in said
    assert said.count("\n") == 1


def test_run_waits_for_a_database_server_that_does_not_answer(tmp_path: Path) -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    url = f"postgresql://keeper:{SECRET}@127.0.0.1:9/keeper"
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": str(ROOT), **MATRIX, "CIRCLEKEEPER_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as bot:
        assert bot.stderr is not None
        said = bot.stderr.readline()
        assert bot.poll() is None
        bot.terminate()
    assert "See that its server runs" in said
    assert said.endswith("I try again every 5 seconds.\n")
    assert SECRET not in said


@pytest.mark.parametrize(
    ("words", "env", "next_step"),
    [
        (("run",), {}, "Set CIRCLEKEEPER_DISCORD__TOKEN, or"),
        (("status",), {}, "`circlekeeper run` makes it"),
        (("discord", "invite-url"), {}, "Set CIRCLEKEEPER_DISCORD__TOKEN first"),
        (("discord", "invite-url"), {"DISCORD__TOKEN": "nonsense"}, "Bot, Reset Token"),
        (("matrix", "login"), {}, "Set CIRCLEKEEPER_MATRIX__HOMESERVER"),
        (("matrix", "login"), {k[13:]: v for k, v in MATRIX.items()}, "See that it runs"),
        (("db", "upgrade"), {"DATABASE_URL": "sqlite:///nowhere/a.db"}, "Make it first"),
        (("key", "new"), {"KEY_FILE": "nowhere/key"}, "Make its folder"),
        (("key", "new"), {"KEY_FILE": "taken"}, "name another file"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_an_error_ends_with_what_to_do(
    folder: Path, words: tuple[str, ...], env: dict[str, str], next_step: str
) -> None:
    (folder / "taken").touch()
    named = {f"CIRCLEKEEPER_{name}": value for name, value in env.items()}
    assert next_step in told(*words, env=named)
