"""The guilds as communities: their rooms, who moderates, and where a channel belongs."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import discord

from bot.adapters.discord.rest import DiscordError, Rest
from bot.core.refs import Community, Room, RoomFacts, Standing

Channel: TypeAlias = discord.abc.GuildChannel | discord.Thread | discord.abc.PrivateChannel

PLATFORM = "discord"
FORUM = 15

_ROOMS = (discord.TextChannel, discord.ForumChannel)
_TOPIC_LIMIT = 1000  # a riddle's word may stand there; more is not kept
_FRESH = 30.0  # seconds for which a looked up membership is believed


class Guilds:
    """What the gateway tells of guilds, asked as we need it."""

    def __init__(self, rest: Rest) -> None:
        """Know no client yet."""
        self._rest = rest
        self._client: discord.Client | None = None
        self._looked_up: dict[tuple[int, str], tuple[float, Standing | None]] = {}

    def follow(self, client: discord.Client | None) -> None:
        """Ask this client from now on."""
        self._client = client

    def all(self) -> list[discord.Guild]:
        """Return every guild that is there now."""
        found = self._client.guilds if self._client is not None else []
        return [guild for guild in found if not guild.unavailable and guild.me is not None]

    def get(self, guild_id: str | int) -> discord.Guild | None:
        """Return a guild by its id."""
        return self._client.get_guild(int(guild_id)) if self._client is not None else None

    def channel(self, channel_id: str | int) -> Channel | None:
        """Return a channel or thread, as far as the gateway told of it."""
        return self._client.get_channel(int(channel_id)) if self._client is not None else None

    def of_room(self, room: Room) -> discord.Guild | None:
        """Return the guild that a room is in."""
        channel = self.channel(room.id)
        if isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return channel.guild
        return None

    def is_forum(self, channel_id: str) -> bool:
        """Tell whether a channel holds posts rather than messages."""
        return isinstance(self.channel(channel_id), discord.ForumChannel)

    def room(self, channel_id: str) -> Room:
        """Return the room that a channel is, or that its thread belongs to."""
        channel = self.channel(channel_id)
        if isinstance(channel, discord.Thread):
            return Room(PLATFORM, str(channel.parent_id), channel_id)
        return Room(PLATFORM, channel_id)

    async def standing(self, user_id: str) -> tuple[Standing, ...]:
        """Return in which guilds somebody is, and where they moderate, asking Discord."""
        found = await asyncio.gather(*(self._in_guild(guild, user_id) for guild in self.all()))
        return tuple(each for each in found if each is not None)

    async def _in_guild(self, guild: discord.Guild, user_id: str) -> Standing | None:
        now = asyncio.get_running_loop().time()
        at, known = self._looked_up.get((guild.id, user_id), (float("-inf"), None))
        if now < at + _FRESH:
            return known
        standing = None
        try:
            member = await self._rest.call("GET", f"/guilds/{guild.id}/members/{user_id}")
        except DiscordError:
            member = None  # not there, as far as we can tell
        if member is not None:
            standing = self.standing_of(guild, user_id, member.get("roles") or [])
        if len(self._looked_up) > 10_000:
            self._looked_up.clear()
        self._looked_up[guild.id, user_id] = now, standing
        return standing

    def standing_of(self, guild: discord.Guild, user_id: str, roles: Iterable[str]) -> Standing:
        """Return somebody's standing by their roles."""
        allowed = guild.default_role.permissions
        for role_id in roles:
            role = guild.get_role(int(role_id))
            if role is not None:
                allowed |= role.permissions
        moderator = str(guild.owner_id) == user_id or may_moderate(allowed)
        return Standing(community(guild.id), moderator)


def community(guild_id: str | int) -> Community:
    """Return a guild as a community."""
    return Community(PLATFORM, str(guild_id))


def may_moderate(permissions: discord.Permissions) -> bool:
    """Tell whether somebody may manage the guild."""
    return permissions.administrator or permissions.manage_guild


def rooms(guild: discord.Guild) -> tuple[RoomFacts, ...]:
    """Return the rooms that the bot sees; first where a guild's own notices stand."""
    found = [channel for channel in guild.channels if isinstance(channel, _ROOMS)]
    system = guild.system_channel
    found.sort(key=lambda channel: (channel != system, channel.position, channel.id))
    facts = [_facts(channel, guild.me) for channel in found]
    seen = [each for each, visible in facts if visible]
    return tuple(sorted(seen, key=lambda each: not each.can_post))


def _facts(
    channel: discord.TextChannel | discord.ForumChannel, me: discord.Member
) -> tuple[RoomFacts, bool]:
    allowed = channel.permissions_for(me)
    forum = isinstance(channel, discord.ForumChannel)
    can_post = allowed.send_messages and allowed.read_message_history
    return (
        RoomFacts(
            room=Room(PLATFORM, str(channel.id)),
            name=channel.name,
            can_post=can_post,
            can_pin=forum or allowed.pin_messages,
            topic=(channel.topic or "")[:_TOPIC_LIMIT],
        ),
        allowed.view_channel,
    )


def permissions_of(data: Mapping[str, Any]) -> discord.Permissions:
    """Return what somebody may do, as an interaction tells it."""
    return discord.Permissions(int(data.get("permissions") or 0))
