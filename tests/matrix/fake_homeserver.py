"""A homeserver of a few lines that fails as it is told, for what Synapse does not do on demand."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from aiohttp import web

from tests.support.synapse import Account

ME = "@keeper:fake"
TOKEN = "secret-token-of-the-fake"
Answer: TypeAlias = web.StreamResponse | None
Fault: TypeAlias = Callable[[web.Request], Awaitable[Answer]]


def refusal(status: int, errcode: str = "M_UNKNOWN", **more: object) -> Fault:
    """Answer with an error."""

    async def answer(_: web.Request) -> Answer:
        return web.json_response({"errcode": errcode, "error": "no", **more}, status=status)

    return answer


def bad_gateway(status: int = 502) -> Fault:
    """Answer as a proxy does whose server is away."""

    async def answer(_: web.Request) -> Answer:
        return web.Response(status=status, text="<html>Bad Gateway</html>")

    return answer


async def reset(request: web.Request) -> Answer:
    """Cut the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def silence(_: web.Request) -> Answer:
    """Never answer."""
    await asyncio.Event().wait()
    return None


class FakeHomeserver:
    """Answers what a bot asks; `faults` by the last word of the path, each used up in turn."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: Counter[str] = Counter()
        self.bodies: dict[str, list[dict[str, Any]]] = {"login": []}
        self.faults: dict[str, list[Fault]] = {}
        self.always: dict[str, Fault] = {}
        self._news: list[dict[str, Any]] = []
        self.account_data: list[dict[str, Any]] = []  # in the next answer of /sync, too
        self._more = asyncio.Event()
        self._numbers = itertools.count(1)

    @property
    def account(self) -> Account:
        """The bot's account."""
        return Account(ME, TOKEN, "DEVICE", "", self.url)

    def tell(self, rooms: dict[str, Any]) -> None:
        """Put something into the next answer of /sync."""
        self._news.append(rooms)
        self._more.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, with a fault if there is one."""
        words = [word for word in request.path.split("/") if word]
        name = next((word for word in ("send", "sync", "createRoom") if word in words), words[-1])
        self.calls[name] += 1
        waiting = self.faults.get(name)
        fault = waiting.pop(0) if waiting else self.always.get(name)
        if fault is not None:
            answer = await fault(request)
            if answer is not None:
                return answer
        return web.json_response(await self._answer(name, request))

    async def _answer(self, name: str, request: web.Request) -> dict[str, Any]:
        match name:
            case "login":
                self.bodies["login"].append(await request.json())
                return {"user_id": ME, "device_id": "DEVICE", "access_token": TOKEN}
            case "whoami":
                return {"user_id": ME, "device_id": "DEVICE"}
            case "sync":
                return await self._sync(int(request.query.get("timeout", "0")))
            case kind if "account_data" in request.path and request.method == "PUT":
                content = await request.json()
                self.account_data = [{"type": kind, "content": content}]
                self._more.set()
                return {}
            case "send":
                return {"event_id": f"$sent{next(self._numbers)}"}
            case _:
                return {}

    async def _sync(self, wait_ms: int) -> dict[str, Any]:
        if not self._news and not self.account_data and self.calls["sync"] > 1:
            self._more.clear()
            try:
                async with asyncio.timeout(wait_ms / 1000):
                    await self._more.wait()
            except TimeoutError:
                pass
        rooms = self._news.pop(0) if self._news else {}
        data, self.account_data = self.account_data, []
        return {
            "next_batch": f"s{next(self._numbers)}",
            "rooms": rooms,
            "account_data": {"events": data},
        }


@asynccontextmanager
async def fake_homeserver(port: int = 0) -> AsyncIterator[FakeHomeserver]:
    """Serve on loopback, on a free port unless one is given."""
    server = FakeHomeserver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def a_room(room_id: str, *bodies: str, start: int = 0) -> dict[str, Any]:
    """A room that the bot is in, and in which Anna says something."""
    member = {"type": "m.room.member", "sender": ME, "content": {"membership": "join"}}
    state = [
        {
            "type": "m.room.create",
            "state_key": "",
            "sender": "@anna:fake",
            "event_id": "$create",
            "content": {"room_version": "12"},
        },
        {**member, "state_key": ME, "event_id": "$in", "origin_server_ts": 1},
        {
            **member,
            "state_key": "@anna:fake",
            "event_id": "$anna",
            "content": {"membership": "join"},
        },
    ]
    timeline = [
        {
            "type": "m.room.message",
            "sender": "@anna:fake",
            "event_id": f"$m{number}",
            "origin_server_ts": 4_000_000_000_000,
            "content": {"msgtype": "m.text", "body": body},
        }
        for number, body in enumerate(bodies, start)
    ]
    return {"join": {room_id: {"state": {"events": state}, "timeline": {"events": timeline}}}}
