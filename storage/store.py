"""Engines, the writer's thread and transactions.

One code path for both databases: synchronous sessions on threads. SQLite has one thread that writes
(and reads), so nobody ever waits for a lock in the middle of a transaction; PostgreSQL has a few.
Urgent work (a person waits) overtakes the rest.
"""

import asyncio
import contextlib
import itertools
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.crypto import Vault
from storage.tables import Subject

T = TypeVar("T")
_POSTGRES_THREADS = 4
_RETRIES = 5
# PostgreSQL's words for "somebody else was quicker": a serialization failure, a deadlock, and a row
# that was not there when this transaction began to look.
_COLLISIONS = ("40001", "40P01", "23505")


class Transaction:
    """One transaction: the session, and sealing for whom it is about."""

    def __init__(
        self, session: Session, vault: Vault, journal: Callable[[str], None] = lambda _: None
    ) -> None:
        """Hold the session, the vault, and what writes down that somebody is erased."""
        self.session = session
        self.vault = vault
        self._keys: dict[str, bytes] = {}
        self.journal = journal
        self.erased = False  # somebody's rows went: they leave the write-ahead log as well

    def seal(self, place: str, text: str, subject: str | None = None) -> bytes:
        """Seal a text under the member's data key, or the installation's where it is nobody's."""
        return self.vault.seal(f"{place}:{subject or ''}", text, self._key(subject))

    def open(self, place: str, sealed: bytes, subject: str | None = None) -> str:
        """Open a sealed text."""
        return self.vault.open(f"{place}:{subject or ''}", sealed, self._key(subject))

    def _key(self, subject: str | None) -> bytes | None:
        if subject is None:
            return None
        row = self.session.get(Subject, subject)
        if row is None:
            raise LookupError("This member was erased.")
        if subject not in self._keys:
            self._keys[subject] = self.vault.unwrap(subject, row.data_key)
        return self._keys[subject]


@dataclass(order=True, slots=True)
class _Job:
    rank: tuple[int, int]
    work: Callable[[], None] | None = None

    __hash__ = None  # type: ignore[assignment]


class Store:
    """The open database."""

    def __init__(
        self, url: str, vault: Vault, journal: Callable[[str], None] = lambda _: None
    ) -> None:
        """Open an engine; migrations and the key were seen to by `storage.opening`."""
        self.journal = journal
        self.engine = make_engine(url)
        self.vault = vault
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._count = itertools.count()
        size = 1 if self.engine.dialect.name == "sqlite" else _POSTGRES_THREADS
        self._threads = [
            threading.Thread(target=self._serve, name=f"store-{n}", daemon=True)
            for n in range(size)
        ]
        for thread in self._threads:
            thread.start()

    async def transact(self, work: Callable[[Transaction], T], *, urgent: bool = True) -> T:
        """Run work in one transaction on the store's thread and return its result.

        Args:
            work: plain synchronous code; when it raises, nothing of it stays.
            urgent: whether a person waits for it; the rest gives way.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(cast(T, result))

        def job() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = self.run(work)
            except StopIteration as raised:
                # A future refuses it, and whoever waits would do so for ever.
                error = RuntimeError("An iterator in the work ran out.")
                error.__cause__ = raised
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        self._jobs.put(_Job((0 if urgent else 1, next(self._count)), job))
        return await future

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Run work in one transaction on this thread; a collision with another is tried again."""
        for attempt in itertools.count(1):
            try:
                with Session(self.engine, expire_on_commit=False) as session:
                    _hold_rows(session)
                    tx = Transaction(session, self.vault, self.journal)
                    result = work(tx)
                    session.commit()
                if tx.erased:
                    self._empty_log()
                return result
            except DBAPIError as error:
                state = getattr(error.orig, "sqlstate", None)
                if attempt >= _RETRIES or state not in _COLLISIONS:
                    raise
        raise AssertionError("unreachable")

    def _empty_log(self) -> None:
        """Empty SQLite's write-ahead log, which holds the pages as they were before."""
        if self.engine.dialect.name != "sqlite":
            return
        connection = self.engine.raw_connection()
        try:
            # It is best effort: the rows are gone, whoever else reads now.
            with contextlib.suppress(sqlite3.OperationalError):
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def close(self) -> None:
        """Finish what waits, then close the database."""
        for _ in self._threads:
            self._jobs.put(_Job((2, next(self._count))))
        for thread in self._threads:
            thread.join()
        self.engine.dispose()

    def _serve(self) -> None:
        while (work := self._jobs.get().work) is not None:
            work()


def _hold_rows(session: Session) -> None:
    """Keep rows for the transaction's length: a session by itself loads them again and again."""
    held: list[object] = []
    for happened in ("loaded_as_persistent", "pending_to_persistent"):
        event.listen(session, happened, lambda _session, row: held.append(row))


def make_engine(url: str) -> Engine:
    """Make an engine with our ways of connecting for either database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=_POSTGRES_THREADS,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
        )
    engine = create_engine(
        parsed, connect_args={"check_same_thread": False, "timeout": 5, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "cell_size_check=ON",
        ):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred BEGIN that writes later fails at once when somebody else wrote in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
