"""Kill the bot again and again in an encrypted conversation on a real homeserver.

A strict matrix-js-sdk client asks around each kill -9. Exit code 1: something was lost, said twice,
or could not be read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.matrix_circle import StrictCircle  # noqa: E402
from tests.support.sealed import Report, killed_again_and_again  # noqa: E402
from tests.support.synapse import Synapse  # noqa: E402


async def kill(synapse: Synapse, kills: int, seed: int) -> Report:
    """Set a community up, and kill."""
    circle = StrictCircle(lambda name: synapse.register(f"{name}-{uuid4().hex[:8]}"))
    async with circle:
        return await killed_again_and_again(circle, kills, seed)


def main() -> None:
    """Kill, count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print as JSON")
    given = parser.parse_args()
    begun = time.monotonic()
    with Synapse(log_level="WARNING") as synapse:
        report = asyncio.run(kill(synapse, given.kills, given.seed))
    found = {**asdict(report), "seconds": round(time.monotonic() - begun, 1)}
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:10} {value}")
    sys.exit(0 if report.clean else 1)


if __name__ == "__main__":
    main()
