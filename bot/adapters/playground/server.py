"""The web server on 127.0.0.1: the page, and the socket by which it follows the world.

Whoever does not know the token, or comes from another page or under another name, gets nothing.
"""

import asyncio
import contextlib
import errno
import hmac
import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aiohttp import WSMsgType, web

from bot.adapters.playground.inbound import MOST
from bot.adapters.playground.session import Session
from bot.core.errors import Misconfigured

if TYPE_CHECKING:
    from bot.adapters.playground.adapter import PlaygroundAdapter

HOST = "127.0.0.1"
_PAGE = Path(__file__).with_name("page")
_FRAME = 6 * MOST  # bytes: every character may be escaped
_NAMES = (HOST, "localhost")


class Server:
    """Serves one adapter."""

    def __init__(self, adapter: "PlaygroundAdapter", token: str, port: int) -> None:
        """Serve nobody yet; port 0 takes any that is free."""
        self.adapter = adapter
        self.token = token
        self.port = port
        self.sessions: set[Session] = set()
        self.listening = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._files = {path.name: path.read_bytes() for path in sorted(_PAGE.iterdir())}

    @property
    def link(self) -> str:
        """What opens the page."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    async def __aenter__(self) -> Self:
        """Listen.

        Raises: `Misconfigured` when something else listens on the port.
        """
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/{token}/live", self._live)
        app.router.add_get("/{token}/{name:[a-z.-]*}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self.port).start()
        except (OSError, OverflowError) as error:
            await self.close()
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                raise Misconfigured(
                    f"Something listens on port {self.port} of this machine already, perhaps "
                    "another playground. End that one, or choose a port that is free with --port 0."
                ) from error
            raise Misconfigured(
                f"Port {self.port} cannot be used: {error}. Choose another with --port."
            ) from error
        self.port = int(self._runner.addresses[0][1])
        self.listening.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        await self.close()

    async def close(self) -> None:
        """Let the pages go, and the port."""
        runner, self._runner = self._runner, None
        self.listening.clear()
        for session in list(self.sessions):
            await session.close()
        if runner is not None:
            await runner.cleanup()

    def tell(self, change: Mapping[str, Any]) -> None:
        """Tell every page of a change."""
        text = json.dumps(change, ensure_ascii=False, separators=(",", ":"))
        for session in self.sessions:
            session.put(text)

    def begin_anew(self) -> None:
        """Let every page begin anew."""
        for session in self.sessions:
            session.greet(None, 0)

    # Requests

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401 - aiohttp's own
        name, _, port = request.host.partition(":")
        token = request.match_info.get("token", "")
        if name not in _NAMES or port != str(self.port):
            response: web.StreamResponse = self._refuse("This address is not served here.")
        elif not hmac.compare_digest(token.encode(), self.token.encode()):
            response = self._refuse(
                "This link does not open the playground. Take the whole link from the terminal in "
                "which it was started; each start makes a new one."
            )
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=error.reason)
        if not response.prepared:
            response.headers.update(self._headers())
        return response

    def _refuse(self, why: str) -> web.Response:
        return web.Response(status=403, text=f"{why}\n")

    def _headers(self) -> dict[str, str]:
        sockets = " ".join(f"ws://{name}:{self.port}" for name in _NAMES)
        return {
            "Content-Security-Policy": (
                f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"] or "index.html"
        if name not in self._files:
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        kind = "text/javascript" if name.endswith(".js") else kind
        return web.Response(body=self._files[name], content_type=kind, charset="utf-8")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        origins = {f"http://{name}:{self.port}" for name in _NAMES}
        if request.headers.get("Origin") not in origins:
            return self._refuse("Only the playground's own page may connect.")
        socket = web.WebSocketResponse(max_msg_size=_FRAME, heartbeat=30, compress=False)
        await socket.prepare(request)
        session = Session(self.adapter, socket)
        self.sessions.add(session)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    session.hear(message.data)
        finally:
            self.sessions.discard(session)
            with contextlib.suppress(asyncio.CancelledError):
                await session.close()
        return socket
