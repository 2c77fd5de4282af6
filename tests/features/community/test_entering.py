"""A space's other rooms in setup: which the bot comes into, and which ask for an invitation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.events import Added, Moved, Removed
from bot.core.refs import Community, OutsideRoom, Room, RoomFacts, Way
from bot.rehearsal.stage import Stage
from storage.communities import Communities
from storage.transaction import Transaction
from tests.rehearsal.community import arrived, opened

GARDEN = Community("memory", "circle")
BED, PORCH, CELLAR = (
    OutsideRoom(Room("memory", id_), name, way)
    for id_, name, way in (
        ("b", "Bed", Way.OPEN),
        ("p", "Porch", Way.KNOCK),
        ("c", "Cellar", Way.INVITED),
    )
)


async def told(stage: Stage, *outside: OutsideRoom, rooms: tuple[str, ...] = ("garden",)) -> None:
    """Let the platform tell of rooms that the bot is not in."""
    event = Added(
        event_id=f"added-{len(stage.chat.lines)}-{len(outside)}",
        community=GARDEN,
        name="garden",
        rooms=tuple(RoomFacts(Room("memory", each), each) for each in rooms),
        outside=outside,
        new=False,
    )
    await stage.app.hosts[0].receive(event)
    await stage.settle()


async def at_rooms(*outside: OutsideRoom) -> Stage:
    """Come to the step about rooms, where the platform lets the bot come in by itself."""
    stage = await arrived()
    stage.chat.affordances = replace(stage.chat.affordances, enters=True)
    await told(stage, *outside)
    await stage.says("mira", "!keeper setup", "garden")
    await stage.clicks("mira", "English")
    await stage.says("mira", "Ljubljana")
    return stage


async def test_it_asks_which_rooms_to_come_into_and_names_the_closed_ones() -> None:
    stage = await at_rooms(BED, PORCH, CELLAR)
    assert "invitation: Cellar. If I shall be there" in stage.last("mira", "only by").text
    asked = stage.last("mira", "Rooms that I am not in").text
    assert "1. Bed\n2. Porch (I would ask to be let in)" in asked
    assert "Cellar" not in asked
    await stage.clicks("mira", "Into all of them")
    said = stage.last("mira", "I am coming into").text
    assert "I am coming into: Bed." in said
    assert "I am asking to be let into: Porch." in said
    assert stage.chat.entered == ["b", "p"]
    # Where it surely comes in can be used at once, where it only asked not yet.
    await stage.clicks("mira", "Bed")
    assert "I use Bed" in stage.last("mira", "I use").text
    stage.close()


@pytest.mark.parametrize(
    ("typed", "entered"), [("1", ["b"]), ("porch, 1", ["p", "b"]), ("#Bed , bed", ["b"])]
)
async def test_some_rooms_can_be_named(typed: str, entered: list[str]) -> None:
    stage = await at_rooms(BED, PORCH)
    await stage.says("mira", typed)
    assert stage.chat.entered == entered
    stage.close()


async def test_a_room_that_is_not_there_is_asked_for_again() -> None:
    stage = await at_rooms(BED, PORCH)
    await stage.says("mira", "1, 7")
    assert "which room “7” is" in stage.last("mira", "which room").text
    assert stage.chat.entered == []
    stage.restart()
    await stage.clicks("mira", "Into none")
    assert stage.chat.entered == []
    assert "I use garden" in stage.last("mira", "I use").text
    stage.close()


async def test_a_replaced_room_that_needs_an_invitation_is_a_problem() -> None:
    stage = await arrived()
    await opened(stage)
    await told(stage, OutsideRoom(Room("memory", "n"), "Garden", Way.REPLACED))
    await stage.says("mira", "keeper check")
    assert "only by an invitation: Garden" in stage.last("mira").text
    stage.close()


async def test_a_space_is_greeted_in_the_first_room_that_the_bot_comes_into() -> None:
    stage = await arrived()
    space = Community("memory", "space")
    for number, rooms in enumerate(((), (RoomFacts(Room("memory", "garden"), "garden"),))):
        event = Added(
            event_id=f"space-{number}", community=space, name="S", rooms=rooms, new=number == 0
        )
        before = len(stage.chat.lines)
        await stage.app.hosts[0].receive(event)
        await stage.settle()
    (line,) = stage.chat.lines[before:]
    assert "keeper setup" in line.text
    stage.close()


async def set_up_elsewhere(stage: Stage) -> Community:
    """Let there be a space that its own moderators have set up."""
    space = Community("memory", "space")
    room = RoomFacts(Room("memory", "hall"), "hall")
    stage.chat.rooms["hall"] = "space"
    added = Added(event_id="space", community=space, name="Meadow", rooms=(room,), new=True)
    await stage.app.hosts[0].receive(added)

    def choose(tx: Transaction) -> None:
        row = Communities(tx).find(space)
        assert row is not None
        row.state, row.newcomers_room = "open", "hall"
        Communities(tx).save(row)

    stage.opened.store.run(choose)
    await stage.settle()
    return space


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_community_that_becomes_part_of_another_is_told_that_its_own_things_rest(
    language: str,
) -> None:
    stage = await arrived()
    await opened(stage)
    space = await set_up_elsewhere(stage)

    def speak(tx: Transaction) -> None:
        row = Communities(tx).find(GARDEN)
        assert row is not None
        row.locale = language
        Communities(tx).save(row)

    stage.opened.store.run(speak)

    async def becomes_part(number: int) -> list[str]:
        before = len(stage.chat.lines)
        moved = Moved(event_id=f"part-{number}", before=GARDEN, after=space)
        for event in (moved, Removed(event_id=f"gone-{number}", community=GARDEN), moved):
            await stage.app.hosts[0].receive(event)
        await stage.settle()
        new = stage.chat.lines[before:]
        assert {each.place for each in new} <= {Room("memory", "garden")}
        return [each.text for each in new]

    (told,) = await becomes_part(1)
    rests = "what was set up here rests" if language == "en" else "est donc au repos"
    assert rests in told
    assert "Garden" in told
    assert "Meadow" in told
    assert "!keeper open" in told
    # It is there again when it is taken out, and told of the second time as well.
    back = Added(
        event_id="back",
        community=GARDEN,
        name="garden",
        rooms=(RoomFacts(Room("memory", "garden"), "garden"),),
        new=True,
    )
    await stage.app.hosts[0].receive(back)
    await stage.settle()
    await stage.says("mira", "!keeper open", "garden")
    row = stage.opened.store.run(lambda tx: Communities(tx).find(GARDEN))
    assert row is not None
    assert row.state == "open"
    assert len(await becomes_part(2)) == 1
    stage.close()


async def test_start_here_is_put_up_again_where_the_newcomers_room_goes_on() -> None:
    stage = await arrived()
    await opened(stage)
    doors = [line for line in stage.chat.lines if "Start here" in line.text]
    stage.chat.rooms["!new"] = "garden"
    moved = Moved(
        event_id="moved",
        before=GARDEN,
        after=GARDEN,
        rooms=((Room("memory", "garden"), Room("memory", "!new")),),
    )
    await stage.app.hosts[0].receive(moved)
    await stage.app.hosts[0].receive(moved)
    await stage.settle()
    again = [line for line in stage.chat.lines if "Start here" in line.text][len(doors) :]
    assert [line.place for line in again] == [Room("memory", "!new")]
    # One that no longer is anybody's is told of in vain.
    gone = Moved(event_id="gone", before=Community("memory", "x"), after=GARDEN)
    await stage.app.hosts[0].receive(gone)
    stage.close()
