"""Threads begin: on a message, by themselves, as a post in a forum."""

from __future__ import annotations

from tests.discord.double import messages, objects
from tests.discord.double.guilds import (
    FORUM,
    HAS_THREAD,
    PUBLIC_THREAD,
    Channel,
    Json,
    Message,
    User,
)
from tests.discord.double.intents import Intent
from tests.discord.double.world import World


def opened(
    world: World,
    parent: Channel,
    body: Json,
    kind: int,
    message: Message | None = None,
    *,
    owner: User | None = None,
) -> Channel:
    """Let a thread be; the owner is the bot by default."""
    guild, now = parent.guild, world.clock.iso()
    assert guild is not None
    owner = owner or world.bot
    id_ = message.id if message is not None else world.clock.snowflake()
    thread = Channel(id_, kind, body["name"].strip(), guild, parent, owner_id=owner.id)
    thread.created_at = thread.archived_at = now
    thread.auto_archive = body.get("auto_archive_duration") or 4320
    thread.slowmode = body.get("rate_limit_per_user") or 0
    thread.applied_tags = [int(each) for each in body.get("applied_tags") or []]
    thread.thread_members[owner.id] = now
    guild.threads[id_] = world.channels[id_] = thread
    world.record.note("thread", channel=str(id_), parent=str(parent.id), name=thread.name)
    _tell_created(world, thread)
    if message is not None:
        message.thread, message.flags = thread, message.flags | HAS_THREAD
        messages.tell_update(world, message)
        start = {"type": 0, "channel_id": str(parent.id), "message_id": str(message.id)}
        start["guild_id"] = str(guild.id)
        more = {"type": messages.STARTER, "reference": start, "replied_to": message}
        messages.post(world, thread, owner, {}, **more)
    elif parent.type != FORUM and kind == PUBLIC_THREAD:
        told = {"type": 0, "channel_id": str(id_), "guild_id": str(guild.id)}
        messages.post(world, parent, owner, {"content": thread.name}, type=18, reference=told)
    return thread


def _tell_created(world: World, thread: Channel) -> None:
    shown = {**objects.thread(thread, world.bot.id), "newly_created": True}
    world.gateway.dispatch("THREAD_CREATE", Intent.GUILDS, shown, thread.guild, thread)
