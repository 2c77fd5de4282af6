"""What the page does, without a browser: a socket that follows the world and asks for deeds."""

import asyncio
import itertools
import json
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, ClientWebSocketResponse

JSON = dict[str, Any]


class PageClient:
    """One page. It keeps what it knows when its socket is dropped, as the page does."""

    _pages = itertools.count()

    def __init__(self, link: str) -> None:
        self.link = link
        self.run, self.number = "", 0
        self.changes: list[JSON] = []
        self.messages: dict[str, JSON] = {}
        self.greetings: list[JSON] = []
        self._name = f"page{next(self._pages)}"
        self._count = itertools.count()
        self._answers: dict[str, asyncio.Future[JSON]] = {}
        self._session = ClientSession()
        self._socket: ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self.news = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.drop()
        await self._session.close()

    async def connect(self) -> None:
        """Connect, and say what is known already."""
        origin = self.link.rsplit("/", 2)[0]
        self._socket = await self._session.ws_connect(
            f"{self.link}live", headers={"Origin": origin}, max_msg_size=0
        )
        known = len(self.greetings)
        hello = {"hello": self.run, "since": self.number, "language": "en"}
        await self._socket.send_json(hello)
        self._reading = asyncio.create_task(self._read(self._socket))
        await self.until(lambda: len(self.greetings) > known)

    async def drop(self) -> None:
        """Let the connection break, without a word."""
        if self._socket is not None and self._reading is not None:
            transport = self._socket._response.connection
            if transport is not None and transport.transport is not None:
                transport.transport.abort()
            await asyncio.wait({self._reading})

    async def until(self, holds: Any, seconds: float = 25.0) -> None:  # noqa: ANN401 - a test
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def send(self, **deed: Any) -> str:  # noqa: ANN401 - a deed's parts
        """Ask for something; return its id."""
        id_ = deed.pop("id", f"{self._name}-{next(self._count)}")
        assert self._socket is not None
        self._answers.setdefault(id_, asyncio.get_running_loop().create_future())
        await self._socket.send_str(json.dumps({"id": id_, **deed}))
        return str(id_)

    async def ask(self, **deed: Any) -> JSON:  # noqa: ANN401 - a deed's parts
        """Ask for something; return its answer."""
        id_ = await self.send(**deed)
        async with asyncio.timeout(25):
            return await self._answers[id_]

    def texts(self) -> list[str]:
        """Return the texts of all messages, in their order."""
        ordered = sorted(self.messages.values(), key=lambda each: int(each["id"][1:]))
        return [each["body"] if each["author"] else plain(each["body"]) for each in ordered]

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            if not isinstance(message.data, str):
                break
            self._take(json.loads(message.data))
            self.news.set()

    def _take(self, told: JSON) -> None:
        if "hello" in told:
            self.greetings.append(told)
            if told["fresh"]:
                self.messages.clear()
                self.number = 0
            self.run = told["hello"]
        for change in told.get("changes", [told] if "n" in told else []):
            self._change(change)
        if "answer" in told and told["answer"] in self._answers:
            future = self._answers[told["answer"]]
            if not future.done():
                future.set_result(told)

    def _change(self, change: JSON) -> None:
        assert change["n"] > self.number, "a change came twice, or too late"
        self.number = change["n"]
        self.changes.append(change)
        if "message" in change:
            self.messages[change["message"]["id"]] = change["message"]
        if "gone" in change:
            self.messages.pop(change["gone"], None)


def plain(nodes: list[Any]) -> str:
    """Return a tree's text."""
    out = []
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        else:
            tag, _, within = node
            out.append("\n" if tag == "br" else plain(within))
            if tag in ("p", "li"):
                out.append("\n")
    return "".join(out)
