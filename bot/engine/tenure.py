"""Holding an account: of several processes on one database, one acts as it at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from bot.core.ports import Clock
from storage.facts import release_lease, take_lease
from storage.store import Store

log = structlog.get_logger(__name__)

LENGTH = timedelta(seconds=12)


class Tenure:
    """A lease on an account, extended for as long as its work goes on.

    Args:
        store: where the lease is.
        clock: the clock that the processes have in common.
        account: what is held.
        holder: marks this process.
        length: how long a lease lasts after the process that holds it was killed.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        account: str,
        holder: str,
        length: timedelta = LENGTH,
    ) -> None:
        """Hold nothing yet."""
        self.store = store
        self.clock = clock
        self.account = account
        self.holder = holder
        self.length = length

    async def hold(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work while this process holds the account; wait while another does.

        Raises whatever the work raises; the account is let go then.
        """
        waiting = False
        while True:
            if await self._take():
                log.info("account held")
                waiting = False
                if await self._while_held(work):
                    return
            elif not waiting:
                waiting = True
                log.info("another process holds the account; this one waits")
            await asyncio.sleep(self.length.total_seconds() / 6)

    async def _while_held(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Do the work and extend the lease; False when it was lost meanwhile."""
        task = asyncio.ensure_future(work())
        pause = self.length.total_seconds() / 3
        try:
            while True:
                await asyncio.wait([task], timeout=pause)
                if task.done():
                    task.result()
                    return True
                try:
                    async with asyncio.timeout(pause):
                        held = await self._take()
                except TimeoutError:
                    log.warning("account let go: the database does not answer, and another may act")
                    return False
                if not held:
                    log.warning("account lost to another process")
                    return False
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self._release()

    async def _take(self) -> bool:
        now = self.clock.now()
        until = await self.store.transact(
            lambda tx: take_lease(tx, self._name, self.holder, now, self.length)
        )
        return until is not None

    async def _release(self) -> None:
        try:
            async with asyncio.timeout(self.length.total_seconds() / 3):
                await self.store.transact(lambda tx: release_lease(tx, self._name, self.holder))
        except Exception as error:
            log.info("account not let go; its lease will end", error=type(error).__name__)

    @property
    def _name(self) -> str:
        return f"account {self.account}"
