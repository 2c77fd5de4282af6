"""Which nonces came a short while ago."""

from __future__ import annotations

from tests.discord.double.clock import Clock
from tests.discord.double.guilds import Channel, Message


class Nonces:
    """Remembers a nonce for a window; afterwards nobody can find it any more.

    Args:
        window: seconds. Discord says "a few minutes".
    """

    def __init__(self, clock: Clock, window: float = 180.0) -> None:
        """Know none."""
        self.window = window
        self._clock = clock
        self._known: dict[tuple[int, str], tuple[Message, float]] = {}

    def find(self, channel: Channel, nonce: str) -> Message | None:
        """Return what was posted with it."""
        message, since = self._known.get((channel.id, nonce), (None, 0.0))
        return message if self._clock.time() - since <= self.window else None

    def keep(self, channel: Channel, nonce: str, message: Message) -> None:
        """Remember it."""
        self._known[channel.id, nonce] = (message, self._clock.time())
