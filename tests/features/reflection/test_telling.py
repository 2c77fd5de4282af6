"""Before their first words, members hear who can technically see them: truthfully for the place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from bot.core.content import Folders
from bot.core.events import Posted
from bot.core.refs import Member, MessageRef, Room
from bot.features import reflection
from tests.engine.circle import FAKE, PROMPTS, TEXT_ONLY, Circle, direct, standing

BEFORE = "Before the first one"
SERVER = "The platform’s server can read this chat"


@pytest_asyncio.fixture
async def circle(tmp_path: Path) -> AsyncIterator[Circle]:
    folders = Folders([PROMPTS], PROMPTS.parent / "charter.yaml")
    can = replace(TEXT_ONLY, encrypts=True)
    circle = Circle(tmp_path, [reflection.feature(folders)], can=can)
    yield circle
    circle.close()


async def says(circle: Circle, text: str, *, encrypted: bool | None) -> str:
    """Let Ana write; return what the bot answered."""
    before = len(circle.told("ana"))
    event_id = circle.event_id()
    await circle.happens(
        Posted(
            event_id=event_id,
            member=Member(FAKE, "ana"),
            standing=standing(),
            place=direct("ana"),
            message=MessageRef(Room(FAKE, "any"), event_id),
            text=text,
            encrypted=encrypted,
        )
    )
    return "\n".join(circle.told("ana")[before:])


async def test_it_is_told_once_where_the_conversation_stays_as_it_is(circle: Circle) -> None:
    for encrypted in (True, False):
        person = await says(circle, "reflect now", encrypted=encrypted)
        assert BEFORE in person
        assert BEFORE not in await says(circle, "reflect now", encrypted=encrypted)


async def test_who_heard_that_no_server_can_read_it_is_told_where_one_can(circle: Circle) -> None:
    await says(circle, "reflect now", encrypted=True)
    again = await says(circle, "reflect now something private", encrypted=False)
    assert BEFORE in again
    assert SERVER in again
    assert "Kept" not in again  # what was typed before they were told is not kept
    assert BEFORE not in await says(circle, "reflect now", encrypted=False)
    assert BEFORE not in await says(circle, "reflect now", encrypted=True)


async def test_a_platform_that_tells_nothing_of_encryption_tells_it_once(circle: Circle) -> None:
    assert SERVER in await says(circle, "reflect now", encrypted=None)
    assert BEFORE not in await says(circle, "reflect now", encrypted=None)


async def test_before_a_thought_is_shared_it_is_told_who_can_see_it(circle: Circle) -> None:
    assert "Before you write: the platform’s server" in await says(
        circle, "reflect share", encrypted=False
    )
    assert BEFORE in await says(circle, "reflect now", encrypted=False)
    assert "Before you write" not in await says(circle, "reflect share", encrypted=False)


async def test_a_rhythm_without_a_thought_tells_it_with_the_first_question(circle: Circle) -> None:
    assert BEFORE not in await says(circle, "reflect how-often weekly", encrypted=False)
    first = await says(circle, "reflect check-in", encrypted=False)
    assert BEFORE in first
    assert SERVER in first
    await says(circle, "Something that I noticed.", encrypted=False)
    await says(circle, "reflect check-in", encrypted=False)
    assert BEFORE not in await says(circle, "On to the question", encrypted=False)
