"""PostgreSQL is stopped for a while under load: what `/readyz` says meanwhile, what the log says,
and what is lost or said twice.

People type all the time, prompts and check-ins come due before, meanwhile and afterwards, and the
bot acts as an account that one process holds at a time. Each message has to be taken in once and
answered once. Exit code 1: something was lost or doubled, `/readyz` did not tell, or the log told
more than once.
"""

from __future__ import annotations

import asyncio
import io
import json
import socket
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import aiohttp  # noqa: E402
from sqlalchemy import func  # noqa: E402
from sqlmodel import col, select  # noqa: E402

from benchmarks import common, population  # noqa: E402
from benchmarks.common import FOLDERS, NULL, NullAdapter  # noqa: E402
from bot.app import App  # noqa: E402
from bot.core.actions import Affordances  # noqa: E402
from bot.core.ports import Delivery  # noqa: E402
from bot.core.refs import MessageRef, Room  # noqa: E402
from bot.engine.pace import Pace  # noqa: E402
from bot.logs import configure_logs  # noqa: E402
from storage.crypto import KeyFile  # noqa: E402
from storage.opening import open_store  # noqa: E402
from storage.outbox_lines import unfinished  # noqa: E402
from storage.store import Store  # noqa: E402
from storage.tables import Inbox, Outbox, Schedule  # noqa: E402
from storage.transaction import Transaction  # noqa: E402
from tests.support.postgres import MISSING, Server, server  # noqa: E402

CIRCLES, MEMBERS = 10, 200
_PATIENCE = 150.0  # seconds


class KeepingAdapter(NullAdapter):
    """A platform that remembers by their key what it was sent, and whose account is held."""

    def __init__(self, quiescence: float) -> None:
        """Begin with nothing."""
        super().__init__()
        self.affordances = Affordances(direct_unasked=True, exclusive=True, quiescence=quiescence)
        self.keys: Counter[str] = Counter()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Take it."""
        self.keys[delivery.key] += 1
        return await super().deliver(delivery)

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back by the key."""
        return MessageRef(Room(NULL, "any"), delivery.key) if delivery.key in self.keys else None


def main() -> None:
    """Stop the server, start it, count and print."""
    parser = common.options(__doc__, limit=570)
    parser.add_argument("--away", type=float, default=20.0, help="seconds (20)")
    parser.add_argument("--a-second", type=float, default=50.0, help="messages typed (50)")
    given = parser.parse_args()
    away, around, speed = (2.5, 0.5, 30.0) if given.quick else (given.away, 3.0, 1.0)
    log = io.StringIO()
    configure_logs("info", "json", log)
    try:
        with server() as ours, tempfile.TemporaryDirectory(dir=given.folder) as own:
            work = outage(ours, Path(own, "key"), away, around, speed, 1 / given.a_second)
            figures = common.bounded(work, given.limit + away)
    except ImportError:
        sys.exit(MISSING)
    figures |= told(log.getvalue())
    right = (
        figures["lost"] == figures["doubled"] == figures["unsent"] == figures["still_due"] == 0
        and figures["ready_before"]
        and figures["ready_after"]
        and figures["ready_meanwhile"] == 0
        and figures["said_that_it_is_away"] == figures["said_that_it_works"] == 1
    )
    figures["right"] = right
    print(json.dumps({"machine": common.machine(given.folder), "figures": figures}, indent=2))
    sys.exit(0 if right else 1)


def told(log: str) -> dict[str, Any]:
    """Return how often the log said that the database is away, and that it works."""
    events = [json.loads(line) for line in log.splitlines()]
    said = Counter(each["event"] for each in events if each["level"] in ("warning", "error"))
    return {
        "said_that_it_is_away": sum("database cannot be used" in each["event"] for each in events),
        "said_that_it_works": sum("database works again" in each["event"] for each in events),
        "warnings_and_errors": dict(said),
    }


