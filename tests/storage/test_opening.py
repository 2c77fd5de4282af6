"""Opening a store: what a host is told when it cannot be, and that nothing is lost by trying."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.errors import Misconfigured, MissingKey, StoreTooNew
from storage.crypto import KeyFile
from storage.facts import get_meta
from storage.opening import Opened, open_store
from storage.schema import newest

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from storage.opening import open_store
opened = open_store(sys.argv[1], Path(sys.argv[2]))
print("open", flush=True)
sys.stdin.read()
opened.close()
"""


def refusal(database: Path | str, key_file: KeyFile) -> Misconfigured:
    """Try to open; return why it was refused, in one sentence or two on one line."""
    url = database if isinstance(database, str) else f"sqlite:///{database}"
    with pytest.raises(Misconfigured) as raised:
        open_store(url, key_file.path)
    assert "\n" not in str(raised.value)
    return raised.value


def alter(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_first_start_makes_the_key_and_records_its_id(opened: Opened) -> None:
    key_id = opened.key_file.load().key_id
    assert opened.store.run(lambda tx: get_meta(tx, "key id")) == key_id


def test_a_second_start_keeps_the_key(opened: Opened, database: Path) -> None:
    opened.close()
    held = opened.key_file.path.read_bytes()
    again = open_store(f"sqlite:///{database}", opened.key_file.path)
    again.close()
    assert opened.key_file.path.read_bytes() == held


def test_a_store_that_another_thread_closes_is_free(opened: Opened, database: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        other.submit(opened.close).result()
    open_store(f"sqlite:///{database}", opened.key_file.path).close()


def test_a_key_made_beforehand_is_taken(database: Path, key_file: KeyFile) -> None:
    vault = key_file.create()
    opened = open_store(f"sqlite:///{database}", key_file.path)
    assert opened.store.vault.key_id == vault.key_id
    opened.close()


def test_a_store_whose_key_is_gone_is_refused_and_gets_no_new_key(
    opened: Opened, database: Path
) -> None:
    key_id = opened.store.vault.key_id
    opened.close()
    opened.key_file.path.unlink()
    refused = refusal(database, opened.key_file)
    assert isinstance(refused, MissingKey)
    assert key_id in str(refused)
    assert str(opened.key_file.path) in str(refused)
    assert not opened.key_file.exists()


def test_a_store_with_another_key_is_refused_and_names_both(opened: Opened, database: Path) -> None:
    recorded = opened.store.vault.key_id
    opened.close()
    opened.key_file.path.unlink()
    other = opened.key_file.create().key_id
    refused = refusal(database, opened.key_file)
    assert isinstance(refused, MissingKey)
    assert recorded in str(refused)
    assert other in str(refused)
    opened.key_file.path.unlink()
    assert recorded in str(refusal(database, opened.key_file)), "the record was overwritten"


def test_a_store_of_a_later_version_is_refused_and_names_both(
    opened: Opened, database: Path
) -> None:
    opened.close()
    alter(database, "update alembic_version set version_num = '9999'")
    refused = refusal(database, opened.key_file)
    assert isinstance(refused, StoreTooNew)
    assert "9999" in str(refused)
    assert newest() in str(refused)


def test_another_programs_database_is_refused_and_left_as_it_is(
    database: Path, key_file: KeyFile
) -> None:
    alter(database, "create table invoice (id integer)")
    assert "another program's tables" in str(refusal(database, key_file))
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("select name from sqlite_master").fetchall()
    assert tables == [("invoice",)]
    assert not key_file.exists()


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(
    database: Path, key_file: KeyFile
) -> None:
    database.write_bytes(b"a letter to a friend, long enough to be looked at" * 20)
    held = database.read_bytes()
    assert "file is not a database" in str(refusal(database, key_file))
    assert database.read_bytes() == held
    assert not key_file.exists()


def test_a_place_that_cannot_be_opened_is_refused(database: Path, key_file: KeyFile) -> None:
    database.mkdir()
    told = str(refusal(database, key_file))
    assert "unable to open database file (its file or folder cannot be opened; put it back)" in told


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, key_file: KeyFile) -> None:
    refused = refusal(tmp_path / "nowhere" / "store.db", key_file)
    assert f"{tmp_path / 'nowhere' / 'store.db'} does not exist" in str(refused)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, key_file: KeyFile) -> None:
    """The lock cannot be made: here because a folder stands in its place."""
    (tmp_path / "store.db.lock").mkdir()
    told = str(refusal(tmp_path / "store.db", key_file))
    assert "cannot be written: Is a directory. Give this user the right" in told


@pytest.mark.parametrize(
    "url",
    ["", "circlekeeper.db", "postgresql://host:port/name", "mysql://host/name", "postgres://h/n"],
)
def test_a_url_that_cannot_be_used_is_answered_with_one_that_can(
    url: str, key_file: KeyFile
) -> None:
    assert "sqlite:///" in str(refusal(url, key_file))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_that_would_be_forgotten_is_refused(url: str, key_file: KeyFile) -> None:
    assert "names no file" in str(refusal(url, key_file))
    assert not key_file.exists()


def test_a_refused_server_is_named_without_the_password(key_file: KeyFile) -> None:
    key_file.create()
    for url in (
        "postgresql://ana:zebra@127.0.0.1:1/store?connect_timeout=2",
        "postgresql://ana@127.0.0.1:1/store?connect_timeout=2&password=zebra",
    ):
        refused = str(refusal(url, key_file))
        assert "127.0.0.1" in refused
        assert "zebra" not in refused


def test_a_second_process_on_the_same_file_is_refused(database: Path, key_file: KeyFile) -> None:
    """Whatever name it knows the file by, and only while the first one runs."""
    url = f"sqlite:///{database}"
    database.touch()
    link = database.with_name("link.db")
    link.symlink_to(database)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url, str(key_file.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        for name in (database, link):
            assert "Another circlekeeper runs on" in str(refusal(name, key_file))
        first.stdin.close()
        assert first.wait(timeout=20) == 0
    open_store(url, key_file.path).close()


def test_a_killed_process_leaves_no_lock_behind(database: Path, key_file: KeyFile) -> None:
    url = f"sqlite:///{database}"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url, str(key_file.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"open\n"
        first.kill()
        first.wait(timeout=20)
    open_store(url, key_file.path).close()


def test_a_refusal_lets_go_of_the_file(opened: Opened, database: Path) -> None:
    """What was mended can be opened at once, in the same process."""
    opened.close()
    aside = opened.key_file.path.rename(database.with_name("aside"))
    refusal(database, opened.key_file)
    aside.rename(opened.key_file.path)
    open_store(f"sqlite:///{database}", opened.key_file.path).close()
