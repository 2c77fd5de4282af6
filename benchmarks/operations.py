"""What a host does, at size: a backup while people type, restored on either database; an upgrade
from the first schema; and a week of five hundred communities on a simulated clock.

`backup`: 200 turns a second are asked for meanwhile; afterwards some members are erased, and must
stay so in what is restored. `upgrade`: 10,000 members in the first schema. `week`: prompts and
check-ins of a week, and people who type; memory after the first day and after the last, and every
warning in the log. Exit code 1: a count is wrong, or something was warned of.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import func, insert, select  # noqa: E402

from benchmarks import common, population  # noqa: E402
from benchmarks.common import (  # noqa: E402
    CALLERS,
    FOLDERS,
    NULL,
    NullAdapter,
    percentile,
)
from benchmarks.databases import Place, databases  # noqa: E402
from benchmarks.process import memory_of  # noqa: E402
from bot.app import App, SeededIds  # noqa: E402
from bot.features.charter.content import load_charter  # noqa: E402
from bot.logs import configure_logs  # noqa: E402
from bot.rehearsal.clock import SimulatedClock  # noqa: E402
from storage.backup import tables  # noqa: E402
from storage.crypto import KeyFile  # noqa: E402
from storage.engines import make_engine  # noqa: E402
from storage.erasing import Erasing  # noqa: E402
from storage.registry import METADATA  # noqa: E402
from storage.restoring import restore  # noqa: E402
from storage.schema import newest, upgrade  # noqa: E402
from storage.store import Store  # noqa: E402
from storage.transaction import Transaction  # noqa: E402
from storage.upgrading import upgrade_store  # noqa: E402

PARTS = ("backup", "upgrade", "week")
A_SECOND = 200
FIRST = (
    *("acknowledgement", "charter", "charter_clause", "community", "community_room"),
    *("conversation", "fact", "inbox", "membership", "meta", "outbox", "posting", "prompt"),
    *("question", "schedule", "subject", "thought"),
)
# What somebody types who sits down with the bot: questions, answers, and a thought to keep.
SITTING = (
    *("help", "start", "my settings", "charter read", "word list", "notebook read"),
    *("reflect now", "Today a pupil explained it to me.", "hunt", "skip", "my data"),
)
# What goes from each table with somebody who is erased.
OF_EACH = {
    "subject": 1,
    "membership": 1,
    "conversation": 3,
    "thought": 3,
    "acknowledgement": len(load_charter(FOLDERS).value.clauses),  # type: ignore[union-attr]
}
Fresh = Callable[[str], Place]


def main() -> None:
    """Do the parts that are asked for, and print what came of them."""
    parser = common.options(__doc__, limit=570)
    common.store_options(parser)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    share = 0.02 if given.quick else 1.0
    found: dict[str, Any] = {}
    with databases(given.folder) as fresh, tempfile.TemporaryDirectory(dir=given.folder) as own:
        for kind in given.stores:
            for part in given.parts:
                if part == "backup":
                    Path(own, kind).mkdir()
                    work = backup(fresh, kind, given.stores, Path(own, kind), share)
                elif part == "upgrade":
                    work = brought_up(fresh, kind, share)
                else:
                    work = week(fresh, kind, share)
                found[f"{part} {kind}"] = common.bounded(work, given.limit)
    print(json.dumps({"machine": common.machine(given.folder), "figures": found}, indent=2))
    sys.exit(0 if all(each["right"] for each in found.values()) else 1)


def counts(url: str) -> dict[str, int]:
    """Return how many rows each table has."""
    engine = make_engine(url, reading=True)
    try:
        with engine.connect() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in METADATA.tables.items()
            }
    finally:
        engine.dispose()


async def backup(
    fresh: Fresh, kind: str, onto: Sequence[str], folder: Path, share: float
) -> dict[str, Any]:
    """Back up under load, erase some, and restore on each of these databases."""
    place = fresh(kind)
    opened = place.open()
    key_file = opened.key_file
    adapter = NullAdapter()
    app = place.app(opened.store, adapter)
    population.found_circles(opened.store, 10)
    extras = population.conversations(), population.notes(3), population.acknowledgements()
    population.settle(opened.store, int(10_000 * share), 10, *extras)
    turn = common.turns(app, lambda person: f"circle {person % 10}")
    worker, done = asyncio.create_task(app.outboxes[0].run()), asyncio.Event()
    ended: list[tuple[float, float]] = []  # when a turn was committed, and what it took
    for _ in range(CALLERS):
        await turn(0)
    people = asyncio.create_task(_type(done, turn, ended))
    await asyncio.sleep(1)
    begun = time.perf_counter()
    told = await _back_up(place, folder / "backup")
    seconds = time.perf_counter() - begun
    meanwhile = [each for each in ended if begun <= each[0] <= begun + seconds]
    await asyncio.sleep(1)
    done.set()
    await people
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    gone = [f"subject{number:013}" for number in range(10)]

    def erase(tx: Transaction) -> None:
        for each in gone:
            Erasing(tx).erase(each)

    await opened.store.transact(erase)
    opened.close()
    expected = {name: rows - len(gone) * OF_EACH.get(name, 0) for name, rows in told.items()}
    right = {}
    for other in onto:
        into = fresh(other)
        begun = time.perf_counter()
        restored = restore(into.url, key_file, folder / "backup", datetime.now(UTC))
        there = counts(into.url)
        right[f"restored_on_{other}_seconds"] = round(time.perf_counter() - begun, 1)
        agree = {name: there[name] for name in expected} == expected
        right[f"right_on_{other}"] = agree and restored.erased == len(gone)
    return {
        "rows": sum(told.values()),
        "backup_seconds": round(seconds, 1),
        "backup_mib": round((folder / "backup").stat().st_size / 2**20, 1),
        "turns_a_second_asked": A_SECOND,
        "turns_a_second_meanwhile": round(len(meanwhile) / seconds, 1),
        "turn_p99_ms": round(percentile([taken for _, taken in meanwhile], 99), 1),
        **right,
        "right": all(value for name, value in right.items() if name.startswith("right_on")),
    }


async def _back_up(place: Place, file: Path) -> dict[str, int]:
    """Make a backup as a host does, by the command; return how many rows each table had."""
    settings = {
        "CIRCLEKEEPER_DATABASE_URL": place.url,
        "CIRCLEKEEPER_KEY_FILE": str(place.key),
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "backup", str(file), "--json"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | settings,
        cwd=file.parent,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, "the backup failed"
    rows: dict[str, int] = json.loads(output)["rows"]
    return rows


async def _type(done: asyncio.Event, turn: common.Turn, ended: list[tuple[float, float]]) -> None:
    """Let people type so often a second, whether or not those before were answered."""
    asked, begun = list[asyncio.Task[None]](), time.perf_counter()

    async def one(person: int) -> None:
        taken = await turn(person)
        ended.append((time.perf_counter(), taken))

    while not done.is_set():
        while len(asked) < (time.perf_counter() - begun) * A_SECOND:
            asked.append(asyncio.create_task(one(len(asked) % CALLERS)))
        await asyncio.sleep(1 / A_SECOND)
    await asyncio.gather(*asked)


async def brought_up(fresh: Fresh, kind: str, share: float) -> dict[str, Any]:
    """Make a store by the first schema, and bring it up."""
    place = fresh(f"empty {kind}")
    await asyncio.to_thread(upgrade, place.url, "0001")
    engine = make_engine(place.url)
    with engine.begin() as connection:
        for number in range(10):
            connection.exec_driver_sql(
                "insert into community (id, platform, external_id, name, state, locale, zone)"  # noqa: S608
                f" values ('{population.community_id(number)}', '{NULL}', 'circle {number}',"
                f" 'Circle {number}', 'open', 'en', 'UTC')"
            )
    vault = KeyFile(place.key).load()
    with engine.begin() as connection:
        connection.execute(
            insert(METADATA.tables["meta"]), {"name": "key id", "value": vault.key_id}
        )
    engine.dispose()
    store = Store(place.url, vault)
    due = datetime.now(UTC) + timedelta(days=3)
    extras = population.check_ins(lambda _number: due), population.conversations()
    members = int(10_000 * share)
    population.settle(store, members, 10, *extras, population.acknowledgements())
    store.close()
    before = earlier_counts(place.url)
    begun = time.perf_counter()
    if kind != "sqlite":
        await asyncio.to_thread(upgrade_store, place.url, place.key)
    opened = await asyncio.to_thread(place.open)
    seconds = time.perf_counter() - begun
    counted = earlier_counts(place.url)
    app = place.app(opened.store, NullAdapter())
    answered = await common.turns(app, lambda _person: "circle 0", "member")(0)
    opened.close()
    after = earlier_counts(place.url)
    # The caller's turn adds what a turn writes, and nothing else may differ.
    changed = {name: after[name] - rows for name, rows in before.items() if after[name] != rows}
    content = await asyncio.to_thread(checked, place)
    return {
        "members": members,
        "to": newest(),
        "seconds": round(seconds, 1),
        "rows": sum(before.values()),
        "by_table": {name: rows for name, rows in before.items() if rows},
        "changed_by_the_turn_afterwards": changed,
        "check_says": content,
        "right": counted == before
        and content == "Everything is in order."
        and answered > 0
        and changed.keys() <= {"inbox", "outbox"},
    }


def earlier_counts(url: str) -> dict[str, int]:
    """Return how many rows each table has, of those that the first schema has."""
    engine = make_engine(url, reading=True)
    try:
        with engine.connect() as connection:
            there = {table.name: table for table in tables(connection)}
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in there.items()
                if name in FIRST
            }
    finally:
        engine.dispose()


def checked(place: Place) -> str:
    """Return what `circlekeeper check` says of a store, with its key, from an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [sys.executable, "-m", "bot", "check", "--online"],
            cwd=folder,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")},
                "PYTHONPATH": str(ROOT),
                "CIRCLEKEEPER_DATABASE_URL": place.url,
                "CIRCLEKEEPER_KEY_FILE": str(place.key),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    return ended.stdout.strip().splitlines()[-1] if ended.stdout else ended.stderr.strip()


