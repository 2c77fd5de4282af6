"""Whoever comes back is not welcomed twice, and is greeted as one who was here, when they ask."""

from bot.rehearsal.stage import Stage
from tests.rehearsal.community import arrived, opened, private, welcomed


async def back(stage: Stage, name: str) -> int:
    """Let somebody leave and come back; return how much they were told by then."""
    await stage.chat.leave(name)
    stage.restart()
    await stage.joins(name)
    return len(private(stage.chat.lines, name))


async def test_a_returner_is_greeted_as_one_once_and_only_when_they_come() -> None:
    stage = await arrived()
    try:
        await opened(stage)
        await welcomed(stage, "ana")
        told = len(private(stage.chat.lines, "ana"))
        assert await back(stage, "ana") == told
        await stage.says("ana", "start")
        first, home = private(stage.chat.lines, "ana")[told:]
        assert first.text.startswith("Good to see you again in Garden.")
        assert "These doors are open" in home.text
        await stage.says("ana", "start")
        assert len(private(stage.chat.lines, "ana")) == told + 3
    finally:
        stage.close()


async def test_who_left_in_the_middle_goes_on_there() -> None:
    stage = await arrived()
    try:
        await opened(stage)
        await stage.joins("ana")
        await stage.clicks("ana", "Start")
        await stage.clicks("ana", "English")
        await back(stage, "ana")
        await stage.says("ana", "start")
        assert "Good to see you again" in stage.last("ana", "again").text
        assert "2 of 4" in stage.last("ana").text
    finally:
        stage.close()


async def test_who_asks_before_their_coming_is_heard_is_greeted_as_a_returner_too() -> None:
    stage = await arrived()
    try:
        await opened(stage)
        await welcomed(stage, "ana")
        await stage.chat.leave("ana")
        await stage.says("ana", "start")
        assert "Good to see you again" in stage.last("ana", "again").text
        told = len(private(stage.chat.lines, "ana"))
        await stage.joins("ana")
        await stage.says("ana", "start")
        assert not any("again" in line.text for line in private(stage.chat.lines, "ana")[told:])
    finally:
        stage.close()
