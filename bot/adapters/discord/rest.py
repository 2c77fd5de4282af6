"""Discord's REST API, one request at a time: the outbox is who tries again, not we.

DiscordError
├── NotSent     the request never left: certainly not carried out
├── NoAnswer    time-out, reset or a server's error: nobody knows
└── Refused     Discord said no, and why
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import aiohttp

from bot import __version__
from bot.core.actions import File

JSON: TypeAlias = dict[str, Any]
Body: TypeAlias = JSON | list[JSON]
Answer: TypeAlias = JSON | list[JSON] | None

API = "https://discord.com/api/v10"
_AGENT = f"DiscordBot (circlekeeper, {__version__})"
_CONNECT_SECONDS = 5.0
_MOST_PATIENCE = 2.0  # seconds that a request waits for its own limit, rather than be refused
_SNOWFLAKE = re.compile(r"/\d{5,}")
_MAJOR = re.compile(r"^/(channels|guilds|webhooks)/\d+")


class DiscordError(Exception):
    """A call that did not do what it should."""


class NotSent(DiscordError):
    """Discord could not be reached."""


class NoAnswer(DiscordError):
    """Discord gave no usable answer."""


class Refused(DiscordError):
    """Discord's own no.

    Args:
        status: the HTTP status.
        code: Discord's error code, or 0.
        retry_after: seconds to wait, where Discord names them.
        alone: the limit is of this place alone, and not of the whole account.
    """

    def __init__(
        self, status: int, code: int = 0, retry_after: float | None = None, *, alone: bool = True
    ) -> None:
        """Keep what Discord said."""
        super().__init__(f"{status} {code}".strip())
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.alone = alone


@dataclass(slots=True)
class _Limit:
    """How many requests a place takes yet, and until when (of the loop's time)."""

    left: int
    until: float


class Rest:
    """One account's requests, over one kept-alive HTTP session."""

    def __init__(self, token: str, api_url: str | None = None, patience: float = 10.0) -> None:
        """Make no connection yet; `patience` in seconds, for calls that name none."""
        self._token = token
        self._base = (api_url or API).rstrip("/")
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None
        self._limits: dict[str, _Limit] = {}

    async def close(self) -> None:
        """Let go of the HTTP session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        query: Mapping[str, str] | None = None,
        seconds: float | None = None,
        file: File | None = None,
    ) -> JSON:
        """Make one request and return the object that it answers; `{}` where there is none.

        `file` comes along with the body, which names it.

        Raises: `NotSent`, `NoAnswer`, `Refused`.
        """
        answer = await self._send(method, path, body, query, seconds, file)
        if answer is not None and not isinstance(answer, dict):
            raise NoAnswer("no JSON object")
        return answer or {}

    async def read_list(
        self, path: str, *, query: Mapping[str, str] | None = None, seconds: float | None = None
    ) -> list[JSON]:
        """Read a list."""
        answer = await self._send("GET", path, None, query, seconds)
        if not isinstance(answer, list):
            raise NoAnswer("no JSON list")
        return answer

    async def fetch(self, url: str, most: int) -> bytes:
        """Return what an attachment holds, of which Discord told us; no more than `most` bytes.

        Raises: `NoAnswer`, also for what is larger.
        """
        timeout = aiohttp.ClientTimeout(total=self._patience, sock_connect=_CONNECT_SECONDS)
        held = b""
        try:
            async with self._open().get(url, timeout=timeout) as response:
                if response.status != 200:
                    raise NoAnswer(str(response.status))
                async for part in response.content.iter_chunked(16_384):
                    held += part
                    if len(held) > most:
                        raise NoAnswer("too large")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        return held

    async def replace(self, path: str, body: list[JSON]) -> None:
        """Put a whole list in the place of another."""
        await self._send("PUT", path, body, None, None)

    async def _send(
        self,
        method: str,
        path: str,
        body: Body | None,
        query: Mapping[str, str] | None,
        seconds: float | None,
        file: File | None = None,
    ) -> Answer:
        """Make one request.

        What an interaction's token opens needs no other signature, and has no limit of its own.
        """
        of_interaction = path.startswith(("/interactions/", "/webhooks/"))
        place = "" if of_interaction else _place(method, path)
        if place:
            await self._wait_for(place)
        headers = {"User-Agent": _AGENT}
        if not of_interaction:
            headers["Authorization"] = f"Bot {self._token}"
        data: bytes | aiohttp.FormData | None = None
        if body is not None and file is not None:
            data = _with_file(body, file)
        elif body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False).encode(errors="replace")
        timeout = aiohttp.ClientTimeout(
            total=self._patience if seconds is None else seconds, sock_connect=_CONNECT_SECONDS
        )
        try:
            async with self._open().request(
                method, self._base + path, data=data, params=query, headers=headers, timeout=timeout
            ) as response:
                raw = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        if place:
            self._note(place, response.headers)
        return _result(response.status, raw, response.headers)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    async def _wait_for(self, place: str) -> None:
        """Wait for the place's own limit: what is refused counts against the address."""
        limit = self._limits.get(place)
        if limit is None:
            return
        now = asyncio.get_running_loop().time()
        if now >= limit.until:
            del self._limits[place]
        elif limit.left > 0:
            limit.left -= 1
        elif limit.until - now <= _MOST_PATIENCE:
            await asyncio.sleep(limit.until - now)
        else:
            raise Refused(429, 0, limit.until - now)

    def _note(self, place: str, headers: Mapping[str, str]) -> None:
        try:
            left = int(headers["X-RateLimit-Remaining"])
            after = float(headers["X-RateLimit-Reset-After"])
        except (KeyError, ValueError):
            return
        self._limits[place] = _Limit(left, asyncio.get_running_loop().time() + after)


def _with_file(body: Body, file: File) -> aiohttp.FormData:
    form = aiohttp.FormData()
    said = json.dumps(body, ensure_ascii=False).encode(errors="replace").decode()
    form.add_field("payload_json", said, content_type="application/json")
    held = file.text.encode(errors="replace")
    form.add_field("files[0]", held, filename=file.name, content_type="text/plain")
    return form


def _place(method: str, path: str) -> str:
    """Return what a limit is kept for: the route, and the channel or guild that it is about."""
    major = _MAJOR.match(path)
    start = major[0] if major else ""
    return f"{method} {start}{_SNOWFLAKE.sub('/:id', path[len(start) :])}"


def _result(status: int, raw: bytes, headers: Mapping[str, str]) -> Answer:
    try:
        answer: Answer = json.loads(raw) if raw else None
    except ValueError as error:
        answer = None
        if status < 300:
            raise NoAnswer("no JSON") from error
    if status < 300:
        return answer
    said = answer if isinstance(answer, dict) else {}
    if status == 429:
        after = said.get("retry_after", headers.get("Retry-After"))
        everywhere = said.get("global") is True or "X-RateLimit-Global" in headers
        raise Refused(429, _code(said), _seconds(after), alone=not everywhere)
    if status >= 500:
        raise NoAnswer(str(status))
    raise Refused(status, _code(said))


def _code(said: Mapping[str, Any]) -> int:
    code = said.get("code")
    return code if isinstance(code, int) else 0


def _seconds(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
