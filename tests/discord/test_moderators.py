"""Who moderates on Discord: who may manage the server, and the role that was chosen in setup."""

from __future__ import annotations

import asyncio

import pytest

from tests.discord.double import USUAL, Double, Intent, NotPossible, Permission, Person
from tests.discord.double.guilds import Role
from tests.support.circle import opened
from tests.support.discord_circle import DiscordCircle, labels, read

_ROLE, _PERSON = 1, 2


def opens_keeper(circle: DiscordCircle, *others: Role | Person) -> None:
    """Let an admin open `/keeper` under Server Settings, Integrations."""
    keeper = circle.double.commands.named("keeper")
    assert keeper is not None
    circle.guild.command_permissions[int(keeper["id"])] = [
        {
            "id": str(each.id),
            "type": _ROLE if isinstance(each, Role) else _PERSON,
            "permission": True,
        }
        for each in others
    ]


async def asks(circle: DiscordCircle, person: Person, path: str) -> str:
    """Return what somebody reads who uses a command."""
    asked = await person.uses(path, circle.room).answered()
    return read(asked.messages[-1].text)


async def to_the_role(circle: DiscordCircle, zone: str = "UTC") -> None:
    """Go through the setup until it asks for a role."""
    await circle.says("mira", "keeper setup")
    await circle.hears("mira", "Language")
    await circle.answers("mira", "English")
    await circle.hears("mira", "Time zone")
    await circle.answers("mira", f"Keep {zone}")
    await circle.hears("mira", "Moderators.")


async def with_roles(circle: DiscordCircle, *names: str) -> list[Role]:
    """Make roles, and wait until the bot has noted them."""
    made = [circle.double.world.role(circle.guild, name) for name in names]
    await asyncio.sleep(0.8)  # it waits for half a second, since such changes come in swarms
    await circle.until_settled()
    return made


async def test_a_role_that_is_chosen_in_setup_moderates_as_long_as_it_is_there(
    platform: Double,
) -> None:
    async with DiscordCircle(platform) as circle:
        stewards, readers = await with_roles(circle, "stewards", "readers")
        mira, ana, ben = (circle.person(name) for name in ("mira", "ana", "ben"))
        for each in (ana, ben):
            each.joins(circle.guild)
        mira.gives(stewards, ana, circle.guild)
        mira.gives(readers, ben, circle.guild)

        await to_the_role(circle)
        await circle.answers("mira", "stewards")
        said = await circle.hears("mira", "Members with the role stewards moderate")
        assert "Integrations" in said
        await circle.hears("mira", "Charter")

        # What an admin opened is shown; whether it may be used, the role says.
        with pytest.raises(NotPossible, match="needs permissions"):
            ana.uses("keeper status", circle.room)
        opens_keeper(circle, stewards, ben)
        status = await asks(circle, ana, "keeper status")
        assert "and the role stewards" in status
        refused = await asks(circle, ben, "keeper status")
        assert "for this community’s moderators" in refused
        assert "to be shown the command is not enough" in refused
        # In private the words work whatever an admin opened.
        ana.posts(ana.direct, "keeper status")
        await ana.hears("being prepared", ana.direct)

        # A question that only moderators may answer is asked of the role again.
        asked = await ana.uses("keeper setup", circle.room).answered()
        circle.guild.members[ana.user.id].roles.clear()
        again = await ana.clicks(asked.messages[-1], "English").answered()
        assert "for this community’s moderators" in read(again.messages[-1].text)

        mira.gives(stewards, ana, circle.guild)
        platform.world.delete_role(circle.guild, stewards)
        opens_keeper(circle, ana)
        await asyncio.sleep(0.8)
        await circle.until_settled()
        assert "for this community’s moderators" in await asks(circle, ana, "keeper status")
        gone = await asks(circle, mira, "keeper check")
        assert "The role that moderated here does not exist any more" in gone


async def test_the_role_is_changed_by_the_same_command(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        twins = ("stewards", "helpers", "helpers", "one", "two", "three")
        stewards, *_ = await with_roles(circle, *twins)
        ana = circle.person("ana")
        ana.joins(circle.guild)
        circle.person("mira").gives(stewards, ana, circle.guild)
        opens_keeper(circle, stewards)
        assert "for this community’s moderators" in await asks(circle, ana, "keeper status")

        await to_the_role(circle, "Europe/Ljubljana")
        await circle.says("mira", "Stuards")
        await circle.hears("mira", "I do not know a role called “Stuards”")
        await circle.says("mira", "helpers")
        await circle.hears("mira", "Several roles are called “helpers”")
        menu = await circle.sees("mira", "helpers (2)")
        assert "helpers" not in labels(menu)
        await circle.says("mira", "@Stewards")
        await circle.hears("mira", "Members with the role stewards moderate")
        assert "and the role stewards" in await asks(circle, ana, "keeper status")

        await circle.hears("mira", "the community is open as before")
        await to_the_role(circle, "Europe/Ljubljana")
        await circle.answers("mira", "Nobody else")
        await circle.hears("mira", "and nobody else")
        assert "for this community’s moderators" in await asks(circle, ana, "keeper status")


async def test_the_check_names_what_is_missing_and_where_to_switch_it_on(schema: object) -> None:
    async with Double(allowed=Intent(0)) as platform, DiscordCircle(platform) as circle:
        await opened(circle)
        mira = circle.person("mira")
        fine = await asks(circle, mira, "keeper check")
        assert "Everything is in order" in fine
        assert "Server Members Intent is off" in fine
        assert "https://discord.com/developers/applications" in fine
        assert "Privileged Gateway Intents" in fine
        assert "opens /keeper to it: Server Settings → Integrations" in fine.replace("`", "")

        own = next(each for each in circle.guild.roles.values() if each.managed)
        # What it may do in the rooms that it uses is enough, whatever it may do elsewhere.
        lesser = USUAL & ~(
            Permission.MANAGE_ROLES
            | Permission.CREATE_PUBLIC_THREADS
            | Permission.READ_MESSAGE_HISTORY
        )
        everyone = circle.guild.everyone
        platform.world.set_role(circle.guild, own, permissions=int(lesser))
        less = everyone.permissions & lesser
        platform.world.set_role(circle.guild, everyone, permissions=int(less))
        history = Permission.READ_MESSAGE_HISTORY
        platform.world.overwrite(circle.room, own, deny=Permission.PIN_MESSAGES, allow=history)
        await asyncio.sleep(0.8)
        await circle.until_settled()
        found = await asks(circle, mira, "keeper check")
        assert "In this server I lack: Create Public Threads, Manage Roles." in found
        assert "Server Settings → Roles" in found
        assert found.count("In garden I lack: Pin Messages.") == 1
        assert "Everything is in order" not in found


async def test_why_something_was_not_delivered_is_said_in_the_moderators_language(
    platform: Double,
) -> None:
    async with DiscordCircle(platform) as circle:
        own = next(each for each in circle.guild.roles.values() if each.managed)
        fewer = USUAL & ~Permission.PIN_MESSAGES
        platform.world.set_role(circle.guild, own, permissions=int(fewer))
        await opened(circle)
        steward = platform.world.role(circle.guild, "steward", Permission.MANAGE_GUILD)
        zoe = platform.person("zoe", locale="fr")
        zoe.joins(circle.guild)
        circle.person("mira").gives(steward, zoe, circle.guild)
        await circle.until_settled()
        status = await asks(circle, zoe, "keeper status")
        assert "un message de l’accueil" in status
        assert "Je ne peux pas épingler ici" in status
        assert "The bot may not" not in status
