"""Every released schema comes up to the newest, and keeps what it holds; on either database."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, make_url, text

from bot.core.errors import Misconfigured
from bot.core.refs import RoleFacts, Room, RoomFacts
from storage.charter import CharterRows
from storage.communities import Communities
from storage.crypto import KeyFile, Vault
from storage.engines import make_engine
from storage.opening import open_store
from storage.outbox import Deliveries
from storage.quiet import QuietPeriods
from storage.schedules import Schedules
from storage.schema import FOLDER, known, newest, revision, upgrade
from storage.store import Store
from storage.tables import Membership, QuietPeriod
from storage.transaction import Transaction

T = TypeVar("T")

# As the releases wrote them, by the schema that each had.
FIRST = (
    "insert into community (id, platform, external_id, name, state, locale, zone)"
    " values ('garden', 'memory', 'garden', 'Garden', 'open', 'en', 'UTC')",
    "insert into schedule"
    " (id, kind, community_id, rule, zone, next_due, policy, lateness, revision)"
    """ values ('weekly', 'prompts.weekly', 'garden', '{"cadence": "daily", "at": "09:00"}',"""
    " 'UTC', '2026-03-03 09:00:00.000000+00:00', 'late once', 60, 3)",
    *(
        "insert into outbox (key, account, destination, lane, kind, recovery, body, community_id,"
        f" flow, state, attempts, not_before, created_at) values ('{state}', 'bot', 'hall', 1,"
        f" 'say', 'readable', '', 'garden', 'prompts', '{state}', 0,"
        " '2026-03-03 09:00:00.000000+00:00', '2026-03-03 09:00:00.000000+00:00')"
        for state in ("sent", "pending")
    ),
)
ROWS = {
    "0001": FIRST,
    "0002": (
        *FIRST,
        "insert into quiet_period (id, community_id, first_day, last_day)"
        " values ('easter', 'garden', '2026-04-03', '2026-04-06')",
    ),
}
ROWS["0003"] = (
    *ROWS["0002"],
    "insert into community_room (community_id, external_id, name, can_post, can_pin)"
    " values ('garden', 'hall', 'Hall', true, false)",
)

ROWS["0004"] = (
    *ROWS["0003"],
    "insert into community_role (community_id, external_id, name, rank)"
    " values ('garden', '9', 'keepers', 0)",
)
ROWS["0005"] = ROWS["0004"]
ROWS["0006"] = (
    *ROWS["0005"],
    "insert into charter (community_id, version, purpose, sections, amendment, adopted_at)"
    """ values ('garden', '1.0.0', '{"en": "To learn."}', '[]', null,"""
    " '2026-03-03 09:00:00.000000+00:00')",
)
ROWS["0007"] = ROWS["0006"]
ROWS["0008"] = ROWS["0007"]
ROWS["0009"] = ROWS["0008"]
ROWS["0010"] = ROWS["0009"]
ROWS["0011"] = ROWS["0010"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    url = make_url(request.getfixturevalue("postgres"))
    name = f"old_{uuid4().hex}"
    engine = make_engine(url.render_as_string(hide_password=False)).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"drop database {name}"))
    engine.dispose()


def old(url: str, schema: str) -> None:
    """Make a store as a release with this schema left it."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url
    command.upgrade(config, schema)
    engine = make_engine(url)
    with engine.begin() as connection:
        for row in ROWS[schema]:
            connection.exec_driver_sql(row)
    assert revision(engine) == schema
    engine.dispose()


def work(url: str, vault: Vault, what: Callable[[Transaction], T]) -> T:
    store = Store(url, vault)
    try:
        return store.run(what)
    finally:
        store.close()


@pytest.mark.parametrize("schema", [each for each in known() if each in ROWS])
def test_a_populated_store_comes_up_and_keeps_what_it_holds(
    empty: str, vault: Vault, schema: str
) -> None:
    old(empty, schema)
    upgrade(empty)

    def look(tx: Transaction) -> tuple[object, ...]:
        periods = QuietPeriods(tx)
        row = QuietPeriod(
            id="q", community_id="garden", first_day=date.min, last_day=date(2027, 1, 3)
        )
        periods.add(row)
        (plan,) = Schedules(tx).of("garden")
        assert Deliveries(tx).waiting("bot") == 1
        communities = Communities(tx)
        assert communities.get("garden").moderator_role is None
        rooms = [RoomFacts(Room("memory", "hall"), "Hall", can_pin=False)]
        assert communities.rooms("garden") == (rooms if schema > "0002" else [])
        communities.set_roles("garden", [RoleFacts("7", "stewards"), RoleFacts("3", "readers")])
        assert [each.name for each in communities.roles("garden")] == ["stewards", "readers"]
        charter = CharterRows(tx).get("garden")
        assert (charter is not None and charter.purpose["en"] == "To learn.") == (schema > "0005")
        assert all(room.topic == "" for room in Communities(tx).rooms("garden"))
        return Communities(tx).get("garden").name, plan.zone, plan.lateness, str(plan.next_due)

    found = work(empty, vault, look)
    assert found == ("Garden", "UTC", 60, "2026-03-03 09:00:00+00:00")
    kept = work(empty, vault, lambda tx: [row.last_day for row in QuietPeriods(tx).of("garden")])
    assert kept == [date(2027, 1, 3), *([date(2026, 4, 6)] if schema > "0001" else [])]


def test_the_schema_before_the_newest_is_among_those_tried() -> None:
    assert known()[-2] in ROWS


def test_of_those_who_left_before_the_time_begins_with_the_upgrade(
    empty: str, vault: Vault
) -> None:
    old(empty, "0009")
    engine = make_engine(empty)
    with engine.begin() as connection:
        for row in (
            "insert into subject (id, platform, lookup, member, data_key) values ('ana', 'x', 'l',"
            " '', '')",
            "insert into membership (subject_id, community_id, here, greeted)"
            " values ('ana', 'garden', false, true)",
            "update community set state = 'gone'",
        ):
            connection.exec_driver_sql(row)
    engine.dispose()
    before = datetime.now(UTC) - timedelta(minutes=1)
    upgrade(empty)

    def look(tx: Transaction) -> tuple[datetime | None, datetime | None]:
        row = tx.session.get(Membership, ("ana", "garden"))
        assert row is not None
        return row.left_at, Communities(tx).get("garden").gone_at

    left, gone = work(empty, vault, look)
    for moment in (left, gone):
        assert moment is not None
        assert before < moment < before + timedelta(minutes=5)


def test_an_upgrade_that_fails_leaves_the_store_and_a_copy(
    database: Path, key_file: KeyFile
) -> None:
    url = f"sqlite:///{database}"
    old(url, "0004")
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table suggestion (something)")  # in its way
    before = _whole(engine)
    engine.dispose()
    key_file.create()
    with pytest.raises(Misconfigured) as raised:
        open_store(url, key_file.path)
    said = str(raised.value)
    assert "The store is as it was, with schema 0004" in said
    assert f"A copy from before is {database}.before-{newest()}." in said
    assert "\n" not in said
    for path in (database, Path(f"{database}.before-{newest()}")):
        there = make_engine(f"sqlite:///{path}")
        assert _whole(there) == before
        there.dispose()


def _whole(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        schema = connection.exec_driver_sql("select name, sql from sqlite_master order by name")
        rows = connection.exec_driver_sql("select key, state from outbox order by key")
        return [tuple(row) for row in (*schema, *rows)]
