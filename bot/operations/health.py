"""How the bot is: whether it lives, and whether it can do its work now."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core.ports import Adapter
from bot.engine.schedule.tick import Tick
from bot.engine.steadyclock import SteadyClock
from storage.facts import get_meta
from storage.store import Store

PATIENCE = 2.0  # seconds; that long the store may take to answer
_FRESH = timedelta(seconds=30)  # over what the tick sleeps at most


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bot that has to work."""

    kind: str  # store, adapters, tick; clock, while it is wrong
    name: str
    works: bool
    says: str


class Health:
    """Looks at the parts of a running bot.

    Args:
        store: is asked, by a transaction like any other.
        adapters: every account.
        tick: has to have looked lately for what is due.
        acting: the accounts that this process acts as; the others are another process's for now.
        clock: tells whether the machine's is believed.
    """

    def __init__(
        self,
        store: Store,
        adapters: Sequence[Adapter],
        tick: Tick,
        acting: Collection[str],
        clock: SteadyClock | None = None,
    ) -> None:
        """Look at nothing yet."""
        self.store = store
        self.adapters = list(adapters)
        self.tick = tick
        self.acting = acting
        self.clock = clock
        self._asked: asyncio.Future[str | None] | None = None

    @property
    def alive(self) -> bool:
        """Whether it is worth waiting: without the store's threads a new start is needed."""
        return self.store.alive

    async def parts(self) -> list[Part]:
        """Return every part and how it is."""
        answers = await self._store_answers()
        found = [Part("store", "store", answers, "answers" if answers else "does not answer")]
        for adapter in self.adapters:
            says = "connected" if adapter.connected else "not connected"
            works = adapter.connected
            if adapter.account not in self.acting and self.store.shared:
                # Ready to take over is as ready as a second process can be.
                works, says = True, "another process acts as this account"
            found.append(Part("adapters", adapter.name, works, says))
        fresh = self._tick_is_fresh()
        found.append(Part("tick", "tick", fresh, "fresh" if fresh else "has not run lately"))
        if self.clock is not None and (shows := self.clock.shows) is not None:
            says = f"shows {shows:%Y-%m-%d %H:%M} UTC and is not believed"
            found.append(Part("clock", "clock", False, says))
        return found

    async def sentence(self) -> str:
        """Return in a few words how we are."""
        wrong = [f"{part.name} {part.says}" for part in await self.parts() if not part.works]
        return f"not ready: {', '.join(wrong)}" if wrong else "ready"

    async def _store_answers(self) -> bool:
        """Ask the store; while an earlier question has no answer, no other is put."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.ensure_future(
                self.store.transact(lambda tx: get_meta(tx, "key id"))
            )
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(self._asked)
        except Exception:
            return False
        return True

    def _tick_is_fresh(self) -> bool:
        last = self.tick.last_round
        if last is None:
            return False
        longest = self.tick.longest_sleep + _FRESH
        return asyncio.get_running_loop().time() - last <= longest.total_seconds()
