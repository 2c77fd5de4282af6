"""A backup holds one moment of a store, and comes back on either database as it was."""

import asyncio
import json
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col, delete
from sqlmodel import select as of_models
from sqlmodel.sql.expression import SelectOfScalar

from bot.core.errors import Misconfigured, MissingKey, StoreTooNew
from storage.backup import back_up, read_through
from storage.communities import Communities
from storage.crypto import KeyFile
from storage.engines import make_engine
from storage.members import Members
from storage.opening import open_store
from storage.registry import METADATA
from storage.restoring import restore
from storage.seen import doubts, note_time
from storage.store import Store
from storage.tables import Community, CommunityRoom, Outbox, Subject
from storage.transaction import Transaction
from tests.storage.earlier import content, fill, lay
from tests.storage.test_upgrades import empty, empty_postgres
from tests.support.circle import opened as set_up
from tests.support.circle import welcomed
from tests.support.memory_circle import MemoryCircle

__all__ = ["empty", "empty_postgres"]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PEOPLE = ("ana", "eva", "tom")


def all_subjects() -> SelectOfScalar[str]:
    return of_models(Subject.id)


class Populated:
    """A store in which people did many things, its key file, and a backup of it."""

    def __init__(self, folder: Path) -> None:
        circle = MemoryCircle(buttons=True)
        asyncio.run(self._live(circle))
        self.key_file = KeyFile(folder / "key")
        self.key_file.path.write_bytes(circle.stage.opened.key_file.path.read_bytes())
        self.key_file.journal.touch()
        self.url = f"sqlite:///{folder / 'lived.db'}"
        database = circle.stage.opened.store.engine.url.database
        assert database is not None
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(folder / "lived.db"),))
        circle.stage.close()
        self.file = folder / "backup"
        self.manifest = back_up(self.url, self.key_file, self.file, NOW, "1.0")

    async def _live(self, circle: MemoryCircle) -> None:
        await circle.begin()
        await set_up(circle)
        for name in PEOPLE:
            await welcomed(circle, name)
            await circle.says(name, "/reflect now A thought with é, 👋 and 'quotes'")
        await circle.says("ana", "/word add unlearning letting go of what one knew")
        await circle.says("eva", "/charter read")
        await circle.stage.until(circle.stage.clock.now() + timedelta(days=15))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Populated:
    """A store of fifteen days, and its backup."""
    return Populated(tmp_path_factory.mktemp("lived"))


def taken(lived: Populated, url: str, **how: bool) -> int:
    return restore(url, lived.key_file, lived.file, NOW, **how).erased


def sqlite(folder: Path, name: str = "new.db") -> str:
    return f"sqlite:///{folder / name}"


def count(url: str) -> dict[str, int]:
    engine = make_engine(url, reading=True)
    with engine.connect() as connection:
        found = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in METADATA.tables.items()
        }
    engine.dispose()
    return found


# --- there and back ----------------------------------------------------------------------------


def test_a_store_moves_to_the_other_database_and_back(
    lived: Populated, empty: str, tmp_path: Path
) -> None:
    taken(lived, empty, moved=True)
    there = back_up(empty, lived.key_file, tmp_path / "there", NOW, "1.0")
    assert there.tables == lived.manifest.tables
    assert there.rows > 100
    restore(sqlite(tmp_path), lived.key_file, tmp_path / "there", NOW, moved=True)
    again = back_up(sqlite(tmp_path), lived.key_file, tmp_path / "again", NOW, "1.0")
    assert again.tables == lived.manifest.tables
    # It is a store to work with: what is sealed opens, and new rows find numbers of their own.
    key = lived.key_file.path
    opened = open_store(empty, key)
    try:

        def work(tx: Transaction) -> list[str]:
            subjects = tx.session.exec(all_subjects()).all()
            Communities(tx).all()
            tx.session.add(message())
            tx.session.flush()
            return sorted(Members(tx).who(each).id for each in subjects)

        assert opened.store.run(work) == sorted((*PEOPLE, "mira"))
    finally:
        opened.close()


