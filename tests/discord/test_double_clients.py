"""Client libraries that know nothing of us live on the double as on Discord."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands, ui, utils

from tests.discord.bare import Zlib, packed_with, running
from tests.discord.double import Double, Guild, Intent, InteractionFailed

USUAL = discord.Intents(
    guilds=True, guild_messages=True, guild_reactions=True, dm_messages=True, members=True
)


class Word(ui.Modal, title="A word"):
    """A form with one field."""

    word: ui.Label[Word] = ui.Label(text="Your word", component=ui.TextInput(max_length=20))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say it back."""
        field = self.word.component
        assert isinstance(field, ui.TextInput)
        await interaction.response.send_message(f"So: {field.value}", ephemeral=True)


class Start(ui.LayoutView):
    """A text with a button and a menu, in the new components."""

    def __init__(self, text: str) -> None:
        super().__init__(timeout=None)
        write: ui.Button[Start] = ui.Button(label="Write", custom_id="write:1")
        menu: ui.Select[Start] = ui.Select(custom_id="menu:1")
        menu.add_option(label="English", value="en")
        menu.add_option(label="Français", value="fr")
        row: ui.ActionRow[Start] = ui.ActionRow(write)
        box: ui.Container[Start] = ui.Container(ui.TextDisplay(text), row, ui.ActionRow(menu))
        self.add_item(box)


