"""A charter of one's own, and what is typed first."""

from pathlib import Path

from tests.rehearsal.community import arrived
from tests.rehearsal.test_rehearse import CHARTER
from tests.test_cli import circlekeeper


def test_a_charter_of_ones_own_needs_no_clause_of_ours(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(CHARTER.replace("unfinished-is-welcome", "half"))
    ended = circlekeeper(tmp_path, "check", env={"CIRCLEKEEPER_CHARTER": "ours.yaml"})
    assert (ended.returncode, ended.stdout) == (0, "Everything is in order.\n")


async def test_the_first_line_can_be_typed_as_it_stands() -> None:
    stage = await arrived()
    try:
        assert "`!keeper setup`" in stage.chat.lines[0].text
    finally:
        stage.close()
