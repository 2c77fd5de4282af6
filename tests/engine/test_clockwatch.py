"""A clock that jumps is not believed until it runs steadily again."""

from datetime import timedelta

import pytest

from bot.engine.schedule.catchup import GRACE
from bot.engine.schedule.clockwatch import JUMP, SETTLES, ClockWatch
from tests.engine.circle import START

SECOND, HOUR, YEAR = timedelta(seconds=1), timedelta(hours=1), timedelta(days=365)


class Machine:
    """Two clocks, of which one can be set, and what a watch says of them."""

    def __init__(self) -> None:
        self.now, self.monotonic = START, 1000.0
        self.watch = ClockWatch()

    def runs(self, by: timedelta, wrong_by: timedelta = timedelta()) -> bool:
        """Let time pass while somebody sets the clock wrong; tell whether it is relied on."""
        self.now += by + wrong_by
        self.monotonic += by.total_seconds()
        return self.watch.reliable(self.now, self.monotonic)


def test_a_clock_that_runs_is_relied_on_from_the_start() -> None:
    machine = Machine()
    for by in (timedelta(), 30 * SECOND, timedelta(), HOUR, timedelta(days=40)):
        assert machine.runs(by)


def test_it_is_a_little_fast_or_slow_and_relied_on() -> None:
    machine = Machine()
    assert machine.runs(timedelta())
    for wrong in (JUMP, -JUMP, 20 * SECOND, JUMP, JUMP):
        assert machine.runs(30 * SECOND, wrong)


@pytest.mark.parametrize("wrong", [JUMP + SECOND, -JUMP - SECOND, HOUR, -HOUR, YEAR, -56 * YEAR])
def test_after_a_jump_it_has_to_run_steadily(wrong: timedelta) -> None:
    machine = Machine()
    assert machine.runs(timedelta())
    assert not machine.runs(30 * SECOND, wrong)
    assert not machine.runs(timedelta())
    assert not machine.runs(SETTLES - SECOND)
    assert machine.runs(SECOND)
    assert machine.runs(30 * SECOND)


def test_each_jump_begins_the_wait_anew() -> None:
    machine = Machine()
    machine.runs(timedelta())
    assert not machine.runs(30 * SECOND, YEAR)
    assert not machine.runs(SETTLES - SECOND, -YEAR)
    assert not machine.runs(SETTLES - SECOND)
    assert machine.runs(SECOND)


def test_it_tells_once_that_it_runs_steadily() -> None:
    machine = Machine()
    assert not machine.watch.settled()
    machine.runs(timedelta())
    assert not machine.watch.settled()
    machine.runs(SETTLES)
    assert [machine.watch.settled() for _ in range(2)] == [True, False]
    machine.runs(HOUR, -YEAR)
    assert not machine.watch.settled()
    machine.runs(SETTLES)
    assert [machine.watch.settled() for _ in range(2)] == [True, False]


def test_the_wait_makes_nothing_too_late() -> None:
    assert SETTLES + timedelta(seconds=30) < GRACE  # a look every thirty seconds
