"""Health and metrics over HTTP: `/healthz`, `/readyz`, `/metrics`. Nothing can be changed here."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.core.errors import Misconfigured
from bot.operations.health import Health, Part
from bot.operations.metrics import FORMAT, Metrics
from storage.reporting import Figures, Watcher

_LOOK_EVERY = 5.0  # seconds; whoever asks more often gets the figures of before
_PATIENCE = 3.0  # seconds, after which they are left out


class Server:
    """Answers monitors.

    Args:
        health: how the parts are.
        metrics: what is counted.
        watcher: reads the store beside the bot.
        now: the time, as the store has it.
    """

    def __init__(
        self, health: Health, metrics: Metrics, watcher: Watcher, now: Callable[[], datetime]
    ) -> None:
        """Listen nowhere yet."""
        self.health = health
        self.metrics = metrics
        self.watcher = watcher
        self.now = now
        self._looking: asyncio.Future[Figures] | None = None
        self._looked = -_LOOK_EVERY

    async def run(self, host: str, port: int) -> None:
        """Answer until cancelled.

        Raises: `Misconfigured` when there can be no listening there.
        """
        application = web.Application()
        application.add_routes(
            [
                web.get("/healthz", self._alive),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._metrics),
            ]
        )
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise Misconfigured(
                f"Health and metrics cannot be served on {host}, port {port}: "
                f"{_why(error)}. Set "
                "CIRCLEKEEPER_HTTP__PORT to a free one, or leave it out."
            ) from error
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
            await asyncio.to_thread(self.watcher.close)

    async def _alive(self, _request: web.Request) -> web.Response:
        alive = self.health.alive
        return web.Response(text="alive\n" if alive else "stuck\n", status=200 if alive else 503)

    async def _ready(self, _request: web.Request) -> web.Response:
        parts = await self.health.parts()
        ready = all(part.works for part in parts)
        said: dict[str, object] = {"ready": ready}
        said |= {part.kind: part.says for part in parts if part.kind != "adapters"}
        said["adapters"] = {part.name: part.says for part in parts if part.kind == "adapters"}
        return web.json_response(said, status=200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        parts = await self.health.parts()
        shown = self.metrics.show(await self._figures(), _works(parts))
        return web.Response(body=shown, headers={"Content-Type": FORMAT})

    async def _figures(self) -> Figures | None:
        """Look into the store, but not without end and not again and again."""
        loop = asyncio.get_running_loop()
        looking = self._looking
        if looking is None or (looking.done() and loop.time() - self._looked >= _LOOK_EVERY):
            self._looked = loop.time()
            look = asyncio.to_thread(self.watcher.figures, self.now())
            looking = self._looking = asyncio.ensure_future(look)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.shield(looking)
        except Exception:
            return None


def _why(error: OSError) -> str:
    """Return the system's word for it: what asyncio makes of it tells the address again."""
    number = error.errno or 0
    return os.strerror(number).lower() if number > 0 else "the address is not known"


def _works(parts: list[Part]) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for part in parts:
        found[part.kind][part.name] = part.works
    return found
