"""The setup on Discord, in one sitting: rooms are picked, all on one form."""

from __future__ import annotations

import asyncio

from tests.discord.double import Channel, Double, Interaction, Person
from tests.support.discord_circle import DiscordCircle, read

_CHANNELS = 8


async def picks(person: Person, message_of: DiscordCircle, **rooms: Channel) -> Interaction:
    """Open the form and pick rooms by the use's label."""
    message = await message_of.sees("mira", "Pick from a list")
    opened = await person.clicks(message, "Pick from a list").answered()
    assert opened.modal is not None
    kinds = [each["component"]["type"] for each in opened.modal["components"] if "label" in each]
    assert set(kinds) == {_CHANNELS}
    return person.submits(opened, {label.replace("_", " "): room for label, room in rooms.items()})


async def test_rooms_are_picked_on_one_form_and_one_left_blank_is_the_same(
    platform: Double,
) -> None:
    async with DiscordCircle(platform) as circle:
        mira, world = circle.person("mira"), circle.double.world
        library, attic = (world.channel(circle.guild, name) for name in ("library", "attic"))
        await asyncio.sleep(0.8)  # the bot waits for half a second, since changes come in swarms
        await circle.until_settled()
        await circle.says("mira", "keeper setup")
        await circle.answers("mira", "English")
        await circle.hears("mira", "Time zone")
        await circle.answers("mira", "Keep UTC")
        await circle.hears("mira", "Pick a room for each use")
        await circle.restarts()
        await picks(mira, circle, Newcomers=circle.room, Weekly_prompts=library, Moderators=attic)
        kept = await circle.hears("mira", "These are the rooms")
        assert "Newcomers: garden" in kept
        assert "Weekly prompts: library" in kept
        assert "Charter: garden" in kept
        assert "Moderators: attic" in kept
        await circle.hears("mira", "Charter")
        await circle.answers("mira", "Start from the 10 clauses")
        await circle.answers("mira", "Every Tuesday at 9")
        await circle.hears("mira", "next three dates")
        await circle.answers("mira", "Yes")
        await circle.answers("mira", "Open now")
        await circle.hears("mira", "The community is open")
        await circle.hears("mira", "Start here", room=True)
        asked = await mira.uses("keeper status", circle.room).answered()
        assert "Weekly prompts: library" in read(asked.messages[-1].text)
