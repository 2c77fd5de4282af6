"""The store's threads: all commits or nothing, people go before the clock, the end is clean."""

import asyncio
import sqlite3
import threading
from functools import partial

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from storage.facts import get_meta, set_meta
from storage.store import Anew, Store
from storage.tables import Meta
from storage.transaction import Transaction

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


class Gate:
    """Work that holds the store's thread until it is let through."""

    def __init__(self) -> None:
        """Begin closed."""
        self.began = threading.Event()
        self.opened = threading.Event()

    def work(self, tx: Transaction) -> None:
        """Wait in the middle of a transaction."""
        set_meta(tx, "gate", "passed")
        self.began.set()
        assert self.opened.wait(20)

    async def reached(self) -> None:
        """Wait until the work stands at the gate."""
        assert await asyncio.to_thread(self.began.wait, 20)


def known(store: Store, name: str) -> str | None:
    return store.run(lambda tx: get_meta(tx, name))


@ON_SQLITE
async def test_twenty_writers_at_once_lose_nothing(store: Store) -> None:
    """Each reads and writes the same row: whoever overlapped would lose a number."""

    def count(tx: Transaction) -> str:
        number = str(int(get_meta(tx, "count") or "0") + 1)
        set_meta(tx, "count", number)
        return number

    results = await asyncio.gather(*(store.transact(count) for _ in range(20)))
    assert results == [str(number) for number in range(1, 21)]
    assert known(store, "count") == "20"


async def test_twenty_writers_of_their_own_rows_all_commit(store: Store) -> None:
    def write(number: int, tx: Transaction) -> None:
        set_meta(tx, f"writer {number}", "was here")

    await asyncio.gather(
        *(store.transact(lambda tx, n=n: write(n, tx)) for n in range(20))  # type: ignore[misc]
    )
    assert [known(store, f"writer {n}") for n in range(20)] == ["was here"] * 20


@ON_POSTGRESQL
@pytest.mark.parametrize("there", [False, True], ids=["a new row", "a known row"])
def test_whoever_is_overtaken_looks_again(store: Store, there: bool) -> None:
    if there:
        store.run(lambda tx: set_meta(tx, "count", "10"))
    tries: list[str | None] = []

    def count(tx: Transaction) -> None:
        tries.append(get_meta(tx, "count"))
        if len(tries) == 1:
            store.run(lambda other: set_meta(other, "count", "20"))
        set_meta(tx, "count", str(int(tries[-1] or "0") + 1))

    store.run(count)
    assert tries == ["10" if there else None, "20"]
    assert known(store, "count") == "21"


@ON_SQLITE
async def test_a_person_who_waits_overtakes_the_clock(store: Store) -> None:
    gate, order = Gate(), list[str]()
    tasks = [asyncio.create_task(store.transact(gate.work))]
    await gate.reached()
    for name, urgent in (("tick", False), ("tock", False), ("ana", True), ("tom", True)):
        tasks.append(
            asyncio.create_task(
                store.transact(lambda _tx, name=name: order.append(name), urgent=urgent)  # type: ignore[misc]
            )
        )
    await asyncio.sleep(0)  # each of them is queued now
    gate.opened.set()
    await asyncio.gather(*tasks)
    assert order == ["ana", "tom", "tick", "tock"]


@ON_SQLITE
async def test_one_thread_writes_and_it_is_not_the_loops(store: Store) -> None:
    threads = await asyncio.gather(
        *(store.transact(lambda _tx: threading.get_ident()) for _ in range(5))
    )
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


async def test_an_exception_takes_everything_back_and_reaches_whoever_waits(store: Store) -> None:
    tries: list[int] = []

    def fails(tx: Transaction) -> None:
        tries.append(1)
        set_meta(tx, "first", "1")
        tx.session.flush()
        set_meta(tx, "second", "2")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.transact(fails)
    assert known(store, "first") is None
    assert known(store, "second") is None
    assert tries == [1]
    await store.transact(lambda tx: set_meta(tx, "first", "again"))
    assert known(store, "first") == "again"


