"""A disk that takes no more: an upgrade, a backup and a restore say so, and change nothing."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import Misconfigured
from storage.backup import back_up
from storage.crypto import KeyFile
from storage.engines import make_engine
from storage.opening import open_store
from storage.restoring import restore
from storage.schema import newest, revision, upgrade
from tests.storage.earlier import Content, content, fill, lay

NOW = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
_SCHEMA = "0001"


@contextmanager
def room_for(bytes_: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as a quota does."""
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))


@pytest.fixture
def old(tmp_path: Path) -> tuple[Path, KeyFile]:
    """A store of the first schema."""
    return lay(_SCHEMA, tmp_path)


def held(database: Path) -> tuple[str | None, Content]:
    engine = make_engine(f"sqlite:///{database}")
    try:
        return revision(engine), content(engine)
    finally:
        engine.dispose()


def test_an_upgrade_whose_copy_does_not_fit_changes_nothing(old: tuple[Path, KeyFile]) -> None:
    database, key_file = old
    before = held(database)
    with room_for(300_000), pytest.raises(Misconfigured) as raised:
        open_store(f"sqlite:///{database}", key_file.path)
    assert "that is made before an upgrade cannot be written" in str(raised.value)
    assert "Make room, and start again; nothing was changed." in str(raised.value)
    assert held(database) == before
    assert not Path(f"{database}.before-{newest()}").exists()


def test_a_disk_that_is_full_in_the_middle_of_an_upgrade_leaves_all_as_it_was(
    database: Path, key_file: KeyFile
) -> None:
    # A small store: what the steps write is more than the copy takes.
    upgrade(f"sqlite:///{database}", _SCHEMA)
    engine = make_engine(f"sqlite:///{database}")
    fill(engine, key_file.create())
    engine.dispose()
    before = held(database)
    with room_for(database.stat().st_size), pytest.raises(Misconfigured) as raised:
        open_store(f"sqlite:///{database}", key_file.path)
    copy = Path(f"{database}.before-{newest()}")
    assert "its disk takes no more" in str(raised.value)
    assert f"The store is as it was, with schema {_SCHEMA}" in str(raised.value)
    assert f"A copy from before is {copy}." in str(raised.value)
    assert held(database) == held(copy) == before
    open_store(f"sqlite:///{database}", key_file.path).close()  # once there is room


def test_a_backup_that_does_not_fit_leaves_nothing(
    old: tuple[Path, KeyFile], tmp_path: Path
) -> None:
    database, key_file = old
    there = sorted(tmp_path.iterdir())
    with room_for(20_000), pytest.raises(Misconfigured, match="Nothing of it was kept"):
        back_up(f"sqlite:///{database}", key_file, tmp_path / "backup", NOW, "1.0")
    assert [each for each in sorted(tmp_path.iterdir()) if each.suffix != ".db-shm"] == there


@pytest.mark.parametrize("bytes_", [100_000, 400_000, 600_000])
def test_a_restore_that_does_not_fit_leaves_the_store_that_is_there(
    old: tuple[Path, KeyFile], tmp_path: Path, bytes_: int
) -> None:
    database, key_file = old
    key_file.journal.touch()
    url = f"sqlite:///{database}"
    back_up(url, key_file, tmp_path / "backup", NOW, "1.0")
    before, there = held(database), {each.name for each in tmp_path.iterdir()}
    with room_for(bytes_), pytest.raises(Misconfigured) as raised:
        restore(url, key_file, tmp_path / "backup", NOW, replace=True)
    assert "its disk takes no more" in str(raised.value)
    assert "Nothing was changed." in str(raised.value)
    assert held(database) == before
    assert {each.name for each in tmp_path.iterdir()} - there <= {f"{database.name}.lock"}


def test_a_line_of_the_journal_that_was_cut_off_spoils_no_other(key_file: KeyFile) -> None:
    key_file.record_erasure("one")
    with key_file.journal.open("ab") as journal:
        journal.write(b"tw")  # and then the disk was full
    key_file.record_erasure("three")
    assert {"one", "three"} <= key_file.erased()
