"""A machine's clock that jumps, either way, and comes back: nothing is repeated or skipped."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.events import CameDue
from bot.core.turn import Plan
from bot.engine.retention import Retention
from bot.engine.schedule.recurrence import Cadence, Rule
from bot.rehearsal.clock import SimulatedClock
from bot.testing import FakePlatform
from storage.schedules import Schedules
from storage.tables import Schedule
from storage.transaction import Transaction
from tests.engine.circle import START, TEXT_ONLY, Circle
from tests.engine.conftest import MakeCircle
from tests.engine.probe import Probe

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
YEAR = 365 * DAY
TO_1970 = datetime(1970, 1, 1, tzinfo=UTC) - START
POLICIES = ("skip", "late once", "coalesce")
PLAN = Plan(
    id="p",
    kind="probe.due",
    rule=Rule(Cadence.DAILY, at=START.time()).to_json(),
    next_due=START,
    lateness=7200,
    community="circle",
)


class LooseClock(SimulatedClock):
    """A clock that can be set wrong."""

    wrong = timedelta()

    def now(self) -> datetime:
        """Return what it shows."""
        return super().now() + self.wrong


class Machine:
    """The bot on a machine whose clock can be set wrong; `come` is what was handled."""

    def __init__(self, circle: MakeCircle, start: datetime = START) -> None:
        self.clock = LooseClock(start)
        self.circle: Circle = circle(
            [Probe().feature()], platform=FakePlatform(self.clock, TEXT_ONLY)
        )
        self.come: list[datetime] = []
        self.tick = self.circle.tick
        self.tick.handle = self._handle

    def _handle(self, tx: Transaction, event: CameDue, plan: Plan) -> None:
        if self.circle.dispatcher.came_due(tx, event, plan):
            self.come.append(event.due)

    async def passes(self, by: timedelta = timedelta()) -> None:
        self.clock.advance(by)
        await self.tick.once()

    async def is_wrong(self, by: timedelta = timedelta()) -> None:
        """Set the clock; after a while the tick believes it."""
        self.clock.wrong = by
        self.clock.advance(3 * MINUTE)
        await self.tick.mend()
        await self.tick.once()

    async def next_due(self) -> datetime | None:
        found = await self.circle.store.transact(lambda tx: Schedules(tx).get("p"))
        return found.next_due if found else None


@pytest.fixture
def machine(circle: MakeCircle) -> Machine:
    return Machine(circle)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("by", [-HOUR, -DAY, -YEAR, TO_1970], ids=str)
async def test_one_that_went_back_repeats_nothing_and_loses_nothing(
    machine: Machine, policy: str, by: timedelta
) -> None:
    await machine.circle.plans(replace(PLAN, policy=policy))
    await machine.passes()
    await machine.is_wrong(by)
    assert machine.come == [START]
    await machine.passes(5 * MINUTE)
    await machine.is_wrong()
    assert machine.come == [START]
    machine.clock.move_to(START + DAY)
    await machine.passes()
    assert machine.come == [START, START + DAY]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("by", [6 * HOUR, 30 * HOUR, YEAR + HOUR, 73 * YEAR + HOUR], ids=str)
async def test_one_that_was_ahead_leaves_nothing_far_away(
    machine: Machine, policy: str, by: timedelta
) -> None:
    await machine.circle.plans(replace(PLAN, policy=policy))
    await machine.passes()
    await machine.is_wrong(by)
    believed = list(machine.come)
    assert len(believed) <= 2  # one at the most of all that it took for missed
    assert await machine.next_due() == START + (by // DAY + 1) * DAY
    await machine.is_wrong()
    assert machine.come == believed
    assert await machine.next_due() == START + DAY
    days = [START + n * DAY for n in range(4)]
    for day in days:
        machine.clock.move_to(day)
        await machine.passes()
    # Each came once: in its time, or when the clock had said so.
    assert set(machine.come) >= set(days)
    assert len(machine.come) == len(set(machine.come))


async def test_what_was_handled_ahead_of_its_time_is_not_handled_again(machine: Machine) -> None:
    await machine.circle.plans(PLAN)
    await machine.passes()
    await machine.is_wrong(DAY + HOUR)
    assert machine.come == [START, START + DAY]
    await machine.is_wrong()
    assert await machine.next_due() == START + DAY
    for day in (1, 2):
        machine.clock.move_to(START + day * DAY)
        await machine.passes()
    assert machine.come == [START, START + DAY, START + 2 * DAY]


async def test_what_was_passed_over_ahead_of_its_time_still_comes(machine: Machine) -> None:
    await machine.circle.plans(replace(PLAN, policy="skip"))
    await machine.passes()
    await machine.is_wrong(DAY + HOUR)
    assert machine.come == [START]
    await machine.is_wrong()
    machine.clock.move_to(START + DAY)
    await machine.passes()
    assert machine.come == [START, START + DAY]


async def test_retention_while_it_is_ahead_brings_nothing_back(machine: Machine) -> None:
    """It forgets all that was handled; what is planned anew is later than now all the same."""
    await machine.circle.plans(PLAN)
    await machine.passes()
    await machine.is_wrong(YEAR)
    await Retention(machine.circle.store, machine.clock).once()
    await machine.is_wrong()
    await machine.passes()
    assert machine.come.count(START) == 1
    assert await machine.next_due() == START + DAY


async def test_what_people_planned_further_away_stays(machine: Machine) -> None:
    later = START + 5 * DAY  # four dates are left out on purpose
    await machine.circle.plans(PLAN)
    await machine.passes()
    await machine.circle.plans(replace(PLAN, next_due=later))
    await machine.is_wrong(-HOUR)
    await machine.is_wrong()
    assert await machine.next_due() == later


async def test_a_clock_that_is_a_minute_slow_mends_nothing(machine: Machine) -> None:
    await machine.circle.plans(PLAN)
    await machine.passes()
    for by in (timedelta(), -MINUTE):
        machine.clock.wrong = by
        assert await machine.tick.mend() == 0
    machine.clock.wrong = -MINUTE - timedelta(seconds=1)
    assert await machine.tick.mend() == 1


async def test_another_process_brings_it_back_too(machine: Machine, circle: MakeCircle) -> None:
    await machine.circle.plans(PLAN)
    await machine.passes()
    await machine.is_wrong(YEAR)
    again = Machine(circle, START + HOUR)
    assert await again.tick.mend() == 1
    assert await again.next_due() == START + DAY


async def test_all_are_brought_back_and_a_broken_one_holds_up_none(machine: Machine) -> None:
    ids = ["p", *(f"p{n}" for n in range(120))]
    await machine.circle.plans(*[replace(PLAN, id=id_) for id_ in ids])

    def spoil(tx: Transaction) -> None:
        for id_ in ids:
            Schedules(tx).advance(id_, START + YEAR, START + YEAR)
        tx.session.get_one(Schedule, "p7").rule = {"cadence": "never"}

    await machine.circle.store.transact(spoil)
    assert await machine.tick.mend() == len(ids)
    assert await machine.tick.mend() == 0
    assert await machine.next_due() == START + DAY


@pytest.mark.parametrize("seed", range(24))
async def test_whatever_it_showed_each_comes_once_and_none_is_missed_after(
    machine: Machine, seed: int
) -> None:
    chance = random.Random(seed)
    await machine.circle.plans(replace(PLAN, policy=POLICIES[seed % 3]))
    for _ in range(4):
        await machine.is_wrong(
            chance.choice((-YEAR, -9 * DAY, -DAY, -HOUR, HOUR, DAY, 9 * DAY, YEAR, TO_1970))
        )
        for _ in range(chance.randrange(12)):
            await machine.passes(chance.choice((MINUTE, HOUR, 7 * HOUR)))
        await machine.is_wrong()
        await machine.passes(chance.choice((MINUTE, HOUR)))
    today = machine.clock.now().replace(hour=12, minute=0, second=0)
    days = [today + n * DAY for n in (1, 2, 3)]
    for day in days:
        machine.clock.move_to(day)
        await machine.passes()
    assert len(machine.come) == len(set(machine.come))
    assert set(machine.come) >= set(days)
