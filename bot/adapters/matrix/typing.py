"""The typing notice, while somebody waits for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.transport import MatrixError

_LONG = 0.8  # seconds; most turns take a tenth of that
_SHOWN_MS = 20_000


class Typing:
    """Shows that the bot is at it; never that it has read."""

    def __init__(self, client: Client, long: float = _LONG) -> None:
        """Show it after so many seconds."""
        self._client = client
        self._long = long

    @asynccontextmanager
    async def during(self, room_id: str) -> AsyncIterator[None]:
        """Show it in a room as long as this takes, if it takes long."""
        showing = asyncio.create_task(self._show(room_id))
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.wait([showing])  # so that we can be cancelled ourselves meanwhile

    async def _show(self, room_id: str) -> None:
        await asyncio.sleep(self._long)
        try:
            while True:
                with suppress(MatrixError):
                    await self._client.typing(room_id, _SHOWN_MS)
                await asyncio.sleep(_SHOWN_MS / 2000)
        finally:
            with suppress(MatrixError):
                await self._client.typing(room_id, 0)
