"""What stands in a room's state, where /sync tells of it as it was before (a fork of the room)."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from bot.core.events import Posted
from tests.matrix.fake_homeserver import (
    Answer,
    FakeHomeserver,
    a_room,
    bad_gateway,
    fake_homeserver,
)
from tests.matrix.running import Bot, running
from tests.support.fake_host import WallClock

ROOM, BERT = "!room:fake", "@bert:fake"


def levels(*moderators: str) -> dict[str, Any]:
    """Power levels that make these people moderators."""
    return piece("m.room.power_levels", "", users=dict.fromkeys(moderators, 50))


def piece(kind: str, key: str, **content: object) -> dict[str, Any]:
    """A piece of the room's state."""
    event = {"type": kind, "state_key": key, "sender": "@anna:fake", "content": content}
    return {**event, "event_id": f"${kind}{key}{content}", "origin_server_ts": 4_000_000_000_000}


def member(user_id: str, membership: str) -> dict[str, Any]:
    """Somebody in the room, or not."""
    return piece("m.room.member", user_id, membership=membership)


def news(*timeline: dict[str, Any], state: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """An answer of /sync about the room."""
    return {
        "join": {ROOM: {"state": {"events": [*state]}, "timeline": {"events": [*timeline]}}},
    }


def says(number: int) -> dict[str, Any]:
    """Bert gives the bot a command."""
    (part,) = a_room(ROOM, "!keeper", start=number)["join"].values()
    return {**part["timeline"]["events"][0], "sender": BERT}


def holds(server: FakeHomeserver, *state: dict[str, Any], knows_format: bool = True) -> None:
    """Let the homeserver have this as the room's state."""
    for event in state:

        async def one(_: web.Request, event: dict[str, Any] = event) -> Answer:
            return web.json_response(event if knows_format else event["content"])

        server.always[event["state_key"] or event["type"]] = one

    async def whole(_: web.Request) -> Answer:
        return web.json_response(state)

    server.always["state"] = whole


async def moderates(bot: Bot, number: int) -> bool:
    """Tell whether Bert was seen as a moderator when he spoke."""
    said = await bot.host.first(Posted, lambda event: event.event_id == f"$m{number}")
    return any(each.moderator for each in said.standing)


async def in_the_room(server: FakeHomeserver, bot: Bot) -> None:
    """Let the bot and Bert be in the room, and Bert moderate it."""
    server.tell(a_room(ROOM))
    holds(server, levels(BERT))
    server.tell(news(member(BERT, "join"), levels(BERT), says(0)))
    assert await moderates(bot, 0)


@pytest.mark.parametrize("knows_format", [True, False])
async def test_a_new_moderator_stays_one_though_sync_tells_of_power_as_it_was_before(
    knows_format: bool,
) -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await in_the_room(server, bot)
        holds(server, levels(BERT), knows_format=knows_format)
        server.tell(news(says(1), state=(levels(),)))
        assert await moderates(bot, 1)
        # What is taken away is taken away.
        holds(server, levels(), knows_format=knows_format)
        server.tell(news(says(2), state=(levels(),)))
        assert not await moderates(bot, 2)


async def test_of_two_changes_of_power_at_once_the_one_counts_that_the_homeserver_chose() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await in_the_room(server, bot)
        server.tell(news(levels(), says(1)))
        assert await moderates(bot, 1)


@pytest.mark.parametrize("others", [0, 20])
async def test_who_came_in_is_not_out_again_because_sync_tells_of_before(others: int) -> None:
    crowd = [f"@p{number}:fake" for number in range(others)]
    now = [member(who, "join") for who in (BERT, *crowd)]
    before = tuple(member(who, "invite") for who in (BERT, *crowd))
    async with fake_homeserver() as server, running(server.account) as bot:
        await in_the_room(server, bot)
        server.tell(news(*now))
        holds(server, levels(BERT), *now)
        server.tell(news(says(1), state=before))
        assert await moderates(bot, 1)
        # Many pieces are asked for at once.
        assert (server.calls[BERT], server.calls["state"]) == ((1, 0) if others == 0 else (0, 1))


async def test_while_the_homeserver_cannot_say_it_waits_and_a_refusal_leaves_it_as_told() -> None:
    clock = WallClock(haste=100)
    async with fake_homeserver() as server, running(server.account, clock=clock) as bot:
        await in_the_room(server, bot)
        server.faults["m.room.power_levels"] = [bad_gateway()] * 2
        # The double forgets an answer that was given; a homeserver repeats it.
        for number in (1, 1, 1):
            server.tell(news(says(number), state=(levels(),)))
        assert await moderates(bot, 1)
        assert len(clock.pauses) == 2

        async def shut(_: web.Request) -> Answer:
            return web.json_response({"errcode": "M_FORBIDDEN"}, status=403)

        server.always["m.room.power_levels"] = shut
        server.tell(news(says(2), state=(levels(),)))
        assert not await moderates(bot, 2)


async def test_a_quiet_answer_asks_nothing() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await in_the_room(server, bot)
        asked = server.calls["m.room.power_levels"]
        server.tell(news(says(1), state=(levels(BERT), member(BERT, "join"))))
        assert await moderates(bot, 1)
        assert server.calls["m.room.power_levels"] == asked
        assert server.calls[BERT] == 0
