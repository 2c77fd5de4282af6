"""Every earlier schema comes up to the newest, keeps what it holds, and the bot goes on with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text
from sqlmodel import select
from structlog.testing import capture_logs

from bot.core.errors import Misconfigured
from bot.core.refs import Room
from bot.rehearsal.lines import THOUGHTS
from bot.rehearsal.stage import Stage
from storage.crypto import KeyFile, Vault
from storage.engines import make_engine
from storage.opening import open_store
from storage.personal import export
from storage.registry import PERSONAL
from storage.schema import known, newest, pending, revision
from storage.tables import Subject
from storage.transaction import Transaction
from storage.upgrading import upgrade_store
from tests.storage.earlier import END, MASTER, ROOMS, Content, content, fill, lay, move, schemas
from tests.support.shipped import shipped

NEWS = "A question that nobody has asked us yet"
VAULT = Vault(MASTER)
IN_ITS_WAY = "create table suggestion (something integer)"  # 0006 makes one


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    yield request.getfixturevalue("empty_postgres")


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """The URL of a PostgreSQL database without any table."""
    url = make_url(postgres)
    name = f"old_{uuid4().hex}"
    engine = make_engine(url.render_as_string(hide_password=False)).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"drop database {name}"))
    engine.dispose()


async def go_on(url: str, key_file: KeyFile) -> None:
    """Let the bot run on a store that was brought up: people find what they left, a week passes."""
    stage = Stage(shipped(), END, store=(url, key_file.path))
    stage.chat.begin_again(ROOMS, people=("Mira", "Tom", "Ana", "Inès"), moderators=("Mira",))
    try:
        with capture_logs() as logs:
            await stage.says("Ana", "reflect look-back")
            assert "I will count to ten" in stage.last("Ana").text
            assert THOUGHTS[1] in stage.opened.store.run(all_that_is_kept)
            await stage.says("Inès", "start")  # she is in the middle of a hunt
            await stage.says("Inès", "hunt")
            assert "Étape 1 sur" in stage.last("Inès").text
            await stage.says("Mira", f"keeper prompt add {NEWS}")
            await stage.says("Mira", "keeper status")
            assert "Garden of Practice" in stage.last("Mira").text
            said = len(stage.chat.lines)
            await stage.until(END + timedelta(days=8))
            garden = Room("memory", "garden")
            assert garden in [line.place for line in stage.chat.lines[said:]]
        wrong = [each for each in logs if each["log_level"] in ("warning", "error")]
        assert wrong == []
    finally:
        stage.close()


def all_that_is_kept(tx: Transaction) -> str:
    """Open whatever is sealed for the people who lived here, as `my data` does."""
    people = tx.session.exec(select(Subject.id).where(Subject.platform == "memory")).all()
    assert len(people) == 4
    return str([export(tx, each, PERSONAL) for each in people])


def whole(database: Path) -> list[object]:
    """Return what SQLite finds wrong with a file, and its rows without a parent."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("pragma integrity_check").fetchall()
        return [row for row in found if row != ("ok",)] + connection.execute(
            "pragma foreign_key_check"
        ).fetchall()


@pytest.mark.parametrize("schema", schemas())
async def test_a_store_of_an_earlier_version_comes_up_with_all_that_it_holds(
    tmp_path: Path, schema: str
) -> None:
    database, key_file = lay(schema, tmp_path)
    before = brought_up(database, key_file, schema)
    if schema != newest():
        engine = make_engine(f"sqlite:///{database}.before-{newest()}", reading=True)
        assert (revision(engine), content(engine)) == (schema, before)
        engine.dispose()
    await go_on(f"sqlite:///{database}", key_file)


def brought_up(database: Path, key_file: KeyFile, schema: str) -> Content:
    """Fill a store and open it; return what it held, and holds."""
    url = f"sqlite:///{database}"
    engine = make_engine(url)
    assert revision(engine) == schema
    fill(engine, VAULT)
    before = content(engine)
    open_store(url, key_file.path).close()
    assert not pending(engine)
    assert content(engine, before) == before
    engine.dispose()
    assert whole(database) == []
    return before


@pytest.mark.parametrize("schema", [known()[0], known()[-2]])
async def test_on_postgresql_too(empty_postgres: str, tmp_path: Path, schema: str) -> None:
    database, key_file = lay(schema, tmp_path)
    engine = make_engine(f"sqlite:///{database}")
    fill(engine, VAULT)
    before = content(engine)
    engine.dispose()
    move(database, schema, empty_postgres)
    with pytest.raises(Misconfigured, match="Run `circlekeeper db upgrade` first"):
        open_store(empty_postgres, key_file.path)
    engine = make_engine(empty_postgres)
    assert content(engine) == before
    assert upgrade_store(empty_postgres, key_file.path) == newest()
    assert content(engine, before) == before
    engine.dispose()
    await go_on(empty_postgres, key_file)


def test_there_is_a_store_of_every_earlier_schema() -> None:
    missing = set(known()[:-1]) - set(schemas())
    assert not missing, "python -m tests.storage.earlier, on a version of that schema, writes it"


def test_of_those_who_left_before_the_time_begins_with_the_upgrade(tmp_path: Path) -> None:
    database, key_file = lay("0009", tmp_path)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update membership set here = false")
        connection.execute("update community set state = 'gone'")
        connection.commit()
    before = datetime.now(UTC) - timedelta(minutes=1)
    open_store(f"sqlite:///{database}", key_file.path).close()
    with closing(sqlite3.connect(database)) as connection:
        left = connection.execute("select left_at from membership").fetchall()
        gone = connection.execute("select gone_at from community").fetchall()
    assert left
    assert gone
    for (moment,) in (*left, *gone):
        assert before < datetime.fromisoformat(moment) < before + timedelta(minutes=5)


def test_an_upgrade_that_fails_leaves_the_store_and_a_copy(tmp_path: Path) -> None:
    database, key_file = lay("0004", tmp_path)
    url, copy = f"sqlite:///{database}", Path(f"{database}.before-{newest()}")
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(IN_ITS_WAY)
    before = content(engine)
    with pytest.raises(Misconfigured) as raised:
        open_store(url, key_file.path)
    said = str(raised.value)
    assert "The store is as it was, with schema 0004" in said
    assert f"A copy from before is {copy}." in said
    assert "\n" not in said
    for each in (engine, make_engine(f"sqlite:///{copy}")):
        assert (revision(each), content(each)) == ("0004", before)
        each.dispose()
    with closing(sqlite3.connect(database)) as mending:
        mending.execute("drop table suggestion")
    open_store(url, key_file.path).close()


def test_on_postgresql_an_upgrade_that_fails_changes_nothing(
    empty_postgres: str, tmp_path: Path
) -> None:
    database, key_file = lay("0004", tmp_path)
    move(database, "0004", empty_postgres)
    engine = make_engine(empty_postgres)
    with engine.begin() as connection:
        connection.exec_driver_sql(IN_ITS_WAY)
    before = content(engine)
    with pytest.raises(Misconfigured) as raised:
        upgrade_store(empty_postgres, key_file.path)
    said = str(raised.value)
    assert "The store is as it was, with schema 0004" in said
    assert "`circlekeeper backup` makes a copy first" in said
    assert "\n" not in said
    assert (revision(engine), content(engine)) == ("0004", before)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table suggestion")
    assert upgrade_store(empty_postgres, key_file.path) == newest()
    engine.dispose()
