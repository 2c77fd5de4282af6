"""Backups: a store in one file, which either database can take in.

The file is a zip: for each table its rows, a JSON array a line, and at last `manifest.json`, which
says how many rows each table has and what they come to. All is read in one transaction, so it is
one moment of the store, and whoever writes meanwhile is not held up. The master key and the journal
of erasures are not in it (see `storage.crypto.KeyFile`).
"""

import base64
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, make_url, select
from sqlalchemy.exc import DatabaseError

from bot.core.errors import Misconfigured
from storage.crypto import KeyFile
from storage.engines import make_engine
from storage.registry import METADATA
from storage.schema import revision

FORMAT = 1
_MANIFEST = "manifest.json"
_AT_ONCE = 500  # rows
_MOD = 2**256
_NOTHING = "There is no store here yet, so there is nothing to back up."
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    KeyError,
    TypeError,
    ValueError,
)
_NOT_OURS = ("alembic_version", "lease")  # a lease is held by a process, not by a store


@dataclass(slots=True)
class Content:
    """What a table's rows come to: how many, and a sum that does not depend on their order."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        """Count a row."""
        self.rows += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest())) % _MOD

    def told(self) -> list[Any]:
        """Return it as the manifest has it."""
        return [self.rows, f"{self.total:064x}"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup.

    Args:
        schema: the store's revision.
        key_id: the master key that it is sealed with.
        erasures: how many erasures the journal knew of then.
        tables: by name, how many rows, and what they come to.
    """

    schema: str
    key_id: str
    made_at: str
    program: str
    erasures: int
    tables: dict[str, list[Any]]
    columns: dict[str, list[str]]
    format: int = field(default=FORMAT)

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(rows for rows, _ in self.tables.values())


def back_up(url: str, key_file: KeyFile, path: Path, now: datetime, program: str) -> Manifest:
    """Write a store into a file that is not there yet, read it again, and compare.

    Raises: `Misconfigured`; then there is no file.
    """
    if path.exists():
        raise Misconfigured(f"{path} is there already; it stays. Give the backup another name.")
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        raise Misconfigured(_NOTHING)
    draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    engine = make_engine(url, reading=True)
    try:
        with engine.connect() as connection, _whole(draft) as file:
            manifest = _write(connection, key_file, file, now, program)
        if read_through(draft) != manifest:
            raise Misconfigured(
                f"What was written to {draft} is not what it should be: its disk cannot be relied "
                "on. Back up to another one."
            )
        os.link(draft, path)
    except DatabaseError as error:
        raise Misconfigured(f"The store cannot be read: {error.orig}.") from error
    except FileExistsError as error:
        raise Misconfigured(f"{path} is there already; it stays.") from error
    except OSError as error:
        raise Misconfigured(
            f"The backup {path} cannot be written: {error.strerror}. Nothing of it was kept."
        ) from error
    finally:
        engine.dispose()
        draft.unlink(missing_ok=True)
    return manifest


@contextmanager
def _whole(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a new file for its owner alone, and see that it stays."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            yield archive
        file.flush()
        os.fsync(file.fileno())


def _write(
    connection: Connection, key_file: KeyFile, file: zipfile.ZipFile, now: datetime, program: str
) -> Manifest:
    schema = revision(connection.engine)
    if schema is None:
        raise Misconfigured(_NOTHING)
    found: dict[str, list[Any]] = {}
    columns: dict[str, list[str]] = {}
    key_id = ""
    erasures = len(key_file.erased())  # before the rows: what is erased later is in the journal
    for table in tables(connection):
        content = Content()
        columns[table.name] = [column.name for column in table.columns]
        with file.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
            for row in rows(connection, table):
                line = encode(row)
                content.add(line)
                out.write(line + b"\n")
                if table.name == "meta" and row[0] == "key id":
                    key_id = str(row[1])
        found[table.name] = content.told()
    manifest = Manifest(schema, key_id, now.isoformat(), program, erasures, found, columns)
    file.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def tables(connection: Connection) -> list[Table]:
    """Return the tables that a database has, parents first; its columns, with our types."""
    there = MetaData()
    there.reflect(connection)
    for table in there.sorted_tables:
        known = METADATA.tables.get(table.name)
        for column in table.columns:
            if known is not None and column.name in known.columns:
                column.type = known.columns[column.name].type
    return [table for table in there.sorted_tables if table.name not in _NOT_OURS]


def rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """Read a table's rows, a few at a time."""
    how = {"stream_results": True, "yield_per": _AT_ONCE}
    yield from connection.execute(select(table), execution_options=how)


def encode(row: Iterable[Any]) -> bytes:
    """Return a row as a line, the same on either database."""
    return json.dumps(
        [_plain(value) for value in row], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def _plain(value: object) -> object:
    match value:
        case bytes() | memoryview():
            return {"bytes": base64.b64encode(value).decode()}
        case datetime():
            return {"moment": value.astimezone(UTC).isoformat()}
        case date():
            return {"day": value.isoformat()}
        case dict() | list():
            return {"json": value}
    return value


def decode(line: bytes) -> list[Any]:
    """Return a row as it was."""
    return [_value(value) for value in json.loads(line)]


def _value(value: object) -> object:
    match value:
        case {"bytes": str(text)}:
            return base64.b64decode(text)
        case {"moment": str(text)}:
            return datetime.fromisoformat(text)
        case {"day": str(text)}:
            return date.fromisoformat(text)
        case {"json": whatever}:
            return whatever
    return value


def read_through(path: Path) -> Manifest:
    """Read a backup from its beginning to its end; return what is in it.

    Raises: `Misconfigured` when it is none, or not whole.
    """
    try:
        with zipfile.ZipFile(path) as file:
            manifest = read_manifest(file, path)
            for name, told in manifest.tables.items():
                content = Content()
                for line in lines(file, name):
                    content.add(line)
                if content.told() != told:
                    raise zipfile.BadZipFile(name)
    except FileNotFoundError as error:
        raise Misconfigured(f"The backup {path} is not there. Check the path.") from error
    except OSError as error:
        raise Misconfigured(f"The backup {path} cannot be read: {error.strerror}.") from error
    except _BROKEN as error:
        raise Misconfigured(
            f"{path} is no whole backup: it is damaged, cut off, or something else. Use another "
            "copy; nothing was changed."
        ) from error
    return manifest


def read_manifest(file: zipfile.ZipFile, path: Path) -> Manifest:
    """Return what a backup says of itself."""
    told = json.loads(file.read(_MANIFEST))
    if told["format"] != FORMAT:
        raise Misconfigured(
            f"{path} was made by circlekeeper {told.get('program', 'of another version')}, in a "
            "form that this one does not know. Restore it with that version, or a later one."
        )
    return Manifest(**told)


def lines(file: zipfile.ZipFile, table: str) -> Iterator[bytes]:
    """Read a table's lines out of a backup."""
    with file.open(f"{table}.jsonl") as raw:
        for line in raw:
            yield line.rstrip(b"\n")
