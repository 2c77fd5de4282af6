"""A database that cannot work for a while: nothing is lost, and it is told once."""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from storage.clock import DatabaseClock
from storage.crypto import Vault
from storage.facts import get_meta, release_lease, set_meta, take_lease
from storage.store import Store
from storage.transaction import Transaction
from tests.support.postgres import Server, postgres_server

__all__ = ["postgres_server"]

FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def restartable(postgres_server: Server, vault: Vault) -> Iterator[Store]:
    """A store on a server that the test may stop."""
    store = Store(postgres_server.fresh_database(), vault)
    yield store
    store.close()


def counted(tx: Transaction) -> int:
    value = int(get_meta(tx, "count") or 0) + 1
    set_meta(tx, "count", str(value))
    return value


async def told(logs: Sequence[Mapping[str, Any]], text: str) -> None:
    """Wait until the log says so."""
    async with asyncio.timeout(20):
        while not any(text in each["event"] for each in logs):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_server_that_is_stopped_is_waited_for(
    restartable: Store, postgres_server: Server
) -> None:
    assert await restartable.transact(counted) == 1
    with capture_logs() as logs:
        await asyncio.to_thread(postgres_server.stop)
        waiting = [asyncio.create_task(restartable.transact(counted)) for _ in range(5)]
        await asyncio.sleep(1)
        assert not any(task.done() for task in waiting)
        await asyncio.to_thread(postgres_server.start)
        async with asyncio.timeout(20):
            assert sorted(await asyncio.gather(*waiting)) == [2, 3, 4, 5, 6]
    told = [each["event"] for each in logs if "database" in each["event"]]
    assert any("I wait, and go on by myself" in text for text in told)
    assert told.count("The database works again.") == 1


async def test_a_connection_that_breaks_in_the_middle_is_made_anew(
    restartable: Store, postgres_server: Server
) -> None:
    seen: list[int] = []

    def work(tx: Transaction) -> int:
        value = counted(tx)
        tx.session.flush()
        seen.append(value)
        if len(seen) == 1:
            postgres_server.stop()
            postgres_server.start()
        return counted(tx)

    async with asyncio.timeout(30):
        assert await restartable.transact(work) == 2
    assert seen == [1, 1]  # what was done before the break was taken back


async def test_whoever_closes_the_store_does_not_wait_for_a_server(
    postgres_server: Server, vault: Vault
) -> None:
    store = Store(postgres_server.fresh_database(), vault)
    await asyncio.to_thread(postgres_server.stop)
    try:
        waiting = asyncio.create_task(store.transact(counted))
        await asyncio.sleep(0.3)
        async with asyncio.timeout(15):
            await asyncio.to_thread(store.close)
            with pytest.raises(Exception, match="connection"):
                await waiting
    finally:
        await asyncio.to_thread(postgres_server.start)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_file_that_another_program_holds_is_waited_for(store: Store, url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with capture_logs() as logs:
        waiting = asyncio.create_task(store.transact(counted))
        await told(logs, "another program holds it")
        assert not waiting.done()
        other.execute("COMMIT")
        async with asyncio.timeout(20):
            assert await waiting == 1
    other.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_full_disk_loses_nothing_and_says_what_to_do(store: Store) -> None:
    def limit(pages: int) -> None:
        with store.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def much(tx: Transaction) -> int:
        set_meta(tx, "much", "x" * 500_000)
        return counted(tx)

    await asyncio.to_thread(limit, 1)  # SQLite takes the pages that there are
    with capture_logs() as logs:
        waiting = asyncio.create_task(store.transact(much))
        await told(logs, "disk is full; make room")
        assert not waiting.done()
        await asyncio.to_thread(limit, 1_000_000)
        async with asyncio.timeout(20):
            assert await waiting == 1


async def test_a_mistake_of_ours_is_not_waited_for(store: Store) -> None:
    def wrong(tx: Transaction) -> None:
        tx.session.connection().exec_driver_sql("select nothing from nowhere")

    async with asyncio.timeout(5):
        with pytest.raises(Exception, match="nowhere"):
            await store.transact(wrong)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_clock_is_the_databases_whatever_the_machines_says(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    clock = DatabaseClock(store)
    first = clock.now()
    assert first.utcoffset() == FIRST - FIRST
    assert first.year > 2020
    assert clock.now() > first


def test_a_lease_that_was_let_go_is_free_at_once(store: Store) -> None:
    minute = timedelta(minutes=1)
    assert store.run(lambda tx: take_lease(tx, "a", "one", FIRST, minute)) == FIRST + minute
    assert store.run(lambda tx: take_lease(tx, "a", "two", FIRST, minute)) is None
    store.run(lambda tx: release_lease(tx, "a", "two"))
    assert store.run(lambda tx: take_lease(tx, "a", "two", FIRST, minute)) is None
    store.run(lambda tx: release_lease(tx, "a", "one"))
    assert store.run(lambda tx: take_lease(tx, "a", "two", FIRST, minute)) == FIRST + minute
