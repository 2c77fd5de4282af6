"""Retention: what is no longer needed goes by itself."""

from datetime import timedelta

import structlog

from bot.core.ports import Clock
from storage.erasing import Erasing
from storage.facts import forget_events
from storage.outbox import Deliveries
from storage.sharing import Sharing
from storage.store import Store
from storage.transaction import Transaction

log = structlog.get_logger(__name__)

PERIOD = timedelta(days=30)  # said in docs/privacy.md
UNSHARED = timedelta(days=60)  # what was to be shared without a name, and was not released
_EVERY = timedelta(hours=6)


class Retention:
    """Drops notes of handled events and of what was sent to people, and what could not be shared,
    after their time.
    """

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
        unshared = self.clock.now() - UNSHARED

        def drop(tx: Transaction) -> None:
            forget_events(tx, before)
            Deliveries(tx).prune(before)
            Sharing(tx).expire(unshared.date())

        await self.store.transact(drop, urgent=False)
        seen = await self.store.transact(lambda tx: Erasing(tx).remove_traces(), urgent=False)
        if seen is not None:
            await self.store.transact(lambda tx: Erasing(tx).note_removed(seen), urgent=False)
