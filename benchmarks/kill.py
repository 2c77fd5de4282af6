"""Kill the bot again and again on a platform that fails, and count what it lost or said twice.

Everything is real but the platform, which is a process of its own with a log that is only appended
to (tests/durability). Workers die by SIGKILL at seeded times, some are stopped for longer than
their lease first, some have a wrong clock, and now and then all stay down for longer than the
platform knows an idempotency key again. All waits are fifty times shorter than in life.
`--control` runs a broken design instead, which must be caught. Exit code 1: something was lost or
doubled.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.durability.broken import CONTROLS, NO_READ_BACK  # noqa: E402
from tests.durability.driver import Weather, kill_at_random  # noqa: E402
from tests.durability.zygote import Zygote  # noqa: E402
from tests.support.postgres import MISSING, database  # noqa: E402


def main() -> None:
    """Kill, count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--workers", type=int, default=1, help="at once; more than one: postgres")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", choices=CONTROLS, help="a broken design")
    parser.add_argument(
        "--ask", action="store_true", help="ask them to stop (SIGTERM), on a good day, under load"
    )
    parser.add_argument("--json", action="store_true", help="print everything, as JSON")
    given = parser.parse_args()
    if given.store == "sqlite" and given.workers != 1:
        parser.error("SQLite has one worker.")
    if given.store == "postgres" and given.control not in (None, NO_READ_BACK):
        parser.error(f"{given.control} keeps its notes in SQLite.")
    with contextlib.ExitStack() as stack:
        url = ""
        if given.store == "postgres":
            try:
                url = stack.enter_context(database())
            except ImportError:
                parser.error(MISSING)
        report = kill_at_random(
            stack.enter_context(Zygote()),
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="circlekeeper-"))),
            kills=given.kills,
            url=url,
            workers=given.workers,
            seed=given.seed,
            design=given.control or "ours",
            weather=Weather(stops=0.0, downs=0.0, wrong=0.0, asked=1.0) if given.ask else None,
        )
    found = asdict(report)
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for name in ("design", "kills", "expected", "lost", "doubled", "seconds"):
            print(f"{name:10} {found[name]}")
    sys.exit(0 if report.clean else 1)


if __name__ == "__main__":
    main()
