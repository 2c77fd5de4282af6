"""Threads and forum posts over REST."""

from __future__ import annotations

from tests.discord.double import bodies, messages, objects, threads
from tests.discord.double.calls import Answer, Call, Routes
from tests.discord.double.errors import Refused
from tests.discord.double.guilds import (
    FORUM,
    NEWS,
    NEWS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Json,
)
from tests.discord.double.mistakes import Mistakes
from tests.discord.double.permissions import Permission, demand, in_channel

P = Permission
_DAYS = (60, 1440, 4320, 10080)
_REQUIRE_TAG = 1 << 4


def from_message(call: Call) -> Answer:
    """Open a thread on a message; it has the message's id."""
    channel = call.channel()
    demand(channel, call.world.bot.id, P.READ_MESSAGE_HISTORY, P.CREATE_PUBLIC_THREADS)
    message = call.message()
    if channel.type not in (TEXT, NEWS):
        raise Refused(400, 50024)
    if message.thread is not None:
        raise Refused(400, 160004)
    _check(call.body)
    kind = NEWS_THREAD if channel.type == NEWS else PUBLIC_THREAD
    thread = threads.opened(call.world, channel, call.body, kind, message)
    return Answer(201, objects.thread(thread, call.world.bot.id))


def without_message(call: Call) -> Answer:
    """Open a thread without a message, or post in a forum."""
    channel, bot = call.channel(), call.world.bot.id
    if channel.type == FORUM:
        return _forum_post(call, channel)
    if channel.type not in (TEXT, NEWS):
        raise Refused(400, 50024)
    kind = call.body.get("type") or PRIVATE_THREAD
    wanted = P.CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else P.CREATE_PUBLIC_THREADS
    demand(channel, bot, wanted)
    _check(call.body)
    thread = threads.opened(call.world, channel, call.body, kind)
    return Answer(201, objects.thread(thread, bot))


def _forum_post(call: Call, forum: Channel) -> Answer:
    world = call.world
    demand(forum, world.bot.id, P.SEND_MESSAGES)
    found = Mistakes()
    found.required(("message",), call.body.get("message"))
    tags = [int(each) for each in call.body.get("applied_tags") or []]
    found.several(("applied_tags",), tags, 5)
    known = {each.id for each in forum.tags}
    if any(each not in known for each in tags):
        found.add(("applied_tags",), "UNKNOWN_TAG", "Unknown tag")
    found.raise_any()
    _check(call.body)
    if forum.flags & _REQUIRE_TAG and not tags:
        raise Refused(400, 40067)
    body = call.body["message"]
    bodies.check({**body, "files": call.files}, within=("message",))
    thread = threads.opened(world, forum, call.body, PUBLIC_THREAD)
    message = messages.post(
        world, thread, world.bot, body, id=thread.id, attachments=call.attached()
    )
    shown = objects.thread(thread, world.bot.id)
    return Answer(201, {**shown, "message": messages.shown(world, message)})


def _check(body: Json) -> None:
    found = Mistakes()
    found.text(("name",), body.get("name"), 100, 1)
    if body.get("auto_archive_duration") is not None:
        found.one_of(("auto_archive_duration",), body["auto_archive_duration"], _DAYS)
    found.number(("rate_limit_per_user",), body.get("rate_limit_per_user"), 0, 21600)
    found.raise_any()


def change(call: Call) -> Json:
    """Rename, archive, lock a thread, or change a channel."""
    channel, bot = call.channel(), call.world.bot.id
    body: Json = call.body
    found = Mistakes()
    found.text(("name",), body.get("name"), 100)
    found.raise_any()
    if not channel.is_thread:
        demand(channel, bot, P.MANAGE_CHANNELS)
    elif channel.owner_id != bot or channel.locked or "locked" in body:
        demand(channel, bot, P.MANAGE_THREADS)
    else:
        demand(channel, bot)
    if channel.archived and body.get("archived") is not False:
        raise Refused(400, 50083)
    for name in ("name", "archived", "locked", "topic"):
        if body.get(name) is not None:
            setattr(channel, name, body[name])
    if body.get("archived") is not None:
        channel.archived_at = call.world.clock.iso()
    channel.auto_archive = body.get("auto_archive_duration") or channel.auto_archive
    if "applied_tags" in body:
        channel.applied_tags = [int(each) for each in body["applied_tags"] or []]
    call.world.tell_channel("THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE", channel)
    return objects.channel(channel, bot)


def delete(call: Call) -> Json:
    """Delete a channel or thread."""
    channel = call.channel()
    wanted = P.MANAGE_THREADS if channel.is_thread else P.MANAGE_CHANNELS
    demand(channel, call.world.bot.id, wanted)
    shown = objects.channel(channel, call.world.bot.id)
    call.world.delete_channel(channel)
    return shown


def join(call: Call) -> None:
    """Let the bot into a thread."""
    thread = call.channel()
    demand(thread, call.world.bot.id)
    thread.thread_members.setdefault(call.world.bot.id, call.world.clock.iso())


def add(call: Call) -> None:
    """Bring somebody into a thread."""
    thread = call.channel()
    demand(thread, call.world.bot.id, P.SEND_MESSAGES_IN_THREADS)
    user = call.id("user_id")
    if thread.guild is None or user not in thread.guild.members:
        raise Refused(404, 10007)
    thread.thread_members.setdefault(user, call.world.clock.iso())
    call.world.happened()


def remove(call: Call) -> None:
    """Take somebody out of a thread."""
    thread = call.channel()
    demand(thread, call.world.bot.id, P.MANAGE_THREADS)
    thread.thread_members.pop(call.id("user_id"), None)


def members(call: Call) -> list[Json]:
    """Return who is in a thread."""
    thread = call.channel()
    demand(thread, call.world.bot.id)
    return [objects.thread_member(thread, each) for each in thread.thread_members]


def active(call: Call) -> Json:
    """Return a guild's threads that are not archived."""
    bot = call.world.bot.id
    found = [
        each
        for each in call.guild().threads.values()
        if not each.archived and in_channel(each, bot) & P.VIEW_CHANNEL
    ]
    return _listed(found, bot)


def archived(call: Call) -> Json:
    """Return a channel's public threads that are archived."""
    channel, bot = call.channel(), call.world.bot.id
    demand(channel, bot, P.READ_MESSAGE_HISTORY)
    assert channel.guild is not None
    ours = [each for each in channel.guild.threads.values() if each.parent is channel]
    found = [each for each in ours if each.archived and not each.is_private_thread]
    return {**_listed(found, bot), "has_more": False}


def _listed(found: list[Channel], bot: int) -> Json:
    own = [objects.thread_member(each, bot) for each in found if bot in each.thread_members]
    threads = [objects.thread(each, bot) for each in found]
    return {"threads": threads, "members": own, "has_more": False}


_THREAD_MEMBER = "/channels/{channel_id}/thread-members"

ROUTES: Routes = [
    ("POST", "/channels/{channel_id}/messages/{message_id}/threads", from_message),
    ("POST", "/channels/{channel_id}/threads", without_message),
    ("PATCH", "/channels/{channel_id}", change),
    ("DELETE", "/channels/{channel_id}", delete),
    ("PUT", _THREAD_MEMBER + "/@me", join),
    ("PUT", _THREAD_MEMBER + "/{user_id}", add),
    ("DELETE", _THREAD_MEMBER + "/{user_id}", remove),
    ("GET", _THREAD_MEMBER, members),
    ("GET", "/guilds/{guild_id}/threads/active", active),
    ("GET", "/channels/{channel_id}/threads/archived/public", archived),
]
