"""A person on Matrix who speaks plain client-server HTTP, for dialogues with the bot."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import aiohttp
from yarl import URL

from tests.support.synapse import Account

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")
Json = dict[str, Any]
CLIENT = "/_matrix/client/v3"
_POLL_SECONDS = 10.0
_NONE: Json = {"types": []}
_SYNC_FILTER = json.dumps(
    {
        "room": {
            "timeline": {"limit": 100},
            "state": _NONE,
            "ephemeral": _NONE,
            "account_data": _NONE,
        },
        "presence": _NONE,
        "account_data": _NONE,
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a room's timeline."""

    id: str
    type: str
    room: str
    sender: str
    content: Json
    raw: Json

    @property
    def text(self) -> str:
        """The body of a message (of an edit: the new one), else nothing."""
        content = self.content.get("m.new_content") or self.content
        body = content.get("body")
        return body if isinstance(body, str) else ""

    @property
    def msgtype(self) -> str | None:
        """The kind of message: `m.text`, `m.notice` …"""
        return self.content.get("msgtype")

    @property
    def relation(self) -> Json:
        """`m.relates_to`, empty where the event relates to nothing."""
        return self.content.get("m.relates_to") or {}

    @property
    def thread(self) -> str | None:
        """The root of the thread that the event belongs to."""
        return self.relation.get("event_id") if self._relates_as("m.thread") else None

    @property
    def replaces(self) -> str | None:
        """The event that this one edits."""
        return self.relation.get("event_id") if self._relates_as("m.replace") else None

    @property
    def reacts_to(self) -> str | None:
        """The event that this one reacts to."""
        return self.relation.get("event_id") if self._relates_as("m.annotation") else None

    @property
    def reply_to(self) -> str | None:
        """The event that this one answers; a thread's fallback is no answer."""
        if self.relation.get("is_falling_back"):
            return None
        return (self.relation.get("m.in_reply_to") or {}).get("event_id")

    @property
    def key(self) -> str | None:
        """The symbol of a reaction."""
        return self.relation.get("key")

    def _relates_as(self, kind: str) -> bool:
        return self.relation.get("rel_type") == kind


Expected = str | re.Pattern[str] | Callable[[Event], bool] | None
"""A part of a message's text, a pattern found in it, any predicate, or any message (None)."""


class MatrixError(Exception):
    """The homeserver refused a request."""

    def __init__(self, status: int, body: Json) -> None:
        self.status = status
        self.errcode = str(body.get("errcode", ""))
        self.body = body
        super().__init__(f"{status} {self.errcode}: {body.get('error', '')}")


