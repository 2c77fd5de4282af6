"""What somebody sees in their client, and what they waited for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tests.discord.double import components
from tests.discord.double.clients import NotPossible
from tests.discord.double.guilds import LOADING, Channel, Message, User
from tests.discord.double.permissions import Permission, in_channel
from tests.discord.double.world import World

P = Permission
Expected = str | re.Pattern[str] | Callable[[Message], bool]
"""A part of a message's text, a pattern found in it, or any predicate."""
_LINES = (6, 18, 21)  # that tell of pins and threads


class Screen:
    """Somebody's screen. Messages for their eyes only are on it until they reload."""

    def __init__(self, world: World, user: User) -> None:
        """Show all that they may see."""
        self.world = world
        self.user = user
        self._gone: set[int] = set()
        self._heard: set[tuple[int, str | None]] = set()

    def shows(self, channel: Channel | None = None) -> list[Message]:
        """Return what they can read, everywhere or in one place, the oldest first."""
        places = [channel] if channel is not None else list(self.world.channels.values())
        found = [
            each
            for place in places
            if in_channel(place, self.user.id) & P.VIEW_CHANNEL
            for each in place.messages.values()
            if self._on_screen(each)
        ]
        return sorted(found, key=lambda each: each.id)

    def _on_screen(self, message: Message) -> bool:
        if message.ephemeral:
            return message.seen_by == self.user.id and message.id not in self._gone
        allowed = in_channel(message.channel, self.user.id)
        return bool(allowed & P.READ_MESSAGE_HISTORY)

    def dismisses(self, message: Message) -> None:
        """Take a message for their eyes only off the screen."""
        self._gone.add(message.id)

    def reloads(self) -> None:
        """Reload: what was for their eyes only is gone from the screen."""
        for channel in self.world.channels.values():
            for each in channel.messages.values():
                if each.seen_by == self.user.id:
                    self._gone.add(each.id)

    async def hears(self, expected: Expected, channel: Channel | None, patience: float) -> Message:
        """Return the next message (or change of one) of the bot's that fits; wait for it."""
        found: list[Message] = []

        def came() -> bool:
            found[:] = [
                each
                for each in self._said(channel)
                if (each.id, each.edited) not in self._heard and _fits(each, expected)
            ]
            return bool(found)

        try:
            await self.world.until(came, patience)
        except TimeoutError:
            said = "\n---\n".join(each.text for each in self._said(channel)) or "nothing"
            raise AssertionError(
                f"{self.user.name} did not hear {expected!r}; the bot said:\n{said}"
            ) from None
        self._heard.add((found[0].id, found[0].edited))
        return found[0]

    def unheard(self, channel: Channel | None) -> list[Message]:
        """Return what the bot said and nobody asked for with `hears` yet."""
        return [e for e in self._said(channel) if (e.id, e.edited) not in self._heard]

    def _said(self, channel: Channel | None) -> Iterable[Message]:
        bot = self.world.bot
        return (
            each
            for each in self.shows(channel)
            if each.author is bot and not each.flags & LOADING and each.type not in _LINES
        )

    def must_show(self, message: Message) -> None:
        """Raise `NotPossible` where they do not see a message."""
        standing = message.channel.messages.get(message.id) is message
        visible = in_channel(message.channel, self.user.id) & P.VIEW_CHANNEL
        if not (standing and visible and self._on_screen(message)):
            raise NotPossible(f"{self.user.name} does not see the message")


def _fits(message: Message, expected: Expected) -> bool:
    if isinstance(expected, str):
        return expected in message.text
    if isinstance(expected, re.Pattern):
        return bool(expected.search(message.text))
    return expected(message)


def buttons(message: Message) -> list[str]:
    """Return the labels of what can be clicked on a message, and of the options of its menus."""
    found = []
    for each in components.every(message.components):
        if each["type"] == components.BUTTON:
            found.append(str(each.get("label") or (each.get("emoji") or {}).get("name")))
        found += [str(option["label"]) for option in each.get("options", ())]
    return found
