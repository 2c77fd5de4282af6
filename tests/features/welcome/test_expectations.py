"""What somebody hopes for: sealed, and given back after eight weeks in their own words."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.rehearsal import lines
from bot.rehearsal.rehearse import rehearse
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import REACH, arrived, opened, passes, private
from tests.support.shipped import FOLDERS

SAID = ("One idea.", "-", "Whether I <b>dare</b>.", ".")
WEEK = timedelta(weeks=1)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an opened community."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def hoped(stage: Stage, reach: str) -> None:
    await stage.joins("ana")
    for label in ("Start", "English", REACH[reach], "Go on", "First, what I hope for"):
        await stage.clicks("ana", label)
    for text in SAID:
        await stage.says("ana", text)
    assert "First, what I hope for" not in stage.last("ana").choices
    await stage.clicks("ana", "I look around by myself")


async def test_it_comes_back_in_week_eight_and_never_again(stage: Stage) -> None:
    await hoped(stage, "direct")
    assert private(await passes(stage, 7 * WEEK), "ana") == []
    stage.restart()
    (back,) = private(await passes(stage, 2 * WEEK), "ana")
    assert "One idea." in back.text
    assert "Whether I <b>dare</b>." in back.text
    assert "What do you bring along?" not in back.text  # it stayed blank
    assert private(await passes(stage, 20 * WEEK), "ana") == []


@pytest.mark.parametrize("reach", ["return", "never"])
async def test_who_is_not_written_to_finds_it_under_start(stage: Stage, reach: str) -> None:
    await hoped(stage, reach)
    assert private(await passes(stage, 9 * WEEK), "ana") == []
    await stage.says("ana", "start")
    assert "Waiting for you: 1" in stage.last("ana").text
    await stage.clicks("ana", "What you hoped for, eight weeks ago")
    assert "One idea." in stage.last("ana").text
    await stage.says("ana", "start")
    assert "Waiting for you" not in stage.last("ana").text


async def test_a_rehearsal_of_ten_weeks_gives_them_back() -> None:
    said: list[str] = []
    await rehearse(FOLDERS, 10, 1, lambda line: said.append(line.text))
    (back,) = [text for text in said if text.startswith("Eight weeks ago")]
    assert lines.EXPECTATIONS[0] in back
    assert lines.EXPECTATIONS[3] in back


async def test_nothing_this_time_is_a_complete_answer(stage: Stage) -> None:
    await stage.joins("ana")
    for label in ("Start", "English", REACH["direct"], "Go on", "First, what I hope for"):
        await stage.clicks("ana", label)
    await stage.clicks("ana", "Nothing this time")
    await stage.clicks("ana", "I look around by myself")
    assert private(await passes(stage, 10 * WEEK), "ana") == []
