"""What it takes to erase people, and whether anything of them is left.

Members: 500 of 5,000 leave a store in which each wrote, and wrote over what they wrote. On SQLite
the database, its write-ahead log and a backup made afterwards are searched for their ids, which
stand in all of their words, too; on PostgreSQL every live row is, and words of theirs that were
sealed before are tried to open. Rewriting: how long SQLite's file takes to be written anew, which
the retention has done when somebody was erased, with 100,000 members and ten notes of each.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import churn, common, population  # noqa: E402
from benchmarks.databases import Place, databases  # noqa: E402

PEOPLE, LEAVING = 5_000, 500
QUICK_PEOPLE, QUICK_LEAVING = 60, 20
MEMBERS, QUICK_MEMBERS = 100_000, 200
A_CIRCLE, NOTES = 100, 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = common.options(__doc__, limit=1500)
    common.store_options(parser)
    given = parser.parse_args(arguments)
    report = common.bounded(measure(given.stores, given.quick, given.folder), given.limit)
    common.show(report, given.json)


async def measure(stores: Sequence[str], quick: bool, folder: Path | None) -> dict[str, Any]:
    """Measure each database."""
    figures: dict[str, dict[str, Any]] = {}
    with databases(folder) as fresh:
        for kind in stores:
            figures[f"{kind}, leaving"] = await asyncio.to_thread(_leave, fresh(kind), quick)
        if "sqlite" in stores:
            figures["sqlite, rewriting"] = await asyncio.to_thread(_rewrite, fresh("sqlite"), quick)
    return {
        "benchmark": "erasure",
        "machine": common.machine(folder),
        "figures": figures,
        "ratios": {},
    }


def _leave(place: Place, quick: bool) -> dict[str, Any]:
    count, leaving = (QUICK_PEOPLE, QUICK_LEAVING) if quick else (PEOPLE, LEAVING)
    opened = place.open()
    try:
        people = churn.lived_in(opened.store, count, leaving)
        began = time.perf_counter()
        churn.erase(opened.store, people.gone)
        erased = time.perf_counter() - began
        churn.rewrite(opened.store)
        rewritten = time.perf_counter() - began - erased
        left = list(churn.in_rows(opened.store, people))
        if place.url.startswith("sqlite"):
            left += churn.in_files(opened.store, people)
        return {
            "members": count,
            "erased": leaving,
            "erase_ms_each": 1000 * erased / leaving,
            "rewrite_s": rewritten,
            "found_of_them": len(left),
            "sealed_that_opens": len(churn.opens(opened.store, people)),
        }
    finally:
        opened.close()


def _rewrite(place: Place, quick: bool) -> dict[str, Any]:
    count = QUICK_MEMBERS if quick else MEMBERS
    opened = place.open()
    try:
        circles = count // A_CIRCLE
        population.found_circles(opened.store, circles, charter=True)
        extras = (population.acknowledgements(), population.conversations())
        population.settle(opened.store, count, circles, *extras, population.notes(NOTES))
        churn.erase(opened.store, [population.Person(1, 0, b"").subject])
        began = time.perf_counter()
        churn.rewrite(opened.store)
        seconds = time.perf_counter() - began
        size = Path(str(opened.store.engine.url.database)).stat().st_size
        return {"members": count, "disk_mib": size / 2**20, "rewrite_s": seconds}
    finally:
        opened.close()


if __name__ == "__main__":
    main()
