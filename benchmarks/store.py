"""How many turns a second the store takes, and what a hundred thousand members cost.

Turns: `help` typed by twenty callers at once, in one process on SQLite, in one and in two on
PostgreSQL. Members: each with a welcome and a hunt behind them, every clause of the charter
acknowledged, and ten notes; beside a small store of the same kind, the size on disk, the seconds
from starting a process until the bot is ready, and the time of a turn of some member.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import text  # noqa: E402
from sqlalchemy.orm import Mapped  # noqa: E402
from sqlmodel import col, func, select  # noqa: E402

from benchmarks import common, population  # noqa: E402
from benchmarks.common import NullAdapter, percentile  # noqa: E402
from benchmarks.databases import Place, databases  # noqa: E402
from benchmarks.process import most_memory  # noqa: E402
from storage.reflection import ThoughtRow  # noqa: E402
from storage.store import Store  # noqa: E402
from storage.tables import Subject  # noqa: E402
from storage.transaction import Transaction  # noqa: E402

MEMBERS = {"small": 1_000, "large": 100_000}
QUICK_MEMBERS = {"small": 20, "large": 200}
A_CIRCLE = 100  # members of a community
NOTES = 10
SECONDS = 5.0  # for which twenty callers type
TURNS = 300
QUICK_SECONDS, QUICK_TURNS = 0.3, 20
WORDS = ("start", "reflect look-back", "charter history", "help")
READY_SECONDS = 60.0  # for which a process waits for the others
PART_SECONDS = 300.0


@dataclass(frozen=True)
class Members:
    """What was measured of a store with so many members."""

    members: int
    notes: int
    disk_mib: float
    populate_s: float
    process_start_s: float  # from starting Python until the bot is ready
    startup_s: float  # of that, opening the store and wiring the bot
    turn_p50_ms: float
    turn_p99_ms: float
    most_memory_mib: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = common.options(__doc__, limit=1500)
    common.store_options(parser)
    parser.add_argument("--part", nargs="+", help="what is measured in a process of its own")
    given = parser.parse_args(arguments)
    if given.part:
        part, url, key, *wanted = given.part
        place = Place(url, Path(key))
        if part == "type":
            found = asyncio.run(_type(place, float(wanted[0]), int(wanted[1])))
        else:
            found = asyncio.run(_visit(place, int(wanted[0])))
        common.show(found, as_json=True)
        return
    report = common.bounded(measure(given.stores, given.quick, given.folder), given.limit)
    common.show(report, given.json)


async def measure(stores: Sequence[str], quick: bool, folder: Path | None) -> dict[str, Any]:
    """Measure each database: turns a second first, then the members."""
    figures: dict[str, dict[str, Any]] = {}
    ratios: dict[str, float | None] = {}
    with databases(folder) as fresh:
        for kind in stores:
            for processes in (1,) if kind == "sqlite" else (1, 2):
                place = fresh(kind)
                await asyncio.to_thread(_found, place)
                found = await _type_at_once(place, processes, quick)
                figures[f"{kind}, {processes} typing"] = found
        for kind in stores:
            for name, count in (QUICK_MEMBERS if quick else MEMBERS).items():
                members = await _members(fresh(kind), count, QUICK_TURNS if quick else TURNS)
                figures[f"{kind}, {name}"] = asdict(members)
            large, small = figures[f"{kind}, large"], figures[f"{kind}, small"]
            for figure in ("turn_p50_ms", "turn_p99_ms", "startup_s", "process_start_s"):
                name = f"{kind}_{figure}_large_vs_small"
                ratios[name] = common.ratio(large[figure], small[figure])
    typing = {name: found["turns_a_second"] for name, found in figures.items() if "typing" in name}
    one = typing.get("postgresql, 1 typing")
    ratios["postgresql_two_vs_one_process"] = common.ratio(typing.get("postgresql, 2 typing"), one)
    ratios["postgresql_vs_sqlite_turns"] = common.ratio(one, typing.get("sqlite, 1 typing"))
    return {
        "benchmark": "store",
        "machine": common.machine(folder),
        "figures": figures,
        "ratios": ratios,
    }


# --- turns a second ----------------------------------------------------------------------------


def _found(place: Place) -> None:
    opened = place.open()
    try:
        population.found_circles(opened.store, 1)
    finally:
        opened.close()


async def _type_at_once(place: Place, processes: int, quick: bool) -> dict[str, Any]:
    """Let so many processes take turns for some seconds, all within the same time."""
    seconds = QUICK_SECONDS if quick else SECONDS
    given = ("--part", "type", place.url, place.key, str(seconds), str(processes))
    parts = [common.part(Path(__file__), *given, limit=PART_SECONDS) for _ in range(processes)]
    found = await asyncio.gather(*parts)
    begun = max(each["begun"] for each in found)
    ended = min(each["ended"] for each in found)
    return {
        "processes": processes,
        "turns": sum(each["turns"] for each in found),
        "turns_a_second": sum(each["turns"] / (each["ended"] - each["begun"]) for each in found),
        "overlap_s": ended - begun,
        "turn_p50_ms": max(each["p50"] for each in found),
        "turn_p99_ms": max(each["p99"] for each in found),
        "most_memory_mib": max(each["memory"] for each in found),
    }


async def _type(place: Place, seconds: float, processes: int) -> dict[str, Any]:
    """Let twenty callers type, one turn after the other each, when all processes are ready."""
    opened = place.open()
    try:
        app = place.app(opened.store, NullAdapter())
        # Nobody is in two processes: a platform hands a person's events to one of them.
        turn = common.turns(app, lambda _person: "circle 0", name=f"caller of {time.time_ns()}")
        for person in range(common.CALLERS):
            await turn(person)  # warm: templates, statements
        await _all_ready(place, processes)
        begun = time.time()
        taken: list[float] = []

        async def call(person: int) -> None:
            while time.time() - begun < seconds:
                taken.append(await turn(person))

        await asyncio.gather(*(call(person) for person in range(common.CALLERS)))
        return {
            "begun": begun,
            "ended": time.time(),
            "turns": len(taken),
            "p50": percentile(taken, 50),
            "p99": percentile(taken, 99),
            "memory": most_memory(),
        }
    finally:
        opened.close()


async def _all_ready(place: Place, processes: int) -> None:
    """Wait for the others: each leaves a file beside the key."""
    place.key.with_suffix(f".{os.getpid()}").touch()
    async with asyncio.timeout(READY_SECONDS):
        while _ready(place) < processes:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.005)


def _ready(place: Place) -> int:
    return len(list(place.key.parent.glob(f"{place.key.name}.*")))


# --- many members ------------------------------------------------------------------------------


async def _members(place: Place, members: int, turns: int) -> Members:
    begun = time.perf_counter()
    await asyncio.to_thread(_populate, place, members)
    populated = time.perf_counter() - begun
    given = ("--part", "visit", place.url, place.key, str(turns))
    started = time.time()
    found = await common.part(Path(__file__), *given, limit=PART_SECONDS)
    return Members(
        members=found["members"],
        notes=found["notes"],
        disk_mib=found["disk"] / 2**20,
        populate_s=populated,
        process_start_s=found["ready"] - started,
        startup_s=found["startup"],
        turn_p50_ms=found["p50"],
        turn_p99_ms=found["p99"],
        most_memory_mib=found["memory"],
    )


def _populate(place: Place, members: int) -> None:
    circles = max(members // A_CIRCLE, 1)
    extras = (population.conversations(), population.acknowledgements(), population.notes(NOTES))
    opened = place.open()
    try:
        population.found_circles(opened.store, circles, charter=True)
        population.settle(opened.store, members, circles, *extras)
    finally:
        opened.close()


async def _visit(place: Place, turns: int) -> dict[str, Any]:
    """Start the bot, and let some members come by, one after the other."""
    begun = time.perf_counter()
    opened = place.open()
    try:
        app = place.app(opened.store, NullAdapter())
        await app.tick.earliest()
        await app.outboxes[0].recover()
        startup, ready = time.perf_counter() - begun, time.time()
        members = await opened.store.transact(lambda tx: _count(tx, col(Subject.id)))
        circles = max(members // A_CIRCLE, 1)
        turn = common.turns(app, lambda n: f"circle {n % circles}", "member", WORDS)
        chance = random.Random(20)
        for _ in range(common.CALLERS):
            await turn(chance.randrange(members))  # warm: templates, statements
        taken = [await turn(chance.randrange(members)) for _ in range(turns)]
        return {
            "startup": startup,
            "ready": ready,
            "members": members,
            "notes": await opened.store.transact(lambda tx: _count(tx, col(ThoughtRow.seq))),
            "disk": _disk(opened.store),
            "p50": percentile(taken, 50),
            "p99": percentile(taken, 99),
            "memory": most_memory(),
        }
    finally:
        opened.close()


def _count(tx: Transaction, column: Mapped[Any]) -> int:
    return tx.session.exec(select(func.count(column))).one()


def _disk(store: Store) -> int:
    """Return how many bytes the database takes, what is only logged so far included."""
    if store.engine.dialect.name == "sqlite":
        path = Path(store.engine.url.database or "")
        return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
    with store.engine.connect() as connection:
        query = text("select pg_database_size(current_database())")
        size: int = connection.execute(query).scalar_one()
        return size


if __name__ == "__main__":
    main()
