"""Application commands over REST."""

from __future__ import annotations

from tests.discord.double.calls import Call, Routes
from tests.discord.double.errors import Refused
from tests.discord.double.guilds import Json

_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


def listed(call: Call) -> list[Json]:
    """Return all global commands; the translations only where they are asked for."""
    _own(call)
    found = call.commands.listed()
    if call.query.get("with_localizations", "").casefold() not in ("1", "true"):
        for each in found:
            del each["name_localizations"], each["description_localizations"]
    return found


def replaced(call: Call) -> list[Json]:
    """Replace all global commands."""
    _own(call)
    return call.commands.replace(call.body)


def one(call: Call) -> Json:
    """Return a command."""
    _own(call)
    found = call.commands.standing.get(call.id("command_id"))
    if found is None:
        raise Refused(404, 10063)
    return found


def of_guild(call: Call) -> list[Json]:
    """Return a guild's own commands; there are none here."""
    _own(call)
    call.guild()
    return []


def permissions(call: Call) -> list[Json]:
    """Return what a guild's admins have set for commands."""
    _own(call)
    guild = call.guild()
    return [
        {
            "id": str(id_),
            "application_id": str(call.world.application_id),
            "guild_id": str(guild.id),
            "permissions": found,
        }
        for id_, found in guild.command_permissions.items()
    ]


def permissions_of_one(call: Call) -> Json:
    """Return what a guild's admins have set for one command, or for the whole application."""
    found = [each for each in permissions(call) if each["id"] == call.path["command_id"]]
    if not found:
        raise Refused(404, 10066)
    return found[0]


def _own(call: Call) -> None:
    if call.id("application_id") != call.world.application_id:
        raise Refused(
            403, 20012, "You are not authorized to perform this action on this application"
        )


ROUTES: Routes = [
    ("GET", _COMMANDS, listed),
    ("PUT", _COMMANDS, replaced),
    ("GET", _COMMANDS + "/{command_id}", one),
    ("GET", _GUILD_COMMANDS + "/permissions", permissions),
    ("GET", _GUILD_COMMANDS + "/{command_id}/permissions", permissions_of_one),
    ("GET", _GUILD_COMMANDS, of_guild),
]
