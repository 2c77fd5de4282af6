"""`circlekeeper forget`: a host erases somebody who cannot ask the bot any more."""

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from filelock import FileLock
from sqlmodel import func, select

from bot.cli import main
from bot.core.refs import Member
from bot.engine.erasing import erase_absent
from bot.rehearsal.stage import Stage
from storage.erasing import Erasing, Held
from storage.members import Members
from storage.opening import open_store
from storage.outbox_upkeep import OutboxUpkeep
from storage.registry import METADATA
from storage.tables import Outbox
from storage.transaction import Transaction
from tests.rehearsal.community import arrived, opened, welcomed

ANA, TOM = Member("memory", "ana"), Member("memory", "tom")


@pytest_asyncio.fixture(scope="module")
async def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a stopped bot, whose community was Mira, Ana and Tom."""
    folder = tmp_path_factory.mktemp("lived")
    stage = await living(folder)
    stage.close()
    return folder


@pytest.fixture
def folder(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of it, in which the command is called."""
    for name in ("circlekeeper.db", "circlekeeper.key"):
        shutil.copy(lived / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def living(folder: Path) -> Stage:
    stage = await arrived((f"sqlite:///{folder / 'circlekeeper.db'}", folder / "circlekeeper.key"))
    await opened(stage)
    for name in ("ana", "tom"):
        await welcomed(stage, name)
        await stage.says(name, f"reflect now A thought of {name}.")
    await stage.says("ana", "my forget")  # and no answer: that stays a question of Ana's
    return stage


def forget(*words: str, typed: str = "") -> Result:
    """Run the command where Ana's store is."""
    unset = {name: None for name in os.environ if name.startswith("CIRCLEKEEPER_")}
    return CliRunner().invoke(main, ["forget", *words], input=typed, env=unset)


def in_store(folder: Path) -> tuple[int, str | None, str | None]:
    """Return how many rows there are, and who Ana and Tom are."""

    def look(tx: Transaction) -> tuple[int, str | None, str | None]:
        rows = sum(
            tx.session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
            if table.name not in ("inbox", "meta")
        )
        return rows, Members(tx).find(ANA), Members(tx).find(TOM)

    found = open_store(f"sqlite:///{folder / 'circlekeeper.db'}", folder / "circlekeeper.key")
    try:
        return found.store.run(look)
    finally:
        found.close()


def test_somebody_is_erased_and_nobody_else(folder: Path) -> None:
    before, ana, tom = in_store(folder)
    assert ana is not None
    told = forget("ana", "--yes", "--json")
    assert told.exit_code == 0, told.stderr
    held = json.loads(told.stdout)
    after = in_store(folder)
    assert after == (before - held["rows"], None, tom)
    assert (held["platform"], held["communities"], held["here"]) == ("memory", 1, 1)
    assert (folder / "circlekeeper.key.erased").read_text().split() == [ana]
    assert ana.encode() not in (folder / "circlekeeper.db").read_bytes()
    # A second time there is nothing to erase, and that is told.
    again = forget("ana", "--yes")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "Nothing is kept of ana" in again.stderr


def test_the_host_is_asked_and_shown_how_much_but_not_what(folder: Path) -> None:
    before = in_store(folder)
    refused = forget("ana", typed="n\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "ana on memory: " in refused.stderr
    assert "are known in 1 community, and are in 1 of them now" in refused.stderr
    assert "thought" not in refused.stderr
    assert refused.stderr.endswith("Nothing was erased.\n")
    nobody = forget("ana")
    assert (nobody.exit_code, nobody.stdout) == (2, "")
    assert "Where nobody can be asked, add --yes." in nobody.stderr
    assert in_store(folder) == before
    wanted = forget("ana", typed="y\n")
    assert wanted.exit_code == 0
    assert "circlekeeper.key.erased notes it by a random number alone" in wanted.stdout


def test_a_backup_of_before_brings_nobody_back(folder: Path) -> None:
    assert CliRunner().invoke(main, ["backup", "before"]).exit_code == 0
    assert forget("ana", "--yes").exit_code == 0
    restored = CliRunner().invoke(main, ["restore", "before", "--replace", "--json"])
    assert json.loads(restored.stdout)["erased"] == 1
    assert in_store(folder)[1] is None


def test_where_the_journal_cannot_be_written_nothing_is_erased(folder: Path) -> None:
    before = in_store(folder)
    (folder / "circlekeeper.key.erased").mkdir()
    told = forget("ana", "--yes")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "circlekeeper.key.erased cannot be written: Is a directory. Nothing" in told.stderr
    assert in_store(folder) == before


def test_a_mistyped_account_is_told(folder: Path) -> None:
    told = forget("anna", "--yes")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "Nothing is kept of anna" in told.stderr
    assert "*Copy User ID*" in told.stderr
    told = forget("ana", "--platform", "matrix", "--yes")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "Nobody is known on matrix. There are: memory." in told.stderr


def test_an_account_that_is_known_on_two_platforms(folder: Path) -> None:
    other = Member("other", "ana")
    known = open_store(f"sqlite:///{folder / 'circlekeeper.db'}", folder / "circlekeeper.key")
    known.store.run(lambda tx: Members(tx).ensure(other, "another"))
    known.close()
    told = forget("ana", "--yes")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "known on memory and on other. Say with --platform which is meant." in told.stderr
    assert forget("ana", "--platform", "other", "--yes").exit_code == 0
    assert in_store(folder)[1] is not None


def test_where_there_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = forget("ana", "--yes")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "There is no store here yet" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_while_the_bot_runs_on_the_file(folder: Path) -> None:
    with FileLock(folder / "circlekeeper.db.lock"):
        told = forget("ana", "--yes")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "Another circlekeeper runs on" in told.stderr
    assert "Stop it first" in told.stderr


async def test_what_waits_for_somebody_goes_and_their_platform_hears_of_it(tmp_path: Path) -> None:
    """As with `my forget`, but nothing is said to them."""
    stage = await living(tmp_path)
    store, heard = stage.opened.store, len(stage.chat.seen_by("ana"))
    ana = store.run(lambda tx: Members(tx).find(ANA))
    assert ana is not None
    assert store.run(lambda tx: Erasing(tx).held(ana)).rows > 0
    running, chat = stage.app.running, stage.chat
    store.run(lambda tx: erase_absent(running, tx, chat, ANA, ana))
    assert store.run(lambda tx: Erasing(tx).held(ana)) == Held(0, 0, 0, 0)
    await stage.settle()
    assert chat.forgotten == ["ana"]
    # The note of that goes like those of `my forget`.
    later = stage.clock.now() + timedelta(days=1)
    store.run(lambda tx: OutboxUpkeep(tx).prune(later))
    assert not store.run(
        lambda tx: tx.session.exec(select(Outbox).where(Outbox.kind == "forget")).all()
    )
    assert len(chat.seen_by("ana")) == heard
    # They may come back, as somebody new.
    await stage.says("ana", "start")
    assert store.run(lambda tx: Members(tx).find(ANA)) not in (None, ana)
    stage.close()
