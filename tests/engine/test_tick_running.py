"""The tick as it runs by itself, by a real clock, which may be set wrong meanwhile."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.events import CameDue
from bot.core.turn import Plan
from bot.engine.schedule.clockwatch import ClockWatch
from bot.engine.schedule.recurrence import Cadence, Rule
from bot.engine.schedule.tick import Tick
from storage.schedules import Schedules
from storage.transaction import Transaction
from tests.engine.circle import FAKE, START, Circle
from tests.engine.conftest import MakeCircle
from tests.engine.probe import Probe

DAY, YEAR = timedelta(days=1), timedelta(days=365)
PLAN = Plan(
    id="p",
    kind="probe.due",
    rule=Rule(Cadence.DAILY, at=START.time()).to_json(),
    next_due=START,
    lateness=7200,
    community="circle",
)


@pytest.fixture
def here(circle: MakeCircle) -> Circle:
    return circle([Probe().feature()])


class WallClock:
    """The machine's clock, set wrong."""

    wrong = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.wrong

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def handled(here: Circle, *, comes_back: bool) -> list[str]:
    """Let the tick run by itself while its clock jumps by a year; return what it handled."""
    clock, come, soon = WallClock(), list[str](), asyncio.Event()

    def handle(_tx: Transaction, event: CameDue, _plan: Plan) -> None:
        come.append(event.schedule)

    once = replace(PLAN, rule=None)
    await here.plans(
        replace(once, id="soon", next_due=clock.now() + timedelta(seconds=0.3)),
        replace(once, id="in a hundred days", next_due=clock.now() + 100 * DAY),
    )
    watch = ClockWatch(settles=timedelta(seconds=0.4))
    tick = Tick(here.store, clock, handle, soon.set, [FAKE], watch=watch)
    running = asyncio.create_task(tick.run())
    try:
        await asyncio.sleep(0.1)
        clock.wrong = YEAR
        await asyncio.sleep(0.4)
        assert come == []  # what is due soon waits, too
        if comes_back:
            clock.wrong = timedelta()
        async with asyncio.timeout(20):
            await soon.wait()
        await asyncio.sleep(0.2)
    finally:
        running.cancel()
        await asyncio.wait([running])
    return come


async def test_it_runs_by_itself_and_sees_what_is_planned_meanwhile(here: Circle) -> None:
    come: list[str] = []

    def handle(_tx: Transaction, event: CameDue, _plan: Plan) -> None:
        come.append(event.schedule)

    seen = asyncio.Event()
    tick = Tick(
        here.store,
        WallClock(),
        handle,
        seen.set,
        [FAKE],
    )
    await here.plans(replace(PLAN, next_due=datetime.now(UTC) + timedelta(seconds=0.3)))
    running = asyncio.create_task(tick.run())
    async with asyncio.timeout(10):
        await seen.wait()
    running.cancel()
    await asyncio.wait([running])
    assert come == ["p"]


async def test_what_is_planned_for_now_is_looked_at_at_once(here: Circle) -> None:
    seen, clock = asyncio.Event(), WallClock()
    tick = Tick(here.store, clock, lambda *_: None, seen.set, [FAKE])
    running = asyncio.create_task(tick.run())
    try:
        await asyncio.sleep(0.2)  # it found nothing, and would look again in half a minute
        now = clock.now()
        await here.plans(replace(PLAN, rule=None, next_due=now))
        tick.hurry(now)
        async with asyncio.timeout(5):
            await seen.wait()
        assert tick.next_due is None or tick.next_due > now
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_it_mends_by_itself_soon_after_the_start(here: Circle) -> None:
    clock, soon = WallClock(), asyncio.Event()
    now = clock.now()

    def as_a_wrong_clock_left_it(tx: Transaction) -> None:
        Schedules(tx).save(PLAN)
        Schedules(tx).advance("p", now + YEAR, now + YEAR)
        once = replace(PLAN, id="soon", rule=None, next_due=now + timedelta(seconds=0.5))
        Schedules(tx).save(once)

    await here.store.transact(as_a_wrong_clock_left_it)

    def handle(_tx: Transaction, _event: CameDue, _plan: Plan) -> None:
        """Do nothing with what came due."""

    watch = ClockWatch(settles=timedelta(seconds=0.3))
    tick = Tick(here.store, clock, handle, soon.set, [FAKE], watch=watch)
    running = asyncio.create_task(tick.run())
    try:
        async with asyncio.timeout(20):
            await soon.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])
    plan = await here.store.transact(lambda tx: Schedules(tx).get("p"))
    assert plan is not None
    assert plan.next_due is not None
    assert plan.next_due - now <= DAY


async def test_a_jump_that_is_taken_back_in_time_is_never_believed(here: Circle) -> None:
    assert await handled(here, comes_back=True) == ["soon"]


async def test_one_that_stays_is_believed_after_a_while(here: Circle) -> None:
    assert await handled(here, comes_back=False) == ["soon", "in a hundred days"]
