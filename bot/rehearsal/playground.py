"""The playground: the whole bot with the embedded store, on a clock that the page moves."""

import asyncio
import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import structlog

from bot.adapters.playground import PlaygroundAdapter, Refused, World
from bot.app import App
from bot.core.content import Folders
from bot.core.refs import Member
from bot.rehearsal.arriving import Preparing, add_bot, furnish
from bot.rehearsal.clock import SimulatedClock
from bot.rehearsal.played import Played
from bot.rehearsal.travel import Travel
from storage.exhibit import exhibit
from storage.members import Members
from storage.opening import Opened, open_store
from storage.transaction import Transaction

log = structlog.get_logger(__name__)

JSON: TypeAlias = dict[str, Any]

_A_WHILE = timedelta(seconds=5)
_AT_LEAST = 0.5  # seconds between two such whiles
_MEMORY, _ROOM = Path("/dev/shm"), 256 * 2**20  # noqa: S108 - a folder of its own in it
_TOGETHER = 0.03  # seconds: what is done meanwhile is looked at together


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for a store: in memory where there is room, since nothing of it is kept."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    roomy = roomy and shutil.disk_usage(_MEMORY).free >= _ROOM
    return tempfile.TemporaryDirectory(prefix="circlekeeper-", dir=_MEMORY if roomy else None)


