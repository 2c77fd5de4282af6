"""Telling Discord which commands there are, where they have changed."""

import asyncio
from typing import Any, TypeAlias

import structlog

from bot.adapters.discord.commands import digest
from bot.adapters.discord.handing import again
from bot.adapters.discord.rest import DiscordError, Rest
from bot.core.ports import Clock, Host

log = structlog.get_logger(__name__)

JSON: TypeAlias = dict[str, Any]

KIND = "discord.commands"
_LONGEST_PAUSE = 60.0


class Declaring:
    """Replaces the commands that Discord shows, sooner or later.

    Nothing else waits until Discord takes them: what stands there works, and so do clicks.
    """

    def __init__(self, rest: Rest, host: Host, clock: Clock, payload: list[JSON]) -> None:
        """Tell nothing yet."""
        self._rest = rest
        self._host = host
        self._clock = clock
        self._payload = payload
        self._digest = digest(payload)
        self._later: asyncio.Task[None] | None = None

    async def begin(self, application: str) -> None:
        """Try at once, and where that fails, go on beside everything else."""
        if not await self._declare(application):
            self._later = asyncio.get_running_loop().create_task(self._go_on(application))

    async def close(self) -> None:
        """Try no more."""
        if self._later is not None:
            self._later.cancel()
            await asyncio.gather(self._later, return_exceptions=True)

    async def _go_on(self, application: str) -> None:
        pause, declared = 1.0, False
        while not declared:
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            declared = await self._declare(application)

    async def _declare(self, application: str) -> bool:
        """Tell whether Discord has the commands."""
        known = await again(self._clock, lambda: self._host.recall(KIND))
        if known.get("digest") == self._digest:
            return True
        try:
            await self._rest.replace(f"/applications/{application}/commands", self._payload)
        except DiscordError as error:
            log.warning("commands not taken", error=str(error))
            return False
        await again(self._clock, lambda: self._host.remember(KIND, {"digest": self._digest}))
        return True
