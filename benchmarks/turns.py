"""How many turns a second the engine takes on SQLite, and how long a person waits meanwhile.

Everything is real but the platform: dispatch, features, words, sealing, the store on disk with its
fsync, the outbox's worker, the tick. Figures: turns a second with 20 callers; the time of a turn
alone; and, while thousands of check-ins come due at once, the time of the turns of people who
write at that moment.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.app import App  # noqa: E402
from bot.core.actions import Affordances  # noqa: E402
from bot.core.content import Folders  # noqa: E402
from bot.core.events import Posted  # noqa: E402
from bot.core.ports import Delivery, Host  # noqa: E402
from bot.core.refs import Community, Direct, Member, MessageRef, Room, Standing  # noqa: E402
from bot.core.turn import Plan  # noqa: E402
from bot.engine.schedule.recurrence import Cadence, Rule  # noqa: E402
from bot.features.reflection.rhythm import KIND  # noqa: E402
from storage.communities import Communities  # noqa: E402
from storage.members import Members  # noqa: E402
from storage.opening import open_store  # noqa: E402
from storage.outbox import Deliveries  # noqa: E402
from storage.schedules import Schedules  # noqa: E402
from storage.store import Store, Transaction  # noqa: E402

NULL = "null"
CIRCLE = Community(NULL, "circle")
CALLERS = 20
DUE_SECONDS = 40.0  # where it takes longer, the figure is what was done until then
DRAIN_SECONDS = 15.0


class NullAdapter:
    """A platform that takes whatever comes, at once."""

    name = NULL
    account = "null:bot"
    affordances = Affordances(direct_unasked=True)

    def __init__(self) -> None:
        self.sent = 0

    async def run(self, host: Host) -> None:
        await asyncio.Event().wait()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        self.sent += 1
        return MessageRef(Room(NULL, "any"), delivery.key)

    async def find(self, delivery: Delivery) -> MessageRef | None:
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


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
    fsync_p50: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures only, as JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work: does it run?")
    parser.add_argument(
        "--folder",
        type=Path,
        help="where the store is written; default: the system's folder for such things",
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circlekeeper-", dir=given.folder) as folder:
        figures = asyncio.run(measure(Path(folder), 0.1 if given.quick else 1.0))
    if given.json:
        machine = {
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "cpus": os.cpu_count(),
        }
        print(json.dumps({"machine": machine, "figures": asdict(figures)}, indent=2))
        return
    for name, value in asdict(figures).items():
        print(f"{name.replace('_', ' '):24} {value:10.1f}")


async def measure(folder: Path, share: float) -> Figures:
    """Measure with this share of the full work."""
    opened = open_store(f"sqlite:///{folder / 'turns.db'}", folder / "key")
    adapter = NullAdapter()
    app = App(opened.store, Folders((ROOT / "prompts",), ROOT / "charter.yaml"), [adapter])
    turn = turns(app)
    try:
        await opened.store.transact(_open_community)
        for _ in range(20):
            await turn(0)  # warm: templates, statements
        alone = [await turn(0) for _ in range(int(300 * share))]
        begun = time.perf_counter()
        many = await _callers(turn, int(50 * share) or 2)
        a_second = len(many) / (time.perf_counter() - begun)
        await app.settle()

        due = int(10_000 * share)
        await _plan(opened.store, due)
        done = asyncio.Event()
        begun = time.perf_counter()
        people = asyncio.create_task(_until(done, turn))
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
            turn_p50=_percentile(alone, 50),
            turn_p99=_percentile(alone, 99),
            due=due,
            due_handled=handled,
            due_seconds=due_seconds,
            turns_while_due=len(meanwhile),
            turn_while_due_p50=_percentile(meanwhile, 50),
            turn_while_due_p99=_percentile(meanwhile, 99),
            turn_while_due_max=max(meanwhile) * 1000,
            sent_a_second=rate,
            rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            fsync_p50=_fsync(folder),
        )
    finally:
        opened.close()


def turns(app: App) -> Callable[[int], Awaitable[float]]:
    """Return what lets a person type `help`, and tells how many seconds the turn took."""
    count = itertools.count()
    dispatcher = app.dispatchers[NULL]

    async def turn(person: int) -> float:
        member = Member(NULL, f"caller {person}")
        number = next(count)
        event = Posted(
            event_id=f"typed {number}",
            member=member,
            standing=(Standing(CIRCLE),),
            place=Direct(member),
            message=MessageRef(Room(NULL, "any"), str(number)),
            text="help",
        )
        begun = time.perf_counter()
        await dispatcher.receive(event)
        return time.perf_counter() - begun

    return turn


async def _callers(turn: Callable[[int], Awaitable[float]], each: int) -> list[float]:
    async def call(person: int) -> list[float]:
        return [await turn(person) for _ in range(each)]

    taken = await asyncio.gather(*(call(person) for person in range(CALLERS)))
    return list(itertools.chain.from_iterable(taken))


async def _until(done: asyncio.Event, turn: Callable[[int], Awaitable[float]]) -> list[float]:
    """Let somebody write every 50 ms, whether or not the one before was answered."""
    waiting: list[asyncio.Task[float]] = []
    while not done.is_set():
        waiting.append(asyncio.ensure_future(turn(len(waiting) % CALLERS)))
        await asyncio.sleep(0.05)
    return list(await asyncio.gather(*waiting))


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


def _open_community(tx: Transaction) -> None:
    row = Communities(tx).add(CIRCLE, "Circle", "circle", "en", "UTC")
    row.state = "open"
    Communities(tx).save(row)


async def _plan(store: Store, count: int) -> None:
    """Let so many members have a weekly check-in that is due now."""
    due = datetime.now(UTC) - timedelta(seconds=1)
    rule = Rule(Cadence.WEEKLY, at=due.time().replace(second=0, microsecond=0), weekday=0).to_json()

    def batch(tx: Transaction, first: int, last: int) -> None:
        for number in range(first, last):
            subject = Members(tx).ensure(Member(NULL, f"member {number}"), f"subject{number:013}")
            Members(tx).save_settings(subject, {"reach": "direct"})
            Members(tx).enter(subject, "circle")
            plan = Plan(
                id=f"plan{number:016}",
                kind=KIND,
                rule=rule,
                next_due=due,
                community="circle",
                subject=subject,
                payload={"cadence": "weekly"},
            )
            Schedules(tx).save(plan)

    for first in range(0, count, 500):
        await store.transact(partial(batch, first=first, last=min(first + 500, count)))


def _percentile(seconds: Sequence[float], percent: int) -> float:
    if len(seconds) < 2:
        return max(seconds, default=0.0) * 1000
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


def _fsync(folder: Path) -> float:
    """Return how long this disk takes to keep a page: it bounds every figure above."""
    taken = []
    with (folder / "page").open("wb", buffering=0) as file:
        for _ in range(30):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return _percentile(taken, 50)


if __name__ == "__main__":
    main()
