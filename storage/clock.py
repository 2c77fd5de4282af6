"""The database's clock: the one that several processes have in common."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import text

from storage.store import Store
from storage.transaction import Transaction

_EVERY = 30.0  # seconds
# Goes on while the machine sleeps, where there is such a clock; the other one does not.
_CLOCK_ID = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_NOW = text("select clock_timestamp()")


class DatabaseClock:
    """PostgreSQL's time, carried on by the machine's steady clock between two looks.

    Leases and what is due are judged by it, so that a process whose own clock is wrong neither
    takes what is another's nor posts at the wrong hour.
    """

    def __init__(self, store: Store) -> None:
        """Look at the database's clock now; wait for `run` to look again."""
        self.store = store
        self._read, self._at = store.run(_look)

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._read + timedelta(seconds=steady() - self._at)

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        await asyncio.sleep(seconds)

    async def run(self) -> None:
        """Look again every half minute, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            self._read, self._at = await self.store.transact(_look)


def _look(tx: Transaction) -> tuple[datetime, float]:
    before = steady()
    found = cast(datetime, tx.session.execute(_NOW).scalar_one())
    return found.astimezone(UTC), (before + steady()) / 2


def steady() -> float:
    """Return seconds that nobody can set, which go on while the machine sleeps."""
    return time.clock_gettime(_CLOCK_ID)
