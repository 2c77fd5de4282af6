"""Whom a prompt mentions, how late it may come, and a room that takes none."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.adapters.memory import Line
from bot.core.actions import EVERYONE
from bot.core.events import Added
from bot.core.refs import RoleFacts, Room, RoomFacts
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, ROOM, WEEK, arrived, opened, passes, prompts


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community; it is Monday, 2 March 2026, and prompts come on Tuesdays at 9."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def told(stage: Stage, text: str, person: str = "mira") -> str:
    await stage.says(person, text)
    return stage.last(person).text


async def added(stage: Stage, *rooms: RoomFacts, roles: tuple[RoleFacts, ...] = ()) -> None:
    """Let the platform tell of rooms and roles as they are now."""
    stage.chat.rooms.update({facts.room.id: facts.name for facts in rooms})
    event = Added(
        event_id=f"rooms {len(stage.chat.lines)} {stage.clock.now()}",
        community=stage.chat.community,
        name="",
        rooms=rooms or (RoomFacts(Room("memory", ROOM), ROOM),),
        roles=roles,
        new=False,
    )
    await stage.app.hosts[0].receive(event)


def pings(lines: list[Line]) -> list[str]:
    return [line.ping for line in prompts(lines)]


# --- mentioning ----------------------------------------------------------------------------------


async def test_nobody_is_mentioned_by_default(stage: Stage) -> None:
    assert pings(await passes(stage, 3 * WEEK)) == ["", "", ""]


async def test_a_permission_holds_for_one_prompt(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Let the next one mention people")
    assert "mentions nobody unless you allow it" in stage.last("mira").text
    stage.restart()
    await stage.clicks("mira", "Everyone in the room")
    assert "It mentions everyone in the room." in stage.last("mira").text
    assert "it mentions everyone" in await told(stage, "keeper prompt list")
    assert "It mentions everyone" in await told(stage, "keeper prompt preview")
    assert pings(await passes(stage, 3 * WEEK)) == [EVERYONE, "", ""]


async def test_another_prompt_for_the_date_has_no_permission(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt ping")
    await stage.clicks("mira", "Everyone in the room")
    await stage.says("mira", "keeper prompt add @everyone: what did you leave out?")
    assert "It mentions" not in await told(stage, "keeper prompt preview")
    assert pings(await passes(stage, 2 * WEEK)) == ["", ""]


async def test_a_permission_moves_with_its_prompt_and_can_be_taken_back(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt add What did you leave out?")
    await stage.says("mira", "keeper prompt ping")
    await stage.clicks("mira", "Everyone in the room")
    await stage.says("mira", "keeper prompt skip-next")
    assert "It mentions everyone" in await told(stage, "keeper prompt preview")
    assert "It may mention everyone" in await told(stage, "keeper prompt ping")
    await stage.clicks("mira", "Nobody")
    assert "It mentions" not in stage.last("mira").text
    assert pings(await passes(stage, 2 * WEEK)) == [""]


async def test_a_role_is_mentioned_while_it_is_there(stage: Stage) -> None:
    stage.chat.affordances = replace(stage.chat.affordances, roles=True)
    readers = RoleFacts("77", "readers")
    await added(stage, roles=(readers,))
    await stage.says("mira", "keeper prompt ping")
    await stage.clicks("mira", "Those with the role readers")
    assert "It mentions those with the role readers." in stage.last("mira").text
    assert pings(await passes(stage, WEEK)) == ["77"]
    await stage.says("mira", "keeper prompt ping")
    await stage.clicks("mira", "Those with the role readers")
    await added(stage)
    assert pings(await passes(stage, WEEK)) == [""]


async def test_who_moderates_no_longer_allows_nothing(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt ping")
    stage.chat.moderators.discard("mira")
    await stage.clicks("mira", "Everyone in the room")
    assert "moderat" in stage.last("mira").text
    stage.chat.moderators.add("mira")
    assert pings(await passes(stage, WEEK)) == [""]


async def test_two_moderators_allow_what_they_saw(stage: Stage) -> None:
    stage.chat.moderators.add("tom")
    await stage.says("mira", "keeper prompt ping")
    await stage.says("tom", "keeper prompt add What did you leave out?")
    await stage.clicks("mira", "Everyone in the room")
    assert "has changed meanwhile" in stage.last("mira").text
    assert pings(await passes(stage, WEEK)) == [""]


async def test_without_a_schedule_there_is_nothing_to_allow() -> None:
    stage = await arrived()
    try:
        for word in ("ping", "lateness"):
            assert "Nothing is scheduled" in await told(stage, f"keeper prompt {word}")
    finally:
        stage.close()


# --- late ----------------------------------------------------------------------------------------


async def missed(stage: Stage, late: timedelta) -> int:
    """Let the bot be away at a prompt's time, come back so late, and tell how many it posts."""
    stage.clock.move_to(stage.clock.now() + DAY + late)
    return len(prompts(await passes(stage, timedelta(hours=1))))


