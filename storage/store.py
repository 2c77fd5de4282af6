"""Engines, the writer's thread and transactions.

One code path for both databases: synchronous sessions on threads. SQLite has one thread that writes
(and reads), so nobody ever waits for a lock in the middle of a transaction; PostgreSQL has a few.
Urgent work (a person waits) overtakes the rest.
"""

import asyncio
import contextlib
import itertools
import queue
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import Engine, event, insert, orm
from sqlmodel import Session, SQLModel

from storage.crypto import Vault
from storage.engines import POSTGRES_CONNECTIONS, make_engine
from storage.tables import Subject
from storage.trouble import collided, hindrance

log = structlog.get_logger(__name__)

T = TypeVar("T")
Row = TypeVar("Row", bound=SQLModel)
_URGENT = 0
_RETRIES = 20
_REST = 0.005  # seconds after a collision, times the attempts so far and some chance
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds, while the database cannot work


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
        # Rows by their table and key, and None for what is not there: what was looked up once is
        # not looked up again. What a savepoint takes back empties it.
        self.known: dict[tuple[Any, ...], Any] = session.info.setdefault(_KNOWN, {})
        # Rows that were added and are not written down yet, by their table.
        self.added: dict[type[SQLModel], list[dict[str, Any]]] = session.info.setdefault(_ADDED, {})
        self.read_settings: dict[str, tuple[bytes, dict[str, Any]]] = {}  # sealed, and opened
        self.erased = False  # somebody's rows went: they leave the write-ahead log as well
        self.rewrite = False  # SQLite's file is written anew afterwards, without what was deleted

    def get(self, kind: type[Row], key: str) -> Row | None:
        """Return a row by its key."""
        row: Row | None = self.known.get((kind, key))
        if row is None:
            row = self.session.get(kind, key)
            if row is not None:
                self.known[kind, key] = row
        return row

    def add(self, kind: type[SQLModel], values: Mapping[str, Any]) -> None:
        """Add a row; those of a kind are written down together, in their order.

        That is cheaper by far than an object, where nobody looks at the row in this transaction.
        """
        self.added.setdefault(kind, []).append(dict(values))

    def write(self) -> None:
        """Write down all that was added and changed."""
        _write(self.session)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what is done meanwhile when it fails; what was done before stays."""
        self.write()
        try:
            with self.session.begin_nested():
                yield
                self.write()
        except BaseException:
            self.added.clear()
            raise

    def seal(self, place: str, text: str, subject: str | None = None) -> bytes:
        """Seal a text under the member's data key, or the installation's where it is nobody's."""
        return self.vault.seal(f"{place}:{subject or ''}", text, self._key(subject))

    def open(self, place: str, sealed: bytes, subject: str | None = None) -> str:
        """Open a sealed text."""
        return self.vault.open(f"{place}:{subject or ''}", sealed, self._key(subject))

    def _key(self, subject: str | None) -> bytes | None:
        if subject is None:
            return None
        if subject not in self._keys:
            row = self.get(Subject, subject)
            if row is None:
                raise LookupError("This member was erased.")
            self._keys[subject] = self.vault.unwrap(subject, row.data_key)
        return self._keys[subject]

    def drop_key(self, subject: str) -> None:
        """Let go of a member's data key: they are erased, and so is the key."""
        self._keys.pop(subject, None)
        self.known.clear()
        self.erased = True


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
        self._closing = threading.Event()
        self._hindered = False
        size = 1 if self.engine.dialect.name == "sqlite" else POSTGRES_CONNECTIONS
        self._threads = [
            threading.Thread(target=self._serve, name=f"store-{n}", daemon=True)
            for n in range(size)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def shared(self) -> bool:
        """Whether other processes may work on the same database."""
        return self.engine.dialect.name != "sqlite"

    @property
    def awaited(self) -> bool:
        """Whether a person waits for a transaction that has not begun."""
        with self._jobs.mutex:
            return bool(self._jobs.queue) and self._jobs.queue[0].rank[0] == _URGENT

    async def transact(self, work: Callable[[Transaction], T], *, urgent: bool = True) -> T:
        """Run work in one transaction on the store's thread and return its result.

        While the database cannot work (stopped, unreachable, a full disk), this waits; then the
        work is done from its beginning. It may have been committed already when the connection
        broke: work must find out by itself what was done before.

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
                result = self._patiently(work)
            except StopIteration as raised:
                # A future refuses it, and whoever waits would do so for ever.
                error = RuntimeError("An iterator in the work ran out.")
                error.__cause__ = raised
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        self._jobs.put(_Job((_URGENT if urgent else 1, next(self._count)), job))
        return await future

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Run work in one transaction on this thread; a collision with another is tried again."""
        for attempt in itertools.count(1):
            try:
                with _Session(self.engine) as session:
                    tx = Transaction(session, self.vault, self.journal)
                    result = work(tx)
                    tx.write()
                    session.commit()
                if tx.erased or tx.rewrite:
                    self._empty_log(rewrite=tx.rewrite)
                return result
            except Exception as error:
                if attempt >= _RETRIES or not collided(error):
                    raise
                time.sleep(_REST * attempt * secrets.randbelow(1000) / 1000)
        raise AssertionError("unreachable")

    def _patiently(self, work: Callable[[Transaction], T]) -> T:
        """Run work as soon as the database can; only when we close, its trouble is ours."""
        wait = _FIRST_WAIT
        while True:
            try:
                result = self.run(work)
            except Exception as error:
                why = hindrance(error)
                if why is None or self._closing.is_set():
                    raise
                if not self._hindered:
                    log.error(f"The database cannot be used: {why}. I wait, and go on by myself.")
                self._hindered = True
                self._closing.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
            else:
                if self._hindered:
                    self._hindered = False
                    log.info("The database works again.")
                return result

    def _empty_log(self, *, rewrite: bool) -> None:
        """Empty SQLite's write-ahead log, which holds the pages as they were before.

        `rewrite`: the file as well. What is deleted is overwritten, but where pages were divided
        earlier, copies lie between the rows, which nothing but writing all anew removes.
        """
        if self.engine.dialect.name != "sqlite":
            return
        connection = self.engine.raw_connection()
        try:
            # It is best effort: the rows are gone, whoever else reads now.
            with contextlib.suppress(sqlite3.OperationalError):
                if rewrite:
                    connection.cursor().execute("VACUUM")
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def close(self) -> None:
        """Finish what waits, then close the database."""
        self._closing.set()
        for _ in self._threads:
            self._jobs.put(_Job((2, next(self._count))))
        for thread in self._threads:
            thread.join()
        self.engine.dispose()

    def _serve(self) -> None:
        while (work := self._jobs.get().work) is not None:
            work()


_KNOWN, _ADDED, _HELD = "known", "added", "held"


class _Session(Session):
    """A session that writes down what is changed when its kind is asked for, and at the end."""

    def __init__(self, bind: Engine) -> None:
        super().__init__(bind, autoflush=False, expire_on_commit=False)
        # Rows are kept for the transaction's length: a session by itself loads them again and
        # again.
        self.info.update({_KNOWN: {}, _ADDED: {}, _HELD: []})


@event.listens_for(_Session, "loaded_as_persistent")
@event.listens_for(_Session, "pending_to_persistent")
def _hold(session: orm.Session, row: object) -> None:
    session.info[_HELD].append(row)


@event.listens_for(_Session, "after_soft_rollback")
def _know_nothing(session: orm.Session, _transaction: object) -> None:
    session.info[_KNOWN].clear()


@event.listens_for(_Session, "do_orm_execute")
def _write_what_is_asked_for(state: orm.ORMExecuteState) -> None:
    """Write down what is changed of a kind before it is read.

    The session itself would write down everything before anything is read, again and again; this
    way the rows of many schedules go to the database together.
    """
    session = state.session
    if state.is_select and not state.is_column_load:
        asked = tuple(mapper.class_ for mapper in state.all_mappers)
        if (
            asked
            and not any(
                isinstance(row, asked)
                for rows in (session.new, session.dirty, session.deleted)
                for row in rows
            )
            and session.info[_ADDED].keys().isdisjoint(asked)
        ):
            return
    if not state.execution_options.get("unwritten"):
        _write(session)


def _write(session: orm.Session) -> None:
    session.flush()
    added: dict[type[SQLModel], list[dict[str, Any]]] = session.info.setdefault(_ADDED, {})
    for kind in list(added):
        # The connection's own: the session would have to be told that nothing is to be written.
        session.connection().execute(insert(kind), added.pop(kind))
