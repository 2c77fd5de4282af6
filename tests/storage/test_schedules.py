"""Schedules: what comes due, in which order, and what is left of it afterwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.core.refs import Community, Member
from bot.core.turn import Plan
from storage.communities import Communities
from storage.members import Members
from storage.schedules import Schedules
from storage.store import Store
from storage.transaction import Transaction

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEKLY = {"weekday": 1, "time": "09:00"}


@pytest.fixture
def garden(store: Store) -> Store:
    """A store that knows Ana and a community."""

    def work(tx: Transaction) -> None:
        Members(tx).ensure(Member("memory", "@ana"), "ana")
        Communities(tx).add(Community("memory", "garden"), "Garden", "garden", "en", "UTC")

    store.run(work)
    return store


def plan(id_: str, due: datetime | None = NOW, kind: str = "prompt") -> Plan:
    return Plan(id=id_, kind=kind, community="garden", next_due=due, zone="Europe/Paris")


def save(store: Store, *plans: Plan) -> None:
    for each in plans:
        store.run(lambda tx, one=each: Schedules(tx).save(one))  # type: ignore[misc]


def due(store: Store, now: datetime, limit: int = 50) -> list[str]:
    return [each.id for each in store.run(lambda tx: Schedules(tx).due(now, limit, ["memory"]))]


def test_what_is_due_comes_in_its_order_and_nothing_before_its_time(garden: Store) -> None:
    save(garden, plan("c", NOW), plan("b", NOW - HOUR), plan("a", NOW), plan("d", NOW + HOUR))
    save(garden, plan("never", None))
    assert due(garden, NOW) == ["b", "a", "c"]
    assert due(garden, NOW, limit=2) == ["b", "a"]
    assert due(garden, NOW - timedelta(seconds=1)) == ["b"]


def test_what_came_due_once_is_gone(garden: Store) -> None:
    save(garden, plan("a"))
    garden.run(lambda tx: Schedules(tx).advance("a", None))
    assert garden.run(lambda tx: Schedules(tx).get("a")) is None
    garden.run(lambda tx: Schedules(tx).advance("a", NOW))


def test_what_comes_again_waits_for_its_next_time(garden: Store) -> None:
    save(garden, replace(plan("a"), rule=WEEKLY))
    garden.run(lambda tx: Schedules(tx).advance("a", NOW + 7 * 24 * HOUR))
    assert due(garden, NOW + HOUR) == []
    assert due(garden, NOW + 7 * 24 * HOUR) == ["a"]


def test_a_rule_that_has_no_next_time_stays_and_never_comes_due(garden: Store) -> None:
    save(garden, replace(plan("a"), rule=WEEKLY), plan("b", NOW + HOUR))
    garden.run(lambda tx: Schedules(tx).advance("a", None))
    assert due(garden, NOW + 1000 * HOUR) == ["b"]
    kept = garden.run(lambda tx: Schedules(tx).of("garden"))
    assert [each.id for each in kept] == ["b", "a"], "what never comes is shown last"


def test_a_plan_is_kept_whole_and_changed_by_its_id(garden: Store) -> None:
    whole = replace(
        plan("a"),
        rule=WEEKLY,
        subject="ana",
        policy="skip",
        lateness=60,
        payload={"about": "zebra"},
    )
    save(garden, whole)
    assert garden.run(lambda tx: Schedules(tx).get("a")) == whole
    changed = replace(whole, next_due=NOW + HOUR, payload=None, rule=None, zone="UTC")
    save(garden, changed)
    assert garden.run(lambda tx: Schedules(tx).get("a")) == changed
    assert len(garden.run(lambda tx: Schedules(tx).of("garden", subject="ana"))) == 1


def test_a_members_plans_are_theirs_and_the_communitys_its_own(garden: Store) -> None:
    save(
        garden,
        plan("public"),
        plan("other kind", kind="digest"),
        replace(plan("own"), subject="ana"),
        replace(plan("own later", NOW + HOUR), subject="ana"),
    )

    def ids(kind: str | None, subject: str | None) -> list[str]:
        found = garden.run(lambda tx: Schedules(tx).of("garden", kind, subject))
        return [each.id for each in found]

    assert ids("prompt", None) == ["public"]
    assert ids(None, None) == ["other kind", "public"]
    assert ids("prompt", "ana") == ["own", "own later"]


def test_schedules_are_found_by_community_and_by_member_and_moved(garden: Store) -> None:
    def work(tx: Transaction) -> None:
        Communities(tx).add(Community("memory", "pond"), "Pond", "pond", "en", "UTC")
        Members(tx).ensure(Member("memory", "@tom"), "tom")

    garden.run(work)
    save(
        garden,
        plan("public"),
        replace(plan("own"), subject="ana"),
        replace(plan("tom's"), subject="tom"),
        replace(plan("elsewhere"), community="pond", subject="ana"),
    )
    assert [p.id for p in garden.run(lambda tx: Schedules(tx).of_all("garden"))] == [
        "own",
        "public",
        "tom's",
    ]
    assert [p.id for p in garden.run(lambda tx: Schedules(tx).of_member("ana"))] == [
        "elsewhere",
        "own",
    ]
    garden.run(lambda tx: Schedules(tx).move("own", "Asia/Kolkata", NOW + HOUR))
    moved = garden.run(lambda tx: Schedules(tx).get("own"))
    assert moved == replace(plan("own", NOW + HOUR), subject="ana", zone="Asia/Kolkata")


def test_what_a_clock_that_was_ahead_moved_on_is_found(garden: Store) -> None:
    save(garden, *(replace(plan(id_), rule=WEEKLY) for id_ in ("a", "b", "c", "d")))

    def move(tx: Transaction) -> None:
        Schedules(tx).advance("a", NOW + 99 * HOUR, NOW + 50 * HOUR)
        Schedules(tx).advance("b", NOW + 99 * HOUR, NOW)
        Schedules(tx).advance("d", NOW + 99 * HOUR, NOW + HOUR)

    garden.run(move)

    def ahead(limit: int) -> list[str]:
        return [each.id for each in garden.run(lambda tx: Schedules(tx).ahead(NOW, limit))]

    assert ahead(50) == ["a", "d"]
    assert ahead(1) == ["a"]
    save(garden, replace(plan("a", NOW + HOUR), rule=WEEKLY))  # somebody planned it anew
    assert ahead(50) == ["d"]


def test_the_clock_sleeps_until_the_earliest(garden: Store) -> None:
    def earliest() -> datetime | None:
        return garden.run(lambda tx: Schedules(tx).earliest(["memory"]))

    assert earliest() is None
    save(garden, plan("never", None), plan("b", NOW + HOUR), plan("a", NOW))
    assert earliest() == NOW
    garden.run(lambda tx: Schedules(tx).remove("a"))
    garden.run(lambda tx: Schedules(tx).remove("a"))
    assert earliest() == NOW + HOUR


def test_what_another_platform_has_to_do_is_left_to_whoever_speaks_it(garden: Store) -> None:
    garden.run(
        lambda tx: Communities(tx).add(Community("tea", "house"), "House", "house", "en", "UTC")
    )
    elsewhere = Plan(id="tea", kind="prompt", community="house", next_due=NOW - HOUR, zone="UTC")
    save(garden, elsewhere, plan("a", NOW))
    assert due(garden, NOW) == ["a"]
    assert garden.run(lambda tx: Schedules(tx).earliest(["memory"])) == NOW
    assert garden.run(lambda tx: Schedules(tx).earliest(["memory", "tea"])) == NOW - HOUR
    assert garden.run(lambda tx: Schedules(tx).earliest([])) is None


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_processes_never_take_the_same_schedule(garden: Store) -> None:
    save(garden, plan("a"), plan("b"))

    def first(tx: Transaction) -> None:
        assert [each.id for each in Schedules(tx).due(NOW, 1, ["memory"])] == ["a"]
        assert due(garden, NOW) == ["b"]

    garden.run(first)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_is_due_is_found_by_its_time_however_many_are_not(garden: Store) -> None:
    plans: list[str] = []

    def explain(
        connection: Connection, _cursor: object, text: str, values: tuple[Any, ...], *_: object
    ) -> None:
        if text.startswith("SELECT schedule"):
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN QUERY PLAN {text}", values)
            plans.append(str(cursor.fetchall()))

    event.listen(garden.engine, "before_cursor_execute", explain)
    assert due(garden, NOW) == []
    assert garden.run(lambda tx: Schedules(tx).earliest(["memory"])) is None
    assert len(plans) == 2
    assert all("USING INDEX ix_schedule_next_due" in each for each in plans), plans
    assert not any("SCAN" in each for each in plans), plans
