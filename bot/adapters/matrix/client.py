"""The homeserver: the only module that knows nio, and the raw calls that we make through it.

MatrixError
├── NotSent     the request never left: certainly not carried out
├── NoAnswer    time-out, reset or a server's error: nobody knows
└── Refused     the homeserver said no, and why
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import aiohttp

from bot.adapters.matrix.waves import Waves

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

_V3, _V1 = "/_matrix/client/v3/", "/_matrix/client/v1/"
_CONNECT_SECONDS = 10.0
_STILL = 0.01  # seconds; the next of a line follows the one before sooner than that
_SIGNED_OUT = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})


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
    def signed_out(self) -> bool:
        """Tell whether the access token is worth nothing any more."""
        return self.errcode in _SIGNED_OUT or (
            self.status == 401 and not self.errcode and not self.session
        )


class Client:
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
        self._waves = Waves()
        self._sending = 0
        self._sent_at = 0.0
        self._in_series = False

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

    async def whoami(self) -> JSON:
        """Return whose token this is: `user_id`, `device_id`."""
        return _object(await self.call("GET", ["account", "whoami"]))

    async def login(self, password: str, device_id: str | None, device_name: str) -> JSON:
        """Sign in by password, on the same device as before where there was one."""
        body: JSON = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.user_id},
            "password": password,
            "initial_device_display_name": device_name,
        }
        if device_id:
            body["device_id"] = device_id
        self._nio.access_token = ""
        answer = _object(await self.call("POST", ["login"], body=body))
        self.use_token(str(answer["access_token"]), str(answer["device_id"]))
        return answer

    async def sync(self, since: str | None, sync_filter: str, wait_ms: int, seconds: float) -> JSON:
        """Return what happened since the token."""
        query = {"filter": sync_filter, "timeout": str(wait_ms)}
        if since is not None:
            query["since"] = since
        return _object(await self.call("GET", ["sync"], query=query, seconds=seconds))

    async def messages(
        self,
        room_id: str,
        start: str | None,
        *,
        to: str | None = None,
        limit: int = 100,
        event_filter: Mapping[str, Any] | None = None,
    ) -> JSON:
        """Return a page of a room's events, newest first: `chunk` and, if there is more, `end`."""
        query = {"dir": "b", "limit": str(limit)}
        if start is not None:
            query["from"] = start
        if to is not None:
            query["to"] = to
        if event_filter is not None:
            query["filter"] = json.dumps(event_filter)
        return _object(await self.call("GET", ["rooms", room_id, "messages"], query=query))

    async def send(self, room_id: str, event_type: str, content: JSON, transaction: str) -> str:
        """Send an event once for this transaction id and device; return its event id."""
        path = ["rooms", room_id, "send", event_type, transaction]
        now = asyncio.get_running_loop().time
        self._in_series = self._sending > 0 or now() < self._sent_at + _STILL
        self._sending += 1
        try:
            async with self._waves.turn():
                return str(_object(await self.call("PUT", path, body=content))["event_id"])
        finally:
            self._sending -= 1
            self._sent_at = now()

    async def upload(self, held: bytes, name: str, content_type: str) -> str:
        """Upload a file; return the address by which a message names it."""
        query = urlencode({"filename": name})
        raw = await self._raw("POST", f"/_matrix/media/v3/upload?{query}", held, content_type)
        return str(_object(json.loads(raw))["content_uri"])

    async def download(self, address: str, most: int) -> bytes:
        """Return a file.

        Raises: `MatrixError`, also for one of more than `most` bytes.
        """
        server, _, media = address.removeprefix("mxc://").partition("/")
        path = f"/_matrix/client/v1/media/download/{quote(server, safe='')}/{quote(media, safe='')}"
        return await self._raw("GET", path, None, None, most)

    async def _raw(
        self,
        method: str,
        path: str,
        held: bytes | None,
        content_type: str | None,
        most: int | None = None,
    ) -> bytes:
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

    async def all_sent(self, within: float) -> None:
        """Wait until a series of our events has gone out; for so many seconds at most."""
        now = asyncio.get_running_loop().time
        until = now() + within
        while now() < until:
            if not self._sending and (not self._in_series or now() >= self._sent_at + _STILL):
                return
            await asyncio.sleep(_STILL / 4)

    async def redact(self, room_id: str, event_id: str, transaction: str) -> None:
        """Take an event of ours back."""
        await self.call("PUT", ["rooms", room_id, "redact", event_id, transaction], body={})

    async def event(self, room_id: str, event_id: str) -> JSON:
        """Return an event of a room."""
        return _object(await self.call("GET", ["rooms", room_id, "event", event_id]))

    async def referring(self, room_id: str, event_id: str, page: str | None) -> JSON:
        """Return a page of the events that refer to one, the newest first: `chunk`, `next_batch`.

        Among them are the responses to a poll.
        """
        query = {"limit": "100", "dir": "b", **({"from": page} if page else {})}
        path = ["rooms", room_id, "relations", event_id, "m.reference"]
        return _object(await self.call("GET", path, query=query, base=_V1))

    async def put_state(self, room_id: str, event_type: str, content: JSON, key: str = "") -> None:
        """Set a piece of a room's state."""
        await self.call("PUT", ["rooms", room_id, "state", event_type, key], body=content)

    async def typing(self, room_id: str, milliseconds: int) -> None:
        """Show for so long that we are writing; 0: no more."""
        body: JSON = {"typing": milliseconds > 0}
        if milliseconds:
            body["timeout"] = milliseconds
        await self.call("PUT", ["rooms", room_id, "typing", self.user_id], body=body)

    async def profile(self) -> JSON:
        """Return what people see of the account."""
        return _object(await self.call("GET", ["profile", self.user_id]))

    async def set_profile(self, field: str, value: str) -> None:
        """Set what people see of the account."""
        await self.call("PUT", ["profile", self.user_id, field], body={field: value})

    async def forget(self, room_id: str) -> None:
        """Forget a room that we have left."""
        await self.call("POST", ["rooms", room_id, "forget"], body={})

    async def get_state(self, room_id: str, event_type: str, key: str = "") -> JSON:
        """Return the content of a piece of a room's state; {} where there is none."""
        try:
            return _object(await self.call("GET", ["rooms", room_id, "state", event_type, key]))
        except Refused as error:
            if error.status == 404:
                return {}
            raise

    async def state_event(self, room_id: str, event_type: str, key: str = "") -> JSON:
        """Return the event that sets a piece of a room's state now.

        Where the homeserver does not know of `format`, that is its content alone.
        """
        path = ["rooms", room_id, "state", event_type, key]
        return _object(await self.call("GET", path, query={"format": "event"}))

    async def all_state(self, room_id: str) -> list[JSON]:
        """Return every state event of a room."""
        answer = await self.call("GET", ["rooms", room_id, "state"], seconds=120.0)
        return [event for event in answer if isinstance(event, dict)]

    async def joined_rooms(self) -> list[str]:
        """Return the ids of the rooms that we are in."""
        answer = _object(await self.call("GET", ["joined_rooms"]))
        return [str(room_id) for room_id in answer.get("joined_rooms", [])]

    async def create_room(self, body: JSON) -> str:
        """Create a room and return its id; there is no transaction id for this."""
        return str(_object(await self.call("POST", ["createRoom"], body=body))["room_id"])

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite somebody into a room."""
        await self.call("POST", ["rooms", room_id, "invite"], body={"user_id": user_id})

    async def join(self, room_id: str, via: Sequence[str] = ()) -> None:
        """Join a room that we are invited to, or that is open."""
        path = ["join", room_id]
        query = {"server_name": via[0], "via": via[0]} if via else None
        await self.call("POST", path, query=query, body={}, seconds=120.0)

    async def knock(self, room_id: str, via: Sequence[str] = ()) -> None:
        """Ask those in a room to be let in."""
        query = {"server_name": via[0], "via": via[0]} if via else None
        await self.call("POST", ["knock", room_id], query=query, body={}, seconds=120.0)

    async def hierarchy(self, space: str, page: str | None) -> JSON:
        """Return a page of what is in a space, as far as we may know: `rooms`, `next_batch`."""
        query = {"limit": "50", **({"from": page} if page else {})}
        path = ["rooms", space, "hierarchy"]
        return _object(await self.call("GET", path, query=query, base=_V1))

    async def leave(self, room_id: str) -> None:
        """Leave a room, or decline an invitation."""
        await self.call("POST", ["rooms", room_id, "leave"], body={})


def _result(status: int, raw: bytes, headers: Mapping[str, str]) -> Answer:
    try:
        parsed = json.loads(raw)
    except ValueError:
        parsed = None
    if 200 <= status < 300 and isinstance(parsed, dict | list):
        return parsed
    if status >= 500 or status < 400:
        raise NoAnswer(f"status {status}")
    said = parsed if isinstance(parsed, dict) else {}
    after, session = _retry_after(said, headers), str(said.get("session", ""))
    raise Refused(status, str(said.get("errcode", "")), after, session)


def _retry_after(said: JSON, headers: Mapping[str, str]) -> float | None:
    milliseconds = said.get("retry_after_ms")
    if isinstance(milliseconds, int | float):
        return max(0.0, milliseconds / 1000)
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


def _object(answer: Answer) -> JSON:
    if not isinstance(answer, dict):
        raise NoAnswer("the answer is not an object")
    return answer
