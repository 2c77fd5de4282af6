"""Messages, reactions and pins over REST."""

from __future__ import annotations

from typing import Any

from tests.discord.double import bodies, marks, messages, objects
from tests.discord.double.calls import Call, Routes
from tests.discord.double.errors import Refused
from tests.discord.double.guilds import CATEGORY, DM, FORUM, Channel, Json, Message
from tests.discord.double.permissions import Permission, demand, in_channel, sending

P = Permission
_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_REACTIONS = _MESSAGE + "/reactions/{emoji_name}"


def create(call: Call) -> Json:
    """Post a message; a nonce that came a short while ago posts nothing again."""
    channel = call.channel()
    world = call.world
    demand(channel, world.bot.id, sending(channel))
    if channel.type == FORUM:
        raise Refused(400, 40058)
    if channel.type == CATEGORY:
        raise Refused(400, 50008)
    demand_reachable(call, channel)
    body = {**call.body, "files": call.files} if isinstance(call.body, dict) else call.body
    bodies.check(body)
    if call.files:
        demand(channel, world.bot.id, P.ATTACH_FILES)
    if channel.is_thread and channel.locked and channel.archived:
        demand(channel, world.bot.id, P.MANAGE_THREADS)
    may_read = in_channel(channel, world.bot.id) & P.READ_MESSAGE_HISTORY
    if body.get("message_reference") and not may_read:
        raise Refused(400, 160002)
    nonce = body.get("nonce")
    if nonce is not None and body.get("enforce_nonce"):
        known = world.nonces.find(channel, str(nonce))
        if known is not None:
            world.counts["known again"] += 1
            return {**messages.shown(world, known), "nonce": nonce}
    more: dict[str, Any] = {"attachments": call.attached()}
    made = messages.post(world, channel, world.bot, body, **more)
    if nonce is not None:
        world.nonces.keep(channel, str(nonce), made)
    return {**messages.shown(world, made), **({"nonce": nonce} if nonce is not None else {})}


def demand_reachable(call: Call, channel: Channel) -> None:
    """Refuse a direct message to who has closed theirs, or shares no guild with the bot."""
    if channel.type != DM:
        return
    world = call.world
    for each in channel.recipients.values():
        if each is world.bot:
            continue
        shared = any(
            each.id in guild.members and world.bot.id in guild.members
            for guild in world.guilds.values()
        )
        if not each.dms:
            raise Refused(403, 50007)
        if not shared:
            raise Refused(403, 50278)