async def week(fresh: Fresh, kind: str, share: float) -> dict[str, Any]:
    """Let a week pass in five hundred communities of twenty."""
    log = io.StringIO()
    configure_logs("warning", "json", log)
    place, circles = fresh(kind), int(500 * share) or 5
    opened = place.open()
    clock = SimulatedClock(datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    adapter = NullAdapter()
    app = App(opened.store, FOLDERS, [adapter], clock=clock, ids=SeededIds(1))
    population.found_circles(opened.store, circles)
    begun = clock.now()
    population.settle(
        opened.store,
        20 * circles,
        circles,
        population.conversations(),
        population.check_ins(lambda number: begun + timedelta(minutes=1 + number % 10_080)),
    )
    population.plan_prompts(opened.store, circles, begun + timedelta(days=1))
    where = lambda person: f"circle {person % circles}"  # noqa: E731
    turn = common.turns(app, where, "member", SITTING)
    comes = common.turns(app, where, "newcomer", ("start",))
    started, memory, typed = time.perf_counter(), list[float](), 0
    for hour in range(7 * 24):
        clock.move_to(begun + timedelta(hours=hour + 1))
        await app.tick.once()
        for _ in range(circles // 50 or hour % 12 == 0):
            person = typed % (20 * circles)
            for _ in SITTING:
                await turn(person)
            await app.settle()
            typed += len(SITTING)
        await comes(hour)
        await app.settle()
        if hour % 24 == 23:
            await app.retention.once()
            memory.append(memory_of(os.getpid(), "VmRSS") or 0.0)
    opened.close()
    configure_logs("warning", "console")
    warned = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    growth = memory[-1] - memory[1]
    return {
        "communities": circles,
        "members": 20 * circles,
        "said": adapter.sent,
        "typed": typed,
        "seconds": round(time.perf_counter() - started, 1),
        "memory_by_day_mib": [round(each, 1) for each in memory],
        "growth_after_day_two_mib": round(growth, 1),
        "warnings": warned[:20],
        "right": not warned and growth < 0.1 * memory[1],
    }


if __name__ == "__main__":
    main()
