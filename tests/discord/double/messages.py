"""Messages come, change and go; everybody who may hear of it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.discord.double import bodies, components, objects
from tests.discord.double.errors import Refused, invalid
from tests.discord.double.guilds import (
    DM,
    EPHEMERAL,
    SUPPRESS_EMBEDS,
    V2,
    Channel,
    Json,
    Message,
    Reaction,
    User,
)
from tests.discord.double.intents import Intent
from tests.discord.double.permissions import Permission, in_channel
from tests.discord.double.world import World

if TYPE_CHECKING:
    from tests.discord.double.gateway import Session

DEFAULT, PINNED, REPLY, STARTER = 0, 6, 19, 21
_MOST_PINS, _MOST_REACTIONS = 250, 20


def post(
    world: World,
    channel: Channel,
    author: User,
    body: Json,
    **more: Any,  # noqa: ANN401 - fields of the message
) -> Message:
    """Let a message stand; the body was checked before."""
    message = Message(world.clock.snowflake(), channel, author, world.clock.iso())
    message.content = (body.get("content") or "").strip()
    message.components = components.standing(body.get("components"))
    message.embeds = [{"type": "rich", **_without_nulls(each)} for each in body.get("embeds") or []]
    message.attachments = more.pop("attachments", [])
    message.flags = bodies.flags_of(body) & ~EPHEMERAL
    message.tts = bool(body.get("tts"))
    for name, value in more.items():
        setattr(message, name, value)
    if (reference := body.get("message_reference")) and not message.reference:
        _reply(world, message, reference)
    _mention(message, body)
    channel.messages[message.id] = message
    if not message.ephemeral:
        channel.last_message_id = message.id
        _into_thread(world, channel, author)
        _tell(world, "MESSAGE_CREATE", message, nonce=body.get("nonce"))
    world.record.note(
        "message",
        **_named(message),
        author=str(author.id),
        nonce=body.get("nonce"),
        text=message.text,
        custom_ids=_custom_ids(message),
        seen_by=str(message.seen_by) if message.seen_by else None,
        type=message.type,
    )
    world.happened()
    return message


def edit(world: World, message: Message, body: Json) -> Message:
    """Change a message; the body was checked before."""
    if "content" in body:
        message.content = (body["content"] or "").strip()
    if "components" in body:
        message.components = components.standing(body["components"])
    if "embeds" in body:
        message.embeds = [{"type": "rich", **_without_nulls(each)} for each in body["embeds"] or []]
    if "flags" in body:
        kept = message.flags & ~SUPPRESS_EMBEDS
        message.flags = kept | bodies.flags_of(body, SUPPRESS_EMBEDS | V2)
    if message.flags & V2:
        message.content, message.embeds = "", []
    _mention(message, body)
    message.edited = world.clock.iso()
    if not message.ephemeral:
        _tell(world, "MESSAGE_UPDATE", message)
    world.record.note("edit", **_named(message), text=message.text, custom_ids=_custom_ids(message))
    world.happened()
    return message


def delete(world: World, message: Message) -> None:
    """Take a message away."""
    channel = message.channel
    del channel.messages[message.id]
    if not message.ephemeral:
        gone = {"id": str(message.id), **_place(channel)}
        world.gateway.dispatch("MESSAGE_DELETE", _posts(channel), gone, channel.guild, channel)
    world.record.note("delete", **_named(message))
    world.happened()


def react(world: World, message: Message, user: User, emoji: str) -> None:
    """Put an emoji on a message."""
    if emoji not in message.reactions:
        allowed = in_channel(message.channel, user.id)
        if not allowed & Permission.ADD_REACTIONS:
            raise Refused(403, 50013)
        if emoji.isascii() and emoji not in world.emojis:
            raise Refused(400, 10014)
        if len(message.reactions) >= _MOST_REACTIONS:
            raise Refused(403, 30010)
    found = message.reactions.setdefault(emoji, Reaction(emoji))
    if user.id in found.users:
        return
    found.users.append(user.id)
    _tell_reaction(world, "MESSAGE_REACTION_ADD", message, user, emoji)
    world.record.note("react", **_named(message), author=str(user.id), emoji=emoji)


def unreact(world: World, message: Message, user: User, emoji: str) -> None:
    """Take an emoji back."""
    found = message.reactions.get(emoji)
    if found is None or user.id not in found.users:
        raise Refused(404, 10014)
    found.users.remove(user.id)
    if not found.users:
        del message.reactions[emoji]
    _tell_reaction(world, "MESSAGE_REACTION_REMOVE", message, user, emoji)
    world.record.note("unreact", **_named(message), author=str(user.id), emoji=emoji)


def pin(world: World, message: Message, user: User) -> None:
    """Pin a message; a line in the channel tells so, as on Discord."""
    channel = message.channel
    if message.pinned_at is not None:
        return
    if message.type not in (DEFAULT, REPLY, 20, 23):
        raise Refused(403, 50021)
    if len(channel.pins) >= _MOST_PINS:
        raise Refused(400, 30003)
    message.pinned_at = channel.last_pin = world.clock.iso()
    _tell_pins(world, channel)
    _tell(world, "MESSAGE_UPDATE", message)
    world.record.note("pin", **_named(message))
    post(world, channel, user, {}, type=PINNED, reference=reference_to(message))


def unpin(world: World, message: Message) -> None:
    """Take a pin away."""
    if message.pinned_at is None:
        return
    message.pinned_at = None
    _tell_pins(world, message.channel)
    _tell(world, "MESSAGE_UPDATE", message)
    world.record.note("unpin", **_named(message))


def shown(world: World, message: Message, *, content: bool | None = None) -> Json:
    """Return a message as the bot may see it.

    Args:
        content: whether the message content intent holds; by default as the portal has it.
    """
    holds = world.content if content is None else content
    return objects.message(message, world.bot.id, readable=holds or _addressed(world, message))


def _addressed(world: World, message: Message) -> bool:
    return (
        message.author is world.bot
        or message.channel.type == DM
        or world.bot in message.mentions
        or message.metadata is not None
    )


def tell_update(world: World, message: Message) -> None:
    """Tell that something about a message changed."""
    _tell(world, "MESSAGE_UPDATE", message)


def _tell(world: World, event: str, message: Message, nonce: str | int | None = None) -> None:
    channel = message.channel

    def payload(session: Session) -> Json:
        content = Intent.MESSAGE_CONTENT in session.intents
        made = shown(world, message, content=content) | _place(channel)
        made["channel_type"] = channel.type
        if nonce is not None:
            made["nonce"] = nonce
        guild = channel.guild
        if guild is not None:
            if message.author.id in guild.members:
                made["member"] = _partial(channel, message.author.id)
            for each in made["mentions"]:
                if int(each["id"]) in guild.members:
                    each["member"] = _partial(channel, int(each["id"]))
        return made

    world.gateway.dispatch(event, _posts(channel), payload, channel.guild, channel)


def _partial(channel: Channel, user_id: int) -> Json:
    assert channel.guild is not None
    shown = objects.basic_member(channel.guild.members[user_id])
    return {**shown, "mute": False, "deaf": False}


def _tell_reaction(world: World, event: str, message: Message, user: User, emoji: str) -> None:
    channel = message.channel
    told: Json = {
        "user_id": str(user.id),
        "message_id": str(message.id),
        "emoji": objects.emoji(emoji),
        "burst": False,
        "type": 0,
        **_place(channel),
    }
    if event.endswith("ADD"):
        told["message_author_id"] = str(message.author.id)
        if channel.guild is not None and user.id in channel.guild.members:
            told["member"] = objects.member(channel.guild.members[user.id])
    guilds, directs = Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS
    intent = directs if channel.type == DM else guilds
    world.gateway.dispatch(event, intent, told, channel.guild, channel)


def _tell_pins(world: World, channel: Channel) -> None:
    intent = Intent.DIRECT_MESSAGES if channel.type == DM else Intent.GUILDS
    told = {**_place(channel), "last_pin_timestamp": channel.last_pin}
    world.gateway.dispatch("CHANNEL_PINS_UPDATE", intent, told, channel.guild, channel)


def _posts(channel: Channel) -> Intent:
    return Intent.DIRECT_MESSAGES if channel.type == DM else Intent.GUILD_MESSAGES


def _place(channel: Channel) -> Json:
    guild = {"guild_id": str(channel.guild.id)} if channel.guild is not None else {}
    return {"channel_id": str(channel.id), **guild}


def _custom_ids(message: Message) -> list[str]:
    parts = components.every(message.components)
    return [each["custom_id"] for each in parts if "custom_id" in each]


def _named(message: Message) -> dict[str, str]:
    return {"message": str(message.id), "channel": str(message.channel.id)}


def reference_to(message: Message) -> Json:
    """Return what points to a message."""
    return {"type": 0, "message_id": str(message.id), **_place(message.channel)}


def _reply(world: World, message: Message, reference: Json) -> None:
    other = message.channel.messages.get(int(reference["message_id"]))
    if other is None or other.ephemeral:
        if reference.get("fail_if_not_exists", True):
            message_ = "Unknown message"
            raise invalid("message_reference", code="REPLIES_UNKNOWN_MESSAGE", message=message_)
        return
    message.type = REPLY
    message.replied_to = other
    message.reference = reference_to(other)


def _into_thread(world: World, channel: Channel, author: User) -> None:
    if not channel.is_thread:
        return
    channel.total_sent += 1
    channel.thread_members.setdefault(author.id, world.clock.iso())
    if channel.archived:
        channel.archived = False
        channel.archived_at = world.clock.iso()
        world.tell_channel("THREAD_UPDATE", channel)


def _mention(message: Message, body: Json) -> None:
    """Find out who is pinged: what stands in the text, and is allowed."""
    text, channel = message.text, message.channel
    allowed = body.get("allowed_mentions")
    parse = ("users", "roles", "everyone") if allowed is None else allowed.get("parse") or ()
    users = {int(each) for each in (allowed or {}).get("users") or ()}
    roles = {int(each) for each in (allowed or {}).get("roles") or ()}
    guild = channel.guild
    known = channel.recipients if guild is None else {i: m.user for i, m in guild.members.items()}
    named = [int(each) for each in re.findall(r"<@!?(\d+)>", text)]
    found = [i for i in dict.fromkeys(named) if i in known and ("users" in parse or i in users)]
    message.mentions = [known[each] for each in found]
    pings = allowed.get("replied_user", False) if allowed is not None else True
    if (
        message.replied_to is not None
        and pings
        and message.replied_to.author not in message.mentions
    ):
        message.mentions.append(message.replied_to.author)
    message.mention_roles, message.mention_everyone = [], False
    if guild is None:
        return
    may_all = bool(in_channel(channel, message.author.id) & Permission.MENTION_EVERYONE)
    for id_ in dict.fromkeys(int(each) for each in re.findall(r"<@&(\d+)>", text)):
        role = guild.roles.get(id_)
        if role and (role.mentionable or may_all) and ("roles" in parse or id_ in roles):
            message.mention_roles.append(id_)
    if may_all and "everyone" in parse and re.search(r"@(everyone|here)\b", text):
        message.mention_everyone = True


def _without_nulls(it: Json) -> Json:
    return {key: value for key, value in it.items() if value is not None and key != "flags"}
