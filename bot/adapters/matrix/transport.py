"""The way to the homeserver: the only module that knows nio. One request, no repetition, and an
error that says what is known of the result.

MatrixError
├── NotSent     the request never left: certainly not carried out
├── NoAnswer    time-out, reset or a server's error: nobody knows
└── Refused     the homeserver said no, and why
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import aiohttp

# Wherever vodozemac is installed, nio loads an encryption of its own with it: 15 MB, which nobody
# here uses. Hidden while nio looks for it, it is loaded by ours alone, where that is wanted.
_VODOZEMAC = "vodozemac"
_loaded = sys.modules.get(_VODOZEMAC)
sys.modules[_VODOZEMAC] = None  # type: ignore[assignment]
try:
    from nio import AsyncClient, AsyncClientConfig
finally:
    del sys.modules[_VODOZEMAC]
    if _loaded is not None:
        sys.modules[_VODOZEMAC] = _loaded

JSON: TypeAlias = dict[str, Any]
Answer: TypeAlias = JSON | list[Any]

# Pairs of surrogates, single ones, U+0000, other escapes, and surrogates in UTF-8.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\u0000|\\.|\xed[\xa0-\xbf].",
    re.DOTALL,
)
_SIGNS_OF_THEM = (b"\\u0000", b"\\ud", b"\\uD", b"\xed")  # quick to look for

_V3 = "/_matrix/client/v3/"
_CONNECT_SECONDS = 10.0
_SIGNED_OUT = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})
# An admin has to do something before the account may do anything at all.
_FOR_NOW = frozenset(
    {"M_CONSENT_NOT_GIVEN", "M_RESOURCE_LIMIT_EXCEEDED", "M_USER_LOCKED", "M_USER_SUSPENDED"}
)
# With these a proxy says what a homeserver would; its other refusals mean that the server is away.
_PLAIN = frozenset({401, 405, 413, 429})


class MatrixError(Exception):
    """A call that did not do what it should."""


class NotSent(MatrixError):
    """The homeserver could not be reached."""


class NoAnswer(MatrixError):
    """The homeserver gave no usable answer."""


class Refused(MatrixError):
    """The homeserver's own no.

    Args:
        status: the HTTP status.
        errcode: Matrix's error code, or "".
        retry_after: seconds to wait, where the homeserver names them.
        session: under which a proof of who we are is awaited, or "".
    """

    def __init__(
        self, status: int, errcode: str, retry_after: float | None = None, session: str = ""
    ) -> None:
        """Keep what the homeserver said."""
        super().__init__(f"{status} {errcode}".strip())
        self.session = session
        self.status = status
        self.errcode = errcode
        self.retry_after = retry_after

    @property
    def limited(self) -> bool:
        """Tell whether we were only too fast."""
        return self.status == 429 or self.errcode == "M_LIMIT_EXCEEDED"

    @property
    def for_now(self) -> bool:
        """Tell whether the account may do nothing at present, whatever it asks for."""
        return self.errcode in _FOR_NOW

    @property
    def signed_out(self) -> bool:
        """Tell whether the access token is worth nothing any more."""
        return self.errcode in _SIGNED_OUT or (
            self.status == 401 and not self.errcode and not self.session
        )


class Transport:
    """One account on one homeserver, over one kept-alive HTTP session."""

    def __init__(self, homeserver: str, user_id: str, patience: float = 30.0) -> None:
        """Make no connection yet; `patience` in seconds, for calls that name none."""
        # nio retries a 429 and a time-out for ever, out of order: the outbox is who retries.
        config = AsyncClientConfig(
            max_limit_exceeded=0,
            max_timeouts=0,
            encryption_enabled=False,
            store_sync_tokens=False,
        )
        self._nio = AsyncClient(homeserver.rstrip("/"), user_id, config=config, ssl=True)
        self._patience = patience
        self.user_id = user_id
        self.server_time_ms: int | None = None

    @property
    def device_id(self) -> str | None:
        """The device that the token belongs to; transaction ids count within it."""
        return self._nio.device_id or None

    @property
    def access_token(self) -> str:
        """What signs our calls."""
        return str(self._nio.access_token)

    def use_token(self, access_token: str, device_id: str | None) -> None:
        """Sign every further call with this token."""
        self._nio.access_token = access_token
        self._nio.device_id = device_id or ""

    async def close(self) -> None:
        """Let go of the HTTP session."""
        await self._nio.close()

    async def call(
        self,
        method: str,
        path: Sequence[str],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        seconds: float | None = None,
        base: str = _V3,
    ) -> Answer:
        """Make one request and return its JSON; no retries.

        nio's own calls check every event of an answer against a JSON schema, which takes longer
        than all else that we do; so we use its session and its account only.
        Raises: `NotSent`, `NoAnswer`, `Refused`.
        """
        url = base + "/".join(quote(part, safe="") for part in path)
        if query:
            url += "?" + urlencode(query)
        headers = {"Content-Type": "application/json"}
        if self._nio.access_token:
            headers["Authorization"] = f"Bearer {self._nio.access_token}"
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        timeout = aiohttp.ClientTimeout(
            total=self._patience if seconds is None else seconds, sock_connect=_CONNECT_SECONDS
        )
        try:
            response = await self._nio.send(method, url, data, headers, None, timeout)
            async with response:
                raw = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        self._note_time(response.headers.get("Date"))
        return _result(response.status, raw, response.headers)

    def _note_time(self, date: str | None) -> None:
        if date is not None:
            with suppress(ValueError):
                self.server_time_ms = int(parsedate_to_datetime(date).timestamp() * 1000)

    async def raw(
        self,
        method: str,
        path: str,
        held: bytes | None,
        content_type: str | None,
        most: int | None = None,
    ) -> bytes:
        """Make one request with bytes, or for bytes: at most so many.

        Raises: `NotSent`, `NoAnswer`, `Refused`.
        """
        headers = {"Authorization": f"Bearer {self._nio.access_token}"}
        if content_type is not None:
            headers["Content-Type"] = content_type
        timeout = aiohttp.ClientTimeout(total=self._patience, sock_connect=_CONNECT_SECONDS)
        found = b""
        try:
            response = await self._nio.send(method, path, held, headers, None, timeout)
            async with response:
                async for part in response.content.iter_chunked(16_384):
                    found += part
                    if most is not None and len(found) > most:
                        raise NoAnswer("the file is too large")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        if response.status != 200:
            _result(response.status, found, response.headers)  # raises what it means
        return found


def _result(status: int, raw: bytes, headers: Mapping[str, str]) -> Answer:
    try:
        parsed = read_json(raw)
    except ValueError:
        parsed = None
    if 200 <= status < 300 and isinstance(parsed, dict | list):
        return parsed
    if status >= 500 or status < 400:
        raise NoAnswer(f"status {status}")
    said = parsed if isinstance(parsed, dict) else {}
    if not said and status not in _PLAIN:
        raise NoAnswer(f"status {status}")
    after, session = _retry_after(said, headers), str(said.get("session", ""))
    raise Refused(status, str(said.get("errcode", "")), after, session)


def read_json(raw: bytes) -> object:
    """Read JSON as text that every database and every answer can hold.

    Anybody may write U+0000, or half of a sign, into a message or a room's name.
    Raises: `ValueError`.
    """
    if any(sign in raw for sign in _SIGNS_OF_THEM):
        raw = _ESCAPES.sub(_whole, raw)
    try:
        parsed: object = json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return parsed


def _whole(escape: re.Match[bytes]) -> bytes:
    found = escape[0]
    if found == b"\\u0000":
        return b""
    return b"?" if len(found) == 6 or found[:1] == b"\xed" else found


def _retry_after(said: JSON, headers: Mapping[str, str]) -> float | None:
    milliseconds = said.get("retry_after_ms")
    if isinstance(milliseconds, int | float):
        return max(0.0, milliseconds / 1000)
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


def as_object(answer: Answer) -> JSON:
    """Return an answer that has to be an object.

    Raises: `NoAnswer`.
    """
    if not isinstance(answer, dict):
        raise NoAnswer("the answer is not an object")
    return answer
