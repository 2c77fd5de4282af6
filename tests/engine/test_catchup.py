"""What is missed: passed over, once and late, or all as one; never a backlog."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core.turn import Plan
from bot.engine.schedule.catchup import GRACE, Policy, catch_up, following
from bot.engine.schedule.recurrence import Cadence, Rule, next_after
from storage.schedules import Schedules
from storage.tables import Schedule
from storage.transaction import Transaction
from tests.engine.circle import START, Circle
from tests.engine.conftest import MakeCircle
from tests.engine.probe import Probe
from tests.support.work import calls_at_most

DAILY = Rule(Cadence.DAILY, at=START.time()).to_json()
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
WINDOW = 2 * HOUR
CALLS = 10_000


def plan(policy: str, **changes: Any) -> Plan:  # noqa: ANN401 - any part of a plan
    """Return what is due daily at noon, from START on, with a window of two hours."""
    parts: dict[str, Any] = {
        "id": "p",
        "kind": "probe.due",
        "rule": DAILY,
        "next_due": START,
        "policy": policy,
        "lateness": int(WINDOW / SECOND),
        "community": "circle",
    }
    return Plan(**parts | changes)


def seen(policy: str, late: timedelta) -> datetime | None:
    return catch_up(plan(policy), START + late)


@pytest.mark.parametrize("policy", list(Policy))
def test_within_the_grace_a_moment_is_on_time_for_every_policy(policy: Policy) -> None:
    assert seen(policy, -SECOND) is None
    for late in (timedelta(), SECOND, GRACE):
        assert seen(policy, late) == START
        assert seen(policy, 3 * DAY + late) == START + 3 * DAY


@pytest.mark.parametrize(
    ("policy", "late", "handled"),
    [
        ("skip", GRACE + SECOND, None),
        ("skip", WINDOW, None),
        ("late once", GRACE + SECOND, START),
        ("late once", WINDOW, START),
        ("late once", WINDOW + SECOND, None),
        ("coalesce", WINDOW, START),
        ("coalesce", WINDOW + SECOND, START),
        ("coalesce", 23 * HOUR, START),
        # Several were missed: those of START and the day after.
        ("skip", DAY + HOUR, None),
        ("late once", DAY + HOUR, START + DAY),
        ("late once", DAY + WINDOW, START + DAY),
        ("late once", DAY + WINDOW + SECOND, None),
        ("coalesce", DAY + WINDOW + SECOND, START + DAY),
        ("coalesce", 400 * DAY + 23 * HOUR, START + 400 * DAY),
    ],
)
def test_after_it_the_policy_says(policy: str, late: timedelta, handled: datetime | None) -> None:
    assert seen(policy, late) == handled


def test_of_several_within_the_window_only_the_newest_comes() -> None:
    missed = plan("late once", lateness=int(30 * DAY / SECOND))
    assert catch_up(missed, START + 5 * DAY + HOUR) == START + 5 * DAY


def test_a_window_shorter_than_the_grace_is_the_grace() -> None:
    missed = plan("late once", lateness=0)
    assert catch_up(missed, START + GRACE) == START
    assert catch_up(missed, START + GRACE + SECOND) is None


@pytest.mark.parametrize("policy", list(Policy))
def test_what_comes_due_once_comes_however_late(policy: Policy) -> None:
    assert catch_up(plan(policy, rule=None), START + 400 * DAY) == START


def test_what_was_begun_in_time_is_gone_on_with_unless_the_next_has_come() -> None:
    assert catch_up(plan("skip"), START + HOUR, begun=True) == START
    assert catch_up(plan("skip"), START + DAY + HOUR, begun=True) is None
    assert catch_up(plan("skip"), START + DAY + SECOND, begun=True) == START + DAY


def test_a_policy_that_nobody_knows_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="twice"):
        catch_up(plan("twice"), START + HOUR)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(Cadence.CRON, cron="15 * * * *"),
        Rule(Cadence.DAILY, at=START.time()),
        Rule(Cadence.FORTNIGHTLY, at=START.time(), anchor=START.date()),
        Rule(Cadence.MONTHLY, at=START.time(), monthday=31),
        Rule(Cadence.CRON, cron="0 9 29 2 *"),
    ],
    ids=str,
)
@pytest.mark.parametrize("away", [HOUR, DAY, 17 * DAY, 100 * DAY, 1500 * DAY])
def test_the_newest_is_the_last_of_all_that_a_walk_finds(rule: Rule, away: timedelta) -> None:
    first = next_after(rule, "Australia/Lord_Howe", START)
    now = first + away
    coming = last = first
    while coming <= now:
        last, coming = coming, next_after(rule, "Australia/Lord_Howe", coming)
    missed = plan("coalesce", rule=rule.to_json(), zone="Australia/Lord_Howe", next_due=first)
    assert catch_up(missed, now) == last
    assert following(missed, now) == coming


def test_years_of_hours_are_not_walked_through() -> None:
    hourly = plan("coalesce", rule=Rule(Cadence.CRON, cron="0 * * * *").to_json())
    with calls_at_most(CALLS):
        assert catch_up(hourly, START + 3650 * DAY + HOUR / 2) == START + 3650 * DAY


# --- through the tick, and a restart ----------------------------------------------------------


def dues(here: Circle) -> list[str]:
    return [each for each in here.read() if each.startswith("due")]


@pytest.mark.parametrize(
    ("policy", "away", "come"),
    [
        ("skip", 4 * DAY + HOUR, []),
        ("skip", 4 * DAY + GRACE, ["due p 08 12:00"]),
        ("late once", HOUR, ["due p 04 12:00"]),
        ("late once", 4 * DAY + WINDOW, ["due p 08 12:00"]),
        ("late once", 4 * DAY + WINDOW + SECOND, []),
        ("coalesce", 4 * DAY + WINDOW + SECOND, ["due p 08 12:00"]),
    ],
)
async def test_after_a_restart_at_most_one_comes_and_then_the_next(
    circle: MakeCircle, policy: str, away: timedelta, come: list[str]
) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan(policy))
    here.clock.advance(away)
    again = circle([Probe().feature()], platform=here.platform)
    await again.passes()
    assert dues(again) == come
    await again.passes()
    assert dues(again) == come
    once_more = circle([Probe().feature()], platform=here.platform)
    await once_more.passes()
    assert dues(once_more) == come
    again.clock.move_to(START + 5 * DAY)
    await once_more.passes()
    assert dues(once_more) == [*come, "due p 09 12:00"]


async def test_one_with_an_unknown_policy_goes_on_to_its_next_time(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.plans(plan("late once"), replace(plan("late once"), id="q"))

    def spoil(tx: Transaction) -> None:
        tx.session.get_one(Schedule, "p").policy = "twice"

    await here.store.transact(spoil)
    for _ in range(5):
        await here.passes(minutes=31)
    assert dues(here) == ["due q 04 12:00"]
    assert await here.store.transact(lambda tx: (Schedules(tx).get("p") or plan("")).next_due) == (
        START + DAY
    )
