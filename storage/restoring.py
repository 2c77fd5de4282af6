"""Taking a backup in: into an empty database of either kind, or, when told, in place of a store.

The file is read through before anything is touched. Then all rows go in in one transaction, are
read again and compared, and whoever was erased since is erased again.
"""

import os
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, delete, func, insert, inspect, select, text
from sqlalchemy.exc import DatabaseError

from bot.core.errors import Misconfigured, MissingKey, StoreTooNew
from storage.backup import Content, Manifest, decode, encode, lines, read_through, rows, tables
from storage.crypto import KeyFile
from storage.engines import make_engine
from storage.opening import lock_file, parse_url, refuse_while_held
from storage.outbox_lines import unfinished
from storage.schema import check_version, known, newest, revision, upgrade
from storage.seen import forget_time
from storage.tables import Outbox, Subject
from storage.trouble import hindrance

_AT_ONCE = 500  # rows
_FEW = 400  # ids in one statement


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it; `kept` is where the store of before lies."""

    manifest: Manifest
    erased: int
    kept: Path | None


def restore(
    url: str,
    key_file: KeyFile,
    path: Path,
    now: datetime,
    *,
    replace: bool = False,
    without_journal: bool = False,
    moved: bool = False,
) -> Restored:
    """Take a backup in.

    Args:
        url: where to.
        key_file: the key that it was sealed with, and beside it the journal of erasures.
        path: the backup.
        now: names the copy of the store of before.
        replace: also where there is a store already.
        without_journal: the host says that nobody was erased.
        moved: nothing was said by the bot since the backup was made.
    Raises: `Misconfigured`; then nothing was changed.
    """
    manifest = read_through(path)
    _check_schema(manifest, path)
    _check_key(manifest, key_file, path)
    erased = _journal(manifest, key_file, without_journal)
    parsed = parse_url(url)
    take = _into_sqlite if parsed.get_backend_name() == "sqlite" else _into_postgres
    try:
        return take(parsed, _Task(manifest, path, erased, now, replace, moved))
    except DatabaseError as error:
        why = hindrance(error) or str(error.orig).partition("\n")[0].rstrip(".")
        raise Misconfigured(
            f"The backup cannot be taken in: {why}. Nothing was changed."
        ) from error
    except OSError as error:
        raise Misconfigured(
            f"The backup cannot be taken in: {error.strerror}. Nothing was changed."
        ) from error


def _check_schema(manifest: Manifest, path: Path) -> None:
    if manifest.schema not in known():
        raise StoreTooNew(
            f"{path} has schema {manifest.schema}; this program knows up to {newest()}. Restore "
            f"it with circlekeeper {manifest.program}, or a later version."
        )


def _check_key(manifest: Manifest, key_file: KeyFile, path: Path) -> None:
    vault = key_file.load()
    if manifest.key_id not in vault.key_ids:
        raise MissingKey(
            f"{path} is sealed with key {manifest.key_id}, but {key_file.path} holds key "
            f"{vault.key_id}. Put the key file of then in place."
        )


def _journal(manifest: Manifest, key_file: KeyFile, without: bool) -> set[str]:
    found = key_file.erased()
    if not key_file.journal.exists() and not without:
        raise Misconfigured(
            f"The journal of erasures {key_file.journal} is not there, so people who were erased "
            "would come back. Put it back; if nobody was ever erased, add --nobody-was-erased."
        )
    if len(found) < manifest.erasures:
        raise Misconfigured(
            f"The journal of erasures {key_file.journal} names {len(found)}, and the backup knows "
            f"of {manifest.erasures}: it is an older copy. Put the newest in place."
        )
    return found


@dataclass(frozen=True, slots=True)
class _Task:
    manifest: Manifest
    path: Path
    erased: set[str]
    now: datetime
    replace: bool
    moved: bool


def _into_sqlite(url: URL, task: _Task) -> Restored:
    lock = lock_file(url)
    try:
        return _beside(url, task, lock)
    finally:
        lock.release()


def _beside(url: URL, task: _Task, _lock: FileLock) -> Restored:
    """Make the store beside the one that is there, and put it in its place at the end."""
    assert url.database is not None
    place = Path(url.database).resolve()
    used = place.exists() and _is_used(url)
    if used and not task.replace:
        raise _used(f"{place} holds a store already")
    draft = place.with_name(f"{place.name}.restoring")
    _remove(draft)
    try:
        beside = url.set(database=str(draft))
        upgrade(str(beside), task.manifest.schema)
        engine = make_engine(beside)
        try:
            with engine.begin() as connection:
                gone = _fill(connection, task)
            upgrade(str(beside))
            _outside(engine, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            engine.dispose()
        kept = None
        if used:
            kept = place.with_name(f"{place.name}.before-restore-{task.now:%Y%m%dT%H%M%S}")
            _empty_log(url)
            os.replace(place, kept)
        _remove(place)
        os.replace(draft, place)
    finally:
        _remove(draft)
    return Restored(task.manifest, gone, kept)


def _empty_log(url: URL) -> None:
    engine = make_engine(url)
    try:
        _outside(engine, "PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


def _outside(engine: Engine, *statements: str) -> None:
    """Carry out what cannot be within a transaction."""
    connection = engine.raw_connection()
    try:
        for statement in statements:
            connection.cursor().execute(statement)
    finally:
        connection.close()


def _remove(path: Path) -> None:
    for each in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{each}").unlink(missing_ok=True)


def _into_postgres(url: URL, task: _Task) -> Restored:
    engine = make_engine(url)
    try:
        check_version(engine)
        current = revision(engine)
        used = current is not None and _is_used(url)
        if used and not task.replace:
            raise _used("The database holds a store already")
        if current is None or not used:
            _bring_to(url, engine, task.manifest.schema)
        elif current != task.manifest.schema:
            raise Misconfigured(
                f"The database has schema {current}, the backup {task.manifest.schema}. Restore "
                "into an empty database."
            )
        with engine.begin() as connection:
            refuse_while_held(connection, task.now)
            for table in reversed(tables(connection)):
                connection.execute(delete(table))
            gone = _fill(connection, task)
            for table in tables(connection):
                _go_on_counting(connection, table)
        upgrade(url.render_as_string(hide_password=False))
    finally:
        engine.dispose()
    return Restored(task.manifest, gone, None)


def _bring_to(url: URL, engine: Engine, schema: str) -> None:
    """Make the tables of a schema in a database that holds nothing."""
    current = revision(engine)
    if current is not None and current > schema:
        raise Misconfigured(
            f"The database is made for schema {current}, the backup has {schema}. Restore into a "
            "database without any tables."
        )
    upgrade(url.render_as_string(hide_password=False), schema)


def _go_on_counting(connection: Connection, table: Any) -> None:  # noqa: ANN401 - a reflected table
    """Let the database number new rows after those that were put in."""
    for column in table.columns:
        name = connection.execute(
            text("select pg_get_serial_sequence(:table, :column)"),
            {"table": table.name, "column": column.name},
        ).scalar()
        if name:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(name, highest, False)))


def _is_used(url: URL) -> bool:
    """Tell whether there is anything in a database but what a first start leaves."""
    engine = make_engine(url, reading=True)
    try:
        if not inspect(engine).get_table_names():
            return False
        with engine.connect() as connection:
            return any(
                connection.execute(select(table).limit(1)).first() is not None
                for table in tables(connection)
                if table.name != "meta"
            )
    except DatabaseError:
        return True  # whatever it is, it is not nothing
    finally:
        engine.dispose()


def _used(where: str) -> Misconfigured:
    return Misconfigured(
        f"{where}. With --replace it gives way to the backup; give another database otherwise."
    )


def _fill(connection: Connection, task: _Task) -> int:
    """Put all rows in, compare, and erase again; return how many were erased."""
    there = {table.name: table for table in tables(connection)}
    with zipfile.ZipFile(task.path) as file:
        for name, table in there.items():
            columns = task.manifest.columns.get(name, [])
            waiting: list[dict[str, Any]] = []
            for line in lines(file, name) if columns else ():
                waiting.append(dict(zip(columns, decode(line), strict=True)))
                if len(waiting) >= _AT_ONCE:
                    connection.execute(insert(table), waiting)
                    waiting = []
            if waiting:
                connection.execute(insert(table), waiting)
    _compare(connection, task.manifest)
    forget_time(connection)
    gone = _erase_again(connection, task.erased)
    if not task.moved:
        _doubt(connection)
    return gone


def _compare(connection: Connection, manifest: Manifest) -> None:
    for table in tables(connection):
        content = Content()
        for row in rows(connection, table):
            content.add(encode(row))
        if content.told() != manifest.tables.get(table.name, Content().told()):
            raise Misconfigured(
                f"What was taken in of {table.name} is not what the backup holds. Nothing was "
                "changed; report this as a fault of circlekeeper."
            )


def _erase_again(connection: Connection, erased: set[str]) -> int:
    """Erase whom the journal names; what hangs on them goes by the foreign keys."""
    count, ids = 0, sorted(erased)
    for start in range(0, len(ids), _FEW):
        part = ids[start : start + _FEW]
        count += connection.execute(delete(Subject).where(Subject.id.in_(part))).rowcount  # type: ignore[attr-defined]
    return count


def _doubt(connection: Connection) -> None:
    """Put in doubt what was still to be sent: it may have been since, so it is read back first."""
    connection.execute(
        Outbox.__table__.update()  # type: ignore[attr-defined]
        .where(unfinished())
        .values(
            state="doubt",
            holder=None,
            leased_until=None,
            first_attempt_at=func.coalesce(Outbox.first_attempt_at, Outbox.created_at),
        )
    )