@pytest.mark.parametrize(("hours", "late", "posted"), [(6, 5, 1), (6, 7, 0), (0, 47, 1)])
async def test_a_late_prompt_comes_within_the_window(
    stage: Stage, hours: int, late: int, posted: int
) -> None:
    if hours:
        said = await told(stage, f"keeper prompt lateness {hours}")
        assert f"by {hours} hours at most" in said
    stage.restart()
    assert await missed(stage, timedelta(hours=late)) == posted


async def test_the_window_is_asked_for_and_kept_with_each_schedule(stage: Stage) -> None:
    rooms = tuple(RoomFacts(Room("memory", each), each) for each in (ROOM, "library"))
    await added(stage, *rooms)
    await stage.says("mira", "keeper prompt schedule weekly friday 10:00")
    await stage.says("mira", "keeper prompt schedule")
    for label in ("Another one, for another room", "library", "Every Tuesday at 9", "Yes"):
        await stage.clicks("mira", label)
    await stage.says("mira", "keeper prompt lateness")
    await stage.clicks("mira", "All of them")
    assert "not later than this: two days" in stage.last("mira").text
    await stage.clicks("mira", "half a day")
    assert "by half a day at most" in stage.last("mira").text
    # What is changed later leaves the window as it is.
    await stage.says("mira", "keeper prompt skip-next")
    await stage.says("mira", "keeper prompt lateness")
    await stage.clicks("mira", next(each for each in stage.last("mira").choices if "lib" in each))
    assert "not later than this: half a day" in stage.last("mira").text


@pytest.mark.parametrize("typed", ["0", "169", "soon"])
async def test_an_impossible_window_is_refused(stage: Stage, typed: str) -> None:
    assert "from 1 to 168" in await told(stage, f"keeper prompt lateness {typed}")


# --- a room that takes none ----------------------------------------------------------------------


async def test_a_room_that_the_bot_cannot_post_in_is_refused(stage: Stage) -> None:
    shut = RoomFacts(Room("memory", "cellar"), "cellar", can_post=False)
    await added(stage, RoomFacts(Room("memory", ROOM), ROOM), shut)
    await stage.says("mira", "keeper prompt schedule")
    await stage.clicks("mira", "Another one, for another room")
    await stage.clicks("mira", "cellar")
    assert "may not write in cellar" in stage.last("mira").text
    await stage.clicks("mira", ROOM)
    assert "How often" in stage.last("mira").text


async def test_a_prompt_that_cannot_be_posted_is_not_used_up(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt add What did you leave out?")
    stage.chat.rooms.clear()  # the platform has not told of it yet
    assert not prompts(await passes(stage, WEEK))
    status = await told(stage, "keeper status")
    assert "the room is gone" in status
    assert "your own prompts that wait: 1" in status
    stage.chat.rooms[ROOM] = ROOM
    (posted,) = prompts(await passes(stage, WEEK))
    assert "What did you leave out?" in posted.text
