"""An adapter that listens in the background, in this process, with a host in memory."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Generic, Self, TypeAlias, TypeVar

from bot.core.ports import Adapter
from tests.support.fake_host import FakeHost, RandomIds, WallClock

Whatever: TypeAlias = Any  # what is passed on is checked where it arrives
A = TypeVar("A", bound=Adapter)


class Running(Generic[A]):
    """An adapter and its host, which outlives it."""

    def __init__(self, host: FakeHost | None, clock: WallClock | None) -> None:
        """Prepare; whoever extends this makes the adapter."""
        self.host = host or FakeHost()
        self.clock = clock or WallClock()
        self.ids = RandomIds()
        self.adapter: A
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.adapter.run(self.host))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        await self.adapter.close()

    async def kill(self) -> None:
        """Stop listening at once, as a crash would."""
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self.task