class Bot(discord.Client):
    """Answers a command, a button, a menu and a form."""

    def __init__(self, intents: discord.Intents = USUAL) -> None:
        super().__init__(intents=intents, max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[str] = []
        command: app_commands.Command[app_commands.Group, ..., None]
        command = app_commands.Command(name="start", description="Come in", callback=start)
        command.autocomplete("topic")(suggest)
        self.tree.add_command(command)

    async def on_interaction(self, it: discord.Interaction) -> None:
        """Route what was clicked by its custom id."""
        data: dict[str, Any] = {**it.data} if it.data is not None else {}
        match data.get("custom_id"):
            case "write:1":
                await it.response.send_modal(Word())
            case "menu:1":
                await it.response.edit_message(view=Start(f"You chose {data['values'][0]}"))

    async def on_message(self, message: discord.Message) -> None:
        """Note what others write."""
        if not message.author.bot:
            self.heard.append(message.content)

    async def on_member_join(self, member: discord.Member) -> None:
        """Note who comes."""
        self.heard.append(f"{member.name} {'is pending' if member.pending else 'is here'}")

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Note what others give."""
        self.heard.append(str(payload.emoji))


class Sharded(discord.AutoShardedClient):
    """Identifies as fast as the double lets it."""

    async def before_identify_hook(self, *_: object, **__: object) -> None:
        """Do not wait for five seconds, as it would before each further shard."""


async def start(it: discord.Interaction, topic: str | None = None) -> None:
    """Think, answer, and say more."""
    await it.response.defer(ephemeral=True)
    await it.edit_original_response(view=Start(f"Hello {topic}"))
    await it.followup.send("And more", ephemeral=True)


async def suggest(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete what is typed."""
    return [app_commands.Choice(name=f"{typed}dens", value="gardens")]


def founded(platform: Double) -> Guild:
    guild = platform.person("mira").founds("Garden")
    platform.brings_bot(guild)
    return guild


@pytest.mark.parametrize("packed", [utils._ZstdDecompressionContext, Zlib])
async def test_discord_py_does_all_that_a_facilitator_does(
    platform: Double, packed: type[utils._DecompressionContext]
) -> None:
    guild = founded(platform)
    ana, general = platform.person("ana", locale="fr"), guild.general
    bot = Bot()
    with packed_with(packed):
        async with running(platform, bot):
            await bot.tree.sync()
            ana.joins(guild)
            it = await ana.uses("start", general, topic="gardens").answered()
            assert it.messages[0].text == "Hello gardens"
            typed = await ana.types("start", "topic", "gar", general).answered()
            assert typed.choices == [{"name": "gardens", "value": "gardens"}]
            asked = await ana.clicks(it.messages[0], "Write").answered()
            submitted = await ana.submits(asked, {"Your word": "seed"}).answered()
            assert submitted.messages[0].text == "So: seed"
            await ana.selects(it.messages[0], "Français").answered()
            assert it.messages[0].text == "You chose fr"
            assert (await ana.hears("And more")).ephemeral
            assert platform.person("ben").sees(general) == []

            channel = bot.get_channel(general.id)
            assert isinstance(channel, discord.TextChannel)
            sent = await channel.send("A question", nonce="one", silent=True)
            assert (await channel.send("A question", nonce="one")).id == sent.id
            await sent.pin()
            await sent.add_reaction("🌱")
            thread = await sent.create_thread(name="Answers")
            await thread.send("A line is enough")
            after = [each.type async for each in channel.history(after=sent)]
            assert after == [discord.MessageType.pins_add]
            assert [each.id async for each in channel.pins()] == [sent.id]
            user = await bot.fetch_user(ana.user.id)
            await (await user.create_dm()).send("In private")
            ana.posts(ana.direct, "Hello, bot")
            ana.reacts(await ana.hears("A question"), "🌱")
            await platform.world.until(lambda: len(bot.heard) == 4)
    assert bot.heard == ["ana is here", "🌱", "Hello, bot", "🌱"]
    stream = "zlib-stream" if packed is Zlib else "zstd-stream"
    assert platform.gateway.seen[stream] == 1
    assert len(platform.record.all("message", nonce="one")) == 1


async def test_discord_py_resumes_after_a_drop(platform: Double) -> None:
    guild = founded(platform)
    ana, bot = platform.person("ana"), Bot()
    ana.joins(guild)
    async with running(platform, bot):
        for number, how in enumerate((4000, None, "op 7")):
            if how == "op 7":
                platform.gateway.ask_to_reconnect()
            else:
                platform.gateway.drop(how)  # type: ignore[arg-type]
            ana.posts(ana.direct, f"Message {number}")
            resumed = number + 1
            await platform.world.until(lambda: platform.gateway.seen["resume"] == resumed)  # noqa: B023
        await platform.world.until(lambda: len(bot.heard) == 3)
    assert bot.heard == ["Message 0", "Message 1", "Message 2"]
    assert platform.gateway.seen["identify"] == 1


async def test_discord_py_shards_as_it_is_told(platform: Double) -> None:
    guilds = [founded(platform) for _ in range(4)]
    ana = platform.person("ana")
    platform.gateway.shards = 2
    client = Sharded(intents=discord.Intents(guilds=True))
    client._connection.guild_ready_timeout = 0.05
    async with running(platform, client):
        assert sorted(client.shards) == [0, 1]
        known = {each.id: each.shard_id for each in client.guilds}
        assert known == {each.id: (each.id >> 22) % 2 for each in guilds}
        assert set(known.values()) == {0, 1}
        platform.commands.replace([{"name": "start", "description": "Come in"}])
        for each in guilds:
            ana.joins(each)
            ana.uses("start", each.general)
        heard = [each.sent[-1]["t"] for each in platform.gateway.sessions.values()]
        assert heard == ["INTERACTION_CREATE"] * 2


async def test_what_a_bot_does_not_answer_fails_for_the_person(platform: Double) -> None:
    guild, ana = founded(platform), platform.person("ana")
    ana.joins(guild)
    platform.interactions.deadline = 0.1
    platform.commands.replace([{"name": "start", "description": "Come in"}])
    async with running(platform):
        with pytest.raises(InteractionFailed):
            await ana.uses("start", guild.general).answered()
    assert platform.record.all("fail")


async def test_a_disallowed_intent_ends_the_client() -> None:
    async with Double(allowed=Intent(0)) as platform:
        founded(platform)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(platform, Bot()):
                pass
    assert platform.gateway.seen["identify"] == 1
