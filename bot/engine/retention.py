"""Retention: what is no longer needed goes by itself."""

from datetime import timedelta

import structlog

from bot.core.ports import Clock
from storage.facts import forget_events
from storage.outbox import Deliveries
from storage.store import Store
from storage.transaction import Transaction

log = structlog.get_logger(__name__)

PERIOD = timedelta(days=30)  # said in docs/privacy.md
_EVERY = timedelta(hours=6)


class Retention:
    """Drops notes of handled events and of what was sent to people, after their time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Work on this store."""
        self.store = store
        self.clock = clock

    async def run(self) -> None:
        """Drop what is due, every few hours, until cancelled."""
        while True:
            try:
                await self.once()
            except Exception as error:
                log.error("retention failed", error=type(error).__name__)
            await self.clock.sleep(_EVERY.total_seconds())

    async def once(self) -> None:
        """Drop what is due now."""
        before = self.clock.now() - PERIOD

        def drop(tx: Transaction) -> None:
            forget_events(tx, before)
            Deliveries(tx).prune(before)

        await self.store.transact(drop, urgent=False)
