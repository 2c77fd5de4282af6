"""Introducing oneself: seen before it is posted, and taken out of the room again on a word."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from bot.adapters.memory import BOT
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import arrived, opened, passes, welcomed

TEXT = "A kitchen timer.\n\n# loud @room <b>"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return a community in which somebody is about to introduce herself, in a hunt."""
    stage = await arrived()
    await opened(stage)
    await welcomed(stage, "ana")
    await stage.says("ana", "hunt")
    await stage.clicks("ana", "First footsteps")
    for _ in range(4):
        await stage.clicks("ana", "Skip")
    await stage.clicks("ana", "Introduce myself")
    await stage.clicks("ana", "An object on my desk")
    await stage.says("ana", TEXT)
    await stage.says("ana", "Ana")
    yield stage
    stage.close()


def posted(stage: Stage) -> list[str]:
    lines = [each for each in stage.chat.lines if not isinstance(each.place, Direct)]
    return [each.text for each in lines if each.author == BOT and "introduces" in each.text]


async def test_it_is_posted_as_it_was_shown_and_undone_within_ten_minutes(stage: Stage) -> None:
    preview = stage.last("ana", "This is what I would post").text
    assert posted(stage) == []
    await stage.clicks("ana", "Post it")
    (text,) = posted(stage)
    assert text in preview
    assert "# loud @room <b>" in text
    stage.restart()
    await stage.clicks("ana", "Take it back")
    assert posted(stage) == []
    assert "taken out of the room" in stage.last("ana").text


async def test_it_is_withdrawn_later_by_the_door_under_start(stage: Stage) -> None:
    await stage.clicks("ana", "Post it")
    await passes(stage, timedelta(days=3))
    await stage.says("ana", "start")
    await stage.clicks("ana", "Your introduction")
    await stage.clicks("ana", "Withdraw it")
    assert posted(stage) == []


async def test_kept_for_oneself_it_is_posted_nowhere_and_counts(stage: Stage) -> None:
    await stage.clicks("ana", "Keep it for myself")
    assert posted(stage) == []
    assert "Step 6 of 6" in stage.last("ana").text


async def test_what_is_shown_beforehand_is_in_the_language_of_the_room(stage: Stage) -> None:
    await stage.clicks("ana", "Keep it for myself")
    await stage.says("ana", "my settings")
    await stage.clicks("ana", "Language: English")
    await stage.clicks("ana", "Français")
    await stage.says("ana", "start")
    await stage.clicks("ana", "Ta présentation")
    preview = stage.last("ana", "Voici ce que je publierais").text
    await stage.clicks("ana", "Publier")
    (text,) = posted(stage)
    assert text in preview
