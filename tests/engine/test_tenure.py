"""Of several processes on one database, one acts as an account."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import pytest

from bot.app import SystemClock
from bot.engine.tenure import Tenure
from storage.facts import take_lease
from storage.store import Store
from tests.engine.conftest import MakeCircle
from tests.engine.waiting import meanwhile, until

LENGTH = timedelta(seconds=0.6)
ACCOUNT = "@keeper:here"


class Work:
    """What a process does while it holds the account."""

    def __init__(self) -> None:
        self.at_it = False
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1
        self.at_it = True
        try:
            await asyncio.Event().wait()
        finally:
            self.at_it = False


@pytest.fixture
def store(circle: MakeCircle) -> Store:
    """A store that nobody holds anything of."""
    return circle().store


def tenure(store: Store, holder: str) -> Tenure:
    return Tenure(store, SystemClock(), ACCOUNT, holder, LENGTH)


def holding(
    store: Store, holder: str, work: Callable[[], Awaitable[None]]
) -> AbstractAsyncContextManager[asyncio.Task[None]]:
    """Let a process hold the account meanwhile, or wait for it."""
    return meanwhile(tenure(store, holder).hold(work))


async def test_one_works_and_the_other_waits_until_it_ends(store: Store) -> None:
    one, two = Work(), Work()
    async with holding(store, "one", one) as first:
        await until(lambda: one.at_it)
        async with holding(store, "two", two):
            await asyncio.sleep(3 * LENGTH.total_seconds())
            assert one.at_it
            assert two.times == 0
            first.cancel()
            await asyncio.wait([first])
            await until(lambda: two.at_it, LENGTH.total_seconds())  # it was let go
            assert not one.at_it


async def test_the_account_of_a_killed_process_is_taken_over_when_its_lease_ends(
    store: Store,
) -> None:
    def killed_in(seconds: float) -> None:
        now = datetime.now().astimezone()
        store.run(
            lambda tx: take_lease(
                tx, f"account {ACCOUNT}", "killed", now, timedelta(seconds=seconds)
            )
        )

    await asyncio.to_thread(killed_in, 1.0)
    work = Work()
    async with holding(store, "two", work):
        await asyncio.sleep(0.5)
        assert work.times == 0
        await until(lambda: work.at_it)


async def test_who_was_stopped_for_too_long_gives_the_work_up(store: Store) -> None:
    work = Work()
    async with holding(store, "stopped", work):
        await until(lambda: work.at_it)

        def taken_over() -> None:
            later = datetime.now().astimezone() + timedelta(seconds=5)
            store.run(
                lambda tx: take_lease(
                    tx, f"account {ACCOUNT}", "other", later, timedelta(seconds=-4)
                )
            )

        await asyncio.to_thread(taken_over)
        await until(lambda: not work.at_it)
        await until(lambda: work.at_it and work.times == 2)  # the other one has ended


async def test_what_ends_the_work_ends_the_tenure_and_lets_go(store: Store) -> None:
    async def fails() -> None:
        raise ValueError("it can never work")

    with pytest.raises(ValueError, match="never work"):
        await tenure(store, "one").hold(fails)
    work = Work()
    async with holding(store, "two", work):
        await until(lambda: work.at_it, LENGTH.total_seconds())
