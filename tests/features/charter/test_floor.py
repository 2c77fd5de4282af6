"""Clauses for law or safety are the host's: kept by the command line, and by nobody in chat."""

from pathlib import Path

from bot.core.content import Folders
from storage.floors import set_floor
from tests.rehearsal.community import START, opened
from tests.support.shipped import FOLDERS
from tests.support.stage import ReadyStage
from tests.test_cli import circlekeeper, make_store


async def test_a_clause_of_the_host_is_shown_and_cannot_be_changed() -> None:
    stage = ReadyStage(Folders(FOLDERS.prompts, FOLDERS.charter), START)
    try:
        stage.chat.moderators.add("mira")
        await stage.chat.add_bot("Garden", {"garden": "garden"})
        await stage.settle()
        await opened(stage)
        stage.opened.store.run(lambda tx: set_floor(tx, "Garden", "absent-people", floor=True))
        await stage.says("mira", "charter change")
        asked = stage.last("mira")
        assert "Kept by the host, for law or safety, and not changed here: Absent people" in (
            asked.text
        )
        assert "Absent people" not in asked.choices
        await stage.says("mira", "keeper charter status")
        assert "Absent people" in stage.last("mira").text
        kept = stage.opened.store.run(lambda tx: set_floor(tx, "", "absent-people", floor=False))
        assert not any(each["floor"] for each in kept)
    finally:
        stage.close()


def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    none = circlekeeper(tmp_path, "charter", "floor")
    assert (none.returncode, "no store here yet" in none.stderr) == (2, True)
    make_store(tmp_path)
    empty = circlekeeper(tmp_path, "charter", "floor", "absent-people", "--json")
    assert empty.returncode == 2
    assert "No community has a charter here yet." in empty.stderr
