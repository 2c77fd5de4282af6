"""A clock that shows another year is not followed: nothing comes due, nothing ends, nobody goes."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from bot.core.events import CameDue
from bot.core.turn import Plan
from bot.engine.retention import Retention
from bot.engine.schedule.recurrence import Cadence, Rule
from bot.engine.steadyclock import SteadyClock
from bot.operations.health import Health
from storage.schedules import Schedules
from storage.seen import AHEAD, BEHIND
from storage.tables import Membership
from storage.transaction import Transaction
from tests.engine.circle import START
from tests.engine.conftest import MakeCircle
from tests.engine.probe import Probe

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
YEARS = 730 * DAY


class Machine:
    """A clock that can be set, and one that nobody can set."""

    def __init__(self) -> None:
        self.shown, self.passed = START, 100.0
        self.clock = SteadyClock(lambda: self.shown, lambda: self.passed)

    def runs(self, by: timedelta, wrong_by: timedelta = timedelta()) -> datetime:
        """Let time pass while somebody sets the clock wrong; return what time we take it to be."""
        self.shown += by + wrong_by
        self.passed += by.total_seconds()
        return self.clock.now()


@pytest.mark.parametrize("wrong", [YEARS, -YEARS, AHEAD + SECOND, -BEHIND - SECOND])
def test_time_is_counted_on_while_the_clock_is_out_of_its_mind(wrong: timedelta) -> None:
    machine = Machine()
    with capture_logs() as logs:
        assert machine.runs(MINUTE, wrong) == START + MINUTE
        assert machine.clock.shows == START + MINUTE + wrong
        assert machine.runs(DAY) == START + MINUTE + DAY
        assert [each["log_level"] for each in logs] == ["error"]  # once
        assert machine.runs(MINUTE, -wrong) == START + DAY + 2 * MINUTE
        assert machine.clock.shows is None
        assert [each["event"] for each in logs][1:] == ["the clock is right again"]


@pytest.mark.parametrize("wrong", [AHEAD, -BEHIND, 3 * MINUTE, -3 * MINUTE])
def test_a_smaller_jump_may_be_true(wrong: timedelta) -> None:
    machine = Machine()
    assert machine.runs(timedelta(), wrong) == START + wrong
    assert machine.clock.shows is None


@pytest.mark.parametrize("wrong", [YEARS, -YEARS])
async def test_the_bot_does_nothing_in_another_year_and_all_in_its_own(
    circle: MakeCircle, wrong: timedelta
) -> None:
    machine = Machine()
    here = circle([Probe().feature()])
    await here.joins("ana")
    here.tick.clock = machine.clock
    come: list[datetime] = []

    def handle(_tx: Transaction, event: CameDue, _plan: Plan) -> None:
        come.append(event.due)

    here.tick.handle = handle
    daily = Plan(
        id="daily",
        kind="probe.due",
        rule=Rule(Cadence.DAILY, at=START.time()).to_json(),
        next_due=START + DAY,
        lateness=7200,
        community="circle",
    )
    once = Plan(id="once", kind="probe.due", next_due=START + 100 * DAY, community="circle")

    def plan(tx: Transaction) -> None:
        (ana,) = tx.session.exec(select(Membership)).all()
        ana.here, ana.left_at = False, START  # she is forgotten in a year
        for each in (daily, once):
            Schedules(tx).save(each)

    here.store.run(plan)
    retention = Retention(here.store, machine.clock)
    machine.runs(MINUTE, wrong)
    await here.tick.mend()
    await here.tick.once()
    await retention.once()
    assert come == []
    assert here.store.run(lambda tx: len(tx.session.exec(select(Membership)).all())) == 1
    health = Health(here.store, [here.platform], here.tick, (), machine.clock)
    assert [part.kind for part in await health.parts() if part.kind == "clock"] == ["clock"]
    assert "is not believed" in await health.sentence()
    machine.runs(DAY)
    await here.tick.once()
    assert come == [START + DAY]  # as on any day
    machine.runs(DAY, -wrong)
    await here.tick.mend()
    await here.tick.once()
    assert come == [START + DAY, START + 2 * DAY]
    assert "clock" not in {part.kind for part in await health.parts()}