async def outage(
    ours: Server, key: Path, away: float, around: float, speed: float, every: float
) -> dict[str, Any]:
    """Let people type while the server is away, and for a while around, and count."""
    KeyFile(key).create()
    opened = open_store(ours.fresh_database(), key)
    adapter, port = KeepingAdapter(30 / speed), free_port()
    app = App(
        opened.store,
        FOLDERS,
        [adapter],
        watched_at=("127.0.0.1", port),
        pace=Pace(speed),
    )
    population.found_circles(opened.store, CIRCLES)
    begun = datetime.now(UTC)
    last = around + away + around
    due = population.check_ins(lambda number: begun + timedelta(seconds=number / MEMBERS * last))
    population.settle(opened.store, MEMBERS, CIRCLES, population.conversations(), due)
    population.plan_prompts(opened.store, CIRCLES, begun + timedelta(seconds=around + away / 2))
    running = asyncio.create_task(app.run())
    turn = common.turns(app, lambda person: f"circle {person % CIRCLES}", "member")
    done = asyncio.Event()
    people = asyncio.create_task(common.people(done, turn, every))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        await until_ready(session, 30)
        await asyncio.sleep(around)
        before = await ready(session)
        await asyncio.to_thread(ours.stop)
        ready_meanwhile, looks, alive = await watch(session, away)
        await asyncio.to_thread(ours.start)
        back = time.monotonic()
        await until_ready(session, 60)
        recovered = time.monotonic() - back
        await asyncio.sleep(around)
        done.set()
        taken = await people
        after = await ready(session)
        ended = time.monotonic()
        while True:  # what was claimed when it went away is in doubt, and is read back first
            unsent, still_due = await opened.store.transact(left)
            if (not unsent and not still_due) or time.monotonic() > ended + _PATIENCE:
                break
            await asyncio.sleep(0.2)
        settled = time.monotonic() - ended
    figures = await opened.store.transact(lambda tx: count(tx, len(taken), adapter.keys))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.to_thread(close, opened.store)
    return {
        "away_seconds": away,
        "typed": len(taken),
        **figures,
        "unsent": unsent,
        "still_due": still_due,
        "ready_before": before,
        "looks_meanwhile": looks,
        "ready_meanwhile": ready_meanwhile,
        "alive_meanwhile": alive,
        "ready_after": after,
        "ready_again_after_seconds": round(recovered, 1),
        "all_said_after_seconds": round(settled, 1),
    }


async def watch(session: aiohttp.ClientSession, away: float) -> tuple[int, int, int]:
    """Ask once a second; return how often it was ready, how often asked, how often alive."""
    until, found, looks, alive = time.monotonic() + away, 0, 0, 0
    while time.monotonic() < until:
        found += await ready(session)
        async with session.get("/healthz") as answer:
            alive += answer.status == 200
        looks += 1
        await asyncio.sleep(1)
    return found, looks, alive


async def ready(session: aiohttp.ClientSession) -> bool:
    """Ask whether the bot can do its work."""
    async with session.get("/readyz") as answer:
        said = await answer.json()
    assert said["ready"] == (answer.status == 200)
    return bool(said["ready"])


async def until_ready(session: aiohttp.ClientSession, patience: float) -> None:
    """Wait until it can."""
    async with asyncio.timeout(patience):
        while True:
            try:
                if await ready(session):
                    return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)


def left(tx: Transaction) -> tuple[int, int]:
    """Return what is still to be sent, and what is still due."""
    unsent = tx.session.exec(select(func.count()).select_from(Outbox).where(unfinished())).one()
    overdue = col(Schedule.next_due) <= datetime.now(UTC)
    return unsent, tx.session.exec(select(func.count()).select_from(Schedule).where(overdue)).one()


def count(tx: Transaction, typed: int, keys: Counter[str]) -> dict[str, int]:
    """Compare what was typed with what was taken in, and what was written with what was sent."""
    taken_in = tx.session.exec(select(func.count()).select_from(Inbox)).one()
    written = set(tx.session.exec(select(Outbox.key)).all())
    planned = MEMBERS + CIRCLES
    return {
        "came_due": planned,
        "said": len(keys),
        "lost": max(0, typed + planned - taken_in) + len(written - set(keys)),
        "doubled": sum(times - 1 for times in keys.values()),
    }


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def close(store: Store) -> None:
    """Let go of the database."""
    store.close()


if __name__ == "__main__":
    main()
