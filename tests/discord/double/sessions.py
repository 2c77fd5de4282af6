"""A bot's sessions at the gateway, and the connections that they outlive."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web

from tests.discord.double.compression import Stream
from tests.discord.double.guilds import Guild, Json
from tests.discord.double.intents import Intent

DISPATCH = 0
_CLOSED = -1
_REPLAYED = 5000  # events that a session keeps for a resume
MOST_FRAMES = 120  # that a client may send in a minute


@dataclass(eq=False)
class Session:
    """One shard of a bot that identified itself; it outlives its connections."""

    id: str
    intents: Intent
    shard: tuple[int, int]
    seq: int = 0
    sent: deque[Json] = field(default_factory=lambda: deque(maxlen=_REPLAYED))
    connection: Connection | None = None
    valid: bool = True

    def hears_of(self, guild: Guild | None) -> bool:
        """Whether this shard is the one for a guild (none: private conversations)."""
        number, count = self.shard
        return number == ((guild.id >> 22) % count if guild is not None else 0)

    def say(self, event: str, payload: Json) -> None:
        """Dispatch an event, now or when the session is resumed."""
        self.seq += 1
        frame = {"op": DISPATCH, "t": event, "s": self.seq, "d": payload}
        self.sent.append(frame)
        if self.connection is not None:
            self.connection.send(frame)


class Connection:
    """One websocket; what is sent goes out in order, compressed as asked for."""

    def __init__(self, socket: web.WebSocketResponse, stream: Stream | None) -> None:
        self.socket = socket
        self.session: Session | None = None
        self.heard: list[Json] = []
        self.lately: deque[float] = deque(maxlen=MOST_FRAMES)
        self._stream = stream
        self._queue: asyncio.Queue[Json | str | tuple[int, int]] = asyncio.Queue()

    def send(self, frame: Json | str) -> None:
        """Send a frame, or a text as it is."""
        self._queue.put_nowait(frame)

    def close(self, code: int = 4000) -> None:
        """Close after what was sent before."""
        self._queue.put_nowait((_CLOSED, code))

    def abort(self) -> None:
        """Break the connection at once."""
        if self.session is not None and self.session.connection is self:
            self.session.connection = None
        request = self.socket._req  # aiohttp has no public way to the transport of a websocket
        if request is not None and request.transport is not None:
            request.transport.abort()

    async def write(self) -> None:
        """Write what is sent, until closed."""
        while True:
            frame = await self._queue.get()
            if isinstance(frame, tuple):
                await self.socket.close(code=frame[1])
                return
            text = frame if isinstance(frame, str) else json.dumps(frame)
            try:
                if self._stream is None:
                    await self.socket.send_str(text)
                else:
                    await self.socket.send_bytes(self._stream.compress(text.encode()))
            except (ConnectionError, RuntimeError):
                return