def listed(call: Call) -> list[Json]:
    """Return messages, the newest first; none, without the right to read the history."""
    channel = call.channel()
    demand(channel, call.world.bot.id)
    if not in_channel(channel, call.world.bot.id) & P.READ_MESSAGE_HISTORY:
        return []
    limit = call.number("limit", 50, 100)
    standing = sorted(channel.public, key=lambda each: each.id)
    if "after" in call.query:
        after = int(call.query["after"])
        found = [each for each in standing if each.id > after][:limit]
    elif "around" in call.query:
        around = int(call.query["around"])
        before = [each for each in standing if each.id < around][-(limit // 2) :]
        found = before + [each for each in standing if each.id >= around][: limit - len(before)]
    else:
        before_id = int(call.query.get("before", 2**63))
        found = [each for each in standing if each.id < before_id][-limit:]
    return [messages.shown(call.world, each) for each in reversed(found)]


def one(call: Call) -> Json:
    """Return a message."""
    _demand_history(call)
    return messages.shown(call.world, call.message())


def _demand_history(call: Call) -> None:
    channel = call.channel()
    demand(channel, call.world.bot.id)
    if not in_channel(channel, call.world.bot.id) & P.READ_MESSAGE_HISTORY:
        raise Refused(403, 50001)


def edit(call: Call) -> Json:
    """Change a message of the bot's own."""
    demand(call.channel(), call.world.bot.id)
    message = call.message()
    if message.author is not call.world.bot:
        raise Refused(403, 50005)
    if call.channel().archived:
        raise Refused(400, 50083)
    bodies.check({**call.body, "files": call.files} if call.files else call.body, message)
    if call.files or "attachments" in call.body:
        keep_attachments(call, message)
    return messages.shown(call.world, messages.edit(call.world, message, call.body))


def keep_attachments(call: Call, message: Message) -> None:
    """Keep the attachments that are named, and add the new ones."""
    if "attachments" in call.body:
        named = {str(each.get("id")) for each in call.body["attachments"] or []}
        message.attachments = [each for each in message.attachments if each["id"] in named]
    message.attachments += call.attached()


def delete(call: Call) -> None:
    """Take a message away."""
    channel = call.channel()
    demand(channel, call.world.bot.id)
    message = call.message()
    if message.author is not call.world.bot:
        if channel.type == DM:
            raise Refused(403, 50003)
        demand(channel, call.world.bot.id, P.MANAGE_MESSAGES)
    messages.delete(call.world, message)


def react(call: Call) -> None:
    """Put an emoji on a message."""
    _demand_history(call)
    marks.react(call.world, call.message(), call.world.bot, call.path["emoji_name"])


def unreact(call: Call) -> None:
    """Take an emoji of the bot's back."""
    demand(call.channel(), call.world.bot.id)
    marks.unreact(call.world, call.message(), call.world.bot, call.path["emoji_name"])


def unreact_another(call: Call) -> None:
    """Take somebody's emoji away."""
    demand(call.channel(), call.world.bot.id, P.MANAGE_MESSAGES)
    user = call.world.users.get(call.id("user_id"))
    if user is None:
        raise Refused(404, 10013)
    marks.unreact(call.world, call.message(), user, call.path["emoji_name"])


def reacted(call: Call) -> list[Json]:
    """Return who gave an emoji, by id."""
    _demand_history(call)
    found = call.message().reactions.get(call.path["emoji_name"])
    after = int(call.query.get("after", 0))
    ids = sorted(each for each in (found.users if found else []) if each > after)
    limit = call.number("limit", 25, 100)
    return [objects.user(call.world.users[each]) for each in ids[:limit]]


def pin(call: Call) -> None:
    """Pin a message."""
    demand(call.channel(), call.world.bot.id, P.PIN_MESSAGES)
    marks.pin(call.world, call.message(), call.world.bot)


def unpin(call: Call) -> None:
    """Take a pin away."""
    demand(call.channel(), call.world.bot.id, P.PIN_MESSAGES)
    marks.unpin(call.world, call.message())


def pins(call: Call) -> Json:
    """Return pinned messages, the newest pin first, page by page."""
    channel = call.channel()
    _demand_history(call)
    before, limit = call.query.get("before"), call.number("limit", 50, 50)
    found = [each for each in channel.pins if before is None or (each.pinned_at or "") < before]
    return {
        "items": [
            {"pinned_at": each.pinned_at, "message": messages.shown(call.world, each)}
            for each in found[:limit]
        ],
        "has_more": len(found) > limit,
    }


def old_pins(call: Call) -> list[Json]:
    """Return pinned messages, as before 2025."""
    _demand_history(call)
    return [messages.shown(call.world, each) for each in call.channel().pins[:50]]


def typing(call: Call) -> None:
    """Show that the bot is typing; nobody here looks."""
    demand(call.channel(), call.world.bot.id, sending(call.channel()))


ROUTES: Routes = [
    ("GET", "/channels/{channel_id}/messages/pins", pins),
    ("PUT", "/channels/{channel_id}/messages/pins/{message_id}", pin),
    ("DELETE", "/channels/{channel_id}/messages/pins/{message_id}", unpin),
    ("GET", "/channels/{channel_id}/pins", old_pins),
    ("PUT", "/channels/{channel_id}/pins/{message_id}", pin),
    ("DELETE", "/channels/{channel_id}/pins/{message_id}", unpin),
    ("POST", "/channels/{channel_id}/typing", typing),
    ("POST", _MESSAGES, create),
    ("GET", _MESSAGES, listed),
    ("GET", _MESSAGE, one),
    ("PATCH", _MESSAGE, edit),
    ("DELETE", _MESSAGE, delete),
    ("GET", _REACTIONS, reacted),
    ("PUT", _REACTIONS + "/@me", react),
    ("DELETE", _REACTIONS + "/@me", unreact),
    ("DELETE", _REACTIONS + "/{user_id}", unreact_another),
]