class Playground:
    """Stages one community after the other for one page (see `adapters.playground.Backstage`).

    Args:
        folders: the content to play with, and
        shipped: what came with the bot, which has no mistakes.
        start: when it begins, with its zone.
        zone: the time zone of a circle that is open already.
        language: what that circle speaks.
        empty: begin with nothing set up.
    """

    def __init__(
        self,
        folders: Folders,
        shipped: Folders,
        *,
        start: datetime,
        zone: str,
        language: str,
        port: int,
        empty: bool = False,
    ) -> None:
        """Stage nothing yet."""
        self._played = Played(folders, shipped)
        self._start, self._zone = start, zone
        self._language, self._empty = language, empty
        self._opened: Opened | None = None
        self._folder = _folder()
        self._travel: Travel | None = None
        self._moving = asyncio.Lock()
        self._woken = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._acted = 0.0
        self.clock = SimulatedClock(start)
        self.adapter = PlaygroundAdapter(
            self.clock,
            World(secrets.token_hex(8)),
            token=secrets.token_urlsafe(24),
            port=port,
            backstage=self,
        )

    async def run(self, ready: Callable[[str], None]) -> None:
        """Serve until cancelled; tell the link once it works.

        Raises: `Misconfigured` when the port cannot be used.
        """
        try:
            async with self.adapter.server:
                async with self._still():
                    await self._played.read()
                    await self._begin()
                ready(self.adapter.server.link)
                await self._drive()
        finally:
            await self._stop_sending()
            self.close()

    def close(self) -> None:
        """Let go of the store; nothing of it is kept."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()
        self._folder.cleanup()

    # What the page asks for

    @property
    def languages(self) -> Sequence[Mapping[str, str]]:
        """The languages of the page."""
        return self._played.page.languages

    def words(self, language: str) -> Mapping[str, str]:
        """Return the page's own words."""
        return self._played.page.said(language or self._language)

    def commands(self, language: str) -> Sequence[Mapping[str, Any]]:
        """Return every command, with what to say of it."""
        commands = self._played.commands
        return commands.said(language) if commands else ()

    def acted(self) -> None:
        """Let a little time pass, and not too much where many act at once."""
        now = time.monotonic()
        if not self._moving.locked() and now - self._acted >= _AT_LEAST:
            self._acted = now
            self.clock.advance(_A_WHILE)

    def wake(self) -> None:
        """Let the bot send what it has to send."""
        self._woken.set()

    async def held(self, person: str) -> JSON:
        """Return what the store holds about somebody."""
        opened = self._staged()
        member = Member(self.adapter.name, person)

        def look(tx: Transaction) -> list[JSON]:
            subject = Members(tx).find(member)
            if subject is None:
                return []
            return [
                {
                    "heading": each.heading,
                    "table": each.table,
                    "count": each.count,
                    "rows": [{"own": own, "stored": stored} for own, stored in each.rows],
                }
                for each in exhibit(tx, subject)
            ]

        return {"held": await opened.store.transact(look)}

    async def order(self, what: str, order: Mapping[str, Any]) -> JSON:
        """Carry out what the page asks for."""
        match what:
            case "travel":
                return await self._move(str(order.get("to", "")), str(order.get("date", "")))
            case "stop":
                if self._travel is not None:
                    self._travel.stop()
                return {}
            case "again":
                self._empty = order.get("empty") is True
                self._language = self._played.page.said(str(order.get("language", "")))["language"]
                async with self._still():
                    await self._begin()
                return {}
            case "read":
                return await self._read_again()
        raise Refused("refused_unknown")

    async def _move(self, to: str, date: str) -> JSON:
        self._staged()
        assert self._travel is not None
        if self._travel.travelling:
            raise Refused("refused_travelling")
        async with self._still():
            moment = await self._travel.target(to, date)
            return {"moments": await self._travel.to(moment)}

    def _staged(self) -> Opened:
        if self._opened is None:
            raise Refused("refused_mistakes")
        return self._opened

    async def _read_again(self) -> JSON:
        """Go on with the content as it is now; with mistakes, with what was read before."""
        async with self._still():
            good = await self._played.read()
            if good and self._opened is None:
                await self._begin()
            elif good:
                await self._restart()
            self._tell_content()
        return {"mistakes": len(self._played.mistakes)}

    def _tell_content(self) -> None:
        told = self._played.told(staged=self._opened is not None)
        self.adapter.world.changed("content", {"content": told})

    # Staging

    async def _begin(self) -> None:
        """Stage a new community, on a new store; of the one before nothing is kept."""
        words = self._played.page.said(self._language)
        await self._played.load(words["language"])
        await self._end()
        self.clock = self.adapter.clock = SimulatedClock(self._start)
        world = World(secrets.token_hex(8), words["circle_name"])
        furnish(world, words)
        if self._played.content is not None:
            self._folder.cleanup()
            self._folder = _folder()
            await self._live(world)
            (host,) = self._app.hosts
            await add_bot(world, host)
            await self._travel_here().settle()
            if not self._empty:
                await Preparing(
                    self.adapter,
                    self._travel_here().settle,
                    words=words,
                    zone=self._zone,
                ).prepare()
            await self._travel_here().tell_clock()
        else:
            self.adapter.play(world)
        self._tell_content()

    async def _live(self, world: World) -> None:
        """Let the bot live in this world, on the store that is there or a new one."""
        content = self._played.content
        assert content is not None
        place = Path(self._folder.name)
        url, key = f"sqlite:///{place / 'playground.db'}", place / "key"
        self._opened = await asyncio.to_thread(open_store, url, key)
        self._app = App(self._opened.store, content, [self.adapter], clock=self.clock)
        self._travel = Travel(self._app, world, self.clock, self._zone)
        if self.adapter.world is not world:
            self.adapter.play(world)
        self.adapter.connect(self._app.hosts[0])

    async def _restart(self) -> None:
        """End the bot and start it on the same store, with the content that was read just now."""
        await self._end()
        await self._live(self.adapter.world)
        self.adapter.server.begin_anew()
        await self._travel_here().tell_clock()

    async def _end(self) -> None:
        """Let the bot end what it has begun, and close the store."""
        await self.adapter.disconnect()
        opened, self._opened, self._travel = self._opened, None, None
        if opened is not None:
            await asyncio.to_thread(opened.close)

    def _travel_here(self) -> Travel:
        assert self._travel is not None
        return self._travel

    @contextlib.asynccontextmanager
    async def _still(self) -> AsyncIterator[None]:
        """Let nothing be sent by itself meanwhile: what happens then happens step by step."""
        async with self._moving:
            await self._stop_sending()
            try:
                yield
            finally:
                if self._opened is not None:
                    worker = self._app.outboxes[0]
                    self._sending = asyncio.create_task(worker.run())

    async def _stop_sending(self) -> None:
        sending, self._sending = self._sending, None
        if sending is not None:
            sending.cancel()
            await asyncio.wait({sending})

    async def _drive(self) -> None:
        """Look what has come due whenever somebody has done something."""
        while True:
            await self._woken.wait()
            await asyncio.sleep(_TOGETHER)
            self._woken.clear()
            try:
                if self._travel is not None and not await self._travel.tell_clock():
                    async with self._still():
                        await self._travel.settle()
                        await self._travel.tell_clock()
            except Exception as error:
                log.error("not settled", error=type(error).__name__)
