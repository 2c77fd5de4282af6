"""Five thousand posts on a platform that takes fifty requests a second, while people want answers.

The posts wait in the outbox, a room each; the platform is a double in a process of its own that
refuses whatever is too much within any one second. Figures: how much of the limit was used, how
often it was broken, and how long people waited for an answer, from typing `help` to the moment when
the platform had it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from aiohttp import ClientSession  # noqa: E402

from benchmarks import common, population  # noqa: E402
from benchmarks.common import NULL, NullAdapter, Turn, percentile  # noqa: E402
from benchmarks.databases import Place, databases  # noqa: E402
from benchmarks.process import Stall  # noqa: E402
from bot.core.actions import Lane, Say  # noqa: E402
from bot.core.errors import TryLater  # noqa: E402
from bot.core.ports import Delivery  # noqa: E402
from bot.core.refs import Direct, MessageRef, Room  # noqa: E402
from bot.engine.running import Wanted  # noqa: E402
from bot.engine.writing import write  # noqa: E402
from storage.store import Store  # noqa: E402
from storage.transaction import Transaction  # noqa: E402

DOUBLE = Path(__file__).with_name("peers") / "limited_platform.py"
POSTS = 5_000
QUICK_POSTS = 100
LIMIT = 50
TYPING_EVERY = 0.25  # seconds
TEXT = "What did somebody say this week that you keep thinking about? " * 5


@dataclass(frozen=True)
class Figures:
    """What was measured; seconds run from the platform's first post to its last."""

    posts: int
    rooms: int
    posted: int
    posted_twice: int
    seconds: float
    requests_a_second: float
    share_of_limit: float
    refused: int
    answers: int
    answer_p50_ms: float
    answer_p99_ms: float
    answer_max_ms: float
    stall_ms: float


class LimitedAdapter(NullAdapter):
    """Sends to the double, and notes when people had their answers."""

    def __init__(self, session: ClientSession, port: int) -> None:
        """Send there."""
        super().__init__(per_second=LIMIT)
        self.session = session
        self.url = f"http://127.0.0.1:{port}"
        self.asked: defaultdict[str, deque[float]] = defaultdict(deque)
        self.waited: list[float] = []
        self.posted = 0

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Post it."""
        action = delivery.action
        body = {"key": delivery.key, "bulk": action.lane is Lane.BULK}
        async with self.session.post(f"{self.url}/post", json=body) as response:
            if response.status == 429:
                raise TryLater(float(response.headers["retry-after"]))
            response.raise_for_status()
        self.posted += action.lane is Lane.BULK
        if isinstance(action.to, Direct) and self.asked[action.to.member.id]:
            asked = self.asked[action.to.member.id].popleft()
            self.waited.append(time.perf_counter() - asked)
        return await super().deliver(delivery)

    async def report(self) -> dict[str, Any]:
        """Return what the platform says."""
        async with self.session.get(f"{self.url}/report") as response:
            found: dict[str, Any] = await response.json()
            return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = common.options(__doc__, limit=900)
    common.store_options(parser, default=("sqlite",))
    parser.add_argument("--rooms", type=int, help="rooms to post in (one for each post)")
    given = parser.parse_args(arguments)
    posts = QUICK_POSTS if given.quick else POSTS
    work = measure(given.stores, posts, given.rooms or posts, given.folder)
    common.show(common.bounded(work, given.limit), given.json)


async def measure(
    stores: Sequence[str], posts: int, rooms: int, folder: Path | None
) -> dict[str, Any]:
    """Measure on each database, one after another."""
    figures: dict[str, dict[str, Any]] = {}
    with databases(folder) as fresh:
        for kind in stores:
            figures[kind] = asdict(await _fan_out(fresh(kind), posts, rooms))
    return {
        "benchmark": "fanout",
        "machine": common.machine(folder),
        "limit": LIMIT,
        "figures": figures,
        "ratios": {f"{kind}_used_of_limit": figures[kind]["share_of_limit"] for kind in stores},
    }


async def _fan_out(place: Place, posts: int, rooms: int) -> Figures:
    opened = place.open()
    try:
        async with _double() as port, ClientSession() as session:
            adapter = LimitedAdapter(session, port)
            app = place.app(opened.store, adapter)
            population.found_circles(opened.store, 1)
            turn = common.turns(app, lambda _person: "circle 0")
            for person in range(common.CALLERS):
                await turn(person)  # warm: templates, statements
            await app.settle()
            await asyncio.sleep(1.1)  # the platform's second begins anew
            before = await adapter.report()
            await _want(opened.store, adapter.account, posts, rooms)

            worker = asyncio.create_task(app.outboxes[0].run())
            done = asyncio.Event()
            async with Stall() as stall:
                asking = common.people(done, _asking(adapter, turn), TYPING_EVERY)
                typing = asyncio.create_task(asking)
                while adapter.posted < posts:  # noqa: ASYNC110 - in its own time
                    await asyncio.sleep(0.1)
                done.set()
                asked = len(await typing)
                async with asyncio.timeout(10):
                    while len(adapter.waited) < asked:  # noqa: ASYNC110 - the last is on its way
                        await asyncio.sleep(0.01)
            worker.cancel()
            await asyncio.wait([worker])
            report = await adapter.report()
    finally:
        opened.close()
    seconds = report["seconds"]
    return Figures(
        posts=posts,
        rooms=rooms,
        posted=report["bulk"],
        posted_twice=report["accepted"] - report["distinct"],
        seconds=seconds,
        requests_a_second=(report["meanwhile"] - 1) / seconds,
        share_of_limit=(report["meanwhile"] - 1) / seconds / LIMIT,
        refused=report["refused"] - before["refused"],
        answers=len(adapter.waited),
        answer_p50_ms=percentile(adapter.waited, 50),
        answer_p99_ms=percentile(adapter.waited, 99),
        answer_max_ms=max(adapter.waited, default=0.0) * 1000,
        stall_ms=stall.longest,
    )


@asynccontextmanager
async def _double() -> AsyncIterator[int]:
    """Start the platform and yield its port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(DOUBLE), str(LIMIT)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            port = int(await process.stdout.readline())
        yield port
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _asking(adapter: LimitedAdapter, turn: Turn) -> Turn:
    """Note when somebody begins to wait."""

    async def ask(person: int) -> float:
        adapter.asked[f"caller {person}"].append(time.perf_counter())
        return await turn(person)

    return ask


async def _want(store: Store, account: str, posts: int, rooms: int) -> None:
    """Put the posts into the outbox."""
    now = datetime.now(UTC)

    def some(tx: Transaction, numbers: Sequence[int]) -> None:
        for number in numbers:
            room = Room(NULL, f"room {number % rooms}")
            action = Say(key=f"post {number}", to=room, text=TEXT, lane=Lane.BULK)
            wanted = Wanted(action, "benchmark", None, population.community_id(0), None)
            write(tx, account, wanted, action, now, now)

    for first in range(0, posts, 500):
        await store.transact(partial(some, numbers=range(first, min(first + 500, posts))))


if __name__ == "__main__":
    main()
