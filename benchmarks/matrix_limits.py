"""Sixty messages for one room on a Matrix homeserver with its default limits, and a command among
them.

Synapse lets an account say ten messages at once, and then one in five seconds: about five minutes.
Exit code 1: a message was missing or out of order, or the command was not answered next.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import common  # noqa: E402
from bot.logs import configure_logs  # noqa: E402
from tests.support.fanout import fanned_out  # noqa: E402
from tests.support.matrix_circle import MatrixCircle  # noqa: E402
from tests.support.synapse import Account, Synapse  # noqa: E402


async def measure(synapse: Synapse, quick: bool) -> dict[str, Any]:
    """Return the report."""

    def register(name: str) -> Account:
        account = synapse.register(f"{name}-{uuid4().hex[:8]}")
        if name != "keeper":
            synapse.lift_limits(account.user_id)
        return account

    async with MatrixCircle(register) as circle:
        if quick:
            synapse.limit(circle.account.user_id, per_second=4, burst=10)
        report = await fanned_out(circle, patience=360)
    return {
        "machine": await asyncio.to_thread(common.machine),
        "limits": "20 times the default" if quick else "Synapse's default",
        "figures": {"fan-out": {**asdict(report), "as_promised": report.as_promised}},
        "ratios": {},
    }


def main() -> None:
    """Run and print."""
    options = common.options(__doc__, limit=420).parse_args()
    configure_logs("error", "console")
    with Synapse(limits=True, log_level="WARNING") as synapse:
        report = common.bounded(measure(synapse, options.quick), options.limit)
    common.show(report, options.json)
    sys.exit(0 if report["figures"]["fan-out"]["as_promised"] else 1)


if __name__ == "__main__":
    main()
