"""How long it takes when very much comes due at once, and who has to wait meanwhile.

100,000 schedules of which 10,000 are due, a fifth prompts and the rest check-ins: until all are in
the outbox, through the real handlers, while the outbox sends (fifty deliveries a second) and
somebody types `help` every 50 ms. Beside it claiming alone (a handler that does nothing), the idle
tick, and the query for what is due next. APScheduler's own job stores are given as many jobs,
which do nothing at all: their peer is the claiming alone.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlmodel import col, func, select, update  # noqa: E402

from benchmarks import common, population  # noqa: E402
from benchmarks.common import NullAdapter, percentile  # noqa: E402
from benchmarks.databases import Place, databases  # noqa: E402
from benchmarks.process import Stall, most_memory  # noqa: E402
from bot.app import App, SystemClock  # noqa: E402
from bot.core.events import CameDue  # noqa: E402
from bot.core.turn import Plan  # noqa: E402
from bot.engine.schedule.tick import Tick  # noqa: E402
from storage.schedules import Schedules  # noqa: E402
from storage.tables import Outbox, Schedule  # noqa: E402
from storage.transaction import Transaction  # noqa: E402

PEER = Path(__file__).with_name("peers") / "apscheduler_jobs.py"
PEERS = ("apscheduler_memory", "apscheduler_sqlalchemy")
SCHEDULES = 100_000
DUE_PROMPTS = 2_000  # one a community
DUE_CHECK_INS = 8_000
SIZES = (1_000, 100_000, 300_000)
QUICK = 0.005
PER_SECOND = 50.0
IDLE_ROUNDS = 200
LOOKS = 300
DUE_SECONDS = 240.0  # where it takes longer, the figure is what was done until then
PART_SECONDS = 600.0


@dataclass(frozen=True)
class Figures:
    """What was measured on one database."""

    schedules: int
    due: int
    startup_s: float  # opening the store, wiring the bot, and knowing what is due next
    claim_s: float
    due_handled: int
    due_s: float
    prompts_in_outbox: int
    check_ins_in_outbox: int
    sent_meanwhile: int
    turns_meanwhile: int
    turn_p50_ms: float
    turn_p99_ms: float
    turn_max_ms: float
    stall_ms: float
    idle_tick_p50_ms: float | None  # None where something was left due
    idle_tick_p99_ms: float | None
    most_memory_mib: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if a peer could not be measured."""
    parser = common.options(__doc__, limit=2400)
    common.store_options(parser)
    parser.add_argument("--part", nargs=2, help="URL and key: measured in a process of its own")
    given = parser.parse_args(arguments)
    share = QUICK if given.quick else 1.0
    if given.part:
        url, key = given.part
        common.show(asyncio.run(come_due(Place(url, Path(key)))), as_json=True)
        return 0
    report = common.bounded(measure(given.stores, share, given.folder), given.limit)
    common.show(report, given.json)
    return 1 if report["failed"] else 0


async def measure(stores: Sequence[str], share: float, folder: Path | None) -> dict[str, Any]:
    """Measure each database and each peer in a process of its own, one after another."""
    figures: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    with databases(folder) as fresh:
        for kind in stores:
            place = fresh(kind)
            populate(place, share)
            given = ("--part", place.url, place.key)
            figures[kind] = await common.part(Path(__file__), *given, limit=PART_SECONDS)
            figures[kind] |= next_due(fresh(kind), share)
        jobs, due = int(SCHEDULES * share), int((DUE_PROMPTS + DUE_CHECK_INS) * share)
        # The peer makes its own file where a store of ours would lie.
        file = fresh("sqlite").url
        for name, url in zip(PEERS, ("memory", file), strict=True):
            wanted = (url, str(jobs), str(due))
            try:
                if url != "memory":
                    await common.part(PEER, "populate", *wanted, limit=PART_SECONDS)
                figures[name] = await common.part(PEER, "fire", *wanted, limit=PART_SECONDS)
            except RuntimeError as error:
                failed[name] = str(error)
    return {
        "benchmark": "schedule",
        "machine": common.machine(folder) | {"apscheduler": version("apscheduler")},
        "figures": figures,
        "ratios": _ratios(figures, stores),
        "failed": failed,
    }


