"""The open database: its threads, and the jobs that they do, each in one transaction.

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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from storage.crypto import Vault
from storage.engines import POSTGRES_CONNECTIONS, make_engine
from storage.transaction import KeepingSession, Transaction
from storage.trouble import collided, hindrance

log = structlog.get_logger(__name__)

T = TypeVar("T")
_URGENT = 0
_RETRIES = 20
_TOGETHER = 15  # more jobs in one transaction: none waits long for the others
_REST = 0.005  # seconds after a collision, times the attempts so far and some chance
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds, while the database cannot work


@dataclass(order=True, slots=True)
class _Job:
    rank: tuple[int, int]
    work: Callable[[Transaction], Any] | None = None  # None: there is no more to do
    future: asyncio.Future[Any] | None = None

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of a work: its result, or why it failed."""

    result: Any = None
    error: BaseException | None = None


class Anew(Exception):
    """Raised by work that wants to be done from its beginning: nothing of what it did stays."""


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
        self._hindered, self._noting = False, threading.Lock()
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

    @property
    def alive(self) -> bool:
        """Whether whatever works on the database still does, however it may have to wait."""
        return all(thread.is_alive() for thread in self._threads)

    async def transact(self, work: Callable[[Transaction], T], *, urgent: bool = True) -> T:
        """Run work in one transaction on the store's thread and return its result.

        While the database cannot work (stopped, unreachable, a full disk), this waits; then the
        work is done from its beginning. It may have been committed already when the connection
        broke: work must find out by itself what was done before.

        Args:
            work: plain synchronous code; when it raises, nothing of it stays. What raises `Anew`
                is done again at once.
            urgent: whether a person waits for it; the rest gives way.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job((_URGENT if urgent else 1, next(self._count)), work, future))
        return await future

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Run work in one transaction on this thread; a collision with another is tried again."""
        for attempt in itertools.count(1):
            try:
                with KeepingSession(self.engine) as session:
                    tx = Transaction(session, self.vault, self.journal)
                    result = work(tx)
                    tx.write()
                    session.commit()
                if tx.erased or tx.rewrite:
                    self._empty_log(rewrite=tx.rewrite)
                return result
            except Anew:
                if attempt >= _RETRIES:
                    raise
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
                # The first time it may be no more than a connection that ended while idle.
                if wait > _FIRST_WAIT and self._found(hindered=True):
                    log.error(f"The database cannot be used: {why}. I wait, and go on by myself.")
                self._closing.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
            else:
                if self._hindered and self._found(hindered=False):
                    log.info("The database works again.")
                return result

    def _found(self, *, hindered: bool) -> bool:
        """Note how the database is; tell whether that is news, to one of the threads alone."""
        with self._noting:
            news = self._hindered != hindered
            self._hindered = hindered
        return news

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
        while (job := self._jobs.get()).work is not None:
            jobs = [job, *self._waiting_too(job)]
            came = self._together(jobs) if len(jobs) > 1 else None
            if came is not None:
                _settle(jobs, came)
                continue
            for each in jobs:
                _settle([each], [self._alone(each)])

    def _waiting_too(self, job: _Job) -> list[_Job]:
        """Take what people wait for besides, so that one commit does for all.

        Where transactions work beside each other they would only collide more.
        """
        more: list[_Job] = []
        if not self.shared and job.rank[0] == _URGENT:
            with contextlib.suppress(queue.Empty):
                while len(more) < _TOGETHER and self.awaited:
                    more.append(self._jobs.get_nowait())
        return more

    def _together(self, jobs: Sequence[_Job]) -> list[_Came] | None:
        """Do the work of several in one transaction; None where it has to be done one by one.

        One of them seldom fails, and a savepoint for each would cost a fifth of what they do.
        """

        def each(tx: Transaction, job: _Job) -> _Came:
            assert job.work is not None
            result = job.work(tx)
            tx.write()
            return _Came(result)

        try:
            return self.run(lambda tx: [each(tx, job) for job in jobs])
        except BaseException:  # whatever it is, it is told to whoever's work raises it alone
            return None

    def _alone(self, job: _Job) -> _Came:
        assert job.work is not None
        try:
            return _Came(self._patiently(job.work))
        except BaseException as raised:
            return _Came(error=raised)


def _settle(jobs: Sequence[_Job], came: Sequence[_Came]) -> None:
    """Tell whoever waits for these jobs; a loop is woken once, since that is not cheap."""
    ends: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], _Came]]] = {}
    for job, its in zip(jobs, came, strict=True):
        assert job.future is not None
        ends.setdefault(job.future.get_loop(), []).append((job.future, its))
    for loop, its_ends in ends.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, its_ends)


def _tell(ends: Sequence[tuple[asyncio.Future[Any], _Came]]) -> None:
    for future, came in ends:
        error = came.error
        if isinstance(error, StopIteration):
            # A future refuses it, and whoever waits would do so for ever.
            error = RuntimeError("An iterator in the work ran out.")
            error.__cause__ = came.error
        if future.cancelled():
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(came.result)
