"""What the bot needs on Discord, no more: permissions, intents, scopes, and the invitation that
asks for them.
"""

import base64
import binascii
from urllib.parse import urlencode

import discord

from bot.core.refs import Need

_NEEDS = {
    "view_channel": Need.SEE,
    "send_messages": Need.WRITE,
    "read_message_history": Need.HISTORY,  # to read back what may have been sent
    "create_public_threads": Need.THREADS,
    "send_messages_in_threads": Need.IN_THREADS,
    "attach_files": Need.FILES,  # for what members and moderators take along
    "pin_messages": Need.PIN,  # for Start here
    "manage_roles": Need.ROLES,  # for the role at the end of a hunt
}
_SHOWN = {
    Need.SEE: "View Channels",
    Need.WRITE: "Send Messages",
    Need.HISTORY: "Read Message History",
    Need.THREADS: "Create Public Threads",
    Need.IN_THREADS: "Send Messages in Threads",
    Need.FILES: "Attach Files",
    Need.PIN: "Pin Messages",
    Need.ROLES: "Manage Roles",
}
_NOT_IN_FORUMS = (Need.THREADS, Need.PIN)
NEEDED = discord.Permissions(**dict.fromkeys(_NEEDS, True))
_AUTHORIZE = "https://discord.com/oauth2/authorize"
_MEMBERS_INTENT = (1 << 14) | (1 << 15)  # granted, or switched on for a small bot


def intents(*, members: bool) -> discord.Intents:
    """Return what the gateway is asked to tell; never what people write to one another."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        guild_reactions=True,
        dm_messages=True,
        dm_reactions=True,
        members=members,
    )


def lacking(allowed: discord.Permissions, *, of_forum: bool = False) -> tuple[Need, ...]:
    """Return what the bot needs and may not do; a forum needs less."""
    if allowed.administrator:
        return ()
    return tuple(
        need
        for name, need in _NEEDS.items()
        if not getattr(allowed, name) and not (of_forum and need in _NOT_IN_FORUMS)
    )


def shown(need: Need) -> str:
    """Return the name under which Discord's settings show a permission to the host."""
    return _SHOWN[need]


def may_see_members(application_flags: int) -> bool:
    """Tell whether the switch "Server Members Intent" is on."""
    return bool(application_flags & _MEMBERS_INTENT)


def invite_url(client_id: str) -> str:
    """Return the link by which somebody brings the bot into a guild."""
    query = {
        "client_id": client_id,
        "scope": "bot applications.commands",
        "permissions": str(NEEDED.value),
        "integration_type": "0",
    }
    return f"{_AUTHORIZE}?{urlencode(query)}"


def client_id_of(token: str) -> str | None:
    """Return whose token this is, as the token itself tells it."""
    first = token.split(".")[0]
    try:
        found = base64.b64decode(first + "=" * (-len(first) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return found if found.isdecimal() else None
