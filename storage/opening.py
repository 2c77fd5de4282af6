"""Opening a store: the process lock, the key, and the schema."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, func, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlmodel import col

from bot.core.errors import Misconfigured, MissingKey, NotNow
from storage.crypto import KeyFile, Vault
from storage.engines import make_engine
from storage.facts import KEY_ID, LOOKUP, get_meta, set_meta
from storage.schema import check_version, newest, pending, revision, upgrade
from storage.store import Store
from storage.tables import Lease
from storage.transaction import Transaction
from storage.trouble import explained, hindrance

_LOCKED = "Another circlekeeper runs on {}. Stop it first, or give this one another database."


@dataclass(frozen=True, slots=True)
class Opened:
    """An open store; `close` it at the end."""

    store: Store
    key_file: KeyFile
    lock: FileLock | None

    def close(self) -> None:
        """Finish what waits, and let go of the database."""
        self.store.close()
        if self.lock is not None:
            self.lock.release()


def open_store(url: str, key_path: Path, warn: Callable[[str], None] = lambda _: None) -> Opened:
    """Open the store for one process that works with it.

    SQLite is migrated here, after a copy; a first start makes the key. PostgreSQL is refused while
    a migration is pending (`circlekeeper db upgrade`), and needs a key (`circlekeeper key new`).

    Raises: `Misconfigured` with one sentence for the host.
    """
    parsed = parse_url(url)
    lock = lock_file(parsed) if parsed.get_backend_name() == "sqlite" else None
    try:
        return _open(url, KeyFile(key_path), lock, warn)
    except DatabaseError as error:
        if lock is not None:
            lock.release()
        kind = NotNow if lock is None and hindrance(error) is not None else Misconfigured
        raise kind(explained(error, parsed, "opened")) from error
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def parse_url(url: str) -> URL:
    """Return the URL of a database that we know.

    Raises: `Misconfigured`.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Misconfigured(
            "The database URL cannot be read. Write it as sqlite:///circlekeeper.db."
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Misconfigured(
            f"Circlekeeper keeps its store in SQLite or PostgreSQL, not in {parsed.drivername}. "
            "Write the database URL as sqlite:///… or postgresql://…"
        )
    return parsed


def lock_file(url: URL) -> FileLock:
    """Keep every other process from a SQLite file until the lock is released.

    Raises: `Misconfigured` when another one holds it, or the file can never be.
    """
    if not url.database or url.database == ":memory:":
        raise Misconfigured(
            "The database URL names no file. Write it as sqlite:///circlekeeper.db."
        )
    # Whatever name it goes by, one file has one lock.
    path = Path(url.database).resolve()
    if not path.parent.is_dir():
        raise Misconfigured(f"The folder of the database {path} does not exist. Make it first.")
    # Whoever closes the store lets go of it, in whatever thread.
    lock = FileLock(f"{path}.lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise Misconfigured(_LOCKED.format(path)) from error
    except OSError as error:
        raise Misconfigured(
            f"The folder of the database {path} cannot be written: {error.strerror}. "
            "Give this user the right to write there."
        ) from error
    return lock


@contextmanager
def keep_apart(url: str, now: datetime) -> Iterator[None]:
    """See that no bot works on the database meanwhile, as far as that can be seen.

    Raises: `Misconfigured`.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        with lock_file(parsed):
            yield
        return
    engine = make_engine(url, reading=True)
    try:
        if revision(engine) is not None:
            with engine.connect() as connection:
                refuse_while_held(connection, now)
        yield
    finally:
        engine.dispose()


def refuse_while_held(connection: Connection, now: datetime) -> None:
    """Refuse a database on which a process holds an account.

    Raises: `Misconfigured`.
    """
    held = select(func.count()).select_from(Lease).where(col(Lease.until) > now)
    if connection.execute(held).scalar_one():
        raise Misconfigured("A circlekeeper runs on this database. Stop it first.")


def is_locked(url: str) -> bool:
    """Tell whether another process works on this SQLite file."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return False
    lock = FileLock(f"{Path(parsed.database).resolve()}.lock", timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True


def waits_for_upgrade(url: str) -> bool:
    """Tell whether `open_store` would migrate this SQLite store, or make it.

    What is wrong with a store is left to `open_store` to tell.
    """
    with suppress(ArgumentError, ValueError, DatabaseError):
        engine = make_engine(url)
        try:
            return engine.dialect.name == "sqlite" and pending(engine)
        finally:
            engine.dispose()
    return False


def _open(
    url: str, key_file: KeyFile, lock: FileLock | None, warn: Callable[[str], None]
) -> Opened:
    engine = make_engine(url)
    try:
        if engine.dialect.name == "sqlite" and sqlite3.sqlite_version_info < (3, 51, 3):
            warn(
                f"SQLite {sqlite3.sqlite_version} has a rare bug that can damage a database which "
                "several connections write at once. Circlekeeper uses a single one; do not let "
                "another program write to the file while it runs."
            )
        check_version(engine)
        vault = vault_of(engine, key_file)
        if pending(engine):
            if engine.dialect.name != "sqlite":
                raise Misconfigured(
                    "The database needs an upgrade. Run `circlekeeper db upgrade` first."
                )
            _migrate(engine, url)
    finally:
        engine.dispose()
    store = Store(url, vault, key_file.record_erasure)
    try:
        store.run(lambda tx: _record_key(tx, vault, key_file))
    except BaseException:
        store.close()
        raise
    return Opened(store, key_file, lock)


def _meta(engine: Engine, name: str) -> str | None:
    if "meta" not in inspect(engine).get_table_names():
        return None
    with engine.connect() as connection:
        row = connection.execute(text("select value from meta where name = :name"), {"name": name})
        return row.scalar()


def vault_of(engine: Engine, key_file: KeyFile, *, make: bool = True) -> Vault:
    """Return the keys that open a store; `make`: its first start on SQLite makes the key.

    Raises: `Misconfigured` when they are not at hand.
    """
    recorded = _meta(engine, KEY_ID)
    if make and recorded is None and not key_file.exists():
        if engine.dialect.name != "sqlite":
            raise MissingKey(
                f"There is no key file {key_file.path}. Make one with `circlekeeper key new`."
            )
        return key_file.create()
    try:
        loaded = key_file.load()
        vault = loaded.of_store(recorded, _meta(engine, LOOKUP))
    except MissingKey as error:
        raise MissingKey(
            f"This store is sealed with key {recorded}, and the key file {key_file.path} is not "
            "there. Put it back; without it nobody can read what is sealed."
        ) from error
    _check_key(recorded, vault, key_file)
    return vault


def _check_key(recorded: str | None, vault: Vault, key_file: KeyFile) -> None:
    if recorded is not None and recorded not in vault.key_ids:
        raise MissingKey(
            f"This store is sealed with key {recorded}, but {key_file.path} holds key "
            f"{vault.key_id}. Put the right key file in place."
        )


def _record_key(tx: Transaction, vault: Vault, key_file: KeyFile) -> None:
    """Record the key's id, once: two first starts on one database may each hold a key."""
    recorded = get_meta(tx, KEY_ID)
    _check_key(recorded, vault, key_file)
    if recorded is None:
        set_meta(tx, KEY_ID, vault.key_id)


def _migrate(engine: Engine, url: str) -> None:
    """Bring a SQLite file up, after a copy of it; where that fails, say how to go back."""
    before, copy = revision(engine), _copy(engine)
    try:
        upgrade(url)
    except Exception as error:
        if copy is None:
            raise
        raise failed_upgrade(error, before, f"A copy from before is {copy}.") from error


def failed_upgrade(error: Exception, before: str | None, copy: str) -> Misconfigured:
    """Return what to tell the host whose store could not be brought up: it was all or nothing."""
    cause = getattr(error, "orig", None) or error
    why = hindrance(error) or str(cause).partition("\n")[0].rstrip(".")
    return Misconfigured(
        f"The upgrade to schema {newest()} failed: {why}. The store is as it was, with schema "
        f"{before}, and the version of before still starts on it. {copy}"
    )


def _copy(engine: Engine) -> Path | None:
    """Copy a populated SQLite file before its schema changes."""
    current = revision(engine)
    path = engine.url.database
    if current is None or path is None:
        return None
    copy = Path(f"{path}.before-{newest()}")
    copy.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
    except sqlite3.Error as error:
        copy.unlink(missing_ok=True)
        raise Misconfigured(
            f"The copy {copy} that is made before an upgrade cannot be written: {error}. Make "
            "room, and start again; nothing was changed."
        ) from error
    return copy
