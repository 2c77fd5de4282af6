"""Looking, for `circlekeeper check --online`, whether the account can do what it has to."""

from typing import Any, TypeAlias

import discord

from bot.adapters.discord.permissions import invite_url, lacking, may_see_members, shown
from bot.adapters.discord.rest import DiscordError, Refused, Rest
from bot.core.content import Mistake
from bot.core.ports import Inspection, Recall

JSON: TypeAlias = dict[str, Any]

_WHERE = "Discord"
_PAGE = 200
_PORTAL = "https://discord.com/developers/applications"


class Asking:
    """Asks Discord about an account (see `core.ports.Inspectable`)."""

    def __init__(self, token: str, api_url: str | None = None) -> None:
        """Ask with this token; `api_url`: a proxy or a double in Discord's place."""
        self._token = token
        self._api_url = api_url

    async def inspect(self, _recall: Recall) -> Inspection:
        """Return what the host has to mend, and what is good to know."""
        return Inspection(*await look(self._token, self._api_url))


async def look(token: str, api_url: str | None = None) -> tuple[list[Mistake], list[str]]:
    """Return what the host has to mend, and what is good to know."""
    rest = Rest(token, api_url)
    try:
        return await _look(rest)
    except Refused as error:
        if error.status != 401:
            return [_mistake(f"Discord refused to answer ({error}).", "Try again later.")], []
        what = "Discord does not accept the token."
        mend = f"At {_PORTAL}, your application, Bot, Reset Token; set CIRCLEKEEPER_DISCORD__TOKEN."
        return [_mistake(what, mend)], []
    except DiscordError as error:
        mend = "Look at the network, and at CIRCLEKEEPER_DISCORD__API_URL where that is set."
        return [_mistake(f"Discord cannot be reached ({error}).", mend)], []
    finally:
        await rest.close()


async def _look(rest: Rest) -> tuple[list[Mistake], list[str]]:
    application = await rest.call("GET", "/applications/@me")
    guilds = await _guilds(rest)
    id_ = str(application["id"])
    hints, link = [], invite_url(id_)
    if not may_see_members(int(application.get("flags") or 0)):
        hints.append(
            "Server Members Intent is off, so nobody is noticed when they join; Start here is the "
            f"way in. It can be switched on at {_PORTAL}/{id_}/bot, Privileged Gateway Intents."
        )
    if not guilds:
        hints.append(f"The bot is in no server yet. Invite it: {link}")
    hints.append(
        "Who may use /keeper: those with Manage Server, and the role that is chosen in /keeper "
        "setup. An admin opens the command to that role under Server Settings, Integrations, the "
        "bot, /keeper, Add Roles or Members."
    )
    found = []
    for guild in guilds:
        missing = lacking(discord.Permissions(int(guild.get("permissions") or 0)))
        if missing:
            names = ", ".join(shown(each) for each in missing)
            what = f"In the server {guild['name']} the bot lacks: {names}."
            mend = "Give them to its role (Server Settings, Roles), or invite it once more: "
            found.append(_mistake(what, mend + link))
    return found, hints


async def _guilds(rest: Rest) -> list[JSON]:
    """Return all guilds that the bot is in."""
    found: list[JSON] = []
    after = "0"
    while True:
        query = {"limit": str(_PAGE), "after": after}
        page = await rest.read_list("/users/@me/guilds", query=query)
        found += page
        if len(page) < _PAGE:
            return found
        after = str(max(int(each["id"]) for each in page))


def _mistake(what: str, mend: str) -> Mistake:
    return Mistake(_WHERE, 0, what, mend)
