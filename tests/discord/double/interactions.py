"""Interactions: three seconds to answer the first time, fifteen minutes for all that follows."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.discord.double import message_objects, objects
from tests.discord.double.errors import Refused
from tests.discord.double.guilds import Channel, Json, Message, User
from tests.discord.double.intents import Intent
from tests.discord.double.permissions import in_channel
from tests.discord.double.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
OPEN, DEFERRED, ANSWERED, FAILED = "open", "deferred", "answered", "failed"
_TOKEN_LIVES = 15 * 60.0


class InteractionFailed(AssertionError):
    """What a person reads: "This interaction failed"."""


@dataclass(eq=False)
class Interaction:
    """One, from the click to all that answers it."""

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    data: Json
    created: float
    world: World
    source: Message | None = None  # the message whose component was used
    cause: Interaction | None = None  # of a modal's submission: what opened the modal
    state: str = OPEN
    first: int | None = None  # the type of the first answer
    took: float | None = None  # seconds until the first answer
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    was_acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    was_answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def failed(self) -> bool:
        """Whether the person was told that it failed."""
        return self.state == FAILED

    @property
    def messages(self) -> list[Message]:
        """What it was answered with, in order, without what only says "thinking"."""
        own = [self.original] if self.original is not None and self.first in (4, 5) else []
        return [each for each in (*own, *self.followups) if not each.flags & 128]

    async def acknowledged(self, patience: float = 5.0) -> Interaction:
        """Wait for the first answer of any kind; raise `InteractionFailed` where none comes."""
        await _within(patience, self.was_acknowledged)
        if self.failed:
            raise InteractionFailed(f"nothing answered {self.data.get('name') or self.data}")
        return self

    async def answered(self, patience: float = 15.0) -> Interaction:
        """Wait until there is something to see: a message, a modal, choices, a changed message."""
        await self.acknowledged(patience)
        await _within(patience, self.was_answered)
        return self

    def goes_on(self, state: str) -> None:
        """Take another state, and wake who waits for it."""
        self.state = state
        self.was_acknowledged.set()
        if state == ANSWERED:
            self.was_answered.set()
        self.world.happened()

    def metadata(self) -> Json:
        """Return what its messages tell about it."""
        made: Json = {
            "id": str(self.id),
            "type": self.kind,
            "user": objects.user(self.user),
            "authorizing_integration_owners": self.owners,
        }
        if self.kind == COMPONENT and self.source is not None:
            made["interacted_message_id"] = str(self.source.id)
        if self.kind == MODAL and self.cause is not None:
            made["triggering_interaction_metadata"] = self.cause.metadata()
        return made

    @property
    def owners(self) -> Json:
        """Return for whom the application was installed."""
        guild = self.channel.guild
        return {"0": str(guild.id) if guild is not None else "0"}

    def payload(self) -> Json:
        """Return what the bot hears."""
        world, guild, channel = self.world, self.channel.guild, self.channel
        shown: Json = {
            "id": str(self.id),
            "application_id": str(world.application_id),
            "type": self.kind,
            "token": self.token,
            "version": 1,
            "data": self.data,
            "channel_id": str(channel.id),
            "channel": objects.channel(channel, world.bot.id),
            "locale": self.user.locale,
            "app_permissions": str(in_channel(channel, world.bot.id)),
            "entitlements": [],
            "authorizing_integration_owners": self.owners,
            "context": 0 if guild is not None else 1,
            "attachment_size_limit": 10 * 1024 * 1024,
        }
        if guild is None:
            shown["user"] = objects.user(self.user)
        else:
            shown["guild_id"] = str(guild.id)
            shown["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
            shown["guild_locale"] = guild.locale
            member = objects.member(guild.members[self.user.id])
            member["permissions"] = str(in_channel(channel, self.user.id))
            shown["member"] = member
        if self.source is not None:
            shown["message"] = message_objects.message(self.source, world.bot.id)
        return shown


class Interactions:
    """All of them.

    Args:
        deadline: seconds for the first answer.
    """

    def __init__(self, world: World, deadline: float = 3.0) -> None:
        """Know none."""
        self.deadline = deadline
        self.all: dict[int, Interaction] = {}
        self._world = world
        self._by_token: dict[str, Interaction] = {}

    def happens(
        self,
        kind: int,
        user: User,
        channel: Channel,
        data: Json,
        *,
        source: Message | None = None,
        cause: Interaction | None = None,
    ) -> Interaction:
        """Let somebody do something, and tell the bot."""
        world = self._world
        made = self._made(kind, user, channel, data, source, cause)
        self.all[made.id] = self._by_token[made.token] = made
        world.record.note("interaction", id=str(made.id), kind=kind, user=str(user.id))
        asyncio.get_running_loop().call_later(self.deadline, self._expire, made)
        world.gateway.dispatch("INTERACTION_CREATE", Intent(0), made.payload(), channel.guild)
        return made

    def never_heard_of(
        self, user: User, channel: Channel, source: Message | None = None
    ) -> Interaction:
        """Return one that another version of the bot answered, long ago."""
        return self._made(COMMAND if source is None else COMPONENT, user, channel, {}, source)

    def _made(
        self,
        kind: int,
        user: User,
        channel: Channel,
        data: Json,
        source: Message | None = None,
        cause: Interaction | None = None,
    ) -> Interaction:
        token, now = secrets.token_urlsafe(32), self._world.clock.time()
        id_ = self._world.clock.snowflake()
        return Interaction(id_, token, kind, user, channel, data, now, self._world, source, cause)

    def _expire(self, it: Interaction) -> None:
        if it.state == OPEN:
            it.goes_on(FAILED)
            self._world.record.note("fail", id=str(it.id), kind=it.kind)

    def to_answer(self, id_: int, token: str) -> Interaction:
        """Return one that waits for its first answer."""
        found = self.all.get(id_)
        if found is None or found.token != token or found.failed:
            raise Refused(404, 10062)
        if found.state != OPEN:
            raise Refused(400, 40060)
        return found

    def by_token(self, application_id: int, token: str) -> Interaction:
        """Return one that was answered, while its token lives."""
        found = self._by_token.get(token)
        if found is None or application_id != self._world.application_id:
            raise Refused(404, 10015)
        if self._world.clock.time() - found.created > _TOKEN_LIVES:
            raise Refused(401, 50027)
        if found.first is None:
            raise Refused(404, 10015)
        return found

    def first(self, it: Interaction, kind: int, state: str) -> None:
        """Note the first answer."""
        it.first = kind
        it.took = self._world.clock.time() - it.created
        it.goes_on(state)
        self._world.record.note("answer", id=str(it.id), type=kind, took=it.took)


async def _within(patience: float, event: asyncio.Event) -> None:
    async with asyncio.timeout(patience):
        await event.wait()


def as_message(it: Interaction) -> dict[str, Any]:
    """Return the fields that a message has because it answers an interaction."""
    return {
        "application_id": it.world.application_id,
        "webhook_id": it.world.application_id,
        "metadata": it.metadata(),
    }
