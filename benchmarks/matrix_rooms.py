"""How the bot does with many Matrix rooms: its first start, a restart, and its memory.

The homeserver is a double that answers a first /sync with all rooms, each with its members, and
takes whatever is sent: a real one takes hours to be filled, and its own share of a first start
would be all that is seen. What is measured of that start is the bot's. It has a Python environment
as a host's, but for `--quick`: of what developers install, libraries load some by themselves.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import common  # noqa: E402
from benchmarks.environments import own_python  # noqa: E402
from benchmarks.process import memory_of, processor_seconds  # noqa: E402
from tests.support.bot import BotProcess  # noqa: E402
from tests.support.stores import prepare  # noqa: E402
from tests.support.synapse import Account  # noqa: E402

ME = "@keeper:double"
PERSON = "@mira:double"
SPACE_OF = 20  # rooms in each space; every room is in one


class Homeserver:
    """Rooms that are there already, and one person who asks something."""

    def __init__(self, rooms: int, members: int) -> None:
        self.rooms, self.members = rooms, members
        self.url = ""
        self.sent = 0
        self.answers: asyncio.Queue[float] = asyncio.Queue()
        self._asked: list[str] = []
        self._more = asyncio.Event()
        self._numbers = itertools.count(1)

    def ask(self) -> None:
        """Let the person ask for help, in the first room."""
        self._asked.append(f"$asked{next(self._numbers)}")
        self._more.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        words = [word for word in request.path.split("/") if word]
        if "sync" in words:
            return web.json_response(await self._sync(request))
        if "send" in words:
            self.sent += 1
            content = await request.json()
            if "m.relates_to" in content:
                self.answers.put_nowait(time.perf_counter())
            return web.json_response({"event_id": f"$sent{next(self._numbers)}"})
        if words[-1] == "whoami":
            return web.json_response({"user_id": ME, "device_id": "DEVICE"})
        if words[-1] == "state":
            return web.json_response([])
        if words[-1] in ("hierarchy", "messages"):
            return web.json_response({"rooms": [], "chunk": []})
        return web.json_response({})

    async def _sync(self, request: web.Request) -> dict[str, Any]:
        if "since" not in request.query:
            return {"next_batch": "s0", "rooms": {"join": dict(map(self._room, range(self.rooms)))}}
        since = int(request.query["since"][1:])
        if len(self._asked) <= since:
            self._more.clear()
            try:
                async with asyncio.timeout(int(request.query.get("timeout", "0")) / 1000):
                    await self._more.wait()
            except TimeoutError:
                pass
        events = [_said(each) for each in self._asked[since:]]
        joined = {"!room1:double": {"timeline": {"events": events}}} if events else {}
        return {"next_batch": f"s{len(self._asked)}", "rooms": {"join": joined}}

    def _room(self, number: int) -> tuple[str, dict[str, Any]]:
        space = number - number % SPACE_OF
        is_space = number == space
        content = {"room_version": "12", **({"type": "m.space"} if is_space else {})}
        state = [
            _state("m.room.create", content),
            _state("m.room.power_levels", {"users": {ME: 50}}),
            _state("m.room.name", {"name": f"A room of people who learn, number {number}"}),
            _state("m.room.topic", {"topic": "What we tried at work, and what came of it. " * 3}),
            *(_member(f"@somebody{number * 7 + each}:double") for each in range(self.members)),
            _member(PERSON),
            _member(ME),
        ]
        via = {"via": ["double"]}
        if is_space:
            within = range(number + 1, min(number + SPACE_OF, self.rooms))
            state += [_state("m.space.child", via, f"!room{each}:double") for each in within]
        else:
            state.append(_state("m.space.parent", via, f"!room{space}:double"))
        return f"!room{number}:double", {"state": {"events": state}, "timeline": {"events": []}}


def _state(kind: str, content: dict[str, Any], key: str = "") -> dict[str, Any]:
    return {
        "type": kind,
        "state_key": key,
        "sender": PERSON,
        "event_id": f"${kind}{key}",
        "origin_server_ts": 1,
        "content": content,
    }


def _member(who: str) -> dict[str, Any]:
    return _state("m.room.member", {"membership": "join", "displayname": who[1:9]}, who)


def _said(event_id: str) -> dict[str, Any]:
    return {
        "type": "m.room.message",
        "sender": PERSON,
        "event_id": event_id,
        "origin_server_ts": 4_000_000_000_000,
        "content": {"msgtype": "m.text", "body": "!help giraffe"},
    }


async def measure(folder: Path, sizes: list[int], members: int, *, as_host: bool) -> dict[str, Any]:
    """Return the report."""
    python = await own_python("e2e") if as_host else Path(sys.executable)
    figures = {}
    for rooms in sizes:
        server = Homeserver(rooms, members)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        place = folder / str(rooms)
        place.mkdir()
        try:
            figures[f"{rooms} rooms"] = await _starts(server, place, python)
        finally:
            await runner.cleanup()
    return {
        "machine": await asyncio.to_thread(common.machine, folder),
        "figures": figures,
        "ratios": {},
    }


async def _starts(server: Homeserver, place: Path, python: Path) -> dict[str, Any]:
    account = Account(ME, "token", "DEVICE", "", server.url)
    extra = {"CIRCLEKEEPER_MATRIX__ENCRYPTION": "false"}
    bot = BotProcess(account, place, extra, python)
    prepare(bot.database, bot.key)
    first, _, reports = await _start(server, bot)
    restart, memory, _ = await _start(server, bot)
    return {
        "rooms": server.rooms,
        "members_each": server.members,
        "first_start_s": first,
        "progress_reports": reports,
        "restart_s": restart,
        **memory,
    }


async def _start(server: Homeserver, bot: BotProcess) -> tuple[float, dict[str, Any], int]:
    """Start; return the seconds until somebody is answered, the memory then, and the reports."""
    begun = time.perf_counter()
    bot.start()
    server.ask()
    answered = await asyncio.wait_for(server.answers.get(), 90)
    while True:  # until all that it says by itself is said
        before = server.sent
        await asyncio.sleep(2)
        if server.sent == before:
            break
    assert bot.pid is not None
    memory = {
        "rss_mib": memory_of(bot.pid, "VmRSS"),
        "most_memory_mib": memory_of(bot.pid, "VmHWM"),
        "processor_s": processor_seconds(bot.pid),
    }
    reports = sum(each.get("event") == "first sync goes on" for each in bot.logged())
    await asyncio.to_thread(bot.stop)
    return answered - begun, memory, reports


def main() -> None:
    """Run and print."""
    parser = common.options(__doc__, limit=400)
    parser.add_argument("--members", type=int, default=20, help="in each room, besides two")
    options = parser.parse_args()
    sizes = [40] if options.quick else [2, 500, 2000]
    with TemporaryDirectory(prefix="circlekeeper-", dir=options.folder) as folder:
        work = measure(Path(folder), sizes, options.members, as_host=not options.quick)
        report = common.bounded(work, options.limit)
    common.show(report, options.json)


if __name__ == "__main__":
    main()
