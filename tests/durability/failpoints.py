"""Named places at which a worker kills (or stops) itself: windows that chance seldom hits.

They stand around the store's transactions and the adapter's calls, so the bot knows nothing of
them. A name is `<what> <when>`: `turn before` is before the commit of a turn, `turn after` after
it; `send during` is while the platform has the request and has not answered.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from bot.core.ports import Delivery
from bot.core.refs import MessageRef
from storage.opening import Opened
from storage.store import Store
from storage.transaction import Transaction
from tests.durability.wire import Counter, Planner, Wire

T = TypeVar("T")

# Whose transactions: the beginning of the work's qualified name.
TRANSACTIONS = {
    "turn": "Dispatcher.transact",  # which notes first what was sent
    "tick": "Tick._batch",
    "recover": "OutboxWorker.recover",
}
# Notes what has ended, claims what goes next, and claims again what is in doubt.
GOING_ON = "OutboxWorker._go_on"
CALLS = ("send", "find", "acknowledge")
_DURING = 0.1  # seconds after which a request is on the platform


class Failpoint:
    """One place; it is reached once.

    Args:
        name: `<what> <when>`, or `stop <what> <when>` for SIGSTOP instead of SIGKILL.
    """

    def __init__(self, name: str) -> None:
        """Read the name; "" is reached nowhere."""
        *stop, self.what, self.when = name.split() if name else ("", "")
        self._signal = signal.SIGSTOP if stop else signal.SIGKILL
        self._reached = False

    def reach(self, what: str, when: str) -> None:
        """Die here, if this is the place."""
        if (what, when) == (self.what, self.when) and not self._reached:
            self._reached = True
            os.kill(os.getpid(), self._signal)


class FailingStore(Store):
    """A store with failpoints before and after its commits."""

    def __init__(self, opened: Opened, failpoint: Failpoint) -> None:
        """Take the place of an opened store, which is closed; its lock stays."""
        opened.store.close()
        self.opened = opened  # and with it the lock
        self.failpoint = failpoint
        super().__init__(
            opened.store.engine.url.render_as_string(hide_password=False),
            opened.store.vault,
            opened.key_file.record_erasure,
        )

    async def transact(self, work: Callable[[Transaction], T], *, urgent: bool = True) -> T:
        """Run work in one transaction, and die where it was asked for."""
        name = getattr(work, "__qualname__", "")

        def dying(tx: Transaction) -> T:
            try:
                result = work(tx)
            except DBAPIError as error:
                # What the database said; the bot's own log holds nothing that may quote somebody.
                sys.stderr.write(f"{name}: {getattr(error.orig, 'sqlstate', '')} {error.orig}\n")
                raise
            for what in _done(name, result):
                tx.write()
                self.failpoint.reach(what, "before")
            return result

        result = await super().transact(dying, urgent=urgent)
        for what in _done(name, result):
            self.failpoint.reach(what, "after")
        return result


def _done(name: str, result: object) -> list[str]:
    """Return what a transaction handled, claimed or noted: looking alone is no window."""
    if name.startswith(GOING_ON):
        assert isinstance(result, tuple)
        noted, runs = result[:2]
        again = any(row.doubtful for run in runs for row in run)
        some = {"note": bool(noted), "claim": bool(runs), "claim-again": again}
        return [what for what, is_so in some.items() if is_so]
    if name.startswith(TRANSACTIONS["turn"]):
        assert isinstance(result, tuple)
        _, result = result
        if not isinstance(result, tuple):
            return []
    done = bool(result[0]) if isinstance(result, tuple) else result != 0
    return [what for what, start in TRANSACTIONS.items() if done and name.startswith(start)]


class FailingWire(Wire):
    """An adapter with failpoints around its calls."""

    def __init__(self, failpoint: Failpoint, url: str, plan: Planner, left: Counter) -> None:
        """Be a wire otherwise."""
        super().__init__(url, plan, left)
        self.failpoint = failpoint

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Send it, and die where it was asked for."""
        self.failpoint.reach("send", "before")
        sending = asyncio.create_task(super().deliver(delivery))
        await asyncio.wait([sending], timeout=_DURING)
        if not sending.done():
            self.failpoint.reach("send", "during")
        sent = await sending
        self.failpoint.reach("send", "after")
        return sent

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Look it up, and die where it was asked for."""
        self.failpoint.reach("find", "before")
        found = await super().find(delivery)
        self.failpoint.reach("find", "after")
        return found

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        self.failpoint.reach(path.removeprefix("/"), "before")
        await super()._post(path, body)
        self.failpoint.reach(path.removeprefix("/"), "after")
