"""The key file: made once, by us alone; and beside it the journal of who was erased."""

import base64
import os
import stat
from pathlib import Path

import pytest

from bot.core.errors import Misconfigured, MissingKey
from storage.crypto import KeyFile


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_key_is_for_its_owner_alone_and_loads_again(key_file: KeyFile) -> None:
    before = os.umask(0)
    try:
        made = key_file.create()
    finally:
        os.umask(before)
    assert mode(key_file.path) == 0o600
    assert key_file.load().master == made.master
    assert len(set(made.master)) > 8


def test_making_a_key_leaves_nothing_else_behind(key_file: KeyFile) -> None:
    key_file.create()
    with pytest.raises(Misconfigured):
        key_file.create()
    assert [path.name for path in key_file.path.parent.iterdir()] == [key_file.path.name]


def test_a_key_is_never_overwritten(key_file: KeyFile) -> None:
    key_file.create()
    held = key_file.path.read_bytes()
    with pytest.raises(Misconfigured, match="already; it stays"):
        key_file.create()
    assert key_file.path.read_bytes() == held


def test_a_key_is_not_written_through_a_link(key_file: KeyFile, tmp_path: Path) -> None:
    key_file.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Misconfigured):
        key_file.create()
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_cannot_be_made_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be written: No such file"):
        KeyFile(tmp_path / "nowhere" / "key").create()


def test_a_missing_key_is_told_apart_from_an_unreadable_one(key_file: KeyFile) -> None:
    with pytest.raises(MissingKey, match="is not there"):
        key_file.load()
    key_file.path.mkdir()
    with pytest.raises(Misconfigured, match="is a folder") as raised:
        key_file.load()
    assert not isinstance(raised.value, MissingKey)


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"zebra-zebra-zebra",
        b"not base64 at all, but long enough to be a key",
        b"\xff\xfe\x00zebra",
        base64.b64encode(bytes(31)),
        base64.b64encode(bytes(33)),
    ],
)
def test_a_file_without_a_key_is_refused_in_one_sentence(key_file: KeyFile, held: bytes) -> None:
    key_file.path.write_bytes(held)
    with pytest.raises(Misconfigured, match="does not hold a key") as raised:
        key_file.load()
    assert str(key_file.path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "zebra" not in str(raised.value)
    assert key_file.path.read_bytes() == held


def test_the_journal_is_appended_to_and_for_its_owner_alone(key_file: KeyFile) -> None:
    assert key_file.erased() == set()
    key_file.record_erasure("ana")
    KeyFile(key_file.path).record_erasure("tom")
    assert key_file.journal.read_text() == "ana\ntom\n"
    assert mode(key_file.journal) == 0o600
    assert KeyFile(key_file.path).erased() == {"ana", "tom"}
    assert key_file.journal.parent == key_file.path.parent
