"""What comes due: in order, once, never as a backlog; and what becomes of what fails."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.turn import Plan
from bot.engine.schedule.recurrence import Cadence, Rule
from bot.rehearsal.clock import SimulatedClock
from bot.testing import FakePlatform
from storage.schedules import Schedules
from storage.tables import Schedule
from storage.transaction import Transaction
from tests.engine.circle import START, Circle
from tests.engine.conftest import MakeCircle
from tests.engine.probe import Probe

DAILY = Rule(Cadence.DAILY, at=START.time()).to_json()


def plan(id_: str, due: datetime = START, *, kind: str = "probe.due", once: bool = False) -> Plan:
    return Plan(
        id=id_,
        kind=kind,
        rule=None if once else DAILY,
        next_due=due,
        lateness=3600,
        community="circle",
    )


def dues(here: Circle) -> list[str]:
    return [each for each in here.read() if each.startswith("due")]


async def next_due(here: Circle, id_: str) -> datetime | None:
    found = await here.store.transact(lambda tx: Schedules(tx).get(id_))
    return found.next_due if found else None


async def test_what_is_due_comes_in_its_order(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(
        *[plan(f"p{n}", START - timedelta(minutes=n)) for n in (1, 3, 2)],
        plan("later", START + timedelta(minutes=1)),
    )
    await here.passes()
    assert dues(here) == ["due p3 04 11:57", "due p2 04 11:58", "due p1 04 11:59"]
    await here.passes(minutes=1)
    assert dues(here)[3:] == ["due later 04 12:01"]


async def test_what_was_missed_a_little_comes_once_and_late(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan("q"))
    await here.passes(minutes=59)
    assert dues(here) == ["due q 04 12:00"]
    await here.passes()
    assert dues(here) == ["due q 04 12:00"]


async def test_what_was_missed_for_long_is_passed_over_without_a_backlog(
    circle: MakeCircle,
) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan("p"))
    await here.passes(days=10, hours=2)
    assert dues(here) == []
    assert await next_due(here, "p") == START + timedelta(days=11)
    await here.passes(hours=22)
    assert dues(here) == ["due p 15 12:00"]


async def test_of_several_that_were_missed_the_newest_comes(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(replace(plan("p"), lateness=30 * 86_400))
    await here.passes(days=5, hours=1)
    assert dues(here) == ["due p 09 12:00"]


async def test_what_comes_once_comes_once_and_is_forgotten(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan("p", START + timedelta(minutes=5), once=True))
    await here.passes(minutes=4)
    assert dues(here) == []
    await here.passes(days=2)  # it has no next time, so it still comes
    await here.passes(days=2)
    assert dues(here) == ["due p 04 12:05"]
    assert await here.store.transact(lambda tx: Schedules(tx).get("p")) is None


async def test_one_that_fails_does_not_hold_up_the_others(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    broken = [plan(f"a{n}", START - timedelta(minutes=30), kind="probe.broken") for n in range(60)]
    await here.plans(*broken, plan("z"), plan("no-such-kind", kind="removed.due"))
    await here.passes()
    assert dues(here) == ["due z 04 12:00"]
    assert "half done" not in here.read()


async def test_a_rule_that_cannot_be_read_holds_up_nobody(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan("a", START - timedelta(minutes=1)), plan("z"))

    def spoil(tx: Transaction) -> None:
        tx.session.get_one(Schedule, "a").rule = {"cadence": "never"}

    await here.store.transact(spoil)
    for _ in range(6):
        await here.passes(hours=1)
    assert "due z 04 12:00" in dues(here)
    assert await next_due(here, "a") is None


@pytest.mark.parametrize("once", [False, True])
async def test_one_that_fails_is_tried_again_and_not_lost(circle: MakeCircle, once: bool) -> None:
    probe = Probe()
    here = circle([probe.feature()])
    await here.plans(plan("p", kind="probe.broken", once=once))
    await here.passes()
    assert await next_due(here, "p") == START + timedelta(minutes=1)
    here.running.due["probe.broken"] = here.running.due["probe.due"]  # it was mended
    await here.passes(minutes=1)
    assert dues(here) == ["due p 04 12:00"]
    assert await next_due(here, "p") == (None if once else START + timedelta(days=1))


async def test_one_that_always_fails_goes_on_to_its_next_time(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan("p", kind="probe.broken"), plan("q", kind="probe.broken", once=True))
    for _ in range(5):
        await here.passes(minutes=31)
    assert await next_due(here, "p") == START + timedelta(days=1)
    assert await next_due(here, "q") is None


async def test_a_clock_that_goes_back_repeats_nothing(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan("p"))
    await here.passes()
    earlier = circle(
        [Probe().feature()], platform=FakePlatform(SimulatedClock(START - timedelta(hours=1)))
    )
    await earlier.passes(hours=2)
    await earlier.plans(plan("p"))  # even were the row to come back
    await earlier.passes()
    assert dues(earlier) == []
    await earlier.passes(days=1)
    assert dues(earlier) == ["due p 05 12:00"]


async def test_what_is_due_for_a_person_is_asked_for_by_their_language_and_hours(
    circle: MakeCircle,
) -> None:
    here = circle([Probe().feature()])
    await here.set("ana", quiet=["11:00", "13:00"], zone="UTC")
    await here.plans(
        Plan(
            id="p",
            kind="probe.due",
            rule=DAILY,
            next_due=START,
            community="circle",
            subject="subjectana",
        )
    )
    await here.passes()
    assert here.told("ana") == []
    await here.passes(hours=1)
    assert here.told("ana") == ["due p 04 12:00"]
