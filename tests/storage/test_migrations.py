"""The schema: what the migrations make is what the code declares, on either database."""

import io
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

import storage.migrations
from storage.engines import make_engine
from storage.registry import METADATA
from storage.store import Store
from storage.tables import Membership
from storage.transaction import Transaction

SCRIPTS = ScriptDirectory(str(Path(storage.migrations.__file__).parent))


def test_the_history_is_one_line() -> None:
    assert len(SCRIPTS.get_heads()) == 1
    assert len(SCRIPTS.get_bases()) == 1


def test_the_migrations_make_what_the_code_declares(url: str) -> None:
    engine = make_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_every_constraint_has_the_name_that_a_later_migration_will_look_for(url: str) -> None:
    engine = make_engine(url)
    seen = inspect(engine)
    found: set[str | None] = set()
    wanted: set[str | None] = set()
    for table in METADATA.tables:
        found.add(seen.get_pk_constraint(table)["name"])
        wanted.add(f"pk_{table}")
        for foreign in seen.get_foreign_keys(table):
            found.add(foreign["name"])
            column, referred = foreign["constrained_columns"][0], foreign["referred_table"]
            wanted.add(f"fk_{table}_{column}_{referred}")
        for unique in seen.get_unique_constraints(table):
            found.add(unique["name"])
            wanted.add("_".join(["uq", table, *unique["column_names"]]))
        for index in seen.get_indexes(table):
            if "duplicates_constraint" not in index:
                assert str(index["name"]).startswith(f"ix_{table}_")
    engine.dispose()
    assert found == wanted
    assert len(found) > 40


def test_every_reference_has_an_index_to_erase_by(url: str) -> None:
    """Else erasing one member reads every row of the table."""
    engine = make_engine(url)
    seen = inspect(engine)
    for table in METADATA.tables:
        first = {str(index["column_names"][0]) for index in seen.get_indexes(table)}
        first.add(seen.get_pk_constraint(table)["constrained_columns"][0])
        for foreign in seen.get_foreign_keys(table):
            if foreign["referred_table"] == "subject":
                assert foreign["constrained_columns"][0] in first, table
    engine.dispose()


def test_a_row_without_its_parent_is_refused(store: Store) -> None:
    def orphan(tx: Transaction) -> None:
        row = Membership(subject_id="nobody", community_id="nowhere", here=True, greeted=False)
        tx.session.add(row)

    with pytest.raises(IntegrityError):
        store.run(orphan)


def test_the_tables_can_be_written_for_postgresql() -> None:
    """Without a server: what the code declares compiles, zones and bytes kept."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in METADATA.sorted_tables:
        text = str(CreateTable(table).compile(dialect=dialect))
        assert "DATETIME" not in text
        assert "WITHOUT TIME ZONE" not in text
        assert "BLOB" not in text
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect)).startswith("CREATE INDEX")


def test_the_migrations_can_be_written_for_postgresql() -> None:
    """Without a server: every step of the history compiles, and makes every table."""
    script = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": script}
    )
    with Operations.context(context):
        for step in reversed(list(SCRIPTS.walk_revisions())):
            step.module.upgrade()
    text = script.getvalue()
    for table in METADATA.tables:
        assert f"CREATE TABLE {table} (" in text
    assert "TIMESTAMP WITH TIME ZONE" in text
    assert "WITHOUT TIME ZONE" not in text
