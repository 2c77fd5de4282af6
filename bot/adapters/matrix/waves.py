"""Sending in waves: what waits for its turn goes out together.

A homeserver takes twenty events that come together in less time than twenty that come one by one:
it writes them together, and each client in the rooms is woken once for many. While nothing is on
its way, nothing waits.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LONGEST = 0.25  # seconds; then what hangs holds up nobody any more


class _Wave:
    """Requests that are on their way together."""

    def __init__(self) -> None:
        self.under_way = 0
        self.over = asyncio.Event()


class Waves:
    """Lets a request go when the wave before it has come in."""

    def __init__(self) -> None:
        """Have nothing on its way."""
        self._wave = _Wave()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and count as under way until the end."""
        before = self._wave
        if before.under_way:
            try:
                async with asyncio.timeout(_LONGEST):
                    await before.over.wait()
            except TimeoutError:
                self._end(before)
        wave = self._wave
        wave.under_way += 1
        try:
            yield
        finally:
            wave.under_way -= 1
            if not wave.under_way:
                self._end(wave)

    def _end(self, wave: _Wave) -> None:
        wave.over.set()
        if self._wave is wave:
            self._wave = _Wave()
