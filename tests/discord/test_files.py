"""Files on Discord: one's own words to keep, and a community's settings that are carried."""

from __future__ import annotations

import asyncio

from bot.adapters.discord.permissions import NEEDED
from tests.discord.double import Double, Permission
from tests.support.circle import opened, welcomed
from tests.support.discord_circle import DiscordCircle, read

_UPLOAD = 19


async def test_a_community_is_carried_as_a_file(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        mira = circle.person("mira")
        await opened(circle)
        asked = await mira.uses("keeper export", circle.room).answered()
        message = asked.messages[-1]
        assert message.ephemeral
        (attached,) = message.attachments
        assert attached["filename"] == "circlekeeper.yaml"
        text = mira.opens(attached).decode()
        assert text.startswith("circlekeeper: 1")
        assert "Come freely" in text
        await circle.says("mira", "keeper import")
        found = await circle.sees("mira", "Choose a file")
        form = await mira.clicks(found, "Choose a file").answered()
        assert form.modal is not None
        (field,) = [each["component"] for each in form.modal["components"] if "label" in each]
        assert field["type"] == _UPLOAD
        changed = text.replace("zone: Europe/Ljubljana", "zone: Europe/Paris")
        mira.submits(form, {"The file": ("mine.yaml", changed.encode())})
        await circle.hears("mira", "This would happen")
        await circle.answers("mira", "Take it in")
        await circle.hears("mira", "keeper status shows how it is now")
        status = await mira.uses("keeper status", circle.room).answered()
        assert "Europe/Paris" in status.messages[-1].text


async def test_the_invitation_is_enough_where_nobody_else_may_attach_files(
    platform: Double,
) -> None:
    async with DiscordCircle(platform) as circle:
        everyone = circle.guild.everyone
        fewer = everyone.permissions & ~Permission.ATTACH_FILES
        platform.world.set_role(circle.guild, everyone, permissions=int(fewer))
        own = next(each for each in circle.guild.roles.values() if each.managed)
        platform.world.set_role(circle.guild, own, permissions=NEEDED.value)
        await opened(circle)
        asked = await circle.person("mira").uses("keeper export", circle.room).answered()
        assert [each["filename"] for each in asked.messages[-1].attachments] == [
            "circlekeeper.yaml"
        ]
        platform.world.set_role(
            circle.guild, own, permissions=int(NEEDED.value & ~Permission.ATTACH_FILES)
        )
        await asyncio.sleep(0.8)
        await circle.until_settled()
        found = await circle.person("mira").uses("keeper check", circle.room).answered()
        assert "In this server I lack: Attach Files." in read(found.messages[-1].text)
        asked = await circle.person("mira").uses("keeper export", circle.room).answered()
        assert "it cannot be shown here" in read(asked.messages[-1].text)
        assert asked.took is not None
        assert asked.took < 3


async def test_a_look_back_is_a_file_for_ones_own_eyes(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.says("ana", "reflect now")
        await circle.hears("ana", "What would you like to keep")
        await circle.says("ana", "I waited *ten* seconds.")
        await circle.hears("ana", "Kept")
        await circle.says("ana", "reflect look-back")
        await circle.answers("ana", "All of it as a file, to keep")
        await circle.hears("ana", "This is all that you have kept here")
        ana = circle.person("ana")
        (message,) = [each for each in ana.sees() if each.attachments]
        assert message.ephemeral
        assert "I waited *ten* seconds." in ana.opens(message.attachments[0]).decode()
