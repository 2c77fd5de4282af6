"""Rooms in the setup: for each use one, one for all, and those that cannot be used."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.core.events import Added
from bot.core.refs import Room, RoomFacts
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import ROOM, START
from tests.support.shipped import shipped
from tests.support.stage import ReadyStage

ROOMS = ("garden", "library", "cellar")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return a community of three rooms, of which the cellar is shut."""
    stage = ReadyStage(shipped(), START)
    stage.chat.moderators.add("mira")
    stage.chat.people.update({"mira", "tom"})
    await stage.chat.add_bot("Garden", dict(zip(ROOMS, ROOMS, strict=True)))
    await shut(stage, "cellar")
    await stage.settle()
    yield stage
    stage.close()


async def shut(stage: Stage, *names: str) -> None:
    facts = tuple(
        RoomFacts(Room("memory", each), each, can_post=each not in names) for each in ROOMS
    )
    event_id = f"rooms {'-'.join(names)}"
    community = stage.chat.community
    event = Added(event_id=event_id, community=community, name="", rooms=facts, new=False)
    await stage.app.hosts[0].receive(event)


async def to_the_rooms(stage: Stage, person: str = "mira") -> None:
    await stage.says(person, "!keeper setup", ROOM)
    await stage.clicks(person, "English")
    await stage.says(person, "Ljubljana")


async def apart(stage: Stage, *typed: str) -> str:
    for each in typed:
        await stage.says("mira", each)
    return next(
        line.text for line in reversed(stage.chat.seen_by("mira")) if "rooms" in line.text.lower()
    )


async def test_each_use_has_a_room_by_name_by_number_or_the_same(stage: Stage) -> None:
    await to_the_rooms(stage)
    await stage.clicks("mira", "Different rooms for different things")
    stage.restart()
    said = await apart(stage, "garden", "#Library", "-", "3")
    assert "Newcomers: garden" in said
    assert "Weekly prompts: library" in said
    assert "Charter: garden" in said
    assert "Moderators: library" in said


async def test_without_a_room_for_moderators_there_is_none(stage: Stage) -> None:
    await to_the_rooms(stage)
    await stage.clicks("mira", "Different rooms for different things")
    assert "Moderators" not in await apart(stage, "garden", "same", "same", "none")


@pytest.mark.parametrize("typed", [("cellar",), ("garden", "cellar", "-", "-"), ("1",)])
async def test_a_room_that_the_bot_cannot_post_in_is_refused(
    stage: Stage, typed: tuple[str, ...]
) -> None:
    await to_the_rooms(stage)
    await stage.clicks("mira", "Different rooms for different things")
    for each in (*typed, *["-"] * (4 - len(typed))):
        await stage.says("mira", each)
    assert any("I may not write in cellar" in line.text for line in stage.chat.seen_by("mira"))
    assert "Newcomers: garden" in await apart(stage, "garden", "-", "-", "-")


async def test_a_room_that_is_shut_meanwhile_holds_up_the_opening(stage: Stage) -> None:
    await to_the_rooms(stage)
    for label in ("garden", "Start from the 10 clauses", "Every Tuesday at 9", "Yes"):
        await stage.clicks("mira", label)
    await shut(stage, "garden", "cellar")
    await stage.clicks("mira", "Open now")
    assert "I may not write in garden" in stage.last("mira").text
    await shut(stage)
    await stage.clicks("mira", "Open now")
    assert "The community is open" in stage.last("mira").text


async def test_who_is_demoted_in_the_middle_changes_nothing(stage: Stage) -> None:
    await to_the_rooms(stage)
    stage.chat.moderators.discard("mira")
    await stage.clicks("mira", "garden")
    assert "moderat" in stage.last("mira").text
    stage.chat.moderators.add("tom")
    await stage.says("tom", "keeper status")
    assert "No rooms are chosen" in stage.last("tom").text


async def test_two_moderators_who_set_up_at_once_lose_nothing(stage: Stage) -> None:
    stage.chat.moderators.add("tom")
    await to_the_rooms(stage)
    await stage.says("tom", "keeper setup")
    await stage.clicks("tom", "English")
    await stage.clicks("mira", "library")
    await stage.clicks("tom", "Keep Europe/Ljubljana")
    await stage.clicks("tom", "Leave the rooms as they are")
    assert "Newcomers: library" in stage.last("tom", "These are the rooms").text
    await stage.clicks("mira", "Start from the 10 clauses")
    await stage.clicks("mira", "Every Tuesday at 9")
    await stage.clicks("mira", "Yes")
    await stage.says("tom", "keeper setup")
    assert "where you left it" in stage.last("tom", "where you left it").text
    status = [line.text for line in stage.chat.seen_by("tom")]
    assert not any("No rooms are chosen" in text for text in status)


async def test_an_open_community_is_set_up_again_without_being_opened_again(stage: Stage) -> None:
    """Start here goes up where newcomers come in now, in the room's language, once."""
    stage.chat.moderators.add("moe")
    await to_the_rooms(stage)
    await stage.clicks("mira", "garden")
    await stage.clicks("mira", "Not yet")
    await stage.clicks("mira", "No prompts for now")
    await stage.clicks("mira", "Open now")
    await stage.says("moe", "my settings")
    await stage.clicks("moe", "Language: English")
    await stage.clicks("moe", "Français")
    for rooms, posted in (("Laisser les salons comme ils sont", 0), ("library", 1), ("library", 0)):
        count = len(stage.chat.lines)
        await stage.says("moe", "keeper setup")
        assert "Cette communauté est ouverte" in stage.last("moe", "Préparons").text
        await stage.clicks("moe", "English")
        await stage.clicks("moe", "Garder Europe/Ljubljana")
        await stage.clicks("moe", rooms)
        await stage.clicks("moe", "Pas encore")
        await stage.clicks("moe", "Pas de questions pour l’instant")
        assert "la communauté reste ouverte" in stage.last("moe").text
        doors = [each for each in stage.chat.lines[count:] if each.text.startswith("Start here")]
        assert [each.place for each in doors] == [Room("memory", "library")] * posted
        assert all(each.pinned for each in doors)


async def test_a_member_names_their_zone_by_a_city(stage: Stage) -> None:
    await to_the_rooms(stage)
    await stage.says("mira", "my settings")
    await stage.clicks("mira", "Time zone: Europe/Ljubljana")
    await stage.says("mira", "GMT+1")
    assert "knows no summer time" in stage.last("mira", "summer").text
    await stage.says("mira", "montreal")
    await stage.says("mira", "my settings")
    assert "Time zone: America/Montreal" in stage.last("mira").choices
