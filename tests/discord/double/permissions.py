"""Who may do what where, computed as Discord documents it."""

from __future__ import annotations

from enum import IntFlag
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from tests.discord.double.errors import Refused

if TYPE_CHECKING:
    from tests.discord.double.guilds import Channel, Guild, Member


class Permission(IntFlag):
    """The permissions that a facilitator comes across."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51


P = Permission
ALL = (1 << 53) - 1
# What everybody may do in a new server.
EVERYONE = int(
    P.ADD_REACTIONS
    | P.VIEW_CHANNEL
    | P.SEND_MESSAGES
    | P.EMBED_LINKS
    | P.ATTACH_FILES
    | P.READ_MESSAGE_HISTORY
    | P.CHANGE_NICKNAME
    | P.USE_APPLICATION_COMMANDS
    | P.CREATE_PUBLIC_THREADS
    | P.CREATE_PRIVATE_THREADS
    | P.SEND_MESSAGES_IN_THREADS
)
# In a private conversation.
PRIVATE = EVERYONE | int(P.PIN_MESSAGES)
_NEEDS_SENDING = int(P.MENTION_EVERYONE | P.SEND_TTS_MESSAGES | P.ATTACH_FILES | P.EMBED_LINKS)


def in_guild(guild: Guild, member: Member) -> int:
    """Return what the member's roles allow."""
    if guild.owner_id == member.user.id:
        return ALL
    allowed = guild.everyone.permissions
    for role in guild.roles_of(member):
        allowed |= role.permissions
    return ALL if allowed & P.ADMINISTRATOR else allowed


def in_channel(channel: Channel, user_id: int) -> int:
    """Return what somebody may do in a channel or thread; nothing, who is not there at all."""
    guild = channel.guild
    if guild is None:
        return PRIVATE if user_id in channel.recipients else 0
    member = guild.members.get(user_id)
    if member is None:
        return 0
    allowed = in_guild(guild, member)
    if allowed == ALL:
        return ALL
    allowed = _overwritten(allowed, channel.parent if channel.is_thread else channel, member)
    if not allowed & P.VIEW_CHANNEL:
        return 0
    uninvited = channel.is_private_thread and user_id not in channel.thread_members
    if uninvited and not allowed & P.MANAGE_THREADS:
        return 0
    sends = P.SEND_MESSAGES_IN_THREADS if channel.is_thread else P.SEND_MESSAGES
    if not allowed & sends:
        allowed &= ~_NEEDS_SENDING
    return allowed


def _overwritten(allowed: int, channel: Channel | None, member: Member) -> int:
    if channel is None:
        return allowed
    own = channel.overwrites
    if everyone := own.get(member.guild_id):
        allowed = allowed & ~everyone.deny | everyone.allow
    roles = [own[role] for role in member.roles if role in own]
    allowed &= ~reduce(or_, (each.deny for each in roles), 0)
    allowed |= reduce(or_, (each.allow for each in roles), 0)
    if personal := own.get(member.user.id):
        allowed = allowed & ~personal.deny | personal.allow
    return allowed


def demand(channel: Channel, user_id: int, *wanted: Permission) -> None:
    """Refuse who does not see the channel, or lacks a permission there."""
    allowed = in_channel(channel, user_id)
    if not allowed & P.VIEW_CHANNEL:
        raise Refused(403, 50001)
    for each in wanted:
        if not allowed & each:
            raise Refused(403, 50013)


def sending(channel: Channel) -> Permission:
    """Return the permission that posting there takes."""
    return P.SEND_MESSAGES_IN_THREADS if channel.is_thread else P.SEND_MESSAGES