class Human:
    """A person with an account; `async with Human(account) as alex:`.

    Reads `/sync` whenever something is expected; nothing that was said meanwhile is lost,
    however much it was.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.id = account.user_id
        self.timeline: list[Event] = []
        """Every event seen so far, in the order of arrival."""
        self.invites: dict[str, list[Json]] = {}
        """Room id to the stripped state of an open invitation."""
        self._session: aiohttp.ClientSession | None = None
        self._since: str | None = None
        self._syncing = asyncio.Lock()
        self._seen: set[str] = set()
        self._consumed: set[str] = set()
        self._joined: set[str] = set()
        self._directs: dict[str, str] = {}

    @classmethod
    async def login(
        cls, homeserver: str, name: str, password: str, *, device_id: str | None = None
    ) -> Self:
        """Log in by localpart on a new device, or again on a known one."""
        human = cls(Account(name, "", "", password, homeserver))
        body: Json = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": name},
            "password": password,
        }
        if device_id is not None:
            body["device_id"] = device_id
        answer = await human.call("POST", f"{CLIENT}/login", body)
        human.id = answer["user_id"]
        human.account = Account(
            human.id, answer["access_token"], answer["device_id"], password, homeserver
        )
        return human

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the account stays logged in."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # Rooms

    async def create_room(
        self,
        name: str | None = None,
        *,
        version: str | None = None,
        space: bool = False,
        parent: str | None = None,
        invite: Iterable[str] = (),
        preset: str = "private_chat",
        power: Mapping[str, Any] | None = None,
        encrypted: bool = False,
        is_direct: bool = False,
        content: Mapping[str, Any] | None = None,
        state: Iterable[Json] = (),
    ) -> str:
        """Create a room or a space, in the space `parent` if given; return its id.

        `power` overrides the content of `m.room.power_levels` and must not list the creator
        in rooms of version 12; `content` goes into `m.room.create`.
        """
        invite = list(invite)
        initial = list(state)
        if encrypted:
            algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
            initial.append({"type": "m.room.encryption", "state_key": "", "content": algorithm})
        creation: Json = dict(content or {})
        if space:
            creation["type"] = "m.space"
        body: Json = {
            "preset": preset,
            "invite": invite,
            "initial_state": initial,
            "creation_content": creation,
            "is_direct": is_direct,
        }
        if name is not None:
            body["name"] = name
        if version is not None:
            body["room_version"] = version
        if power is not None:
            body["power_level_content_override"] = dict(power)
        room: str = (await self.call("POST", f"{CLIENT}/createRoom", body))["room_id"]
        if is_direct:
            self._directs |= dict.fromkeys(invite, room)
        if parent is not None:
            via = {"via": [room.partition(":")[2] or self.id.partition(":")[2]]}
            await self.set_state(parent, "m.space.child", via, key=room)
            await self.set_state(room, "m.space.parent", via, key=parent)
        return room

    async def invite(self, room: str, user_id: str) -> None:
        """Invite somebody."""
        await self.call("POST", _room(room, "invite"), {"user_id": user_id})

    async def join(self, room: str) -> str:
        """Join a room, or accept its invitation."""
        answer = await self.call("POST", f"{CLIENT}/join/{quote(room, safe='')}", {})
        self.invites.pop(room, None)
        return str(answer["room_id"])

    async def leave(self, room: str) -> None:
        """Leave a room, or refuse its invitation."""
        await self.call("POST", _room(room, "leave"), {})
        self.invites.pop(room, None)
        self._directs = {user: kept for user, kept in self._directs.items() if kept != room}

    async def kick(self, room: str, user_id: str, reason: str | None = None) -> None:
        """Remove somebody."""
        await self.call("POST", _room(room, "kick"), _with_reason(user_id, reason))

    async def ban(self, room: str, user_id: str, reason: str | None = None) -> None:
        """Remove somebody for good."""
        await self.call("POST", _room(room, "ban"), _with_reason(user_id, reason))

    async def upgrade(self, room: str, version: str) -> str:
        """Replace a room by one of another version; return the new id."""
        answer = await self.call("POST", _room(room, "upgrade"), {"new_version": version})
        return str(answer["replacement_room"])

    async def members(self, room: str) -> set[str]:
        """The ids of those who are in the room."""
        return set((await self.call("GET", _room(room, "joined_members")))["joined"])

    async def state(self, room: str, kind: str, key: str = "") -> Json | None:
        """The content of a state event, None where there is none."""
        try:
            return await self.call("GET", _room(room, "state", kind, key))
        except MatrixError as error:
            if error.errcode == "M_NOT_FOUND":
                return None
            raise

    async def set_state(
        self, room: str, kind: str, content: Mapping[str, Any], key: str = ""
    ) -> str:
        """Set a state event; return its id."""
        answer = await self.call("PUT", _room(room, "state", kind, key), dict(content))
        return str(answer["event_id"])

    async def power_levels(self, room: str) -> Json:
        """The content of `m.room.power_levels`."""
        return await self.state(room, "m.room.power_levels") or {}

    async def set_power(self, room: str, user_id: str, level: int) -> None:
        """Give somebody a power level."""
        levels = await self.power_levels(room)
        levels["users"] = {**levels.get("users", {}), user_id: level}
        await self.set_state(room, "m.room.power_levels", levels)

    # Speaking

    async def say(
        self,
        room: str,
        text: str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
        mentions: Iterable[str] | None = None,
        msgtype: str = "m.text",
        html: str | None = None,
    ) -> str:
        """Send a message; return its event id. `thread` is the id of a thread's root."""
        body: Json = {"msgtype": msgtype, "body": text, "m.mentions": {}}
        if mentions is not None:
            body["m.mentions"] = {"user_ids": list(mentions)}
        if html is not None:
            body |= {"format": "org.matrix.custom.html", "formatted_body": html}
        relation: Json = {}
        if thread is not None:
            relation = {"rel_type": "m.thread", "event_id": thread}
            relation["is_falling_back"] = reply_to is None
        if thread is not None or reply_to is not None:
            relation["m.in_reply_to"] = {"event_id": reply_to or thread}
            body["m.relates_to"] = relation
        return await self.send(room, "m.room.message", body)

    says = say  # reads better in dialogues

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React to an event with a symbol; return the reaction's id."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room, "m.reaction", {"m.relates_to": relation})

    async def edit(self, room: str, event_id: str, text: str) -> str:
        """Replace the text of one's own message; return the edit's id."""
        new = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        body = {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation}
        return await self.send(room, "m.room.message", body)

    async def redact(self, room: str, event_id: str, reason: str | None = None) -> str:
        """Delete an event: a message, or take back a reaction; return the redaction's id."""
        body = {} if reason is None else {"reason": reason}
        answer = await self.call("PUT", _room(room, "redact", event_id, uuid4().hex), body)
        return str(answer["event_id"])

    async def send(self, room: str, kind: str, content: Mapping[str, Any]) -> str:
        """Send any event, such as the answer to a poll; return its id."""
        path = _room(room, "send", kind, uuid4().hex)
        return str((await self.call("PUT", path, dict(content)))["event_id"])

    # Listening

    async def expect(
        self,
        room: str | None,
        what: Expected = None,
        *,
        timeout: float = 20,  # noqa: ASYNC109 - the wait is what a test is about
        sender: str | None = None,
    ) -> Event:
        """Wait for the next event of others that matches and was not returned before.

        A text or None matches messages, edits included; a predicate is asked about every
        event. `room=None` means any. Raises AssertionError that tells what was seen instead.
        """

        def fits(event: Event) -> bool:
            others = event.sender == sender if sender else event.sender != self.id
            return others and event.room == (room or event.room) and _matches(event, what)

        found = await self._first(lambda: self._unconsumed(fits), timeout)
        if found is None:
            raise AssertionError(self._unheard(room, what, timeout))
        self._consumed.add(found.id)
        return found

    hears = expect  # reads better in dialogues

    async def hears_nothing(
        self,
        room: str | None,
        what: Expected = None,
        *,
        seconds: float = 1.5,
        sender: str | None = None,
    ) -> None:
        """Wait, and fail if anything that matches arrives that was not returned before."""
        try:
            event = await self.expect(room, what, timeout=seconds, sender=sender)
        except AssertionError:
            return
        raise AssertionError(f"{self.id} heard what should not be said: {_line(event)}")

    async def invited_by(
        self,
        user_id: str,
        *,
        direct: bool | None = None,
        timeout: float = 20,  # noqa: ASYNC109
    ) -> str:
        """Wait for an invitation, a direct one or not if that matters; return the room id."""

        def invitation() -> str | None:
            for room, state in self.invites.items():
                event = _own_invitation(state, self.id)
                is_direct = bool(event.get("content", {}).get("is_direct"))
                if event.get("sender") == user_id and direct in (None, is_direct):
                    return room
            return None

        room = await self._first(invitation, timeout)
        if room is None:
            kind = {True: "direct ", False: "group ", None: ""}[direct]
            raise AssertionError(
                f"{self.id} got no {kind}invitation from {user_id} within {timeout} s; "
                f"open ones: {list(self.invites)}"
            )
        return room

    async def direct_with(
        self,
        user_id: str,
        *,
        timeout: float = 20,  # noqa: ASYNC109
    ) -> str:
        """The room of the direct chat with somebody; waits for their invitation and joins."""
        if user_id not in self._directs:
            room = await self.invited_by(user_id, direct=True, timeout=timeout)
            self._directs[user_id] = await self.join(room)
        return self._directs[user_id]

    async def messages(self, room: str, kind: str | None = "m.room.message") -> list[Event]:
        """The whole history of a room, oldest first; `kind=None` means events of any type."""
        raw: list[Json] = []
        query: dict[str, str] = {"dir": "f", "limit": "100"}
        while True:
            page = await self.call("GET", _room(room, "messages"), query=query)
            raw += page["chunk"]
            if not page["chunk"] or "end" not in page:
                break
            query["from"] = page["end"]
        events = [_event(room, one) for one in raw]
        return [event for event in events if kind in (None, event.type)]

    async def reactions(self, room: str, event_id: str) -> list[Event]:
        """The reactions to an event, oldest first, those taken back left out."""
        path = "/_matrix/client/v1/rooms/{}/relations/{}/m.annotation"
        answer = await self.call(
            "GET",
            path.format(quote(room, safe=""), quote(event_id, safe="")),
            query={"dir": "f", "limit": "100"},
        )
        return [_event(room, raw) for raw in answer["chunk"]]

    async def sync(self, wait: float = 0) -> None:
        """Read once what is new, waiting up to `wait` seconds for something."""
        query = {"timeout": str(int(wait * 1000)), "filter": _SYNC_FILTER}
        if self._since is not None:
            query["since"] = self._since
        answer = await self.call("GET", f"{CLIENT}/sync", query=query)
        rooms = answer.get("rooms", {})
        new: list[Event] = []
        for room, part in rooms.get("join", {}).items():
            new += await self._complete(room, part["timeline"])
        for room, part in rooms.get("leave", {}).items():
            new += [_event(room, raw) for raw in part.get("timeline", {}).get("events", ())]
        # From here on nothing awaits, so a cancelled sync is read again and loses nothing.
        self._since = answer["next_batch"]
        for event in new:
            if event.id not in self._seen:
                self._seen.add(event.id)
                self.timeline.append(event)
        for room, part in rooms.get("invite", {}).items():
            self.invites[room] = part["invite_state"]["events"]
        for room in [*rooms.get("join", {}), *rooms.get("leave", {})]:
            self.invites.pop(room, None)
        self._joined |= set(rooms.get("join", {}))
        self._joined -= set(rooms.get("leave", {}))

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> Json:
        """Make any request of the client-server API; raises MatrixError when refused."""
        if self._session is None:
            # Without a limit, or a burst would keep the long poll waiting for a connection.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        headers = {}
        if self.account.access_token:
            headers["Authorization"] = f"Bearer {self.account.access_token}"
        url = URL(self.account.homeserver + path, encoded=True)
        async with self._session.request(
            method, url.update_query(query or {}), json=body, headers=headers
        ) as response:
            answer: Json = await response.json(content_type=None)
        if response.status != 200:
            raise MatrixError(response.status, answer)
        return answer

    async def upload(self, name: str, held: bytes) -> str:
        """Upload a file; return its address."""
        return str((await self._media("POST", f"v3/upload?filename={name}", held))["content_uri"])

    async def download(self, address: str) -> bytes:
        """Return what is in a file."""
        server, _, media = address.removeprefix("mxc://").partition("/")
        assert self._session is not None
        url = f"{self.account.homeserver}/_matrix/client/v1/media/download/{server}/{media}"
        headers = {"Authorization": f"Bearer {self.account.access_token}"}
        async with self._session.get(url, headers=headers) as response:
            assert response.status == 200
            return await response.read()

    async def _media(self, method: str, path: str, held: bytes) -> Json:
        assert self._session is not None
        url = URL(f"{self.account.homeserver}/_matrix/media/{path}", encoded=True)
        headers = {"Authorization": f"Bearer {self.account.access_token}"}
        async with self._session.request(method, url, data=held, headers=headers) as response:
            assert response.status == 200
            answer: Json = await response.json()
            return answer

    async def _complete(self, room: str, timeline: Json) -> list[Event]:
        """The part of a room's timeline that a sync tells of, its gap filled."""
        events = [_event(room, raw) for raw in timeline["events"]]
        if not timeline.get("limited") or self._since is None or room not in self._joined:
            return events
        query = {"dir": "b", "limit": "100", "from": timeline["prev_batch"], "to": self._since}
        while True:
            page = await self.call("GET", _room(room, "messages"), query=query)
            events[:0] = [_event(room, raw) for raw in reversed(page["chunk"])]
            if not page["chunk"] or "end" not in page:
                return events
            query["from"] = page["end"]

    async def _first(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """Sync until `look` finds something or the time is over; a silent server is waited for."""
        deadline = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                while (found := look()) is None:
                    async with self._syncing:
                        if (found := look()) is not None:
                            return found
                        try:
                            rest = deadline - time.monotonic()
                            await self.sync(max(0.0, min(_POLL_SECONDS, rest)))
                        except aiohttp.ClientConnectionError:
                            await asyncio.sleep(0.2)
                return found
        except TimeoutError:
            return look()

    def _unconsumed(self, fits: Callable[[Event], bool]) -> Event | None:
        for event in self.timeline:
            if event.id not in self._consumed and fits(event):
                return event
        return None

    def _unheard(self, room: str | None, what: Expected, seconds: float) -> str:
        seen = [event for event in self.timeline if event.room == (room or event.room)]
        lines = "\n".join(
            f"  {'·' if event.id in self._consumed else ' '} {_line(event)}" for event in seen[-30:]
        )
        wanted = what.pattern if isinstance(what, re.Pattern) else what
        return (
            f"{self.id} did not hear {wanted!r} in {room or 'any room'} within {seconds} s; "
            f"seen there (· = already returned):\n{lines or '  nothing'}\n"
            f"open invitations: {list(self.invites) or 'none'}"
        )


MakeHuman = Callable[[str], Awaitable[Human]]
"""The fixture `human`: register somebody by a name and let them come."""


def _room(room: str, *parts: str) -> str:
    return f"{CLIENT}/rooms/" + "/".join(quote(part, safe="") for part in (room, *parts))


def _event(room: str, raw: Json) -> Event:
    return Event(raw["event_id"], raw["type"], room, raw["sender"], raw["content"], raw)


def _matches(event: Event, what: Expected) -> bool:
    if callable(what):
        return what(event)
    if event.type != "m.room.message":
        return False
    if what is None:
        return True
    return what in event.text if isinstance(what, str) else bool(what.search(event.text))


def _line(event: Event) -> str:
    told = repr(event.text) if event.text else str(event.content)
    return f"{event.sender} {event.type} {told[:300]}"


def _own_invitation(state: list[Json], user_id: str) -> Json:
    for event in state:
        if event["type"] == "m.room.member" and event["state_key"] == user_id:
            return event
    return {}


def _with_reason(user_id: str, reason: str | None) -> Json:
    return {"user_id": user_id} if reason is None else {"user_id": user_id, "reason": reason}
