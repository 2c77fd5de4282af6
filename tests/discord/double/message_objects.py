"""Messages as JSON, with exactly the fields that Discord's documents give them."""

from __future__ import annotations

from tests.discord.double import objects
from tests.discord.double.guilds import Json, Message, Reaction


def message(it: Message, viewer: int, *, readable: bool = True, nested: bool = True) -> Json:
    """A message; what is not `readable` lacks what the message content intent is about, what is
    not `nested` is itself within another.
    """
    shown: Json = {
        "id": str(it.id),
        "type": it.type,
        "channel_id": str(it.channel.id),
        "author": objects.user(it.author),
        "content": it.content if readable else "",
        "timestamp": it.timestamp,
        "edited_timestamp": it.edited,
        "tts": it.tts,
        "mention_everyone": it.mention_everyone,
        "mentions": [objects.user(each) for each in it.mentions],
        "mention_roles": [str(each) for each in it.mention_roles],
        "attachments": it.attachments if readable else [],
        "embeds": it.embeds if readable else [],
        "components": it.components if readable else [],
        "pinned": it.pinned_at is not None,
        "flags": it.flags,
    }
    if it.reactions and nested:
        shown["reactions"] = [reaction(each, viewer) for each in it.reactions.values()]
    if it.application_id is not None:
        shown["application_id"] = str(it.application_id)
    if it.webhook_id is not None:
        shown["webhook_id"] = str(it.webhook_id)
    if it.metadata is not None:
        shown["interaction_metadata"] = it.metadata
    if it.reference is not None:
        shown["message_reference"] = it.reference
    if it.thread is not None:
        shown["thread"] = objects.thread(it.thread, viewer)
    if it.channel.is_thread:
        shown["position"] = (
            [*it.channel.messages].index(it.id) if it.id in it.channel.messages else 0
        )
    if nested and it.type in (19, 21) and it.reference is not None:
        other = it.replied_to
        gone = other is None or other.id not in other.channel.messages
        shown["referenced_message"] = (
            None
            if gone or other is None
            else message(other, viewer, readable=readable, nested=False)
        )
    return shown


def reaction(it: Reaction, viewer: int) -> Json:
    """One emoji on a message, and how often."""
    return {
        "emoji": emoji(it.emoji),
        "count": len(it.users),
        "count_details": {"burst": 0, "normal": len(it.users)},
        "burst_colors": [],
        "me_burst": False,
        "me": viewer in it.users,
    }


def emoji(text: str) -> Json:
    """A unicode emoji, or a custom one written `name:id`."""
    name, _, id_ = text.partition(":")
    return {"id": id_ or None, "name": name}
