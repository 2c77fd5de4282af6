"""All kinds of components and embeds stand on the double as Discord's document has them."""

from __future__ import annotations

import io
from typing import Any

import discord
from discord import ui

from tests.discord.bare import running
from tests.discord.double import Double, Guild, Person, buttons
from tests.discord.raw import Rest

LINK = "https://garden.example/picture.png"


class Everything(ui.LayoutView):
    """One of each."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        everything: list[ui.Item[Any]] = [
            ui.Section("Which sentence?", accessory=ui.Thumbnail(LINK, description="A garden")),
            ui.Section("And more", accessory=ui.Button(label="Keep", custom_id="keep", emoji="🌱")),
            ui.Separator(spacing=discord.SeparatorSpacing.large),
            ui.MediaGallery(discord.MediaGalleryItem(LINK, description="A garden")),
            ui.File("attachment://notes.txt"),
            ui.ActionRow(ui.UserSelect(custom_id="who", placeholder="Who", max_values=2)),
            ui.ActionRow(ui.RoleSelect(custom_id="role")),
            ui.ActionRow(ui.ChannelSelect(custom_id="where")),
            ui.ActionRow(ui.MentionableSelect(custom_id="any")),
            ui.ActionRow(ui.Button(label="Read", url=LINK)),
        ]
        menu: ui.Select[Any] = ui.Select(custom_id="menu", placeholder="Language")
        menu.add_option(
            label="English", value="en", emoji="🌍", description="In words", default=True
        )
        self.add_item(ui.Container(*everything, ui.ActionRow(menu), accent_color=0x112233))


async def test_one_of_each_stands(platform: Double, mira: Person, guild: Guild) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    data: list[dict[str, Any]] = []
    client = discord.Client(intents=discord.Intents(guilds=True))

    @client.event
    async def on_interaction(it: discord.Interaction) -> None:
        data.append({**(it.data or {})})
        await it.response.defer()

    async with running(platform, client):
        channel = client.get_channel(guild.general.id)
        assert isinstance(channel, discord.TextChannel)
        file = discord.File(io.BytesIO(b"my words"), "notes.txt")
        sent = await channel.send(view=Everything(), file=file)
        read = await channel.fetch_message(sent.id)
        kinds = [each.type for each in read.components[0].children]  # type: ignore[union-attr]
        message = await mira.hears("Which sentence?")
        assert buttons(message) == ["Keep", "Read", "English"]
        await mira.selects(message, mira, ana, menu="Who").acknowledged()
        await mira.selects(message, guild.general, menu="where").acknowledged()
        await mira.clicks(message, "🌱").acknowledged()
    assert [each.value for each in kinds] == [9, 9, 14, 12, 13, 1, 1, 1, 1, 1, 1]
    assert data[0]["values"] == [mira.id, ana.id]
    assert set(data[0]["resolved"]["members"]) == {mira.id, ana.id}
    assert data[1]["resolved"]["channels"][str(guild.general.id)]["name"] == "general"
    assert data[2]["custom_id"] == "keep"


async def test_embeds_stand(platform: Double, mira: Person, guild: Guild) -> None:
    embed = discord.Embed(title="A prompt", description="Which sentence?", color=0x112233)
    embed.add_field(name="When", value="Tuesday", inline=True)
    embed.set_footer(text="Answer in the thread").set_author(name="mira")
    embed.set_image(url=LINK)
    async with running(platform) as client:
        channel = client.get_channel(guild.general.id)
        assert isinstance(channel, discord.TextChannel)
        sent = await channel.send(embed=embed)
        read = await channel.fetch_message(sent.id)
    assert read.embeds[0].title == "A prompt"
    assert read.embeds[0].fields[0].value == "Tuesday"


async def test_a_form_with_all_kinds_of_fields_comes_back_filled_in(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.commands.replace([{"name": "start", "description": "Come in"}])

    def label(text: str, **field: object) -> dict[str, Any]:
        return {"type": 18, "label": text, "component": field}

    options = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    form = {
        "custom_id": "form",
        "title": "All kinds",
        "components": [
            label("Word", type=4, custom_id="word", style=1, required=False),
            label("Menu", type=3, custom_id="menu", options=options, max_values=2),
            label("Radio", type=21, custom_id="radio", options=options),
            label("Boxes", type=22, custom_id="boxes", options=options, max_values=2),
            label("Who", type=5, custom_id="who"),
        ],
    }
    async with Rest(platform) as rest:
        it = mira.uses("start", guild.general)
        assert (await rest.answers(it, 9, form)).status == 200
        values = {"Menu": ["One", "Two"], "Radio": "Two", "Boxes": "One", "Who": mira}
        sent = mira.submits(it, values)
        assert (await rest.answers(sent, 4, {"content": "Thank you"})).status == 200
    inner = [each["component"] for each in sent.data["components"]]
    assert {each["custom_id"]: each.get("value", each.get("values")) for each in inner} == {
        "word": "",
        "menu": ["1", "2"],
        "radio": "2",
        "boxes": ["1"],
        "who": [mira.id],
    }
    assert set(sent.data["resolved"]["users"]) == {mira.id}
