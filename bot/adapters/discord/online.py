"""Looking, for `circlekeeper check --online`, whether the account can do what it has to."""

import discord

from bot.adapters.discord.permissions import NEEDED, invite_url, may_see_members
from bot.adapters.discord.rest import DiscordError, Refused, Rest
from bot.core.content import Mistake

_WHERE = "Discord"
_PORTAL = "In the developer portal, under your application, Bot"
_ADMINISTRATOR = 1 << 3


async def look(token: str, api_url: str | None = None) -> tuple[list[Mistake], list[str]]:
    """Return what the host has to mend, and what is good to know."""
    rest = Rest(token, api_url)
    try:
        return await _look(rest)
    except Refused as error:
        if error.status != 401:
            return [_mistake(f"Discord refused to answer ({error}).", "Try again later.")], []
        what = "Discord does not accept the token."
        return [_mistake(what, f"{_PORTAL}, Reset Token; set CIRCLEKEEPER_DISCORD__TOKEN.")], []
    except DiscordError as error:
        mend = "Look at the network, and at CIRCLEKEEPER_DISCORD__API_URL where that is set."
        return [_mistake(f"Discord cannot be reached ({error}).", mend)], []
    finally:
        await rest.close()


async def _look(rest: Rest) -> tuple[list[Mistake], list[str]]:
    application = await rest.call("GET", "/applications/@me")
    guilds = await rest.read_list("/users/@me/guilds")
    hints, link = [], invite_url(str(application["id"]))
    if not may_see_members(int(application.get("flags") or 0)):
        hints.append(
            "Server Members Intent is off, so nobody is noticed when they join; Start here is the "
            f"way in. {_PORTAL}, Privileged Gateway Intents, it can be switched on."
        )
    if not guilds:
        hints.append(f"The bot is in no server yet. Invite it: {link}")
    hints.append(
        "Who may use /keeper: those with Manage Server. An admin opens it to a role under Server "
        "Settings, Integrations, the bot, /keeper."
    )
    found = []
    for guild in guilds:
        missing = _missing(int(guild.get("permissions") or 0))
        if missing:
            what = f"In the server {guild['name']} the bot lacks: {', '.join(missing)}."
            mend = "Give them to its role (Server Settings, Roles), or invite it once more: "
            found.append(_mistake(what, mend + link))
    return found, hints


def _missing(allowed: int) -> list[str]:
    """Return the names of the needed permissions that are not there, as Discord shows them."""
    if allowed & _ADMINISTRATOR:
        return []
    return [
        name.replace("_", " ").title()
        for name, needed in NEEDED
        if needed and not getattr(discord.Permissions(allowed), name)
    ]


def _mistake(what: str, mend: str) -> Mistake:
    return Mistake(_WHERE, 0, what, mend)
