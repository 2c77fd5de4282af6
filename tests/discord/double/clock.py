"""The platform's time, which tests may shift, and the ids that are made of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

EPOCH = 1_420_070_400_000  # milliseconds: Discord's ids begin with 2015


class Clock:
    """Wall-clock time plus what a test added, and ids that only grow."""

    def __init__(self) -> None:
        """Begin at the real time."""
        self.offset = 0.0
        self._last = 0

    def time(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self.offset

    def shift(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.offset += seconds

    def iso(self, at: float | None = None) -> str:
        """Return a moment (by default now) as Discord writes it."""
        return datetime.fromtimestamp(self.time() if at is None else at, UTC).isoformat()

    def snowflake(self, *, apart: bool = False) -> int:
        """Return an id that nobody had.

        Args:
            apart: in a millisecond of its own, as guilds are made, so that shards share them.
        """
        made = (int(self.time() * 1000) - EPOCH) << 22
        self._last = max(made, self._last + (1 << 22 if apart else 1))
        return self._last


def moment(snowflake: int) -> float:
    """Return when an id was made, in seconds since 1970."""
    return ((snowflake >> 22) + EPOCH) / 1000
