"""Messages come, change and go; everybody who may hear of it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.double import bodies, components, mentions, message_objects, objects
from tests.discord.double.errors import invalid
from tests.discord.double.guilds import (
    DM,
    EPHEMERAL,
    SUPPRESS_EMBEDS,
    V2,
    Channel,
    Json,
    Message,
    User,
)
from tests.discord.double.intents import Intent
from tests.discord.double.world import World

if TYPE_CHECKING:
    from tests.discord.double.sessions import Session

DEFAULT, PINNED, REPLY, STARTER = 0, 6, 19, 21


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
    mentions.find(message, body)
    channel.messages[message.id] = message
    if not message.ephemeral:
        channel.last_message_id = message.id
        _into_thread(world, channel, author)
        _tell(world, "MESSAGE_CREATE", message, nonce=body.get("nonce"))
    world.record.note(
        "message",
        **named(message),
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
    mentions.find(message, body)
    message.edited = world.clock.iso()
    if not message.ephemeral:
        _tell(world, "MESSAGE_UPDATE", message)
    world.record.note("edit", **named(message), text=message.text, custom_ids=_custom_ids(message))
    world.happened()
    return message


def delete(world: World, message: Message) -> None:
    """Take a message away."""
    channel = message.channel
    del channel.messages[message.id]
    if not message.ephemeral:
        gone = {"id": str(message.id), **place(channel)}
        world.gateway.dispatch("MESSAGE_DELETE", _posts(channel), gone, channel.guild, channel)
    world.record.note("delete", **named(message))
    world.happened()


def shown(world: World, message: Message, *, content: bool | None = None) -> Json:
    """Return a message as the bot may see it.

    Args:
        content: whether the message content intent holds; by default as the portal has it.
    """
    portal = Intent.MESSAGE_CONTENT in world.gateway.allowed
    holds = portal if content is None else content
    return message_objects.message(
        message, world.bot.id, readable=holds or _addressed(world, message)
    )


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
        made = shown(world, message, content=content) | place(channel)
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


def _posts(channel: Channel) -> Intent:
    return Intent.DIRECT_MESSAGES if channel.type == DM else Intent.GUILD_MESSAGES


def place(channel: Channel) -> Json:
    """Return where something is."""
    guild = {"guild_id": str(channel.guild.id)} if channel.guild is not None else {}
    return {"channel_id": str(channel.id), **guild}


def _custom_ids(message: Message) -> list[str]:
    parts = components.every(message.components)
    return [each["custom_id"] for each in parts if "custom_id" in each]


def named(message: Message) -> dict[str, str]:
    """Return what the record calls a message."""
    return {"message": str(message.id), "channel": str(message.channel.id)}


def reference_to(message: Message) -> Json:
    """Return what points to a message."""
    return {"type": 0, "message_id": str(message.id), **place(message.channel)}


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


def _without_nulls(it: Json) -> Json:
    return {key: value for key, value in it.items() if value is not None and key != "flags"}
