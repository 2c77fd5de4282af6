"""Editing charter.yaml after a community began with it changes nothing, and `check` explains."""

from pathlib import Path

from bot.core.content import Folders
from tests.rehearsal.community import START, opened
from tests.support.shipped import FOLDERS
from tests.support.stage import ReadyStage
from tests.test_cli import circlekeeper


async def test_an_edited_file_changes_nothing_and_check_explains(tmp_path: Path) -> None:
    charter = tmp_path / "charter.yaml"
    written = FOLDERS.charter.read_text("utf-8")
    charter.write_text(written, "utf-8")
    stage = ReadyStage(Folders(FOLDERS.prompts, charter), START)
    try:
        stage.chat.moderators.add("mira")
        await stage.chat.add_bot("Garden", {"garden": "garden"})
        await stage.settle()
        await opened(stage)
        env = {
            "CIRCLEKEEPER_DATABASE_URL": str(stage.opened.store.engine.url),
            "CIRCLEKEEPER_CHARTER": str(charter),
            "CIRCLEKEEPER_KEY_FILE": str(stage.opened.key_file.path),
        }
        same = circlekeeper(tmp_path, "check", env=env)
        await stage.says("mira", "keeper check")
        assert "charter.yaml" not in stage.last("mira").text
        charter.write_text(written.replace("Nobody has to be here", "Everybody is welcome"))
        stage.restart()
        await stage.says("mira", "charter read")
        assert "Nobody has to be here" in stage.last("mira").text
        edited = circlekeeper(tmp_path, "check", env=env)
        await stage.says("mira", "keeper check")
        told = stage.last("mira").text
        for words in ("my settings", "language", "Français", "keeper check"):
            await stage.says("mira", words)
        in_french = stage.last("mira").text
    finally:
        stage.close()
    assert (same.returncode, same.stdout) == (0, "Everything is in order.\n")
    assert edited.returncode == 0  # it is no mistake
    assert "Garden began with an earlier wording of this file" in edited.stdout
    assert "These clauses differ: come-freely." in edited.stdout
    assert "Everything is in order" in told
    assert "These clauses differ: come-freely." in told
    assert "Ces clauses diffèrent\u00a0: come-freely." in in_french


def test_a_check_makes_no_store(tmp_path: Path) -> None:
    assert circlekeeper(tmp_path, "check").returncode == 0
    assert list(tmp_path.iterdir()) == []
