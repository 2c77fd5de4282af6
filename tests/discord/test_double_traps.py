"""The double lets each known trap of discord.py 2.7.1 snap: bare bots fall into them here.

They are numbered as in the list of what was measured; whoever writes the adapter opens them again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
import discord
import pytest
from discord import ui

from bot.testing.faults import Trouble
from tests.discord.bare import pointed_at, running
from tests.discord.double import Double, Guild, InteractionFailed, Person
from tests.discord.raw import Json

COMMAND = {"name": "start", "description": "Come in"}


@pytest.fixture
def guild(platform: Double, guild: Guild) -> Guild:
    platform.commands.replace([COMMAND])
    return guild


class Bot(discord.Client):
    """Runs a coroutine for each command that is used."""

    def __init__(self, answer: Any, **intents: bool) -> None:  # noqa: ANN401 - a coroutine
        super().__init__(
            intents=discord.Intents(guilds=True, **intents),
            chunk_guilds_at_startup=False,
            max_messages=None,
        )
        self.answer = answer
        self.heard: list[str] = []

    async def on_interaction(self, it: discord.Interaction) -> None:
        if it.type is discord.InteractionType.application_command:
            await self.answer(it)

    async def on_socket_event_type(self, event: str) -> None:
        self.heard.append(event)

    async def on_member_update(self, *_: discord.Member) -> None:
        self.heard.append("member update")

    async def before_identify_hook(self, *_: object, **__: object) -> None:
        """Do not wait for five seconds, as it would before it identifies again."""

    async def on_error(self, *_: object) -> None:
        self.heard.append("error")


class Dynamic(ui.DynamicItem[ui.Button[Any]], template=r"dynamic:(?P<n>\d+)"):
    """A button that carries its meaning in its id."""

    def __init__(self, number: str) -> None:
        super().__init__(ui.Button(label=f"Dynamic {number}", custom_id=f"dynamic:{number}"))

    @classmethod
    async def from_custom_id(cls, _it: object, _item: object, match: Any) -> Any:  # noqa: ANN401
        return cls(match["n"])

    async def callback(self, it: discord.Interaction) -> None:
        await it.response.send_message("Clicked", ephemeral=True)


async def test_1_a_view_that_times_out_takes_dynamic_buttons_with_it(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async def answer(it: discord.Interaction) -> None:
        lasting = ui.View(timeout=None)
        lasting.add_item(Dynamic("1"))
        await it.response.send_message("Lasting", view=lasting)
        mixed = ui.View(timeout=0.1)
        mixed.add_item(Dynamic("2"))
        mixed.add_item(ui.Button(label="Ordinary", custom_id="ordinary"))
        await it.followup.send("Mixed", view=mixed)

    bot = Bot(answer)
    bot.add_dynamic_items(Dynamic)
    async with running(platform, bot):
        mira.uses("start", guild.general)
        message = await mira.hears("Lasting")
        await mira.clicks(message, "Dynamic 1").answered()
        await mira.hears("Mixed")
        await asyncio.sleep(0.3)
        platform.interactions.deadline = 0.2
        with pytest.raises(InteractionFailed):
            await mira.clicks(message, "Dynamic 1").answered()


class Form(ui.Modal, title="A word"):
    """A form whose id is the same for all."""

    word: ui.TextInput[Form] = ui.TextInput(label="Word")

    async def on_submit(self, it: discord.Interaction) -> None:
        await it.response.send_message(f"So: {self.word.value}", ephemeral=True)


async def test_2_one_of_two_forms_with_the_same_id_is_lost(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async def answer(it: discord.Interaction) -> None:
        await it.response.send_modal(Form(custom_id="form"))

    ana = platform.person("ana")
    ana.joins(guild)
    async with running(platform, Bot(answer)):
        hers = await mira.uses("start", guild.general).answered()
        theirs = await ana.uses("start", guild.general).answered()
        await mira.submits(hers, {"Word": "seed"}).answered()
        platform.interactions.deadline = 0.2
        with pytest.raises(InteractionFailed):
            await ana.submits(theirs, {"Word": "leaf"}).answered()


async def test_3_a_first_connection_that_is_refused_ends_the_client(platform: Double) -> None:
    platform.gateway.refusals = 1
    with pytest.raises(AttributeError, match="sequence"):
        async with running(platform):
            pass


async def test_3_a_malformed_event_ends_the_client(platform: Double, guild: Guild) -> None:
    bot = Bot(None, members=True)
    with pointed_at(platform):
        task = asyncio.create_task(bot.start(platform.token))
        await platform.world.until(lambda: "GUILD_CREATE" in bot.heard)
        user = {"id": "7", "username": "x", "discriminator": "0", "avatar": None}
        told: Json = {"guild_id": str(guild.id), "user": user, "roles": [], "joined_at": None}
        platform.gateway.malformed("GUILD_MEMBER_ADD", told)
        with pytest.raises(KeyError):
            await asyncio.wait_for(task, 5)
        await bot.close()


async def test_4_an_update_of_an_unknown_member_is_not_told(platform: Double, guild: Guild) -> None:
    ana, bot = platform.person("ana"), Bot(None, members=True)
    ana.joins(guild, pending=True)
    async with running(platform, bot):
        ana.accepts_rules(guild)
        await platform.world.until(lambda: "GUILD_MEMBER_UPDATE" in bot.heard)
        await asyncio.sleep(0.05)
    assert "member update" not in bot.heard


@pytest.mark.parametrize("trouble", [Trouble.CUT, Trouble.FAILS])
async def test_5_a_broken_connection_and_503_are_not_tried_again(
    platform: Double, guild: Guild, trouble: Trouble
) -> None:
    platform.faults.chance = lambda: 0.9  # of 5xx the fourth: 503
    async with running(platform) as client:
        channel = client.get_channel(guild.general.id)
        assert isinstance(channel, discord.TextChannel)
        platform.faults.plan(trouble, None)
        with pytest.raises((aiohttp.ClientError, discord.DiscordServerError)):
            await channel.send("Hello")
        assert guild.general.messages == {}


async def test_6_an_answer_that_stands_is_sent_again_and_refused(
    platform: Double, mira: Person, guild: Guild
) -> None:
    codes: list[int] = []

    async def answer(it: discord.Interaction) -> None:
        try:
            await it.response.send_message("Hello")
        except discord.HTTPException as error:
            codes.append(error.code)

    async with running(platform, Bot(answer)):
        platform.faults.plan(Trouble.UNHEARD)
        await mira.uses("start", guild.general).answered()
        await platform.world.until(lambda: codes)
    assert codes == [40060]
    assert [each.text for each in mira.sees(guild.general)] == ["Hello"]


async def test_7_what_happens_before_identifying_anew_is_lost(
    platform: Double, guild: Guild
) -> None:
    bot = Bot(None, members=True)
    async with running(platform, bot):
        platform.gateway.invalidate()
        platform.person("ana").joins(guild)
        await platform.world.until(lambda: platform.gateway.seen["identify"] == 2)
        platform.person("ben").joins(guild)
        await platform.world.until(lambda: "GUILD_MEMBER_ADD" in bot.heard)
    assert bot.heard.count("GUILD_MEMBER_ADD") == 1


async def test_7_what_a_check_raises_is_swallowed(
    platform: Double, mira: Person, guild: Guild, caplog: pytest.LogCaptureFixture
) -> None:
    class Checked(ui.View):
        async def interaction_check(self, _it: discord.Interaction) -> bool:
            raise RuntimeError("in the check")

    async def answer(it: discord.Interaction) -> None:
        view = Checked()
        view.add_item(ui.Button(label="Go"))
        await it.response.send_message("Hello", view=view)

    bot = Bot(answer)
    async with running(platform, bot):
        it = await mira.uses("start", guild.general).answered()
        platform.interactions.deadline = 0.2
        with caplog.at_level(logging.CRITICAL), pytest.raises(InteractionFailed):
            await mira.clicks(it.messages[0], "Go").answered()
    assert "error" not in bot.heard
