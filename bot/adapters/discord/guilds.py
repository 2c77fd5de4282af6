"""The guilds as communities: their rooms, who moderates, and where a channel belongs."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

import discord

from bot.adapters.discord.elsewhere import Elsewhere
from bot.adapters.discord.permissions import lacking
from bot.adapters.discord.rest import DiscordError, NoAnswer, NotSent, Refused, Rest
from bot.core.refs import Community, Need, RoleFacts, Room, RoomFacts, Standing

Known: TypeAlias = Callable[[], Awaitable[Collection[Community]]]
Channel: TypeAlias = discord.abc.GuildChannel | discord.Thread | discord.abc.PrivateChannel

PLATFORM = "discord"
FORUM = 15

_ROOMS = (discord.TextChannel, discord.ForumChannel)
_TOPIC_LIMIT = 1000  # a riddle's word may stand there; more is not kept
_FRESH = 30.0  # seconds for which a looked up membership is believed
_AT_ONCE, _REFUSALS, _FAILURES, _PAUSE = 10, 20, 3, 0.05
_FEW = 10  # guilds that may all be asked about somebody


class Guilds:
    """What the gateway tells of guilds, asked as we need it."""

    def __init__(self, rest: Rest) -> None:
        """Know no client yet."""
        self._rest = rest
        self._client: discord.Client | None = None
        self._looked_up: dict[tuple[str, str], tuple[float, Standing | None]] = {}
        self._asking = asyncio.Semaphore(_AT_ONCE)
        self.elsewhere = Elsewhere(rest)
        self.told_of_members = False  # of roles that somebody gets or loses

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

    async def roles_around(self, room: Room) -> tuple[str, list[tuple[str, str]]] | None:
        """Return the guild that a room is in, and its roles' ids and names.

        Raises: `DiscordError`.
        """
        channel = self.channel(room.id)
        if isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            guild = channel.guild
            return str(guild.id), [(str(role.id), role.name) for role in guild.roles]
        found = await self.elsewhere.channel(room.id)
        other = await self.elsewhere.guild(found["guild_id"]) if found is not None else None
        if other is None:
            return None
        return str(other["id"]), [(str(each["id"]), each["name"]) for each in other["roles"]]

    async def is_forum(self, channel_id: str) -> bool:
        """Tell whether a channel holds posts rather than messages.

        Raises: `DiscordError`.
        """
        channel = self.channel(channel_id)
        if channel is not None:
            return isinstance(channel, discord.ForumChannel)
        found = await self.elsewhere.channel(channel_id)
        return found is not None and found["type"] == FORUM

    def room(self, channel_id: str) -> Room:
        """Return the room that a channel is, or that its thread belongs to."""
        channel = self.channel(channel_id)
        if isinstance(channel, discord.Thread):
            return Room(PLATFORM, str(channel.parent_id), channel_id)
        return Room(PLATFORM, channel_id)

    async def standing(self, user_id: str, known: Known) -> tuple[Standing, ...]:
        """Return in which guilds somebody is, and where they moderate, asking Discord.

        That is a call for each guild. Where there are many, those are asked in which they are as
        far as we heard (`known`), and all only if they are in none of these. What Discord cannot
        say now is as we heard it.
        """
        ours = {str(guild.id): guild for guild in self.all()}
        everywhere = list(dict.fromkeys([*ours, *self._away(), *await self.elsewhere.guilds()]))
        if len(everywhere) > _FEW:
            likely = {each.id for each in await known()}
            likely |= {each for each, guild in ours.items() if str(guild.owner_id) == user_id}
            few = [each for each in everywhere if each in likely]
            if found := await self._among(few, user_id, known):
                return found
        return await self._among(everywhere, user_id, known)

    def _away(self) -> list[str]:
        """Return the guilds of which Discord tells nothing now, and will again."""
        found = self._client.guilds if self._client is not None else []
        return [str(guild.id) for guild in found if guild.unavailable]

    async def _among(
        self, guilds: Sequence[str], user_id: str, known: Known
    ) -> tuple[Standing, ...]:
        found = await asyncio.gather(*(self._in_guild(each, user_id, known) for each in guilds))
        return tuple(each for each in found if each is not None)

    def changed(self, guild_id: str, user_id: str | None = None) -> None:
        """Believe no longer what was looked up of somebody in a guild, or of all who are in it."""
        if user_id is not None:
            self._looked_up.pop((guild_id, user_id), None)
            return
        for each in [each for each in self._looked_up if each[0] == guild_id]:
            del self._looked_up[each]

    async def _in_guild(self, guild_id: str, user_id: str, heard: Known) -> Standing | None:
        now = asyncio.get_running_loop().time()
        at, known = self._looked_up.get((guild_id, user_id), (float("-inf"), None))
        if self.told_of_members and now < at + _FRESH:
            return known
        try:
            async with self._asking:
                standing = await self._ask(guild_id, user_id)
        except DiscordError:
            there = community(guild_id) in await heard()
            return Standing(community(guild_id)) if there else None
        if len(self._looked_up) > 10_000:
            self._looked_up.clear()
        self._looked_up[guild_id, user_id] = now, standing
        return standing

    async def _ask(self, guild_id: str, user_id: str) -> Standing | None:
        """Ask about somebody, later where Discord wants that: all guilds may be too many at once.

        Raises: `DiscordError`.
        """
        for left in reversed(range(_REFUSALS)):
            try:
                member = await self._rest.call("GET", f"/guilds/{guild_id}/members/{user_id}")
                return await self._standing_of(guild_id, user_id, member.get("roles") or [])
            except Refused as error:
                if error.status in (403, 404):
                    return None
                if error.status != 429 or not left:
                    raise
                await asyncio.sleep(max(error.retry_after or 0.0, _PAUSE))
            except (NotSent, NoAnswer):
                if left <= _REFUSALS - _FAILURES:
                    raise
                await asyncio.sleep(_PAUSE)
        raise AssertionError("unreachable")

    async def _standing_of(
        self, guild_id: str, user_id: str, roles: Sequence[str]
    ) -> Standing | None:
        ours = self.get(guild_id)
        if ours is not None and not ours.unavailable:
            return self.standing_of(ours, user_id, roles)
        other = await self.elsewhere.guild(guild_id)
        if other is None:
            return None
        allowed = discord.Permissions.none()
        for role in other["roles"]:
            if role["id"] == guild_id or role["id"] in roles:
                allowed |= discord.Permissions(int(role["permissions"]))
        return _standing(guild_id, user_id, str(other["owner_id"]), allowed, roles)

    def standing_of(self, guild: discord.Guild, user_id: str, roles: Sequence[str]) -> Standing:
        """Return somebody's standing by their roles."""
        allowed = guild.default_role.permissions
        for role_id in roles:
            role = guild.get_role(int(role_id))
            if role is not None:
                allowed |= role.permissions
        return _standing(guild.id, user_id, str(guild.owner_id), allowed, roles)


def _standing(
    guild_id: str | int,
    user_id: str,
    owner: str,
    allowed: discord.Permissions,
    roles: Sequence[str],
) -> Standing:
    moderator = owner == user_id or may_moderate(allowed)
    return Standing(community(guild_id), moderator, tuple(roles))


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
    lacks = lacking(allowed, of_forum=forum)
    return (
        RoomFacts(
            room=Room(PLATFORM, str(channel.id)),
            name=channel.name,
            can_post=can_post,
            can_pin=forum or allowed.pin_messages,
            lacks=tuple(each for each in lacks if each is not Need.ROLES),
            topic=(channel.topic or "")[:_TOPIC_LIMIT],
        ),
        allowed.view_channel,
    )


def roles(guild: discord.Guild) -> tuple[RoleFacts, ...]:
    """Return the roles that people give one another, the highest first."""
    found = [role for role in guild.roles if not role.is_default() and not role.managed]
    found.sort(key=lambda role: (-role.position, role.id))
    return tuple(RoleFacts(str(role.id), role.name) for role in found)


def permissions_of(data: Mapping[str, Any]) -> discord.Permissions:
    """Return what somebody may do, as an interaction tells it."""
    return discord.Permissions(int(data.get("permissions") or 0))