def message() -> Outbox:
    return Outbox(
        key="fresh",
        account="bot",
        destination="x",
        lane=1,
        kind="say",
        recovery="readable",
        body=b"",
        flow="prompts",
        state="sent",
        not_before=NOW,
        created_at=NOW,
    )


def test_what_was_on_its_way_is_looked_for_before_it_is_sent(
    lived: Populated, tmp_path: Path
) -> None:
    url = sqlite(tmp_path)
    vault = lived.key_file.load()
    work = Store(lived.url, vault)
    key = "waiting"

    def put(tx: Transaction) -> None:
        row = message()
        row.key, row.state = key, "pending"
        tx.session.add(row)

    work.run(put)
    file = tmp_path / "backup"
    back_up(lived.url, lived.key_file, file, NOW, "1.0")

    def drop(tx: Transaction) -> None:
        tx.session.exec(delete(Outbox).where(col(Outbox.key) == key))

    work.run(drop)
    work.close()
    restore(url, lived.key_file, file, NOW)
    assert state_of(url, key) == "doubt"
    restore(sqlite(tmp_path, "moved.db"), lived.key_file, file, NOW, moved=True)
    assert state_of(sqlite(tmp_path, "moved.db"), key) == "pending"


def state_of(url: str, key: str) -> str:
    engine = make_engine(url, reading=True)
    table = METADATA.tables["outbox"]
    with engine.connect() as connection:
        found = connection.execute(select(table.c.state).where(table.c.key == key)).scalar_one()
    engine.dispose()
    return str(found)


def test_a_backup_of_an_earlier_schema_comes_up(empty: str, tmp_path: Path) -> None:
    database, key_file = lay("0001", tmp_path)
    engine = make_engine(f"sqlite:///{database}")
    fill(engine, key_file.load())
    before = content(engine)
    engine.dispose()
    manifest = back_up(f"sqlite:///{database}", key_file, tmp_path / "old", NOW, "0.1")
    assert manifest.schema == "0001"
    key_file.journal.touch()
    restore(empty, key_file, tmp_path / "old", NOW, moved=True)
    engine = make_engine(empty)
    after = content(engine, before)
    engine.dispose()
    assert {**after, "lease": None} == {**before, "lease": None}  # a process holds that
    open_store(empty, key_file.path).close()


# --- erased stays erased -----------------------------------------------------------------------


def test_who_was_erased_after_the_backup_stays_erased(
    lived: Populated, empty: str, tmp_path: Path
) -> None:
    key_file = KeyFile(tmp_path / "key")
    key_file.path.write_bytes(lived.key_file.path.read_bytes())
    store = Store(lived.url, key_file.load())
    subject = store.run(lambda tx: tx.session.exec(all_subjects()).first())
    store.close()
    assert subject is not None
    key_file.record_erasure(subject)
    key_file.record_erasure("somebody of long ago")
    assert restore(empty, key_file, lived.file, NOW).erased == 1
    found = count(empty)
    assert found["subject"] == lived.manifest.tables["subject"][0] - 1
    engine = make_engine(empty, reading=True)
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            if "subject_id" in table.columns:
                left = select(func.count()).where(table.c.subject_id == subject)
                assert connection.execute(left).scalar_one() == 0, table.name
    engine.dispose()


def test_without_the_journal_nothing_comes_back(lived: Populated, tmp_path: Path) -> None:
    key_file = KeyFile(tmp_path / "key")
    key_file.path.write_bytes(lived.key_file.path.read_bytes())
    url = sqlite(tmp_path)
    with pytest.raises(Misconfigured, match="people who were erased would come back"):
        restore(url, key_file, lived.file, NOW)
    assert not (tmp_path / "new.db").exists()
    restore(url, key_file, lived.file, NOW, without_journal=True)
    assert count(url)["subject"] == lived.manifest.tables["subject"][0]


