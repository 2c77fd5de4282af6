"""The calls that we make of the homeserver, by their names in the specification."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from bot.adapters.matrix.transport import JSON, Refused, Transport, as_object
from bot.adapters.matrix.waves import Waves

_V1 = "/_matrix/client/v1/"
_STILL = 0.01  # seconds; the next of a line follows the one before sooner than that


class Client(Transport):
    """One account on one homeserver."""

    def __init__(self, homeserver: str, user_id: str, patience: float = 30.0) -> None:
        """Make no connection yet; `patience` in seconds, for calls that name none."""
        super().__init__(homeserver, user_id, patience)
        self._waves = Waves()
        self._sending = 0
        self._sent_at = 0.0
        self._in_series = False

    async def whoami(self) -> JSON:
        """Return whose token this is: `user_id`, `device_id`."""
        return as_object(await self.call("GET", ["account", "whoami"]))

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
        answer = as_object(await self.call("POST", ["login"], body=body))
        self.use_token(str(answer["access_token"]), str(answer["device_id"]))
        return answer

    async def sync(self, since: str | None, sync_filter: str, wait_ms: int, seconds: float) -> JSON:
        """Return what happened since the token."""
        query = {"filter": sync_filter, "timeout": str(wait_ms)}
        if since is not None:
            query["since"] = since
        return as_object(await self.call("GET", ["sync"], query=query, seconds=seconds))

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
        return as_object(await self.call("GET", ["rooms", room_id, "messages"], query=query))

    async def send(self, room_id: str, event_type: str, content: JSON, transaction: str) -> str:
        """Send an event once for this transaction id and device; return its event id."""
        path = ["rooms", room_id, "send", event_type, transaction]
        now = asyncio.get_running_loop().time
        self._in_series = self._sending > 0 or now() < self._sent_at + _STILL
        self._sending += 1
        try:
            async with self._waves.turn():
                return str(as_object(await self.call("PUT", path, body=content))["event_id"])
        finally:
            self._sending -= 1
            self._sent_at = now()

    async def upload(self, held: bytes, name: str, content_type: str) -> str:
        """Upload a file; return the address by which a message names it."""
        query = urlencode({"filename": name})
        raw = await self.raw("POST", f"/_matrix/media/v3/upload?{query}", held, content_type)
        return str(as_object(json.loads(raw))["content_uri"])

    async def download(self, address: str, most: int) -> bytes:
        """Return a file.

        Raises: `MatrixError`, also for one of more than `most` bytes.
        """
        server, _, media = address.removeprefix("mxc://").partition("/")
        path = f"/_matrix/client/v1/media/download/{quote(server, safe='')}/{quote(media, safe='')}"
        return await self.raw("GET", path, None, None, most)

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
        return as_object(await self.call("GET", ["rooms", room_id, "event", event_id]))

    async def referring(self, room_id: str, event_id: str, page: str | None) -> JSON:
        """Return a page of the events that refer to one, the newest first: `chunk`, `next_batch`.

        Among them are the responses to a poll.
        """
        query = {"limit": "100", "dir": "b", **({"from": page} if page else {})}
        path = ["rooms", room_id, "relations", event_id, "m.reference"]
        return as_object(await self.call("GET", path, query=query, base=_V1))

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
        return as_object(await self.call("GET", ["profile", self.user_id]))

    async def set_profile(self, field: str, value: str) -> None:
        """Set what people see of the account."""
        await self.call("PUT", ["profile", self.user_id, field], body={field: value})

    async def forget(self, room_id: str) -> None:
        """Forget a room that we have left."""
        await self.call("POST", ["rooms", room_id, "forget"], body={})

    async def get_state(self, room_id: str, event_type: str, key: str = "") -> JSON:
        """Return the content of a piece of a room's state; {} where there is none."""
        try:
            return as_object(await self.call("GET", ["rooms", room_id, "state", event_type, key]))
        except Refused as error:
            if error.status == 404:
                return {}
            raise

    async def state_event(self, room_id: str, event_type: str, key: str = "") -> JSON:
        """Return the event that sets a piece of a room's state now.

        Where the homeserver does not know of `format`, that is its content alone.
        """
        path = ["rooms", room_id, "state", event_type, key]
        return as_object(await self.call("GET", path, query={"format": "event"}))

    async def all_state(self, room_id: str) -> list[JSON]:
        """Return every state event of a room."""
        answer = await self.call("GET", ["rooms", room_id, "state"], seconds=120.0)
        return [event for event in answer if isinstance(event, dict)]

    async def joined_rooms(self) -> list[str]:
        """Return the ids of the rooms that we are in."""
        answer = as_object(await self.call("GET", ["joined_rooms"]))
        return [str(room_id) for room_id in answer.get("joined_rooms", [])]

    async def create_room(self, body: JSON) -> str:
        """Create a room and return its id; there is no transaction id for this."""
        return str(as_object(await self.call("POST", ["createRoom"], body=body))["room_id"])

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
        return as_object(await self.call("GET", path, query=query, base=_V1))

    async def leave(self, room_id: str) -> None:
        """Leave a room, or decline an invitation."""
        await self.call("POST", ["rooms", room_id, "leave"], body={})
