"""The day's welcome: one message, with the names of those who asked for it, and of nobody else."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from bot.adapters.memory import BOT
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, arrived, opened, passes

WELCOME = "New here, and glad to be greeted"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an opened community."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def comes(stage: Stage, name: str, *wishes: str) -> None:
    """Come as far as the last question of the welcome, and wish for something there."""
    await stage.joins(name)
    for label in ("Start", "English", "By direct message", "Go on", *wishes):
        await stage.clicks(name, label)


def aloud(stage: Stage) -> list[str]:
    lines = [each for each in stage.chat.lines if not isinstance(each.place, Direct)]
    return [each.text for each in lines if each.author == BOT and WELCOME in each.text]


async def test_one_message_names_those_who_asked_for_it(stage: Stage) -> None:
    for name in ("tina", "ana", "eva", "uma", "vera"):
        await comes(stage, name, "Be welcomed by name")
        await stage.says(name, name.upper() + " @room <b>")
        assert "Be welcomed by name" not in stage.last(name).choices
        await stage.clicks(name, "I look around by myself")
    await comes(stage, "will", "I look around by myself")
    await comes(stage, "xena", "Be welcomed by name", "Not now")
    assert "4 of 4" in stage.last("xena").text
    await stage.says("eva", "start")
    await stage.clicks("eva", "Take my welcome by name back")
    await stage.says("eva", "start")
    assert "Take my welcome by name back" not in stage.last("eva").choices
    await stage.says("uma", "my forget")
    await stage.clicks("uma", "Erase everything")
    await stage.chat.leave("vera")
    await stage.says("ana", "my data")
    assert "ANA" in stage.last("ana").text
    assert aloud(stage) == []
    stage.restart()
    await passes(stage, DAY)
    (said,) = aloud(stage)
    assert f"{WELCOME}: ANA @room <b>, TINA @room <b>. Welcome!" in said
    await passes(stage, 30 * DAY)
    assert len(aloud(stage)) == 1


async def test_on_quiet_days_it_waits(stage: Stage) -> None:
    today = stage.clock.now().date()
    await stage.says("mira", f"keeper quiet add {today} {today + 2 * DAY}")
    await comes(stage, "ana", "Be welcomed by name")
    await stage.says("ana", "Ana")
    await passes(stage, 2 * DAY + timedelta(hours=12))
    assert aloud(stage) == []
    await passes(stage, DAY)
    assert len(aloud(stage)) == 1


async def test_an_introduction_on_the_way_leads_on(stage: Stage) -> None:
    await comes(stage, "ana", "Introduce myself", "An object on my desk")
    await stage.says("ana", "A kitchen timer.")
    await stage.says("ana", "Ana")
    await stage.clicks("ana", "Post it")
    assert "4 of 4" in stage.last("ana").text
    assert "Introduce myself" not in stage.last("ana").choices
    await stage.clicks("ana", "Be welcomed by name")
    await stage.clicks("ana", "As Ana")
    await stage.clicks("ana", "I look around by myself")
    assert "Your introduction" in stage.last("ana").choices
    await comes(stage, "eva", "Introduce myself", "Not now", "I look around by myself")
    assert "Introduce myself" in stage.last("eva").choices  # the door that was promised


async def greeted(stage: Stage, *names: str) -> None:
    """Let these stand in a welcome that was posted."""
    for name in names:
        await comes(stage, name, "Be welcomed by name")
        await stage.says(name, name.upper())
        await stage.clicks(name, "I look around by myself")
    await passes(stage, DAY)


async def takes_back(stage: Stage, name: str) -> None:
    await stage.says(name, "start")
    await stage.clicks(name, "Take my welcome by name back")


async def test_a_name_is_taken_out_of_what_was_posted(stage: Stage) -> None:
    await greeted(stage, "ana", "eva")
    assert f"{WELCOME}: ANA, EVA. Welcome!" in aloud(stage)[0]
    stage.restart()
    await takes_back(stage, "ana")
    assert "taken out of the welcome" in stage.last("ana").text
    (said,) = aloud(stage)
    assert f"{WELCOME}: EVA. Welcome!" in said
    await greeted(stage, "tina")
    assert len(aloud(stage)) == 2
    await takes_back(stage, "eva")
    (said,) = aloud(stage)
    assert f"{WELCOME}: TINA. Welcome!" in said
    await stage.says("eva", "start")
    assert "Take my welcome by name back" not in stage.last("eva").choices


async def test_where_a_name_stands_is_known_for_a_month(stage: Stage) -> None:
    await greeted(stage, "ana")
    await passes(stage, 28 * DAY)
    await stage.says("ana", "start")
    assert "Take my welcome by name back" in stage.last("ana").choices
    await passes(stage, 4 * DAY)
    await stage.clicks("ana", "Take my welcome by name back")
    assert "a moderator can delete" in stage.last("ana").text
    assert len(aloud(stage)) == 1
