"""What is put on messages: reactions and pins."""

from __future__ import annotations

from tests.discord.double import message_objects, messages, objects
from tests.discord.double.errors import Refused
from tests.discord.double.guilds import DM, Channel, Json, Message, Reaction, User
from tests.discord.double.intents import Intent
from tests.discord.double.permissions import Permission, in_channel
from tests.discord.double.world import World

_MOST_PINS, _MOST_REACTIONS = 250, 20


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
    world.record.note("react", **messages.named(message), author=str(user.id), emoji=emoji)


def unreact(world: World, message: Message, user: User, emoji: str) -> None:
    """Take an emoji back."""
    found = message.reactions.get(emoji)
    if found is None or user.id not in found.users:
        raise Refused(404, 10014)
    found.users.remove(user.id)
    if not found.users:
        del message.reactions[emoji]
    _tell_reaction(world, "MESSAGE_REACTION_REMOVE", message, user, emoji)
    world.record.note("unreact", **messages.named(message), author=str(user.id), emoji=emoji)


def pin(world: World, message: Message, user: User) -> None:
    """Pin a message; a line in the channel tells so, as on Discord."""
    channel = message.channel
    if message.pinned_at is not None:
        return
    if message.type not in (messages.DEFAULT, messages.REPLY, 20, 23):
        raise Refused(403, 50021)
    if len(channel.pins) >= _MOST_PINS:
        raise Refused(400, 30003)
    message.pinned_at = channel.last_pin = world.clock.iso()
    _tell_pins(world, channel)
    messages.tell_update(world, message)
    world.record.note("pin", **messages.named(message))
    messages.post(
        world, channel, user, {}, type=messages.PINNED, reference=messages.reference_to(message)
    )


def unpin(world: World, message: Message) -> None:
    """Take a pin away."""
    if message.pinned_at is None:
        return
    message.pinned_at = None
    _tell_pins(world, message.channel)
    messages.tell_update(world, message)
    world.record.note("unpin", **messages.named(message))


def _tell_reaction(world: World, event: str, message: Message, user: User, emoji: str) -> None:
    channel = message.channel
    told: Json = {
        "user_id": str(user.id),
        "message_id": str(message.id),
        "emoji": message_objects.emoji(emoji),
        "burst": False,
        "type": 0,
        **messages.place(channel),
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
    told = {**messages.place(channel), "last_pin_timestamp": channel.last_pin}
    world.gateway.dispatch("CHANNEL_PINS_UPDATE", intent, told, channel.guild, channel)
