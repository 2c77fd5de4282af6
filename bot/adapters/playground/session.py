"""One page: what it is told, in order, and what it asks for."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog
from aiohttp import web

from bot.adapters.playground.backstage import Refused

if TYPE_CHECKING:
    from bot.adapters.playground.adapter import PlaygroundAdapter

log = structlog.get_logger(__name__)

JSON: TypeAlias = dict[str, Any]

_BEHIND = 100_000  # messages that wait for a page; one that reads no more is let go


class Session:
    """A page's socket. A page that knows the world's run is told what is new since then only."""

    def __init__(self, adapter: "PlaygroundAdapter", socket: web.WebSocketResponse) -> None:
        """Begin; nothing is told before the page has said hello."""
        self._adapter = adapter
        self.socket = socket
        self._out: asyncio.Queue[str | None] = asyncio.Queue()
        self._deeds: asyncio.Queue[JSON] = asyncio.Queue()
        self._greeted = False
        self.language = ""
        self._orders: set[asyncio.Task[None]] = set()
        self._tasks = [
            asyncio.create_task(self._write()),
            asyncio.create_task(self._do_in_order()),
        ]

    def put(self, text: str) -> None:
        """Tell the page something, behind all that it was told before."""
        if not self._greeted:
            return
        if self._out.qsize() > _BEHIND:
            self._greeted = False
            self._out.put_nowait(None)
            return
        self._out.put_nowait(text)

    def greet(self, run: str | None, since: int) -> None:
        """Tell the page all, or what has changed since, where it has followed this world."""
        world, backstage = self._adapter.world, self._adapter.backstage
        self._greeted = True
        fresh = run != world.run
        hello: JSON = {"hello": world.run, "fresh": fresh, "name": world.name, "roles": world.roles}
        if fresh and backstage is not None:
            hello["commands"] = backstage.commands(self.language)
            hello["staged"] = True
        self._tell(hello)
        changes = list(world.since(0 if fresh else since))
        if changes:
            self._tell({"changes": changes})

    def hear(self, text: str) -> None:
        """Take in what the page says."""
        try:
            said = json.loads(text)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        if "hello" in said:
            backstage = self._adapter.backstage
            self.language = str(said.get("language", ""))
            if said.get("words") and backstage is not None:
                self._tell_words(backstage.words(self.language), list(backstage.languages))
            since = said.get("since")
            self.greet(str(said["hello"]), since if isinstance(since, int) else 0)
        elif "do" in said:
            self._deeds.put_nowait(said)
        elif "order" in said:
            task = asyncio.create_task(self._answer(said, self._adapter.order(said)))
            self._orders.add(task)
            task.add_done_callback(self._orders.discard)

    async def close(self) -> None:
        """Let go of the page."""
        for task in (*self._tasks, *self._orders):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._orders, return_exceptions=True)
        with contextlib.suppress(ConnectionError):
            await self.socket.close()

    def _tell_words(self, words: Mapping[str, str], languages: list[Any]) -> None:
        self._greeted = True
        self._tell({"words": words, "languages": languages, "language": self.language})

    def _tell(self, told: Mapping[str, Any]) -> None:
        self.put(json.dumps(told, ensure_ascii=False, separators=(",", ":")))

    async def _write(self) -> None:
        while (text := await self._out.get()) is not None:
            try:
                await self.socket.send_str(text)
            except ConnectionError:
                return
        await self.socket.close()

    async def _do_in_order(self) -> None:
        while True:
            deed = await self._deeds.get()
            # It is carried out even if the page goes away meanwhile.
            await self._answer(deed, self._adapter.do({**deed, "language": self.language}))

    async def _answer(self, asked: JSON, work: Any) -> None:  # noqa: ANN401 - any coroutine
        answer: JSON = {"answer": str(asked.get("id", ""))}
        try:
            answer |= await work
        except Refused as refused:
            answer |= {"refused": refused.words, "values": refused.values}
        except Exception as error:
            # No text of the error: it may quote what somebody wrote.
            log.error("not done", error=type(error).__name__)
            answer |= {"refused": "refused_broken"}
        self._tell(answer)
