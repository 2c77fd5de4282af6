"""Stores as earlier versions left them, one for each schema; and rows for what is empty in them.

`stores/NNNN.db.xz` was written by the code of that time: five weeks of the rehearsal, and then what
else people could say. `python -m tests.storage.earlier` writes the one of the schema at hand; that
is done before a migration is added to it.
"""

import asyncio
import base64
import contextlib
import lzma
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    TypeDecorator,
    func,
    insert,
    select,
)

from bot.logs import configure_logs
from bot.rehearsal.rehearse import START, play
from bot.rehearsal.stage import Stage
from storage.backup import encode, tables
from storage.crypto import KeyFile, Vault
from storage.engines import make_engine
from storage.schema import newest, upgrade
from tests.support.shipped import FOLDERS

MASTER = bytes(range(32))  # what all of them are sealed with
END = START + timedelta(weeks=5, hours=1)  # later than all that happened in them
ROOMS = {"garden": "garden", "notes": "notes"}
_FILES = Path(__file__).parent / "stores"
_ELSEWHERE = "elsewhere"  # the platform of the rows that are filled in: no bot touches them
_PERSON = "somebody of elsewhere"
_VALUES: dict[type, object] = {
    dict: {"en": "Something to keep, é 👋", "of": [1, 2.5, None, True]},
    datetime: datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC),
    date: date(2026, 2, 3),
    bool: True,
    int: 3,
}

Content = dict[str, tuple[list[str], list[bytes]]]


def schemas() -> list[str]:
    """Return the schemas of which there is a store, the oldest first."""
    return sorted(path.name.partition(".")[0] for path in _FILES.glob("*.db.xz"))


def lay(schema: str, folder: Path) -> tuple[Path, KeyFile]:
    """Put a store of this schema into a folder, and its key beside it."""
    database, key_file = folder / "circlekeeper.db", KeyFile(folder / "circlekeeper.key")
    database.write_bytes(lzma.decompress((_FILES / f"{schema}.db.xz").read_bytes()))
    key_file.path.write_bytes(base64.b64encode(MASTER))
    return database, key_file


def move(database: Path, schema: str, url: str) -> None:
    """Put all rows of a SQLite file of this schema into an empty PostgreSQL database of it."""
    upgrade(url, schema)
    here, there = make_engine(f"sqlite:///{database}", reading=True), make_engine(url)
    with here.connect() as source, there.begin() as target:
        for table in tables(source):
            rows = [dict(row) for row in source.execute(select(table)).mappings()]
            if rows:
                target.execute(insert(table), rows)
            for column in filter(_numbered, table.columns):
                counter = func.pg_get_serial_sequence(table.name, column.name)
                target.execute(select(func.setval(counter, len(rows) + 1_000)))
    here.dispose()
    there.dispose()


def content(engine: Engine, of: Content | None = None) -> Content:
    """Return every row of every table, with its columns; `of`: only what is in that, of these."""
    found: Content = {}
    with engine.connect() as connection:
        for table in tables(connection):
            names = [column.name for column in table.columns]
            if of is not None:
                names = of[table.name][0] if table.name in of else []
            if names:
                query = select(*(table.columns[name] for name in names))
                found[table.name] = names, sorted(encode(row) for row in connection.execute(query))
    return found


# --- rows for what is empty ---------------------------------------------------------------------


def fill(engine: Engine, vault: Vault) -> None:
    """Put a row into every table, with a value in every column, for somebody of elsewhere."""
    made: dict[str, dict[str, Any]] = {}
    keys = vault.new_data_key(_PERSON)
    with engine.begin() as connection:
        for table in tables(connection):
            made[table.name] = _row(table, made, vault, keys)
            connection.execute(insert(table).values(made[table.name]))
        assert empty(connection) == []


def empty(connection: Connection) -> list[str]:
    """Return the columns that hold nothing in any row; there is nothing of theirs to lose."""
    return [
        f"{table.name}.{column.name}"
        for table in tables(connection)
        for column in table.columns
        if connection.execute(select(column).where(column.is_not(None)).limit(1)).first() is None
    ]


def _row(
    table: Table, made: dict[str, dict[str, Any]], vault: Vault, keys: tuple[bytes, bytes]
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        if foreign := next(iter(column.foreign_keys), None):  # parents come first
            row[column.name] = made[foreign.column.table.name][foreign.column.name]
        elif isinstance(column.type, LargeBinary):
            row[column.name] = _sealed(column, vault, keys)
        elif not _numbered(column):
            row[column.name] = _value(column)
    return row


def _sealed(column: Column[Any], vault: Vault, keys: tuple[bytes, bytes]) -> bytes:
    """Seal something by the store's own convention: its place, and whose it is."""
    if (column.table.name, column.name) == ("subject", "data_key"):
        return keys[1]
    personal = column.table.name == "subject" or "subject_id" in column.table.columns
    place = f"{column.table.name}.{column.name}:{_PERSON if personal else ''}"
    return vault.seal(place, '{"kept": "é 👋"}', keys[0] if personal else None)


def _numbered(column: Column[Any]) -> bool:
    """Tell whether the database numbers the rows by this column."""
    keys = column.table.primary_key.columns
    return isinstance(column.type, Integer) and list(keys) == [column]


def _value(column: Column[Any]) -> object:
    plain = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    if plain.python_type in _VALUES:
        return _VALUES[plain.python_type]
    if column.name == "platform":
        return _ELSEWHERE
    return _PERSON if (column.table.name, column.name) == ("subject", "id") else f"{column} é"


# --- to write one -------------------------------------------------------------------------------

_SAID: Sequence[tuple[str, str]] = (
    ("Ana", "word add unlearning: letting go of what one knew"),
    ("Tom", "suggest What did you stop doing this month, and who noticed?"),
    ("Mira", "keeper quiet add 2026-12-20 2027-01-03"),
    ("Tom", "hunt buddy"),
    ("Ana", "charter ask"),
    ("Tom", "charter change"),
    ("Mira", "keeper numbers"),
    ("Inès", "start"),
    ("Inès", "hunt"),
)


async def live(stage: Stage) -> None:
    """Let five weeks pass, and leave some in the middle of things: Inès at a hunt's first step."""
    await play(stage, FOLDERS, 5)
    for person, text in _SAID:
        await stage.says(person, text)
    await stage.clicks("Inès", stage.last("Inès").choices[0])


@contextlib.contextmanager
def _lived() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="circlekeeper-") as folder:
        database, key = Path(folder, "store.db"), Path(folder, "key")
        key.write_bytes(base64.b64encode(MASTER))
        stage = Stage(FOLDERS, START, seed=3, store=(f"sqlite:///{database}", key))
        try:
            asyncio.run(live(stage))
        finally:
            stage.close()
        yield database


def main() -> None:
    """Write the store of the schema at hand."""
    configure_logs("warning", "console")
    with _lived() as database:
        small = database.with_name("small.db")
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(small),))
        path = _FILES / f"{newest()}.db.xz"
        path.write_bytes(lzma.compress(small.read_bytes(), preset=9))


if __name__ == "__main__":
    main()