@ON_SQLITE
@pytest.mark.parametrize("fails", [False, True])
async def test_what_people_wait_for_is_committed_together(store: Store, fails: bool) -> None:
    """Where one of them fails, each is done by itself: that one alone takes back what it did."""
    gate = Gate()
    inside: list[object] = []

    def write(tx: Transaction, name: str) -> str:
        inside.append(tx.session)
        tx.execute(insert(Meta), {"name": f"{name} too", "value": "was here"}, of=Meta)
        if name == "bea" and fails:
            raise LookupError(name)
        set_meta(tx, name, "was here")
        return name

    holding = asyncio.create_task(store.transact(gate.work))
    await gate.reached()
    people = [
        asyncio.create_task(store.transact(partial(write, name=name)))
        for name in ("ana", "bea", "cal")
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    came = await asyncio.gather(holding, *people, return_exceptions=True)
    assert came[1] == "ana"
    assert isinstance(came[2], LookupError) if fails else came[2] == "bea"
    assert came[3] == "cal"
    assert (len(set(map(id, inside))) == 1) is not fails
    names = ("ana", "ana too", "bea", "bea too", "cal", "cal too")
    there = [name for name in names if known(store, name) is not None]
    assert there == [name for name in names if not (fails and name.startswith("bea"))]


async def test_work_that_wants_to_begin_anew_leaves_nothing_of_what_it_did(store: Store) -> None:
    tries: list[bool] = []

    def work(tx: Transaction) -> str:
        tries.append(bool(tries))
        if not tries[-1]:
            set_meta(tx, "first", "was here")
            raise Anew
        return "the second time"

    assert await store.transact(work) == "the second time"
    assert known(store, "first") is None


@ON_SQLITE
async def test_whatever_is_raised_among_others_leaves_nobody_waiting(store: Store) -> None:
    gate = Gate()

    def write(tx: Transaction, name: str) -> str:
        if name == "bea":
            raise GeneratorExit
        set_meta(tx, name, "was here")
        return name

    holding = asyncio.create_task(store.transact(gate.work))
    await gate.reached()
    people = [
        asyncio.create_task(store.transact(partial(write, name=name))) for name in ("ana", "bea")
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    async with asyncio.timeout(20):
        came = await asyncio.gather(*people, return_exceptions=True)
    await holding
    assert came[0] == "ana"
    assert isinstance(came[1], GeneratorExit)
    assert known(store, "ana") == "was here"


@ON_SQLITE
async def test_what_cannot_be_committed_together_is_done_one_by_one(store: Store) -> None:
    gate = Gate()
    tries: list[str] = []

    def write(tx: Transaction, name: str) -> str:
        tries.append(name)
        if tries.count("bea") == 1 and name == "bea":
            locked = sqlite3.OperationalError("database is locked")
            locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise OperationalError("", None, locked)
        set_meta(tx, name, str(tries.count(name)))
        return name

    holding = asyncio.create_task(store.transact(gate.work))
    await gate.reached()
    people = [
        asyncio.create_task(store.transact(partial(write, name=name))) for name in ("ana", "bea")
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    assert await asyncio.gather(*people) == ["ana", "bea"]
    await holding
    assert tries == ["ana", "bea", "ana", "bea"]
    assert (known(store, "ana"), known(store, "bea")) == ("2", "2")


async def test_an_iterator_that_runs_out_leaves_nobody_waiting(store: Store) -> None:
    """A future does not take StopIteration."""

    def fails(tx: Transaction) -> str:
        set_meta(tx, "first", "1")
        return next(iter([]))

    with pytest.raises(RuntimeError, match="ran out"):
        await asyncio.wait_for(store.transact(fails), 20)
    assert known(store, "first") is None


async def test_closing_finishes_what_waits(store: Store, url: str) -> None:
    gate = Gate()
    tasks = [asyncio.create_task(store.transact(gate.work))]
    await gate.reached()
    for name, urgent in (("tick", False), ("ana", True)):
        tasks.append(
            asyncio.create_task(
                store.transact(lambda tx, name=name: set_meta(tx, name, "1"), urgent=urgent)  # type: ignore[misc]
            )
        )
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(store.close))
    gate.opened.set()
    await asyncio.wait_for(asyncio.gather(closing, *tasks), 20)
    again = Store(url, store.vault)
    assert [known(again, name) for name in ("gate", "tick", "ana")] == ["passed", "1", "1"]
    again.close()


def test_what_nobody_waits_for_any_more_is_committed_all_the_same(store: Store, url: str) -> None:
    """Such as at the end of a run: the loop is closed while the store's thread works."""
    gate = Gate()

    async def leave() -> None:
        waiting = asyncio.create_task(store.transact(gate.work))
        queued = asyncio.create_task(store.transact(lambda tx: set_meta(tx, "next", "1")))
        await gate.reached()
        waiting.cancel()
        queued.cancel()

    asyncio.run(leave())
    gate.opened.set()
    store.close()
    again = Store(url, store.vault)
    assert (known(again, "gate"), known(again, "next")) == ("passed", "1")
    again.close()