def _ratios(figures: dict[str, dict[str, Any]], stores: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    peers = {name: figures[name] for name in PEERS if name in figures}
    for kind in stores:
        ours = dict(figures[kind])
        if ours["due_handled"] < ours["due"]:
            ours["due_s"] = None
        sizes = [name for name in ours if name.startswith("next_due_p50_us_of_")]
        largest, smallest = ours[sizes[-1]], ours[sizes[0]]
        found[f"{kind}_next_due_largest_vs_smallest"] = common.ratio(largest, smallest)
        for name, peer in peers.items():
            theirs = peer | {"claim_s": peer["due_s"]}
            for figure in ("startup_s", "claim_s", "due_s", "stall_ms", "most_memory_mib"):
                found[f"{kind}_{figure}_vs_{name}"] = common.ratio(ours[figure], theirs[figure])
    return found


# --- the parts ---------------------------------------------------------------------------------


def populate(place: Place, share: float) -> None:
    """Make the communities, the members and their schedules."""
    circles, due = int(DUE_PROMPTS * share), int(DUE_CHECK_INS * share)
    members = int(SCHEDULES * share) - circles
    now = datetime.now(UTC)

    def moment(number: int) -> datetime:
        if number < due:
            return now - timedelta(minutes=1)
        return now + timedelta(days=1, minutes=number % 40_000)

    opened = place.open()
    try:
        population.found_circles(opened.store, circles)
        population.settle(opened.store, members, circles, population.check_ins(moment))
        population.plan_prompts(opened.store, circles, now - timedelta(minutes=1))
    finally:
        opened.close()


async def come_due(place: Place) -> dict[str, Any]:
    """Let what is due be handled."""
    begun = time.perf_counter()
    opened = place.open()
    adapter = NullAdapter(PER_SECOND)
    store = opened.store
    app = place.app(store, adapter)
    await app.tick.earliest()
    startup = time.perf_counter() - begun
    try:
        turn = common.turns(app, lambda person: f"circle {person}")
        for person in range(common.CALLERS):
            await turn(person)  # warm: templates, statements
        await app.settle()
        already = adapter.sent

        due = await store.transact(_due_ids)
        total = await store.transact(_count)
        claim = Tick(store, SystemClock(), _leave, lambda: None, [common.NULL])
        begun = time.perf_counter()
        claimed = await claim.once()
        claim_seconds = time.perf_counter() - begun
        assert claimed == len(due), (claimed, len(due))
        await store.transact(lambda tx: _due_again(tx, due))

        worker = asyncio.create_task(app.outboxes[0].run())
        done = asyncio.Event()
        async with Stall() as stall:
            typing = asyncio.create_task(common.people(done, turn))
            begun = time.perf_counter()
            coming = asyncio.create_task(app.tick.once())
            await asyncio.wait([coming], timeout=DUE_SECONDS)
            due_seconds = time.perf_counter() - begun
            sent = adapter.sent - already
            done.set()
            meanwhile = await typing
        coming.cancel()
        worker.cancel()
        await asyncio.wait([coming, worker])
        left = len(await store.transact(_due_ids))
        idle = await _idle(app) if not left else []
        return asdict(
            Figures(
                schedules=total,
                due=len(due),
                startup_s=startup,
                claim_s=claim_seconds,
                due_handled=len(due) - left,
                due_s=due_seconds,
                prompts_in_outbox=await store.transact(lambda tx: _in_outbox(tx, "prompts")),
                check_ins_in_outbox=await store.transact(lambda tx: _in_outbox(tx, "reflection")),
                sent_meanwhile=sent,
                turns_meanwhile=len(meanwhile),
                turn_p50_ms=percentile(meanwhile, 50),
                turn_p99_ms=percentile(meanwhile, 99),
                turn_max_ms=max(meanwhile) * 1000,
                stall_ms=stall.longest,
                idle_tick_p50_ms=percentile(idle, 50) if idle else None,
                idle_tick_p99_ms=percentile(idle, 99) if idle else None,
                most_memory_mib=most_memory(),
            )
        )
    finally:
        opened.close()


async def _idle(app: App) -> list[float]:
    """Return the seconds of rounds of the tick with nothing due."""
    taken = []
    for _ in range(IDLE_ROUNDS):
        begun = time.perf_counter()
        await app.tick.once()  # finds out, too, what comes due next
        taken.append(time.perf_counter() - begun)
    return taken


def next_due(place: Place, share: float) -> dict[str, Any]:
    """Return how long the query for what is due next takes, as schedules become more and more."""
    found: dict[str, Any] = {}
    opened = place.open()
    try:
        population.found_circles(opened.store, 1)
        there = 0
        for full in SIZES:
            size = max(int(full * share), there + 1)
            opened.store.run(partial(_add, first=there, last=size))
            there = size
            taken = opened.store.run(_look)
            found[f"next_due_p50_us_of_{size}"] = percentile(taken, 50) * 1000
            found[f"next_due_p99_us_of_{size}"] = percentile(taken, 99) * 1000
    finally:
        opened.close()
    return found


def _add(tx: Transaction, first: int, last: int) -> None:
    now, community = datetime.now(UTC), population.community_id(0)
    moments = {number: now + timedelta(hours=1, seconds=number) for number in range(first, last)}
    rows = [
        population.schedule(f"plan {number}", "benchmark", moment, community)
        for number, moment in moments.items()
    ]
    population.write(tx, Schedule, rows)


def _look(tx: Transaction) -> list[float]:
    taken = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        assert Schedules(tx).earliest([common.NULL]) is not None
        taken.append(time.perf_counter() - begun)
    return taken


def _leave(_tx: Transaction, _event: CameDue, _plan: Plan) -> None:
    """Do nothing with what came due."""


def _due_ids(tx: Transaction) -> list[str]:
    query = select(Schedule.id).where(col(Schedule.next_due) <= datetime.now(UTC))
    return list(tx.session.exec(query))


def _due_again(tx: Transaction, ids: Sequence[str]) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=1)
    for first in range(0, len(ids), 500):
        some = col(Schedule.id).in_(ids[first : first + 500])
        tx.session.exec(update(Schedule).where(some).values(next_due=moment))


def _count(tx: Transaction) -> int:
    return tx.session.exec(select(func.count(col(Schedule.id)))).one()


def _in_outbox(tx: Transaction, flow: str) -> int:
    query = select(func.count(col(Outbox.seq))).where(col(Outbox.flow) == flow)
    return tx.session.exec(query).one()


if __name__ == "__main__":
    sys.exit(main())
