"""What every adapter promises, kept by this one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.core.refs import Destination, Direct, Member, Room
from bot.testing.adapter_contract import AdapterContract, NotingHost
from tests.discord.double import Double, Guild, Person
from tests.discord.running import Bot, member, room
from tests.support.discord_circle import read
from tests.support.fake_host import FakeHost


class DiscordBench:
    """The adapter in a guild, with one person in it."""

    def __init__(self, double: Double, guild: Guild, person: Person, bot: Bot) -> None:
        self.double, self.guild, self.person, self.bot = double, guild, person, bot
        self.adapter = bot.adapter
        self.room = room(guild.general)
        self.gone = Room("discord", "123456789012345678")
        self.member: Member = member(person)

    async def start(self, host: NotingHost) -> None:
        self.bot.host = host  # type: ignore[assignment] # the contract's own host
        await self.bot.__aenter__()
        await self.bot.connected()
        self.host = host

    async def stop(self) -> None:
        await self.bot.kill()

    async def read(self, place: Destination) -> list[str]:
        channel = self.person.direct if isinstance(place, Direct) else self.guild.general
        bot = self.double.world.bot
        seen = [each for each in self.person.sees(channel) if each.author is bot]
        return [read(each.text) for each in seen]

    async def say(self, text: str, place: Destination) -> None:
        private = isinstance(place, Direct)
        channel = self.person.direct if private else self.guild.general
        self.person.posts(channel, text)
        # What is dropped unread cannot be waited for; a word in private after it can.
        self.person.posts(self.person.direct, "after that")
        await self.double.world.until(lambda: "after that" in self.host.texts)
        self.host.heard[:] = [e for e in self.host.heard if getattr(e, "text", "") != "after that"]


class TestDiscordAdapter(AdapterContract):
    @pytest_asyncio.fixture
    async def bench(
        self, platform: Double, guild: Guild, mira: Person
    ) -> AsyncIterator[DiscordBench]:
        bot = Bot(platform, FakeHost())
        try:
            yield DiscordBench(platform, guild, mira, bot)
        finally:
            await bot.kill()
            await bot.adapter.close()
