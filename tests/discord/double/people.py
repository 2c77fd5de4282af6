"""People: what they do in their clients, and what they see there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.discord.double import (
    clients,
    components,
    marks,
    message_objects,
    messages,
    modals,
    threads,
)
from tests.discord.double.clients import Given, NotPossible
from tests.discord.double.commands import MESSAGE_MENU, Commands
from tests.discord.double.guilds import (
    FORUM,
    PUBLIC_THREAD,
    Channel,
    Guild,
    Json,
    Member,
    Message,
    Role,
)
from tests.discord.double.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    Interaction,
    Interactions,
)
from tests.discord.double.permissions import Permission, demand, in_channel, in_guild, sending
from tests.discord.double.screens import Expected, Screen, buttons
from tests.discord.double.world import World

P = Permission


class Person:
    """Somebody with a client. What their client would not let them do raises `NotPossible`."""

    def __init__(
        self, world: World, commands: Commands, interactions: Interactions, name: str, locale: str
    ) -> None:
        """Make an account."""
        self.world = world
        self.user = world.user(name, locale=locale)
        self._commands = commands
        self._interactions = interactions
        self.screen = Screen(world, self.user)

    @property
    def id(self) -> str:
        """Their id, as a bot knows it."""
        return str(self.user.id)

    @property
    def mention(self) -> str:
        """What mentions them."""
        return f"<@{self.id}>"

    # Coming and going

    def founds(self, name: str, *, locale: str = "en-US") -> Guild:
        """Make a guild of their own, with a channel `general`."""
        return self.world.guild(name, self.user, locale=locale)

    def joins(self, guild: Guild, *, pending: bool = False) -> Member:
        """Come into a guild; `pending` until they accept its rules."""
        return self.world.join(guild, self.user, pending=pending)

    def accepts_rules(self, guild: Guild) -> None:
        """Be pending no more."""
        member = guild.members[self.user.id]
        member.pending = False
        self.world.update_member(guild, member)

    def leaves(self, guild: Guild) -> None:
        """Go, or be kicked: nobody can tell."""
        self.world.leave(guild, self.user)

    def kicks(self, other: Person, guild: Guild) -> None:
        """Put somebody out of a guild."""
        self._must_be_allowed(guild, P.KICK_MEMBERS)
        self.world.leave(guild, other.user)

    def bans(self, other: Person, guild: Guild) -> None:
        """Put somebody out of a guild for good."""
        self._must_be_allowed(guild, P.BAN_MEMBERS)
        self.world.ban(guild, other.user)

    def gives(self, role: Role, other: Person, guild: Guild) -> None:
        """Give somebody a role."""
        self._must_be_allowed(guild, P.MANAGE_ROLES)
        member = guild.members[other.user.id]
        member.roles.append(role.id)
        self.world.update_member(guild, member)

    def _must_be_allowed(self, guild: Guild, wanted: Permission) -> None:
        if not in_guild(guild, guild.members[self.user.id]) & wanted:
            raise NotPossible(f"{self.user.name} may not {wanted.name}")

    def closes_dms(self) -> None:
        """Take no direct messages from members of the guilds that they are in."""
        self.user.dms = False

    @property
    def direct(self) -> Channel:
        """Their private conversation with the bot."""
        return self.world.direct(self.user)

    # Writing

    def posts(self, channel: Channel, text: str, *, reply_to: Message | None = None) -> Message:
        """Write a message."""
        demand(channel, self.user.id, sending(channel))
        body: Json = {"content": text}
        if reply_to is not None:
            body["message_reference"] = {"message_id": str(reply_to.id)}
        return messages.post(self.world, channel, self.user, body)

    def edits(self, message: Message, text: str) -> None:
        """Change a message of their own."""
        messages.edit(self.world, message, {"content": text})

    def deletes(self, message: Message) -> None:
        """Take a message away; one for their eyes only is dismissed, and nobody hears of it."""
        self.screen.must_show(message)
        if message.ephemeral:
            self.screen.dismisses(message)
            return
        if message.author is not self.user:
            demand(message.channel, self.user.id, P.MANAGE_MESSAGES)
        messages.delete(self.world, message)

    def reacts(self, message: Message, emoji: str) -> None:
        """Put an emoji on a message."""
        self.screen.must_show(message)
        marks.react(self.world, message, self.user, emoji)

    def unreacts(self, message: Message, emoji: str) -> None:
        """Take an emoji back."""
        marks.unreact(self.world, message, self.user, emoji)

    def opens_thread(self, place: Channel | Message, name: str, text: str | None = None) -> Channel:
        """Open a thread in a channel or on a message, or write a post in a forum."""
        message = place if isinstance(place, Message) else None
        channel = place.channel if isinstance(place, Message) else place
        wanted = P.SEND_MESSAGES if channel.type == FORUM else P.CREATE_PUBLIC_THREADS
        demand(channel, self.user.id, wanted)
        thread = threads.opened(
            self.world, channel, {"name": name}, PUBLIC_THREAD, message, owner=self.user
        )
        if text is not None:
            more = {"id": thread.id} if channel.type == FORUM else {}
            messages.post(self.world, thread, self.user, {"content": text}, **more)
        return thread

    def archives(self, thread: Channel, *, locked: bool = False) -> None:
        """Close a thread; who posts in it opens it again, unless it is locked."""
        if thread.owner_id != self.user.id or locked:
            demand(thread, self.user.id, P.MANAGE_THREADS)
        thread.archived, thread.locked = True, locked
        self.world.tell_channel("THREAD_UPDATE", thread)

    def opens(self, attachment: Json) -> bytes:
        """Return what is in a file on a message."""
        return self.world.files["/" + attachment["url"].split("/", 3)[3]]

    # Commands

    def uses(self, path: str, channel: Channel | None = None, **options: Given) -> Interaction:
        """Use a slash command, such as `keeper prompt add`, in a channel or in private."""
        channel = channel or self.direct
        command = self._offered(path.split()[0], channel)
        data = clients.filled(command, path.split()[1:], options, channel.guild)
        return self._interactions.happens(COMMAND, self.user, channel, data)

    def types(
        self, path: str, option: str, typed: str, channel: Channel | None = None, **others: Given
    ) -> Interaction:
        """Type a part of an option, and wait for what the bot suggests: `choices`."""
        channel = channel or self.direct
        command = self._offered(path.split()[0], channel)
        words = path.split()[1:]
        data = clients.half_filled(command, words, option, typed, others, channel.guild)
        return self._interactions.happens(AUTOCOMPLETE, self.user, channel, data)

    def applies(self, name: str, message: Message) -> Interaction:
        """Use a command of a message's menu."""
        self.screen.must_show(message)
        command = self._offered(name, message.channel, MESSAGE_MENU)
        target = str(message.id)
        data = {"id": command["id"], "name": name, "type": MESSAGE_MENU, "target_id": target}
        data["resolved"] = {"messages": {target: message_objects.message(message, self.user.id)}}
        return self._interactions.happens(COMMAND, self.user, message.channel, data)

    def offers(self, channel: Channel | None = None) -> list[str]:
        """Return the names of the commands that their client offers."""
        channel = channel or self.direct
        return [
            each["name"]
            for each in self._commands.standing.values()
            if clients.refusal(each, self.user, channel) is None
        ]

    def _offered(self, name: str, channel: Channel, kind: int = 1) -> Json:
        command = self._commands.named(name, kind)
        if command is None:
            raise NotPossible(f"there is no command {name!r}")
        reason = clients.refusal(command, self.user, channel)
        if reason is not None:
            raise NotPossible(f"{name!r} is not offered: {reason}")
        return command

    # Components and forms

    def clicks(self, message: Message, button: str) -> Interaction:
        """Click a button, named by its label, its emoji or its custom id."""
        found = self._component(message, button, (components.BUTTON,))
        if "url" in found:
            raise NotPossible(f"{button!r} is a link")
        return self._use(message, found, {})

    def selects(
        self, message: Message, *options: str | Person | Channel, menu: str | None = None
    ) -> Interaction:
        """Choose in a menu, by the options' labels or values; `menu`: placeholder or custom id."""
        found = self._component(message, menu, components.SELECTS)
        if not found["min_values"] <= len(options) <= found["max_values"]:
            raise NotPossible(f"choose {found['min_values']} to {found['max_values']}")
        return self._use(message, found, clients.chosen(found, options, message.channel.guild))

    def _component(self, message: Message, name: str | None, kinds: Sequence[int]) -> Json:
        self.screen.must_show(message)
        usable = [c for c in components.every(message.components) if c["type"] in kinds]
        for each in usable:
            names = (each.get("label"), each.get("custom_id"), each.get("placeholder"))
            if name is None or name in names or name == (each.get("emoji") or {}).get("name"):
                if each.get("disabled"):
                    raise NotPossible(f"{name!r} is switched off")
                return each
        raise NotPossible(f"no {name!r} on {message.text!r}: {buttons(message)}")

    def _use(self, message: Message, component: Json, more: Json) -> Interaction:
        data = {
            "component_type": component["type"],
            "custom_id": component["custom_id"],
            "id": component["id"],
            **more,
        }
        return self._interactions.happens(
            COMPONENT, self.user, message.channel, data, source=message
        )

    def submits(self, asked: Interaction, values: Mapping[str, Any] | None = None) -> Interaction:
        """Fill in the form that answered an interaction: values by label (or custom id).

        A file is its name and what is in it.
        """
        if asked.user is not self.user or asked.modal is None:
            raise NotPossible("no form was shown to them")
        if not in_channel(asked.channel, self.user.id):
            raise NotPossible("they are not there any more")
        resolved: Json = {}
        values, fields = dict(values or {}), modals.fields(asked.modal)
        for label, field in fields.items():
            if field["type"] == modals.UPLOAD and isinstance(values.get(label), tuple):
                values[label] = self._uploads(resolved, *values[label])
        given = clients.form(asked.modal, values, resolved, asked.channel.guild)
        filled = modals.filled(asked.modal, given)
        data: Json = {"custom_id": asked.modal["custom_id"], "components": filled}
        if resolved:
            data["resolved"] = resolved
        return self._interactions.happens(
            MODAL, self.user, asked.channel, data, source=asked.source, cause=asked
        )

    def _uploads(self, resolved: Json, name: str, content: bytes) -> list[str]:
        """Upload a file for a form; return what the form submits of it."""
        id_ = str(self.world.clock.snowflake())
        path = f"/ephemeral-attachments/{id_}/{name}"
        self.world.files[path] = content
        url = self.world.base + path
        made = {"id": id_, "filename": name, "size": len(content), "url": url, "proxy_url": url}
        resolved.setdefault("attachments", {})[id_] = {**made, "ephemeral": True}
        return [id_]

    def forges(self, message: Message, custom_id: str, *values: str) -> Interaction:
        """Use a component that the message does not have (any more), with `values` a menu."""
        self.screen.must_show(message)
        kind = components.STRINGS if values else components.BUTTON
        data: Json = {"component_type": kind, "custom_id": custom_id, "id": 1}
        if values:
            data["values"] = list(values)
        return self._interactions.happens(
            COMPONENT, self.user, message.channel, data, source=message
        )

    def forges_form(self, place: Channel | Message, custom_id: str, **fields: str) -> Interaction:
        """Submit a form that nobody showed, or one of an earlier version: values by custom id.

        Args:
            place: where, as after a command, or the message whose button opened it.
        """
        source = place if isinstance(place, Message) else None
        channel = place.channel if isinstance(place, Message) else place
        cause = self._interactions.never_heard_of(self.user, channel, source)
        data: Json = {"custom_id": custom_id, "components": modals.forged(fields)}
        return self._interactions.happens(
            MODAL, self.user, channel, data, source=source, cause=cause
        )

    # Seeing

    def sees(self, channel: Channel | None = None) -> list[Message]:
        """Return what they can read, everywhere or in one place, the oldest first."""
        return self.screen.shows(channel)

    def jumps_to_present(self) -> None:
        """Reload: what was for their eyes only is gone from the screen."""
        self.screen.reloads()

    async def hears(
        self, expected: Expected, channel: Channel | None = None, *, patience: float = 15.0
    ) -> Message:
        """Return the next message (or change of one) of the bot's that fits; wait for it."""
        return await self.screen.hears(expected, channel, patience)

    def unheard(self, channel: Channel | None = None) -> list[Message]:
        """Return what the bot said and nobody asked for with `hears` yet."""
        return self.screen.unheard(channel)
