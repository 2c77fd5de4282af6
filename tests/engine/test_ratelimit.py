"""An account keeps within its platform's limit, uses it, and lets answers go first."""

import asyncio
import heapq
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.core.actions import Lane, Say
from bot.core.refs import Room
from bot.engine.ratelimit import RateLimit
from tests.engine.circle import FAKE, START, TEXT_ONLY
from tests.engine.conftest import MakeCircle

LIMIT = 50


class Clock:
    """A clock that wakes who sleeps when their moment comes, a little late where told so."""

    def __init__(self, late: float = 0.0) -> None:
        self.at = datetime(2026, 3, 4, 12, tzinfo=UTC)
        self.late = late
        self._count = count()
        self._asleep: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        until = self.at + timedelta(seconds=seconds + self.late)
        heapq.heappush(self._asleep, (until, next(self._count), future))
        await future

    async def passes(self, seconds: float) -> None:
        """Let time pass, waking everybody on the way."""
        end = self.at + timedelta(seconds=seconds)
        await self._others()
        while self._asleep and self._asleep[0][0] <= end:
            until, _, future = heapq.heappop(self._asleep)
            self.at = max(self.at, until)
            if not future.done():
                future.set_result(None)
            await self._others()
        self.at = end

    async def _others(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)


class Account:
    """What leaves at a limited rate, and when (in seconds since the beginning)."""

    def __init__(self, per_second: float | None = LIMIT, late: float = 0.0) -> None:
        self.clock = Clock(late)
        self.begun = self.clock.at
        self.rate_limit = RateLimit(per_second, self.clock)
        self.left: list[tuple[float, Lane]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def wants(self, lane: Lane, times: int = 1) -> None:
        self.tasks += [asyncio.create_task(self._leave(lane)) for _ in range(times)]

    async def _leave(self, lane: Lane) -> None:
        await self.rate_limit.turn(lane)
        self.left.append((self.seconds, lane))

    @property
    def seconds(self) -> float:
        return (self.clock.at - self.begun).total_seconds()

    def times(self, lane: Lane) -> list[float]:
        return [at for at, each in self.left if each is lane]


def busiest(times: list[float], window: float = 1.0) -> int:
    """Return how many fall within one window at most."""
    times = sorted(times)
    return max(sum(1 for each in times if first <= each < first + window) for first in times)


@pytest.mark.parametrize("late", [0.0, 0.01])
async def test_bulk_uses_the_limit_and_never_more(late: float) -> None:
    account = Account(late=late)

    async def one_after_another() -> None:
        for _ in range(60):
            await account.rate_limit.turn(Lane.BULK)
            account.left.append((account.seconds, Lane.BULK))

    at_once = [asyncio.create_task(one_after_another()) for _ in range(16)]  # as the worker does
    await account.clock.passes(15)
    assert not any(task.done() for task in at_once)
    for task in at_once:
        task.cancel()
    assert len(account.left) >= 0.95 * LIMIT * account.seconds
    assert busiest([at for at, _ in account.left]) <= LIMIT


async def test_the_limit_holds_where_everything_comes_at_once() -> None:
    account, chance = Account(), random.Random(7)
    for _ in range(200):
        account.wants(chance.choice(list(Lane)), chance.randrange(12))
        await account.clock.passes(chance.random() / 5)
    await account.clock.passes(60)
    assert len(account.left) == len(account.tasks)
    # A request that is 20 ms longer on its way than the next must not break the limit either.
    assert busiest([at for at, _ in account.left], window=1.02) <= LIMIT


async def test_an_answer_waits_for_one_place_however_much_else_waits() -> None:
    account = Account()
    account.wants(Lane.BULK, 200)
    waited = []
    await account.clock.passes(1.3)
    for _ in range(10):
        asked = account.seconds
        account.wants(Lane.INTERACTIVE)
        await account.clock.passes(0.1)
        waited.append(account.times(Lane.INTERACTIVE)[-1] - asked)
    assert len(waited) == 10
    assert max(waited) <= 1.1 / LIMIT


async def test_many_answers_go_at_once_where_little_else_leaves() -> None:
    account = Account()
    account.wants(Lane.BULK, 10)
    await account.clock.passes(0.1)
    account.wants(Lane.INTERACTIVE, 40)
    await account.clock.passes(0)
    assert len(account.times(Lane.INTERACTIVE)) == 40


async def test_lanes_overtake_each_other() -> None:
    account = Account(per_second=1)
    account.wants(Lane.BULK)
    await account.clock.passes(0)
    for lane in (Lane.BULK, Lane.NORMAL, Lane.INTERACTIVE):
        account.wants(lane)
    await account.clock.passes(10)
    assert [lane for _, lane in account.left] == [
        Lane.BULK,
        Lane.INTERACTIVE,
        Lane.NORMAL,
        Lane.BULK,
    ]


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    account = Account(per_second=1)
    account.wants(Lane.BULK, 3)
    await account.clock.passes(0)
    account.tasks[1].cancel()
    await account.clock.passes(10)
    assert len(account.left) == 2


async def test_a_clock_that_goes_back_holds_up_nobody() -> None:
    account = Account(per_second=1)
    account.wants(Lane.BULK)
    await account.clock.passes(0)
    account.clock.at -= timedelta(hours=1)
    account.wants(Lane.BULK)
    await account.clock.passes(2)
    assert len(account.left) == 2


async def test_less_than_one_a_second() -> None:
    account = Account(per_second=0.5)
    account.wants(Lane.INTERACTIVE, 3)
    await account.clock.passes(30)
    first, second, third = account.times(Lane.INTERACTIVE)
    assert second - first >= 2
    assert third - second >= 2
    assert third < 5


async def test_without_a_limit_nobody_waits() -> None:
    account = Account(per_second=None)
    account.wants(Lane.BULK, 500)
    await account.clock.passes(0)
    assert len(account.left) == 500


async def test_the_outbox_keeps_to_what_the_platform_takes(circle: MakeCircle) -> None:
    here = circle(can=replace(TEXT_ONLY, per_second=2.0))
    await here.wants(*(Say(key=f"k{n}", to=Room(FAKE, f"r{n}"), text=f"{n}") for n in range(7)))
    await here.outbox.settle()
    assert len(here.platform.texts()) == 7
    assert here.clock.now() - START >= timedelta(seconds=3)
