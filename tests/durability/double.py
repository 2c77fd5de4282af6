"""A platform in a process of its own: whatever stands there is in a log that is only appended to.

It knows a key again for a while, hands out events until they are acknowledged, and fails as real
platforms do (`bot.testing.faults`).
"""

import asyncio
import json
import os
import random
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.testing.faults import FaultyTransport, Trouble
from tests.durability.plan import LAG, PATIENCE, SPEED, DoubleSetup

LOG = "stands.jsonl"
PORT = "port"
_AT_ONCE = 20  # events handed out together
_POLL = 0.1  # seconds
_SEEN = 3  # of so many messages one comes back to the bot as an event, as on Matrix all do


class Double:
    """The platform.

    Args:
        setup: where it writes, and how it fails.
    """

    def __init__(self, setup: DoubleSetup) -> None:
        """Begin empty."""
        self.folder = Path(setup.folder)
        self.window = setup.window
        self.faults = FaultyTransport(
            random.Random(setup.seed).random,
            {Trouble[name]: rate for name, rate in setup.rates.items()},
            concerns=lambda request: request.path in ("/send", "/find"),
            lag=LAG,
            held=PATIENCE * 1.5,
            after=5 / SPEED,
        )
        self._log = (self.folder / LOG).open("ab")
        self._count = 0
        self._known: dict[str, tuple[str, float]] = {}  # by key: the message, and since when
        self._events: dict[str, dict[str, Any]] = {}  # in the order in which they came
        self._more = asyncio.Event()
        self._unreadable_until = 0.0
        self._finds = {"standing": 0, "absent": 0, "unreadable": 0}
        self._first_find: float | None = None
        self._known_again = 0
        self._report: dict[str, int] = {}
        self._reports = 0

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self.faults.middleware])
        app.add_routes(
            [
                web.post("/send", self.send),
                web.get("/find", self.find),
                web.get("/events", self.events),
                web.post("/acknowledge", self.acknowledge),
                web.post("/report", self.report),
                web.post("/control", self.control),
                web.get("/state", self.state),
            ]
        )
        return app

    # For the bot

    async def send(self, request: web.Request) -> web.Response:
        """Let a message stand, unless its key came a short while ago."""
        sent = await request.json()
        now = time.monotonic()
        message, since = self._known.get(sent["key"], ("", 0.0))
        if message and now - since <= self.window:
            self._known_again += 1
        else:
            self._count += 1
            message = f"m{self._count}"
            self._known[sent["key"]] = (message, now)
            self._log.write(json.dumps({**sent, "message": message}).encode() + b"\n")
            self._log.flush()
            os.fsync(self._log.fileno())
            if self._count % _SEEN == 0:
                self._happens({"id": f"seen {message}", "kind": "seen", "message": message, **sent})
        return web.json_response({"message": message})

    async def find(self, request: web.Request) -> web.Response:
        """Look up by its key whether a message stands, however long ago it came."""
        self._first_find = self._first_find or time.monotonic()
        if time.monotonic() < self._unreadable_until:
            self._finds["unreadable"] += 1
            return web.Response(status=403)
        message, _ = self._known.get(request.query["key"], (None, 0.0))
        self._finds["standing" if message else "absent"] += 1
        return web.json_response({"message": message})

    async def events(self, _request: web.Request) -> web.Response:
        """Hand out what was not acknowledged yet; wait for more where there is nothing."""
        if not self._events:
            self._more.clear()
            try:
                async with asyncio.timeout(_POLL):
                    await self._more.wait()
            except TimeoutError:
                pass
        return web.json_response(list(self._events.values())[:_AT_ONCE])

    async def acknowledge(self, request: web.Request) -> web.Response:
        """Hand an event out no more."""
        self._events.pop((await request.json())["id"], None)
        return web.Response()

    async def report(self, request: web.Request) -> web.Response:
        """Take down how much a worker still has to do."""
        self._report = await request.json()
        self._reports += 1
        return web.Response()

    # For the driver

    async def control(self, request: web.Request) -> web.Response:
        """Let something happen: events, planned troubles, an unreadable history, fair weather."""
        wanted = await request.json()
        for event in wanted.get("events", []):
            self._happens(event)
        self.faults.plan(*(Trouble[name] if name else None for name in wanted.get("plan", [])))
        if "unreadable" in wanted:
            self._unreadable_until = time.monotonic() + wanted["unreadable"]
        return web.Response()

    async def state(self, _request: web.Request) -> web.Response:
        """Tell how it stands."""
        return web.json_response(
            {
                "stands": self._count,
                "unacknowledged": len(self._events),
                "report": self._report,
                "reports": self._reports,
                "known_again": self._known_again,
                "finds": self._finds,
                "first_find": self._first_find,
                "troubles": {
                    trouble.name: count for trouble, count in self.faults.happened.items()
                },
            }
        )

    def _happens(self, event: dict[str, Any]) -> None:
        self._events[event["id"]] = event
        self._more.set()


def serve(given: dict[str, Any]) -> None:
    """Be the platform until killed."""
    asyncio.run(_serve(DoubleSetup(**given)))


async def _serve(setup: DoubleSetup) -> None:
    runner = web.AppRunner(Double(setup).app(), access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    draft = Path(setup.folder) / f"{PORT}.new"
    draft.write_text(str(port))
    draft.rename(Path(setup.folder) / PORT)
    await asyncio.Event().wait()
