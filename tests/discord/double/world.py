"""The platform's state, and how it changes; whoever listens at the gateway hears of each change."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.discord.double import objects
from tests.discord.double.clock import Clock
from tests.discord.double.errors import Refused
from tests.discord.double.guilds import (
    DM,
    TEXT,
    Channel,
    Guild,
    Json,
    Member,
    Overwrite,
    Role,
    Tag,
    User,
)
from tests.discord.double.intents import Intent
from tests.discord.double.nonces import Nonces
from tests.discord.double.permissions import EVERYONE
from tests.discord.double.record import Record

if TYPE_CHECKING:
    from tests.discord.double.gateway import Gateway

_LOOK_AGAIN = 0.02  # seconds: what holds with the bot changes nothing here
TOKEN = "a.made-up.token"


class World:
    """Everybody and everything, with one application whose bot this is about.

    Args:
        clock: the platform's time.
        record: the log of what stood when.
        nonces: seconds for which a nonce is known again.
    """

    def __init__(self, clock: Clock, record: Record, nonces: float = 180.0) -> None:
        """Make the application and its bot, and nothing else."""
        self.clock = clock
        self.record = record
        self.nonces = Nonces(clock, nonces)
        self.token = TOKEN
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}  # threads and private conversations too
        self._directs: dict[int, Channel] = {}  # by person
        self.bot = self.user("Circlekeeper", bot=True)
        self.application_id = self.bot.id
        self.emojis: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.base = ""  # the address of the server, once it runs
        self.counts: Counter[str] = Counter()
        self.gateway: Gateway  # set by the server, which makes both
        self._changed = asyncio.Event()
        self._numbers = itertools.count(1)

    # What others wait for

    def happened(self) -> None:
        """Wake who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], object], patience: float = 10.0) -> None:
        """Wait until something holds, here or with the bot; raise `TimeoutError` after a while."""
        async with asyncio.timeout(patience):
            while not holds():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), _LOOK_AGAIN)

    # People

    def user(self, name: str, *, bot: bool = False, locale: str = "en-US") -> User:
        """Register an account."""
        made = User(self.clock.snowflake(), name, locale=locale, bot=bot)
        self.users[made.id] = made
        return made

    def direct(self, user: User) -> Channel:
        """Return the private conversation between somebody and the bot."""
        if user.id not in self._directs:
            both = {self.bot.id: self.bot, user.id: user}
            made = Channel(self.clock.snowflake(), DM, recipients=both)
            self._directs[user.id] = self.channels[made.id] = made
        return self._directs[user.id]

    # Guilds

    def guild(self, name: str, owner: User, *, locale: str = "en-US") -> Guild:
        """Found a guild with a room `general`."""
        made = Guild(self.clock.snowflake(apart=True), name, owner.id, locale=locale)
        made.roles[made.id] = Role(made.id, "@everyone", EVERYONE, position=0)
        self.guilds[made.id] = made
        self._add(made, owner)
        self.channel(made, "general")
        return made

    def invite_bot(self, guild: Guild, permissions: int) -> Role:
        """Let the bot in with a role of its own, as an invitation link does."""
        role = Role(
            self.clock.snowflake(),
            self.bot.name,
            permissions,
            position=len(guild.roles),
            bot_id=self.bot.id,
        )
        guild.roles[role.id] = role
        self._add(guild, self.bot, roles=[role.id])
        self.back(guild)
        return role

    def join(self, guild: Guild, user: User, *, pending: bool = False) -> Member:
        """Let somebody in; `pending` until they accept the rules."""
        if user.id in guild.bans:
            raise Refused(403, 40001, "The user is banned from this guild.")
        made = self._add(guild, user, pending=pending)
        self._tell_member("GUILD_MEMBER_ADD", guild, made)
        return made

    def leave(self, guild: Guild, user: User) -> None:
        """Let somebody go, or the bot be removed."""
        told = {"guild_id": str(guild.id), "user": objects.user(user)}
        if user is self.bot:
            gone = {"id": str(guild.id)}  # no `unavailable`: removed, and not an outage
            self.gateway.dispatch("GUILD_DELETE", Intent.GUILDS, gone, guild)
            guild.roles = {i: r for i, r in guild.roles.items() if r.bot_id != user.id}
        guild.members.pop(user.id, None)
        for thread in guild.threads.values():
            thread.thread_members.pop(user.id, None)
        if user is not self.bot:
            self.gateway.dispatch("GUILD_MEMBER_REMOVE", Intent.GUILD_MEMBERS, told, guild)

    def outage(self, guild: Guild) -> None:
        """Let a guild be away for a while: nobody was removed."""
        gone = {"id": str(guild.id), "unavailable": True}
        self.gateway.dispatch("GUILD_DELETE", Intent.GUILDS, gone, guild)

    def back(self, guild: Guild) -> None:
        """Let a guild be there again."""
        whole = objects.whole_guild(guild, self.bot.id)
        self.gateway.dispatch("GUILD_CREATE", Intent.GUILDS, whole, guild)

    def ban(self, guild: Guild, user: User) -> None:
        """Put somebody out for good."""
        guild.bans[user.id] = user
        told = {"guild_id": str(guild.id), "user": objects.user(user)}
        self.gateway.dispatch("GUILD_BAN_ADD", Intent.GUILD_MODERATION, told, guild)
        self.leave(guild, user)

    def update_member(self, guild: Guild, member: Member) -> None:
        """Tell that a member changed; of itself the bot always hears."""
        self._tell_member("GUILD_MEMBER_UPDATE", guild, member)

    def _tell_member(self, event: str, guild: Guild, member: Member) -> None:
        intent = Intent(0) if member.user is self.bot else Intent.GUILD_MEMBERS
        payload = {**objects.member(member), "guild_id": str(guild.id)}
        self.gateway.dispatch(event, intent, payload, guild)

    def _add(
        self, guild: Guild, user: User, *, roles: list[int] | None = None, pending: bool = False
    ) -> Member:
        made = Member(user, guild.id, self.clock.iso(), roles or [], pending=pending)
        guild.members[user.id] = made
        return made

    def role(self, guild: Guild, name: str, permissions: int = 0, *, position: int = 1) -> Role:
        """Make a role."""
        made = Role(self.clock.snowflake(), name, permissions, position=position)
        guild.roles[made.id] = made
        told = {"guild_id": str(guild.id), "role": objects.role(made)}
        self.gateway.dispatch("GUILD_ROLE_CREATE", Intent.GUILDS, told, guild)
        return made

    def set_role(self, guild: Guild, role: Role, **changes: int | str | bool) -> None:
        """Change a role."""
        for name, value in changes.items():
            setattr(role, name, value)
        told = {"guild_id": str(guild.id), "role": objects.role(role)}
        self.gateway.dispatch("GUILD_ROLE_UPDATE", Intent.GUILDS, told, guild)

    def delete_role(self, guild: Guild, role: Role) -> None:
        """Take a role away from all."""
        del guild.roles[role.id]
        for member in guild.members.values():
            if role.id in member.roles:
                member.roles.remove(role.id)
        told = {"guild_id": str(guild.id), "role_id": str(role.id)}
        self.gateway.dispatch("GUILD_ROLE_DELETE", Intent.GUILDS, told, guild)

    # Channels

    def channel(
        self, guild: Guild, name: str, kind: int = TEXT, *, tags: tuple[str, ...] = ()
    ) -> Channel:
        """Make a channel."""
        made = Channel(self.clock.snowflake(), kind, name, guild, position=len(guild.channels))
        made.tags = [Tag(self.clock.snowflake(), each) for each in tags]
        guild.channels[made.id] = self.channels[made.id] = made
        self.tell_channel("CHANNEL_CREATE", made)
        return made

    def overwrite(
        self, channel: Channel, target: Role | User, *, allow: int = 0, deny: int = 0
    ) -> None:
        """Allow and deny to a role or to a person in a channel."""
        kind = 0 if isinstance(target, Role) else 1
        channel.overwrites[target.id] = Overwrite(target.id, kind, int(allow), int(deny))
        self.tell_channel("CHANNEL_UPDATE", channel)

    def delete_channel(self, channel: Channel) -> None:
        """Take a channel away, with its threads."""
        guild = channel.guild
        assert guild is not None
        self.tell_channel("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", channel)
        for thread in [each for each in guild.threads.values() if each.parent is channel]:
            guild.threads.pop(thread.id)
            self.channels.pop(thread.id)
        guild.channels.pop(channel.id, None)
        guild.threads.pop(channel.id, None)
        self.channels.pop(channel.id)
        self.record.note("channel deleted", channel=str(channel.id))

    def tell_channel(self, event: str, channel: Channel) -> None:
        """Tell that a channel or thread came, changed or went."""
        shown: Json = objects.channel(channel, self.bot.id)
        if event == "THREAD_DELETE":
            shown = {key: shown[key] for key in ("id", "guild_id", "parent_id", "type")}
        # Of channels a bot always hears, of threads only where it sees the channel.
        within = channel if channel.is_thread else None
        self.gateway.dispatch(event, Intent.GUILDS, shown, channel.guild, within)

    # Looking up

    def find_channel(self, id_: int) -> Channel:
        """Return a channel, thread or private conversation."""
        if id_ not in self.channels:
            raise Refused(404, 10003)
        found = self.channels[id_]
        if found.guild is not None and self.bot.id not in found.guild.members:
            raise Refused(403, 50001)
        if found.type == DM and self.bot.id not in found.recipients:
            raise Refused(403, 50001)
        return found

    def find_guild(self, id_: int) -> Guild:
        """Return a guild that the bot is in."""
        found = self.guilds.get(id_)
        if found is None or self.bot.id not in found.members:
            raise Refused(404, 10004)
        return found
