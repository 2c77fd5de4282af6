"""The command line as a host meets it: real processes, from an empty folder."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from tests.operations.planted import NAMED, SECRET, plant
from tests.support.stores import prepare

ROOT = Path(__file__).parents[1]
MATRIX = {
    "CIRCLEKEEPER_MATRIX__HOMESERVER": "http://127.0.0.1:9",
    "CIRCLEKEEPER_MATRIX__USER_ID": "@keeper:example.org",
    "CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": SECRET,
}


def circlekeeper(
    folder: Path, *words: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without whatever this machine has set for a bot."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    return ended


def make_store(folder: Path) -> None:
    """Leave a store and its key there, as a first start does."""
    prepare(folder / "circlekeeper.db", folder / "circlekeeper.key")


# --- check -----------------------------------------------------------------------------------


def test_check_names_every_mistake_at_once(tmp_path: Path) -> None:
    plant(tmp_path)
    ended = circlekeeper(tmp_path, "check", "--json")
    assert ended.returncode == 1
    found = json.loads(ended.stdout)
    assert {frozenset(one) for one in found} == {frozenset({"file", "line", "what", "mend"})}
    for file, line, word in NAMED:
        place = (str(tmp_path / file), line)
        here = [one for one in found if (one["file"], one["line"]) == place and word in one["what"]]
        assert here, f"{file}:{line} {word}"
        assert all(one["mend"] for one in here)


def test_check_tells_people_the_same_in_a_line_each(tmp_path: Path) -> None:
    plant(tmp_path)
    found = json.loads(circlekeeper(tmp_path, "check", "--json").stdout)
    ended = circlekeeper(tmp_path, "check")
    assert ended.returncode == 1
    *lines, last = ended.stdout.splitlines()
    assert last == f"{len(found)} to mend."
    for line, one in zip(lines, found, strict=True):
        assert line == f"{one['file']}:{one['line']}: {one['what']} {one['mend']}"


def test_check_in_order(tmp_path: Path) -> None:
    ended = circlekeeper(tmp_path, "check")
    assert (ended.returncode, ended.stdout) == (0, "Everything is in order.\n")
    ended = circlekeeper(tmp_path, "check", "--json")
    assert (ended.returncode, ended.stdout) == (0, "[]\n")
    assert list(tmp_path.iterdir()) == []


def test_check_online_with_nobody_to_ask(tmp_path: Path) -> None:
    ended = circlekeeper(tmp_path, "check", "--online")
    assert ended.returncode == 0
    assert "No account is set, so there was nobody to ask." in ended.stdout


def test_check_looks_at_the_content_even_where_a_setting_is_wrong(tmp_path: Path) -> None:
    plant(tmp_path)
    (tmp_path / "circlekeeper.toml").write_text("= broken\n")
    env = {"CIRCLEKEEPER_CONTENT": "content", "CIRCLEKEEPER_CHARTER": "charter.yaml"}
    found = json.loads(circlekeeper(tmp_path, "check", "--json", env=env).stdout)
    files = {Path(one["file"]).name for one in found}
    assert {"circlekeeper.toml", "charter.yaml", "walk.yaml", "ours.yaml", "fr.po"} <= files


# --- run ---------------------------------------------------------------------------------------


def one_sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """Return what a host who has to mend something reads, after exit code 2."""
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("circlekeeper: ")
    return ended.stderr.removeprefix("circlekeeper: ")


def test_run_without_settings(tmp_path: Path) -> None:
    said = one_sentence(circlekeeper(tmp_path, "run"))
    assert "nothing to connect to" in said
    assert "CIRCLEKEEPER_MATRIX__HOMESERVER" in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_run_with_mistakes_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "circlekeeper.toml").write_text('[matrix]\npasswrod = "' + SECRET + '"\n')
    said = one_sentence(circlekeeper(tmp_path, "run"))
    assert "passwrod is no setting" in said


def test_run_with_mistakes_in_the_content(tmp_path: Path) -> None:
    plant(tmp_path)
    env = {
        **MATRIX,
        "CIRCLEKEEPER_CONTENT": str(tmp_path / "content"),
        "CIRCLEKEEPER_CHARTER": str(tmp_path / "charter.yaml"),
    }
    (tmp_path / "circlekeeper.toml").unlink()
    said = one_sentence(circlekeeper(tmp_path, "run", env=env))
    assert "`circlekeeper check` names all" in said
    assert "charter.yaml:14" in said
    assert not (tmp_path / "circlekeeper.db").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MATRIX__PASSWORD", SECRET),  # beside the access token: one too many
        ("DATABASE_URL", f"mysql://keeper:{SECRET}@db/keeper"),
        ("MATRIX__HOMESERVER", f"https://keeper:{SECRET}@example.org"),
        ("MATRIX__INVITERS", SECRET + "!!"),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_no_secret_is_printed(tmp_path: Path, name: str, value: str, command: str) -> None:
    """That it is not, `circlekeeper` asserts of every command here."""
    ended = circlekeeper(tmp_path, command, env={**MATRIX, f"CIRCLEKEEPER_{name}": value})
    assert ended.returncode == (2 if command == "run" else 1)
    assert "CIRCLEKEEPER_" in ended.stdout + ended.stderr


# --- the store ---------------------------------------------------------------------------------


def test_a_key_is_made_once(tmp_path: Path) -> None:
    ended = circlekeeper(tmp_path, "key", "new")
    assert ended.returncode == 0
    path = tmp_path / "circlekeeper.key"
    made = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(path) in ended.stdout
    assert made.decode().split()[-1] not in ended.stdout
    assert "already; it stays" in one_sentence(circlekeeper(tmp_path, "key", "new"))
    assert path.read_bytes() == made


def test_status(tmp_path: Path) -> None:
    assert "There is no store here yet" in one_sentence(circlekeeper(tmp_path, "status"))
    assert list(tmp_path.iterdir()) == []
    make_store(tmp_path)
    ended = circlekeeper(tmp_path, "status", "--json")
    assert ended.returncode == 0
    facts = json.loads(ended.stdout)
    assert facts["community schedules"] == 0
    assert isinstance(facts["schema"], str)
    ended = circlekeeper(tmp_path, "status")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [f"{name}: {value}" for name, value in facts.items()]


def test_status_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "circlekeeper.db").write_bytes(b"These are notes, and no database." * 100)
    assert "cannot be" in one_sentence(circlekeeper(tmp_path, "status"))
    with closing(sqlite3.connect(tmp_path / "empty.db")):
        pass
    env = {"CIRCLEKEEPER_DATABASE_URL": "sqlite:///empty.db"}
    (tmp_path / "empty.db").touch()
    assert "There is no store here yet" in one_sentence(circlekeeper(tmp_path, "status", env=env))


def test_a_store_of_a_newer_version(tmp_path: Path) -> None:
    make_store(tmp_path)
    schema = json.loads(circlekeeper(tmp_path, "status", "--json").stdout)["schema"]
    with closing(sqlite3.connect(tmp_path / "circlekeeper.db")) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
        connection.commit()
    for words in (("run",), ("db", "upgrade")):
        said = one_sentence(circlekeeper(tmp_path, *words, env=MATRIX))
        assert "9999" in said
        assert schema in said


def test_a_store_without_its_key(tmp_path: Path) -> None:
    make_store(tmp_path)
    key = tmp_path / "circlekeeper.key"
    key.rename(tmp_path / "aside")
    with closing(sqlite3.connect(tmp_path / "circlekeeper.db")) as connection:
        query = "select value from meta where name = 'key id'"
        ((key_id,),) = connection.execute(query).fetchall()
    said = one_sentence(circlekeeper(tmp_path, "run", env=MATRIX))
    assert key_id in said
    assert str(key) in said
    assert not key.exists()
    checked = circlekeeper(tmp_path, "check", env=MATRIX)
    assert checked.returncode == 1
    assert f"{key} is not there. Put it back" in checked.stdout
    copied = circlekeeper(tmp_path, "backup", "copy", env=MATRIX)
    assert copied.returncode == 0
    assert "its key is not here" in copied.stderr


@pytest.mark.parametrize("days", [-730, 730])
def test_a_clock_that_is_two_years_off(tmp_path: Path, days: int) -> None:
    """Also where the store waits for an upgrade, which notes the time."""
    make_store(tmp_path)
    database = tmp_path / "circlekeeper.db"
    seen = datetime.now(UTC) - timedelta(days=days)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("insert into meta values ('seen at', ?)", (seen.isoformat(),))
        connection.execute("update alembic_version set version_num = '0001'")
        connection.commit()
    before = database.read_bytes()
    said = one_sentence(circlekeeper(tmp_path, "run", env=MATRIX))
    assert f"the store was last worked on at {seen:%Y-%m-%d %H:%M} UTC" in said
    assert "start once with `circlekeeper run --clock-is-right`" in said
    assert database.read_bytes() == before
    assert "last worked on" in circlekeeper(tmp_path, "status").stdout
    # Told that it is right, it goes on: here to an upgrade, for which this store is not made.
    assert (
        "The upgrade to schema"
        in circlekeeper(tmp_path, "run", "--clock-is-right", env=MATRIX).stderr
    )


def test_a_second_process_on_the_same_file(tmp_path: Path) -> None:
    make_store(tmp_path)
    with FileLock(tmp_path / "circlekeeper.db.lock"):
        said = one_sentence(circlekeeper(tmp_path, "run", env=MATRIX))
    assert "Another circlekeeper runs on" in said
    assert str(tmp_path / "circlekeeper.db") in said


def test_db_upgrade_on_sqlite(tmp_path: Path) -> None:
    ended = circlekeeper(tmp_path, "db", "upgrade")
    assert ended.returncode == 0
    assert ended.stdout.startswith("Upgraded to schema 0")
    ended = circlekeeper(tmp_path, "db", "upgrade")
    assert (ended.returncode, ended.stdout) == (0, "Nothing to upgrade.\n")
    assert circlekeeper(tmp_path, "status").returncode == 0


def test_db_upgrade_while_another_process_has_the_file(tmp_path: Path) -> None:
    with FileLock(tmp_path / "circlekeeper.db.lock"):
        said = one_sentence(circlekeeper(tmp_path, "db", "upgrade"))
    assert "Another circlekeeper runs on" in said


# --- running --------------------------------------------------------------------------------------


def test_version(tmp_path: Path) -> None:
    ended = circlekeeper(tmp_path, "--version")
    assert ended.returncode == 0
    assert ended.stdout.startswith("circlekeeper, version ")


def test_a_running_bot_holds_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    """Not even after a first start, which makes the database: it stays as it is for months."""
    unneeded = {"alembic", "rapidfuzz", "sqlalchemy.dialects.postgresql", "bot.rehearsal"}
    code = (
        "import atexit, sys; from bot.cli import main;"
        f"atexit.register(lambda: print('held:', *({unneeded} & sys.modules.keys())));"
        "main(['run'])"
    )
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": str(ROOT), **MATRIX},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as bot:
        assert bot.stdout is not None
        said = []
        for line in bot.stdout:
            said.append(line)
            if "sign-in failed" in line:
                bot.terminate()
    assert said[-1] == "held:\n", said
    assert (tmp_path / "circlekeeper.db").exists()


# --- backup, restore, keys ---------------------------------------------------------------------


def test_a_store_is_backed_up_restored_moved_and_sealed_anew(tmp_path: Path) -> None:
    assert "no store here yet" in one_sentence(circlekeeper(tmp_path, "backup", "one"))
    make_store(tmp_path)
    told = circlekeeper(tmp_path, "backup", "one")
    assert told.returncode == 0
    assert "and read them again. It opens with key" in told.stdout.replace("\n", " ")
    assert "stays" in one_sentence(circlekeeper(tmp_path, "backup", "one"))
    assert "people who were erased would come back" in one_sentence(
        circlekeeper(tmp_path, "restore", "one")
    )
    (tmp_path / "circlekeeper.key.erased").touch()
    assert circlekeeper(tmp_path, "restore", "one").returncode == 0
    assert circlekeeper(tmp_path, "key", "rotate", "--drop-old").returncode == 0
    # Sealed with the old key, which is gone.
    assert "Put the key file of then in place" in one_sentence(
        circlekeeper(tmp_path, "restore", "one")
    )
    assert circlekeeper(tmp_path, "export", "two").returncode == 0
    (tmp_path / "circlekeeper.db").unlink()
    ended = circlekeeper(tmp_path, "import", "two", "--json")
    assert set(json.loads(ended.stdout)) == {"rows", "erased", "kept"}
    assert circlekeeper(tmp_path, "db", "upgrade").stdout == "Nothing to upgrade.\n"


# --- stopping ----------------------------------------------------------------------------------


@pytest.mark.parametrize("signals", [1, 2])
def test_a_signal_stops_it_and_a_second_one_at_once(tmp_path: Path, signals: int) -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": str(ROOT), **MATRIX},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as bot:
        assert bot.stderr is not None
        said = []
        for line in bot.stderr:
            said.append(line)
            if "sign-in failed" in line and len(said) < 5:
                bot.terminate()
            if "again ends at once" in line and signals > 1:
                bot.terminate()
    told = "".join(said)
    assert "stopping: what has begun is ended, in 10 seconds at most" in told
    if signals == 1:
        assert bot.returncode == 0
        assert said[-1] == "circlekeeper: stopped\n"
    else:
        assert bot.returncode in (0, 1)
