"""Two invitations without an answer: one question, and what becomes of its answers."""

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, WEEK, arrived, opened, passes, private, rhythm, welcomed


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return a community in which Ana let two invitations pass, and is asked what would suit."""
    stage = await arrived()
    await opened(stage)
    await welcomed(stage, "ana")
    await rhythm(stage, "ana")
    await stage.says("ana", "reflect how-often weekly 7:30")
    await passes(stage, 4 * WEEK)
    assert "Perhaps my questions come too often" in stage.last("ana").text
    yield stage
    stage.close()


async def test_paused_is_until_one_comes_back_to_it_at_ones_own_hour(stage: Stage) -> None:
    stage.restart()
    await stage.clicks("ana", "Pause; I come back to it myself")
    assert stage.last("ana").text.startswith("Paused: nothing comes")
    assert private(await passes(stage, 10 * WEEK), "ana") == []
    await stage.says("ana", "reflect how-often weekly")
    said = private(await passes(stage, 2 * WEEK), "ana")
    first = next(line for line in said if "And since then?" in line.text)
    assert f"{first.at:%H:%M}" == "05:30"  # 7:30 in Ljubljana


async def test_less_often_is_less_often(stage: Stage) -> None:
    await stage.clicks("ana", "Less often")
    assert "Every other week, then" in stage.last("ana", "then.").text
    said = private(await passes(stage, 2 * WEEK + DAY), "ana")
    assert len([line for line in said if "And since then?" in line.text]) == 1


async def test_stopped_is_stopped(stage: Stage) -> None:
    await stage.clicks("ana", "Stop")
    assert stage.last("ana").text.startswith("Stopped")
    assert private(await passes(stage, 10 * WEEK), "ana") == []


async def test_as_it_is_goes_on(stage: Stage) -> None:
    await stage.clicks("ana", "Leave it as it is")
    assert stage.last("ana").text == "All right, it goes on as it is."
    said = private(await passes(stage, 4 * WEEK), "ana")
    assert len([line for line in said if "And since then?" in line.text]) == 2


async def test_who_is_not_written_to_is_asked_the_same_when_they_come_back() -> None:
    """Nothing is pushed, and two that waited in vain lead to one question here, too."""
    stage = await arrived()
    try:
        await opened(stage)
        await welcomed(stage, "tom", "return")
        await rhythm(stage, "tom")
        await stage.clicks("tom", "Let it wait under Start")
        for weeks, opens in ((3, "And since then?"), (4, "Perhaps my questions come too often")):
            assert private(await passes(stage, weeks * WEEK), "tom") == []
            stage.restart()
            await stage.says("tom", "start")
            assert "Waiting for you: 1" in stage.last("tom").text
            await stage.clicks("tom", "The question that you asked me to bring")
            assert opens in stage.last("tom").text
        assert "stay silent" not in stage.last("tom").text
        await stage.clicks("tom", "Leave it as it is")
        assert "And since then?" in stage.last("tom").text
        await stage.says("tom", "reflect how-often monthly")
        await passes(stage, 20 * WEEK)
        await stage.says("tom", "reflect check-in")
        assert "Less often" not in stage.last("tom", "Perhaps my questions").choices
        await stage.clicks("tom", "Stop")
        await passes(stage, 10 * WEEK)
        await stage.says("tom", "start")
        assert "Waiting for you" not in stage.last("tom").text
    finally:
        stage.close()
