"""Small work that nobody waits for: seeding reactions, answering invitations."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


class Errands:
    """Background tasks, each under a name; a second errand of a running name is not begun."""

    def __init__(self) -> None:
        """Begin with none."""
        self._running: dict[str, asyncio.Task[None]] = {}

    def send(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Start the work in the background; its failure is logged and goes no further."""
        if name not in self._running:
            task = asyncio.create_task(self._do(name, work))
            self._running[name] = task
            task.add_done_callback(lambda _: self._running.pop(name, None))

    async def _do(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:
            log.warning("errand failed", errand=name.split(" ")[0], error=type(error).__name__)

    async def close(self, patience: float) -> None:
        """Let the errands finish for so many seconds, then cancel them."""
        tasks = list(self._running.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
