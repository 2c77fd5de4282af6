"""What our own gateway does not tell of, or not yet: guilds of another process's shards, and
channels before the first READY. Discord is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

from bot.adapters.discord.rest import Refused, Rest

JSON: TypeAlias = dict[str, Any]
Told: TypeAlias = Callable[[], Awaitable[Iterable[str]]]

_FRESH = 60.0  # seconds for which an answer is believed
_MANY = 10_000


class Elsewhere:
    """What Discord says of guilds and channels, believed for a while."""

    def __init__(self, rest: Rest) -> None:
        """Know of none; `told` gives the ids of the account's guilds, where it is split."""
        self._rest = rest
        self._answers: dict[str, tuple[float, JSON | None]] = {}
        self.told: Told | None = None

    async def guilds(self) -> list[str]:
        """Return the ids of all guilds that any process was told of."""
        return list(await self.told()) if self.told is not None else []

    async def guild(self, guild_id: str) -> JSON | None:
        """Return a guild with its roles; None where it cannot be read."""
        return await self._ask(f"/guilds/{guild_id}")

    async def channel(self, channel_id: str) -> JSON | None:
        """Return a channel or thread; None where it is not there."""
        return await self._ask(f"/channels/{channel_id}")

    async def _ask(self, path: str) -> JSON | None:
        now = asyncio.get_running_loop().time()
        at, known = self._answers.get(path, (float("-inf"), None))
        if now < at + _FRESH:
            return known
        try:
            found: JSON | None = await self._rest.call("GET", path)
        except Refused as error:
            if error.status not in (403, 404):
                raise
            found = None
        if len(self._answers) > _MANY:
            self._answers.clear()
        self._answers[path] = now, found
        return found
