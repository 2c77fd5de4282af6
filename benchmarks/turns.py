"""How many turns a second the engine takes on SQLite, and how long a person waits meanwhile.

Everything is real but the platform: dispatch, features, words, sealing, the store on disk with its
fsync, the outbox's worker, the tick. Figures: turns a second with 20 callers; the time of a turn
alone; and, while thousands of check-ins come due at once, the time of the turns of people who
write at that moment.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import common, population  # noqa: E402
from benchmarks.common import CALLERS, FOLDERS, NULL, NullAdapter, percentile  # noqa: E402
from benchmarks.process import most_memory  # noqa: E402
from bot.app import App  # noqa: E402
from storage.opening import open_store  # noqa: E402
from storage.outbox import Deliveries  # noqa: E402
from storage.schedules import Schedules  # noqa: E402
from storage.transaction import Transaction  # noqa: E402

QUICK = 0.02
DUE_SECONDS = 40.0  # where it takes longer, the figure is what was done until then
DRAIN_SECONDS = 15.0


@dataclass(frozen=True)
class Figures:
    """What was measured; times in milliseconds unless they say seconds."""

    turns_a_second: float
    turn_p50: float
    turn_p99: float
    due: int
    due_handled: int
    due_seconds: float
    turns_while_due: int
    turn_while_due_p50: float
    turn_while_due_p99: float
    turn_while_due_max: float
    sent_a_second: float
    rss_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    given = common.options(__doc__, limit=300).parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="circlekeeper-", dir=given.folder) as folder:
        work = measure(Path(folder), QUICK if given.quick else 1.0)
        figures: Figures = common.bounded(work, given.limit)
    if given.json:
        machine = common.machine(given.folder)
        print(json.dumps({"machine": machine, "figures": asdict(figures)}, indent=2))
        return
    for name, value in asdict(figures).items():
        print(f"{name.replace('_', ' '):24} {value:10.1f}")


async def measure(folder: Path, share: float) -> Figures:
    """Measure with this share of the full work."""
    opened = open_store(f"sqlite:///{folder / 'turns.db'}", folder / "key")
    adapter = NullAdapter()
    app = App(opened.store, FOLDERS, [adapter])
    turn = common.turns(app, lambda _person: "circle 0")
    try:
        population.found_circles(opened.store, 1)
        for _ in range(20):
            await turn(0)  # warm: templates, statements
        alone = [await turn(0) for _ in range(int(300 * share))]
        begun = time.perf_counter()
        many = await _callers(turn, int(50 * share) or 2)
        a_second = len(many) / (time.perf_counter() - begun)
        await app.settle()

        due = int(10_000 * share)
        moment = datetime.now(UTC) - timedelta(minutes=1)
        population.settle(opened.store, due, 1, population.check_ins(lambda _number: moment))
        done = asyncio.Event()
        begun = time.perf_counter()
        people = asyncio.create_task(common.people(done, turn))
        coming = asyncio.create_task(app.tick.once())
        await asyncio.wait([coming], timeout=DUE_SECONDS)
        due_seconds = time.perf_counter() - begun
        done.set()
        coming.cancel()
        meanwhile = await people
        handled = due - await opened.store.transact(_still_due)
        worker = asyncio.create_task(app.outboxes[0].run())
        rate = await _drain(app, adapter)
        worker.cancel()
        await asyncio.wait([worker])
        return Figures(
            turns_a_second=a_second,
            turn_p50=percentile(alone, 50),
            turn_p99=percentile(alone, 99),
            due=due,
            due_handled=handled,
            due_seconds=due_seconds,
            turns_while_due=len(meanwhile),
            turn_while_due_p50=percentile(meanwhile, 50),
            turn_while_due_p99=percentile(meanwhile, 99),
            turn_while_due_max=max(meanwhile) * 1000,
            sent_a_second=rate,
            rss_mb=most_memory(),
        )
    finally:
        opened.close()


async def _callers(turn: Callable[[int], Awaitable[float]], each: int) -> list[float]:
    async def call(person: int) -> list[float]:
        return [await turn(person) for _ in range(each)]

    taken = await asyncio.gather(*(call(person) for person in range(CALLERS)))
    return list(itertools.chain.from_iterable(taken))


async def _drain(app: App, adapter: NullAdapter) -> float:
    """Return how many deliveries a second are made of what waits, for some seconds at most."""
    begun, before = time.perf_counter(), adapter.sent
    while time.perf_counter() - begun < DRAIN_SECONDS:
        left = await app.store.transact(lambda tx: Deliveries(tx).waiting(adapter.account))
        if not left:
            break
        await asyncio.sleep(0.5)
    return (adapter.sent - before) / (time.perf_counter() - begun)


def _still_due(tx: Transaction) -> int:
    return sum(1 for _ in Schedules(tx).due(datetime.now(UTC), 1_000_000, [NULL]))


if __name__ == "__main__":
    main()
