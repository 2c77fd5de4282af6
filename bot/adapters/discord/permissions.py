"""What the bot needs on Discord, no more: permissions, intents, scopes, and the invitation that
asks for them.
"""

import base64
import binascii
from urllib.parse import urlencode

import discord

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    read_message_history=True,  # to read back what may have been sent
    pin_messages=True,  # for Start here
    manage_roles=True,  # for the role at the end of a hunt
)
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
