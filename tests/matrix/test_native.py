"""What clients show of their own accord: command descriptions, typing, name and picture."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bot.adapters.matrix import Profile
from bot.adapters.matrix.commands import DESCRIPTION, state_key
from bot.core.commands import Audience, Command, Declared
from bot.core.events import Added, Commanded, Event, Posted
from tests.matrix.running import room, running
from tests.support.fake_host import WallClock
from tests.support.human import CLIENT, MakeHuman
from tests.support.synapse import MakeAccount


def run(_turn: object, _options: object) -> None:
    """Do nothing."""


def declared(*paths: str, text: str = "What it does") -> Declared:
    commands = [Command(path, run) for path in paths]
    commands.append(Command("keeper setup", run, audience=Audience.MODERATOR))
    return Declared(commands, {each.path: {"en": text} for each in commands}, {})


async def test_commands_are_described_where_the_bot_has_the_power(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    key = state_key("word find", keeper.user_id)

    async def described(place: str) -> dict[str, str]:
        state: Any = await alex.call("GET", f"{CLIENT}/rooms/{place}/state")
        return {
            each["content"].get("command", ""): each["content"]["description"]["m.text"][0]["body"]
            for each in state
            if each["type"] == DESCRIPTION and each["content"]
        }

    clock = WallClock(haste=100)
    async with running(keeper, clock=clock, declared=declared("word find", "help")) as bot:
        host = bot.host
        place = await alex.create_room("Commons", invite=[bot.id])
        weak = await alex.create_room("Weak", invite=[bot.id])
        await host.until(lambda: len(host.of(Added)) == 2)
        assert await described(place) == {}
        await alex.set_power(place, bot.id, 50)
        await alex.hears(place, lambda event: event.type == DESCRIPTION)
        await alex.hears(place, lambda event: event.type == DESCRIPTION)
        assert await described(place) == dict.fromkeys(("help", "word find"), "What it does")
        assert await described(weak) == {}
        # A client sends the command apart from its text.
        content = {
            "msgtype": "m.text",
            "body": "/word find x",
            "m.mentions": {"user_ids": [bot.id]},
            "org.matrix.msc4391.command": {"command": "word find", "arguments": {"word": "x"}},
        }
        await alex.send(place, "m.room.message", content)
        heard = await host.first(Commanded)
        assert (heard.place, heard.command) == (room(place), "word find")
        assert heard.options == {"word": "x"}
        # Another version describes anew what has changed, and takes back what is gone.
        assert clock.pauses.count(20) >= 2
    again = declared("word find", text="It finds")
    async with running(keeper, host, clock=clock, declared=again) as bot:
        await alex.hears(place, lambda event: event.raw.get("state_key") == key)
        await alex.hears(place, lambda event: event.type == DESCRIPTION and not event.content)
        assert await described(place) == {"word find": "It finds"}


async def test_a_command_is_described_when_nothing_was_said_for_a_while(
    account: MakeAccount, human: MakeHuman
) -> None:
    clock, alex = WallClock(haste=10), await human("alex")  # two seconds
    async with running(account("keeper"), clock=clock, declared=declared("help")) as bot:
        place = await alex.create_room("Commons", invite=[bot.id])
        await bot.host.first(Added)
        await alex.set_power(place, bot.id, 50)
        for number in range(12):
            await alex.say(place, f"word {number}")
            await asyncio.sleep(0.3)
        await alex.hears(place, lambda event: event.type == DESCRIPTION)
        kinds = [each.type for each in await alex.messages(place, None)]
        assert kinds.index(DESCRIPTION) > max(
            i for i, k in enumerate(kinds) if k == "m.room.message"
        )


async def test_who_waits_for_long_sees_that_the_bot_is_writing(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await alex.create_room("Commons", invite=[bot.id])
        await bot.host.first(Added)

        async def slow(event: Event) -> None:
            await asyncio.sleep(2)

        bot.host.on_event = slow
        since = (await alex.call("GET", f"{CLIENT}/sync"))["next_batch"]
        await alex.say(place, "!help")
        seen: list[bool] = []
        while seen[-2:] != [True, False]:
            answer = await alex.call(
                "GET", f"{CLIENT}/sync", query={"since": since, "timeout": "10000"}
            )
            since = answer["next_batch"]
            part = answer["rooms"]["join"][place].get("ephemeral", {}).get("events", ())
            assert not [each for each in part if each["type"] == "m.receipt"]
            writing = [each["content"]["user_ids"] for each in part if each["type"] == "m.typing"]
            seen += [bot.id in who for who in writing]
        assert len(seen) == 2
        await bot.host.first(Posted)


async def test_name_and_picture_are_as_the_settings_say(
    account: MakeAccount, human: MakeHuman, tmp_path: Path
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    picture = tmp_path / "circle.png"
    picture.write_bytes(b"\x89PNG one")

    async def shown() -> dict[str, str]:
        return await alex.call("GET", f"{CLIENT}/profile/{keeper.user_id}")

    async def until(name: str, before: str | None = None) -> str:
        for _ in range(100):
            now = await shown()
            address = now.get("avatar_url", "")
            set_ = address.startswith("mxc://") and address != before
            if set_ and now.get("displayname") == name:
                return address
            await asyncio.sleep(0.1)
        raise AssertionError(now)

    async with running(keeper, profile=Profile("The Keeper", picture)) as bot:
        host = bot.host
        first = await until("The Keeper")
    async with running(keeper, host, profile=Profile("Circle", picture)):
        assert await until("Circle") == first
    picture.write_bytes(b"\x89PNG two")
    async with running(keeper, host, profile=Profile("Circle", picture)):
        await until("Circle", before=first)