def test_a_journal_older_than_the_backup_is_refused(lived: Populated, tmp_path: Path) -> None:
    key_file = KeyFile(tmp_path / "key")
    key_file.path.write_bytes(lived.key_file.path.read_bytes())
    key_file.record_erasure("somebody")
    back_up(lived.url, key_file, tmp_path / "later", NOW, "1.0")
    key_file.journal.write_text("")
    with pytest.raises(Misconfigured, match="names 0, and the backup knows of 1"):
        restore(sqlite(tmp_path), key_file, tmp_path / "later", NOW)


# --- a store that is there ---------------------------------------------------------------------


def test_a_used_store_gives_way_only_when_told(
    lived: Populated, url: str, key_file: KeyFile, tmp_path: Path
) -> None:
    key_file.path.write_bytes(lived.key_file.path.read_bytes())
    key_file.journal.touch()
    store = Store(url, key_file.load())
    store.run(lambda tx: add(tx, "mine"))
    store.close()
    before = count(url)
    with pytest.raises(Misconfigured, match="With --replace"):
        restore(url, key_file, lived.file, NOW)
    assert count(url) == before
    done = restore(url, key_file, lived.file, NOW, replace=True)
    assert count(url)["community"] == lived.manifest.tables["community"][0]
    if url.startswith("sqlite"):
        assert done.kept is not None
        assert count(f"sqlite:///{done.kept}") == before


def add(tx: Transaction, name: str) -> None:
    tx.session.add(
        Community(
            id=name, platform="x", external_id=name, name=name, state="new", locale="en", zone="UTC"
        )
    )
    tx.session.flush()
    tx.session.add(
        CommunityRoom(community_id=name, external_id="r", name="r", can_post=True, can_pin=True)
    )


def test_a_store_that_runs_is_left_alone(lived: Populated, tmp_path: Path) -> None:
    opened = open_store(sqlite(tmp_path), lived.key_file.path)
    try:
        with pytest.raises(Misconfigured, match="Another circlekeeper runs"):
            taken(lived, sqlite(tmp_path), replace=True)
    finally:
        opened.close()


# --- under load --------------------------------------------------------------------------------


