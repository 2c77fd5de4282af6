"""Plain requests to a double, and a plain listener at its gateway: no library in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.discord.double import Double, Intent

Json = dict[str, Any]
USUAL = Intent.GUILDS | Intent.GUILD_MESSAGES | Intent.GUILD_MESSAGE_REACTIONS
DIRECT = Intent.DIRECT_MESSAGES | Intent.DIRECT_MESSAGE_REACTIONS


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> int:
        """Discord's own code of an error."""
        return int(self.body["code"])

    def mistakes(self) -> dict[str, list[str]]:
        """Return the codes of a refused body, by their places."""
        found: dict[str, list[str]] = {}

        def walk(node: Json, path: str) -> None:
            for key, value in node.items():
                if key == "_errors":
                    found[path] = [each["code"] for each in value]
                else:
                    walk(value, f"{path}.{key}".strip("."))

        walk(self.body["errors"], "")
        return found


class Rest:
    """A bot's requests: `await rest("POST", f"/channels/{id}/messages", {"content": "Hello"})`."""

    def __init__(self, double: Double) -> None:
        self.double = double
        self._session = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - any JSON
        *,
        token: str | None = None,
        **query: str | int,
    ) -> Answer:
        headers = {"Authorization": f"Bot {token or self.double.token}"}
        url = self.double.api_url + path
        async with self._session.request(
            method, url, json=body, headers=headers, params=query
        ) as found:
            text = await found.text()
            return Answer(found.status, json.loads(text) if text else None, dict(found.headers))

    async def banned(self, path: str) -> tuple[int, str, bool]:
        """Return the status, the kind of answer, and whether it came through Discord at all."""
        async with self._session.get(self.double.api_url + path) as found:
            return found.status, found.headers["Content-Type"], "Via" in found.headers

    async def answers(self, it: Any, kind: int, data: Json | None = None) -> Answer:  # noqa: ANN401
        """Answer an interaction for the first time."""
        path = f"/interactions/{it.id}/{it.token}/callback"
        body: Json = {"type": kind, **({"data": data} if data is not None else {})}
        return await self("POST", path, body, with_response=1)

    async def says(self, channel: Any, text: str = "Hello", **more: Any) -> Answer:  # noqa: ANN401
        """Post a message."""
        return await self("POST", f"/channels/{channel.id}/messages", {"content": text, **more})


class Listener:
    """A bot's ear: it keeps all that it hears."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Json] = []
        self.closed: int | None = None
        self._more = asyncio.Event()

    async def listen(self) -> None:
        """Take frames in until closed."""
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.frames.append(json.loads(message.data))
                self._more.set()
        self.closed = self.socket.close_code
        self._more.set()

    async def until(self, holds: Callable[[], Any]) -> Any:  # noqa: ANN401 - what holds
        """Wait until something holds, and return it."""
        async with asyncio.timeout(5):
            while not (found := holds()):
                self._more.clear()
                await self._more.wait()
        return found

    def told(self, event: str) -> list[Json]:
        """Return what was dispatched of a kind."""
        return [each["d"] for each in self.frames if each.get("t") == event]

    async def hears(self, event: str) -> Json:
        """Wait for an event, and return the first."""
        found: list[Json] = await self.until(lambda: self.told(event))
        return found[0]

    async def send(self, op: int, data: Any) -> None:  # noqa: ANN401 - any JSON
        """Send a frame."""
        await self.socket.send_json({"op": op, "d": data})

    async def settled(self) -> None:
        """Wait until all that was dispatched before now has come."""
        acks = len([each for each in self.frames if each["op"] == 11])
        await self.send(1, None)
        await self.until(lambda: len([e for e in self.frames if e["op"] == 11]) > acks)


@asynccontextmanager
async def listening(
    double: Double,
    intents: Intent = USUAL | DIRECT,
    **identify: Any,  # noqa: ANN401
) -> AsyncIterator[Listener]:
    """Identify at the gateway and listen."""
    async with connected(double) as listener:
        payload = {"token": double.token, "intents": int(intents), "properties": {}, **identify}
        await listener.send(2, payload)
        await listener.until(lambda: listener.told("READY") or listener.closed)
        yield listener


@asynccontextmanager
async def connected(double: Double) -> AsyncIterator[Listener]:
    """Connect to the gateway, and say nothing yet."""
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{double.gateway_url}?v=10&encoding=json")
        listener = Listener(socket)
        task = asyncio.create_task(listener.listen())
        await listener.until(lambda: listener.frames)
        yield listener
        await socket.close()
        await task


def forgive(platform: Double) -> None:
    """Let the schema's own complaints about what a test got wrong on purpose be."""
    if platform.schema is not None:
        platform.schema.found.clear()
