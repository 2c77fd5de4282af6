"""An upgrade: the next release, in a process of its own, opens a store that this one left."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.errors import StoreTooNew
from bot.core.refs import Community, Room, RoomFacts
from storage.communities import Communities
from storage.crypto import KeyFile
from storage.opening import Opened, open_store
from storage.schema import newest
from storage.transaction import Transaction

ROOT = Path(__file__).parents[2]
STEP = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    {body}
"""
OPEN = """
import sys
from pathlib import Path
from storage.opening import open_store
open_store(sys.argv[1], Path(sys.argv[2])).close()
"""
ADD = 'op.add_column("community", sa.Column("motto", sa.String(), nullable=True))'


@pytest.fixture
def populated(opened: Opened) -> Opened:
    """A store with a community and a room in it, closed."""

    def fill(tx: Transaction) -> None:
        communities = Communities(tx)
        row = communities.add(Community("memory", "garden"), "Garden", "garden", "en", "UTC")
        communities.set_rooms(row.id, [RoomFacts(Room("memory", "hall"), "hall")])

    opened.store.run(fill)
    opened.close()
    return opened


def upgrade(folder: Path, database: Path, key_file: KeyFile, body: str) -> str:
    """Open the store with a release that has one more step; return what it complained of."""
    release = folder / "release"
    for package in ("bot/core", "storage"):
        shutil.copytree(
            ROOT / package, release / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "bot" / "__init__.py", release / "bot")
    step = release / "storage" / "migrations" / "versions" / "9999_next.py"
    step.write_text(STEP.format(head=newest(), body=body))
    done = subprocess.run(
        [sys.executable, "-c", OPEN, f"sqlite:///{database}", str(key_file.path)],
        cwd=release,
        env={**os.environ, "PYTHONPATH": str(release)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) == (done.stderr == "") or done.returncode < 0, done.stderr
    return done.stderr


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def columns(database: Path) -> set[object]:
    return {row[1] for row in rows(database, "pragma table_info(community)")}


def test_a_copy_is_made_before_the_schema_changes(
    populated: Opened, database: Path, tmp_path: Path
) -> None:
    assert upgrade(tmp_path, database, populated.key_file, ADD) == ""
    assert "motto" in columns(database)
    copy = Path(f"{database}.before-9999")
    assert "motto" not in columns(copy)
    assert rows(copy, "select version_num from alembic_version") == [(newest(),)]
    assert rows(copy, "select name from community") == [("Garden",)]


def test_the_copy_is_what_a_host_can_go_back_to(
    populated: Opened, database: Path, tmp_path: Path
) -> None:
    upgrade(tmp_path, database, populated.key_file, ADD)
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(f"sqlite:///{database}", populated.key_file.path)
    Path(f"{database}.before-9999").rename(database)
    again = open_store(f"sqlite:///{database}", populated.key_file.path)
    assert again.store.run(lambda tx: len(Communities(tx).rooms("garden"))) == 1
    again.close()


def test_a_step_that_fails_leaves_the_store_as_it_was(
    populated: Opened, database: Path, tmp_path: Path
) -> None:
    body = f'{ADD}\n    raise RuntimeError("no more")'
    assert "no more" in upgrade(tmp_path, database, populated.key_file, body)
    assert "motto" not in columns(database)
    again = open_store(f"sqlite:///{database}", populated.key_file.path)
    assert again.store.run(lambda tx: Communities(tx).get("garden").name) == "Garden"
    again.close()


def test_a_step_in_which_the_machine_fails_leaves_the_store_as_it_was(
    populated: Opened, database: Path, tmp_path: Path
) -> None:
    before = rows(database, "select * from community")
    upgrade(
        tmp_path, database, populated.key_file, f"{ADD}\n    import os; os.kill(os.getpid(), 9)"
    )
    again = open_store(f"sqlite:///{database}", populated.key_file.path)
    again.close()
    assert rows(database, "select * from community") == before
    assert rows(Path(f"{database}.before-9999"), "select * from community") == before


def test_a_step_that_would_leave_orphans_is_undone(
    populated: Opened, database: Path, tmp_path: Path
) -> None:
    told = upgrade(
        tmp_path, database, populated.key_file, 'op.execute("delete from community where 1")'
    )
    assert "rows without their parents" in told
    assert rows(database, "select name from community") == [("Garden",)]
    assert rows(database, "select version_num from alembic_version") == [(newest(),)]


def test_a_table_that_is_made_anew_keeps_its_children(
    populated: Opened, database: Path, tmp_path: Path
) -> None:
    """Dropping the old one would delete them, were foreign keys on meanwhile."""
    body = (
        'with op.batch_alter_table("community", recreate="always") as batch:\n'
        '        batch.add_column(sa.Column("motto", sa.String(), nullable=True))'
    )
    assert upgrade(tmp_path, database, populated.key_file, body) == ""
    assert "motto" in columns(database)
    assert rows(database, "select name from community_room") == [("hall",)]
