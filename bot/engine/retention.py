"""Retention: what is no longer needed goes by itself."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.core.ports import Clock
from storage.erasing import Erasing
from storage.facts import forget_events
from storage.leaving import drop_gone, long_left
from storage.outbox_upkeep import OutboxUpkeep
from storage.sharing import Sharing
from storage.store import Store
from storage.transaction import Transaction

log = structlog.get_logger(__name__)

_AT_ONCE = 20  # people in one transaction
_EVERY = timedelta(hours=6)
_OTHERS = timedelta(days=1)  # so long it is left to a process that acts on their platform

Erase = Callable[[Transaction, str], None]


@dataclass(frozen=True, slots=True)
class Periods:
    """How long something is kept (docs/privacy.md says the same).

    Args:
        handled: notes of handled events and of what was sent.
        unshared: what was to be shared without a name, and was not released.
        left: what is kept of somebody who is in no community any more.
        gone: what is kept of a community that the bot is not in any more.
    """

    handled: timedelta = timedelta(days=30)
    unshared: timedelta = timedelta(days=60)
    left: timedelta = timedelta(days=365)
    gone: timedelta = timedelta(days=90)


class Retention:
    """Drops everything after its time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        periods: Periods | None = None,
        *,
        erase: Erase | None = None,
        platforms: Collection[str] = (),
    ) -> None:
        """Work on this store.

        Args:
            store: where all is.
            clock: what time it is.
            periods: how long something is kept.
            erase: how somebody is erased, by their subject id; None: what the store has of them.
            platforms: on which this process acts, so that they, too, let go of who is erased.
        """
        self.store = store
        self.clock = clock
        self.periods = periods or Periods()
        self.erase = erase or (lambda tx, subject: Erasing(tx).erase(subject))
        self.platforms = platforms

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
        now, periods = self.clock.now(), self.periods

        def drop(tx: Transaction) -> None:
            forget_events(tx, now - periods.handled)
            OutboxUpkeep(tx).prune(now - periods.handled)
            Sharing(tx).expire((now - periods.unshared).date())

        await self.store.transact(drop, urgent=False)
        await self.store.transact(
            lambda tx: drop_gone(tx, now - periods.gone, partial(self.erase, tx)), urgent=False
        )
        left = now - periods.left
        while await self.store.transact(partial(self._erase_left, before=left), urgent=False):
            pass
        seen = await self.store.transact(lambda tx: Erasing(tx).remove_traces(), urgent=False)
        if seen is not None:
            await self.store.transact(lambda tx: Erasing(tx).note_removed(seen), urgent=False)

    def _erase_left(self, tx: Transaction, before: datetime) -> int:
        found = long_left(tx, before, _AT_ONCE, here=self.platforms, elsewhere=before - _OTHERS)
        for subject in found:
            self.erase(tx, subject)
        return len(found)
