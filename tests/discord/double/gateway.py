"""The gateway: sessions that hear of what happens, drop, and resume."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.discord.double import objects
from tests.discord.double.compression import STREAMS
from tests.discord.double.guilds import DM, Channel, Guild, Json
from tests.discord.double.intents import PRIVILEGED, Intent
from tests.discord.double.permissions import Permission, in_channel
from tests.discord.double.sessions import MOST_FRAMES, Connection, Session
from tests.discord.double.world import World

HEARTBEAT, IDENTIFY, RESUME, RECONNECT = 1, 2, 6, 7
MEMBERS, INVALID, HELLO, ACK = 8, 9, 10, 11
_CHUNK = 1000
_KEPT = 16  # sessions without a connection

Payload = Json | Callable[["Session"], Json]


class Gateway:
    """Where bots listen.

    Args:
        world: what they listen to.
        allowed: privileged intents that the developer portal has switched on.
        heartbeat: milliseconds.
    """

    def __init__(self, world: World, allowed: Intent, heartbeat: int = 41_250) -> None:
        """Listen to nobody yet."""
        self.world = world
        self.allowed = allowed
        self.heartbeat = heartbeat
        self.url = ""
        self.shards = 1  # recommended
        self.sessions_left, self.sessions_reset = 1000, 86_400.0  # of a day, in seconds
        self.least = 1  # fewer are refused
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.refusals = 0  # connections to be refused from now on
        self.acknowledges = True  # heartbeats; a connection where it does not is a dead one
        self.seen: Counter[str] = Counter()  # what clients did: identify, resume, compression
        self.on_event: Callable[[str, Json], None] = lambda _event, _payload: None

    @property
    def flags(self) -> int:
        """Return the application's flags: which privileged intents the portal has switched on."""
        switched = ((Intent.GUILD_PRESENCES, 13), (Intent.GUILD_MEMBERS, 15))
        both = (*switched, (Intent.MESSAGE_CONTENT, 19))
        return sum(1 << bit for intent, bit in both if intent in self.allowed)

    # What happens

    def dispatch(
        self,
        event: str,
        intent: Intent,
        payload: Payload,
        guild: Guild | None = None,
        channel: Channel | None = None,
    ) -> None:
        """Tell every session that asked for it; of hidden channels the bot hears nothing."""
        self.world.happened()
        if not self._concerns_bot(guild, channel):
            return
        for session in self.sessions.values():
            if session.valid and session.hears_of(guild) and intent in session.intents:
                shown = payload(session) if callable(payload) else payload
                self.on_event(event, shown)
                session.say(event, shown)

    def _concerns_bot(self, guild: Guild | None, channel: Channel | None) -> bool:
        bot = self.world.bot.id
        if guild is not None and bot not in guild.members:
            return False
        if channel is None:
            return True
        if channel.type == DM:
            return bot in channel.recipients
        return bool(in_channel(channel, bot) & Permission.VIEW_CHANNEL)

    # On demand

    def drop(self, code: int | None = None) -> int:
        """End all connections, with a close code or (None) by breaking them; return how many."""
        live = [each for each in self.connections if not each.socket.closed]
        for each in live:
            if code is None:
                each.abort()
            else:
                each.close(code)
        return len(live)

    def ask_to_reconnect(self) -> None:
        """Send op 7 to all."""
        for each in self.connections:
            each.send({"op": RECONNECT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send op 9 to all; unless resumable, their sessions are gone."""
        for each in self.connections:
            if each.session is not None and not resumable:
                each.session.valid = False
            each.send({"op": INVALID, "d": resumable, "s": None, "t": None})

    def forget(self) -> None:
        """Lose all sessions: whoever resumes is told to identify anew."""
        for each in self.sessions.values():
            each.valid = False

    def malformed(self, event: str, payload: Json) -> None:
        """Dispatch whatever is given, unchecked, to all."""
        for each in self.sessions.values():
            if each.valid:
                each.say(event, payload)

    async def close(self) -> None:
        """End all connections."""
        for each in self.connections:
            each.close(1001)
        await asyncio.sleep(0)

    # Connections

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        if self.refusals > 0:
            self.refusals -= 1
            self.seen["refused"] += 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=0, autoping=True)
        await socket.prepare(request)
        wanted = request.query.get("compress", "")
        self.seen[wanted or "uncompressed"] += 1
        connection = Connection(socket, STREAMS[wanted]() if wanted in STREAMS else None)
        self.connections.append(connection)
        writer = asyncio.create_task(connection.write())
        connection.send(
            {"op": HELLO, "d": {"heartbeat_interval": self.heartbeat}, "s": None, "t": None}
        )
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                self._take(connection, json.loads(message.data))
        finally:
            self.connections.remove(connection)
            if connection.session is not None and connection.session.connection is connection:
                connection.session.connection = None
            writer.cancel()
            self.world.happened()
        return socket

    def _take(self, connection: Connection, frame: Json) -> None:
        connection.heard.append(frame)
        now, lately = time.monotonic(), connection.lately
        if len(lately) == MOST_FRAMES and now - lately[0] < 60:
            return connection.close(4008)
        lately.append(now)
        match frame.get("op"):
            case int(op) if op == HEARTBEAT and not self.acknowledges:
                pass
            case int(op) if op == HEARTBEAT:
                connection.send({"op": ACK, "d": None, "s": None, "t": None})
            case int(op) if op == IDENTIFY:
                self._identify(connection, frame["d"])
            case int(op) if op == RESUME:
                self._resume(connection, frame["d"])
            case int(op) if op == MEMBERS:
                self._chunks(connection, frame["d"])
            case 3 | 4:
                pass  # presence and voice concern nobody here
            case _:
                connection.close(4001)
        return None

    def _identify(self, connection: Connection, wanted: Json) -> None:
        self.seen["identify"] += 1
        if wanted.get("token", "").removeprefix("Bot ") != self.world.token:
            return connection.close(4004)
        if connection.session is not None:
            return connection.close(4005)
        intents = Intent(wanted["intents"])
        if intents & PRIVILEGED & ~self.allowed:
            return connection.close(4014)
        number, count = wanted.get("shard", (0, 1))
        if not 0 <= number < count:
            return connection.close(4010)
        if count < self.least:
            return connection.close(4011)
        session = Session(secrets.token_hex(16), intents, (number, count), connection=connection)
        self._let_go()
        self.sessions[session.id] = session
        connection.session = session
        mine = [each for each in self._guilds() if session.hears_of(each)]
        ready = self._ready(session, mine)
        self.on_event("READY", ready)
        session.say("READY", ready)
        if Intent.GUILDS in intents:
            for each in mine:
                whole = objects.whole_guild(each, self.world.bot.id)
                self.on_event("GUILD_CREATE", whole)
                session.say("GUILD_CREATE", whole)
        self.world.happened()
        return None

    def _let_go(self) -> None:
        """Forget the oldest sessions that nobody came back to."""
        left = [each.id for each in self.sessions.values() if each.connection is None]
        for id_ in left[:-_KEPT]:
            del self.sessions[id_]

    def _ready(self, session: Session, guilds: list[Guild]) -> Json:
        return {
            "v": 10,
            "user": objects.me(self.world.bot),
            "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": str(self.world.application_id), "flags": self.flags},
            "private_channels": [],
            "relationships": [],
            "user_settings": {},
            "_trace": [],
        }

    def _guilds(self) -> list[Guild]:
        return [each for each in self.world.guilds.values() if self.world.bot.id in each.members]

    def _resume(self, connection: Connection, wanted: Json) -> None:
        self.seen["resume"] += 1
        session = self.sessions.get(wanted["session_id"])
        if session is None or not session.valid or wanted["seq"] > session.seq:
            return connection.send({"op": INVALID, "d": False, "s": None, "t": None})
        if session.connection is not None and session.connection is not connection:
            session.connection.close(4000)
        missed = [each for each in session.sent if each["s"] > wanted["seq"]]
        session.connection = connection
        connection.session = session
        for each in missed:
            connection.send(each)
        session.say("RESUMED", {"_trace": []})
        self.world.happened()
        return None

    def _chunks(self, connection: Connection, wanted: Json) -> None:
        session = connection.session
        guild = self.world.guilds.get(int(wanted["guild_id"]))
        if session is None or guild is None:
            return None
        whole = wanted.get("query") == "" and not wanted.get("limit")
        if whole and Intent.GUILD_MEMBERS not in session.intents:
            return connection.close(4014)
        found = [
            each for each in guild.members.values() if _wanted(each.user.name, each.user.id, wanted)
        ]
        if limit := wanted.get("limit"):
            found = found[:limit]
        parts = [found[i : i + _CHUNK] for i in range(0, len(found), _CHUNK)] or [[]]
        known = {str(each.user.id) for each in found}
        for index, part in enumerate(parts):
            chunk: dict[str, Any] = {
                "guild_id": str(guild.id),
                "members": [objects.member(each) for each in part],
                "chunk_index": index,
                "chunk_count": len(parts),
                "not_found": [each for each in _ids(wanted) if each not in known],
            }
            if "nonce" in wanted:
                chunk["nonce"] = wanted["nonce"]
            session.say("GUILD_MEMBERS_CHUNK", chunk)
        return None


def _ids(wanted: Json) -> list[str]:
    ids = wanted.get("user_ids", [])
    return [str(each) for each in (ids if isinstance(ids, list) else [ids])]


def _wanted(name: str, id_: int, wanted: Json) -> bool:
    if "user_ids" in wanted:
        return str(id_) in _ids(wanted)
    return name.casefold().startswith(str(wanted.get("query", "")).casefold())