@pytest.fixture
def busy(url: str, key_file: KeyFile) -> Iterator[Callable[[], int]]:
    """Somebody who writes two rows in each transaction, on and on; it tells how often."""
    vault = key_file.create()
    store, end, done = Store(url, vault), threading.Event(), [0]

    def write() -> None:
        while not end.is_set():
            store.run(partial(add, name=f"c{done[0]}"))
            done[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    yield lambda: done[0]
    end.set()
    thread.join()
    store.close()


def test_a_backup_under_load_holds_one_moment(
    url: str, key_file: KeyFile, busy: Callable[[], int], tmp_path: Path
) -> None:
    counts = []
    for number in range(4):
        before = busy()
        manifest = back_up(url, key_file, tmp_path / str(number), NOW, "1.0")
        rows = manifest.tables["community"][0]
        assert rows == manifest.tables["community_room"][0]
        assert before <= rows <= busy()
        counts.append(rows)
    assert counts[0] < counts[-1]  # it was written meanwhile


# --- bad input ---------------------------------------------------------------------------------


def inside(file: Path) -> int:
    """Return a place in the middle of what a backup holds, not of what says where that is."""
    with zipfile.ZipFile(file) as backup:
        largest = max(backup.infolist(), key=lambda each: each.compress_size)
    header = 30 + len(largest.filename.encode())  # and it may have more, which is not much
    return largest.header_offset + header + largest.compress_size // 2


def damaged(lived: Populated, folder: Path, how: str) -> Path:
    path, whole = folder / how, lived.file.read_bytes()
    match how:
        case "truncated":
            path.write_bytes(whole[: len(whole) // 2])
        case "empty":
            path.write_bytes(b"")
        case "flipped":
            at = inside(lived.file)
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        case "else":
            path.write_text("A letter to a friend.\n" * 50)
        case "folder":
            path.mkdir()
        case _:
            with zipfile.ZipFile(lived.file) as old_, zipfile.ZipFile(path, "w") as new:
                for name in old_.namelist():
                    data = old_.read(name)
                    if name == "manifest.json":
                        data = json.dumps({**json.loads(data), **CHANGED[how]}).encode()
                    elif how == "shorter" and name == "subject.jsonl":
                        data = data.split(b"\n", 1)[1]
                    new.writestr(name, data)
    return path


CHANGED: dict[str, dict[str, object]] = {
    "format": {"format": 99, "program": "9.1"},
    "schema": {"schema": "9999", "program": "9.2"},
    "shorter": {},
    "key": {"key_id": "0" * 16},
}
BAD = {
    "truncated": (Misconfigured, "no whole backup: it is damaged, cut off, or something else"),
    "empty": (Misconfigured, "no whole backup"),
    "flipped": (Misconfigured, "no whole backup"),
    "else": (Misconfigured, "no whole backup"),
    "shorter": (Misconfigured, "no whole backup"),
    "folder": (Misconfigured, "cannot be read: Is a directory"),
    "missing": (Misconfigured, "is not there. Check the path"),
    "format": (Misconfigured, "made by circlekeeper 9.1"),
    "schema": (StoreTooNew, "Restore it with circlekeeper 9.2, or a later version"),
    "key": (MissingKey, "Put the key file of then in place"),
}


@pytest.mark.parametrize("how", BAD)
def test_a_backup_that_cannot_be_taken_in_changes_nothing(
    lived: Populated, tmp_path: Path, how: str
) -> None:
    path = tmp_path / how if how == "missing" else damaged(lived, tmp_path, how)
    before = sorted(tmp_path.iterdir())
    kind, said = BAD[how]
    with pytest.raises(kind, match=said) as raised:
        restore(sqlite(tmp_path), lived.key_file, path, NOW)
    assert "\n" not in str(raised.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_backup_is_never_written_over_another(lived: Populated, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(Misconfigured, match="is there already; it stays"):
        back_up(lived.url, lived.key_file, tmp_path / "mine", NOW, "1.0")
    assert (tmp_path / "mine").read_text() == "precious"
    with pytest.raises(Misconfigured, match="cannot be written: No such file"):
        back_up(lived.url, lived.key_file, tmp_path / "nowhere" / "x", NOW, "1.0")


def test_a_backup_holds_no_key_and_is_for_its_owner_alone(lived: Populated) -> None:
    whole = b"".join(
        zipfile.ZipFile(lived.file).read(n) for n in zipfile.ZipFile(lived.file).namelist()
    )
    assert lived.key_file.path.read_bytes().strip() not in whole
    assert b"A thought with" not in whole
    assert lived.file.stat().st_mode & 0o777 == 0o600
    assert read_through(lived.file) == lived.manifest


def test_nothing_to_back_up(key_file: KeyFile, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="There is no store here yet"):
        back_up(sqlite(tmp_path, "none.db"), key_file, tmp_path / "x", NOW, "1.0")
    assert list(tmp_path.iterdir()) == []


def test_when_a_store_was_last_worked_on_does_not_come_back(
    lived: Populated, tmp_path: Path
) -> None:
    """A backup may be older than a clock is believed."""
    store = Store(lived.url, lived.key_file.load())
    store.run(lambda tx: note_time(tx, NOW))
    store.close()
    back_up(lived.url, lived.key_file, tmp_path / "old", NOW, "1.0")
    later = NOW + timedelta(days=400)
    assert doubts(lived.url, later) is not None
    assert doubts(lived.url, NOW + timedelta(days=40)) is None
    restore(sqlite(tmp_path), lived.key_file, tmp_path / "old", later)
    assert doubts(sqlite(tmp_path), later) is None
