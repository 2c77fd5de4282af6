"""A homeserver that has its rate limits on: measured, obeyed, and people are answered first."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Iterator

import pytest

from bot.adapters.matrix import Credentials, look
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.limits import FREE, look_at_limits
from bot.core.errors import TryLater
from tests.matrix.conftest import unique
from tests.matrix.fake_homeserver import fake_homeserver, refusal
from tests.matrix.running import room, running
from tests.support.fanout import fanned_out
from tests.support.human import Human
from tests.support.matrix_circle import MatrixCircle
from tests.support.synapse import Account, Synapse, SynapseMissing


@pytest.fixture(scope="module")
def limited(synapse: Synapse) -> Iterator[Synapse]:
    """A homeserver with Synapse's default limits; people are free, accounts named keeper not."""
    assert synapse.running  # or the parts are missing, and it has said so
    try:
        with Synapse(limits=True) as server:
            yield server
    except SynapseMissing as missing:
        pytest.fail(str(missing))


def register(server: Synapse, name: str) -> Account:
    account = server.register(unique(name))
    if name != "keeper":
        server.lift_limits(account.user_id)
    return account


async def test_the_limits_are_obeyed_and_order_is_kept(limited: Synapse) -> None:
    keeper = register(limited, "keeper")
    async with Human(register(limited, "alex")) as alex, running(keeper) as bot:
        place = await alex.create_room("Commons", invite=[bot.id])
        await alex.hears(place, lambda event: event.raw.get("state_key") == bot.id)
        await bot.synced()
        pauses: list[float] = []
        for number in range(13):
            while True:
                try:
                    await bot.says(room(place), f"message {number}", key=f"m{number}")
                    break
                except TryLater as later:
                    pauses.append(later.after)
                    await asyncio.sleep(later.after)
        said = [event.text for event in await alex.messages(place) if event.text]
        assert said == [f"message {number}" for number in range(13)]
        assert pauses
        assert max(pauses) < 30
        limited.lift_limits(bot.id)
        await asyncio.gather(*[bot.says(room(place), f"free {n}") for n in range(20)])


async def test_what_is_measured_tells_an_admin_what_to_do_and_leaves_nothing_behind(
    limited: Synapse,
) -> None:
    keeper = register(limited, "keeper")
    client = Client(keeper.homeserver, keeper.user_id)
    client.use_token(keeper.access_token, keeper.device_id)
    try:
        told = await look_at_limits(client, keeper.homeserver)
        assert re.search(r"say (8|9|10) messages at once, and then the next after \d+ s", told)
        command = told[told.index("curl") :]
        path = f"/_synapse/admin/v1/users/%40{keeper.user_id[1:].replace(':', '%3A')}"
        assert f"{keeper.homeserver}{path}/override_ratelimit" in command
        assert json.loads(command.split("'")[1]) == {"messages_per_second": 0, "burst_count": 0}
        limited.limit(keeper.user_id, per_second=0, burst=0)
        assert await look_at_limits(client, keeper.homeserver) == FREE
        assert await client.joined_rooms() == []
    finally:
        await client.close()
    assert shlex.split(command)[:3] == ["curl", "-X", "POST"]


async def test_where_no_room_can_be_made_the_check_says_that_it_could_not_measure() -> None:
    async with fake_homeserver() as server:
        server.always["createRoom"] = refusal(403, "M_FORBIDDEN")
        keeper = server.account
        credentials = Credentials(keeper.homeserver, keeper.user_id, keeper.access_token)
        mistakes, hints = await look(credentials, {}, {}, encryption=False)
    assert mistakes == []
    assert "could not be measured (403 M_FORBIDDEN)" in hints[-1]


async def test_sixty_messages_arrive_in_order_and_a_command_among_them_is_answered_next(
    limited: Synapse,
) -> None:
    async with MatrixCircle(lambda name: register(limited, name)) as circle:
        # Twenty times as fast as the default, so that it ends within a test; else all is the same.
        limited.limit(circle.account.user_id, per_second=4, burst=10)
        report = await fanned_out(circle, patience=60)
        assert report.as_promised, report
