"""Events that could not be read when they came: kept, asked for, and read when the key comes.

The key may be on its way; else its owner's devices are asked once. In a private conversation the
person is told once, so that nobody waits for an answer for ever.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.adapters.matrix.encryption.keyserver import KeyServer
from bot.adapters.matrix.encryption.own import Own
from bot.adapters.matrix.encryption.shelf import Shelf
from bot.adapters.matrix.rooms import MEGOLM
from bot.adapters.matrix.transport import JSON, MatrixError
from bot.core.ports import Clock, Ids

log = structlog.get_logger(__name__)

_MOST = 200
_KEPT = timedelta(days=1)
_ASK_AFTER = timedelta(seconds=5)
_TELL_AFTER = timedelta(seconds=20)

Tell = Callable[[str, str], None]  # room, event


@dataclass(slots=True)
class Waiting:
    """An event without a key."""

    room_id: str
    event: JSON
    since: datetime
    private: bool
    asked: bool = False
    told: bool = False

    @property
    def lock(self) -> tuple[str, str, str]:
        """Which key opens it: room, sender, session."""
        content = self.event.get("content", {})
        return self.room_id, str(self.event.get("sender")), str(content.get("session_id"))

    def to_json(self) -> str:
        """Write it down for the store."""
        return json.dumps(
            [self.room_id, self.event, self.since.isoformat(), self.private, self.asked, self.told]
        )

    @classmethod
    def from_json(cls, text: str) -> "Waiting":
        """Read what `to_json` wrote."""
        room_id, event, since, *flags = json.loads(text)
        return cls(room_id, event, datetime.fromisoformat(since), *flags)


@dataclass(slots=True)
class Late:
    """What waits for keys."""

    own: Own
    server: KeyServer
    shelf: Shelf
    clock: Clock
    ids: Ids
    waiting: dict[str, Waiting] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    hopeless: set[str] = field(default_factory=set)

    async def load(self) -> None:
        """Recall what an earlier run could not read."""
        names = json.loads((await self.shelf.read("late")).get("late", "[]"))
        kept = await self.shelf.read(*map(_key, names)) if names else {}
        for name in names:
            if _key(name) in kept:
                self.waiting[name] = Waiting.from_json(kept[_key(name)])
        # The key may have come to a run that was killed before it handled the event.
        self.ready.update(self.waiting)

    def keep(self, room_id: str, event: JSON, *, private: bool) -> None:
        """Keep an event with the next commit, until its key comes."""
        event_id = str(event["event_id"])
        if event_id in self.waiting:
            return
        waiting = Waiting(room_id, event, self.clock.now(), private)
        self.waiting[event_id] = waiting
        self._put(event_id, waiting)
        self._put_names()
        while len(self.waiting) > _MOST:
            self.done(next(iter(self.waiting)))

    def unlock(self, room_id: str, sender: str, session_id: str) -> None:
        """Note that a key has come."""
        for event_id, waiting in self.waiting.items():
            if waiting.lock == (room_id, sender, session_id):
                self.ready.add(event_id)

    def withheld(self, room_id: str, session_id: str) -> None:
        """Note that a key will not come: whoever waits for an answer is told at the next look."""
        for event_id, waiting in self.waiting.items():
            here = waiting.lock[0] == room_id and waiting.lock[2] == session_id
            if here and not waiting.told:
                self.hopeless.add(event_id)

    def take_ready(self) -> list[Waiting]:
        """Return the events whose keys have come; they wait on until they are `done`."""
        ready = [self.waiting[each] for each in self.waiting if each in self.ready]
        self.ready.clear()
        return ready

    def done(self, event_id: str) -> None:
        """Let an event wait no longer, with the next commit."""
        if self.waiting.pop(event_id, None) is not None:
            self.shelf.put(_key(event_id), None)
            self._put_names()

    async def look(self, tell: Tell) -> None:
        """Ask for what is missing, tell whom it concerns, and give up what is too old."""
        now = self.clock.now()
        asked: set[tuple[str, str, str]] = set()
        for event_id, waiting in list(self.waiting.items()):
            age = now - waiting.since
            if age > _KEPT:
                self.done(event_id)
                continue
            before = waiting.asked, waiting.told
            if not waiting.asked and age >= _ASK_AFTER:
                waiting.asked = waiting.lock in asked or await self._ask(waiting)
                asked.add(waiting.lock)
            late = age >= _TELL_AFTER or event_id in self.hopeless
            if waiting.private and not waiting.told and late:
                waiting.told = True
                tell(waiting.room_id, event_id)
            if before != (waiting.asked, waiting.told):
                self._put(event_id, waiting)
        self.hopeless.clear()
        await self.shelf.commit()

    async def _ask(self, waiting: Waiting) -> bool:
        room_id, sender, session_id = waiting.lock
        request = {
            "action": "request",
            "body": {"algorithm": MEGOLM, "room_id": room_id, "session_id": session_id},
            "request_id": self.ids.new(),
            "requesting_device_id": self.own.device_id,
        }
        sender_key = waiting.event.get("content", {}).get("sender_key")
        if isinstance(sender_key, str):
            request["body"]["sender_key"] = sender_key  # type: ignore[index]
        try:
            await self.server.send("m.room_key_request", {sender: {"*": request}}, self.ids.new())
        except MatrixError as error:
            log.info("key not asked for", error=str(error))
            return False
        log.info("key asked for")
        return True

    def _put(self, event_id: str, waiting: Waiting) -> None:
        self.shelf.put(_key(event_id), waiting.to_json())

    def _put_names(self) -> None:
        self.shelf.put("late", json.dumps(list(self.waiting)))


def _key(event_id: str) -> str:
    return f"late {event_id}"
