"""Who waits at a guild's door, for as long as it takes: its rules and its questions come first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.adapters.discord import inbound
from bot.core.events import Joined

_MANY = 10_000


class Door:
    """Remembers who was seen at a door: Discord does not tell that somebody just came through."""

    def __init__(self) -> None:
        """Have seen nobody yet."""
        self._waiting: set[tuple[str, str]] = set()

    def through(self, data: Mapping[str, Any], now: datetime) -> Joined | None:
        """Return the arrival of somebody who is through; None for who waits, or came long ago."""
        person = str(data["guild_id"]), str((data.get("user") or {}).get("id"))
        if inbound.is_at_the_door(data):
            if len(self._waiting) >= _MANY:
                self._waiting.clear()
            self._waiting.add(person)
            return None
        waited = person in self._waiting
        self._waiting.discard(person)
        return inbound.arrived(data, now, waited=waited)
