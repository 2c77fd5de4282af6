"""The keys of others' messages in rooms: kept as they come, used to read.

A key is kept under its room, the person whose device sent it and its session, so nobody can lay a
key of their own in the way of another's.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from vodozemac import ExportedSessionKey, InboundGroupSession, MegolmMessage, SessionKey

from bot.adapters.matrix.encryption.shelf import PICKLE_KEY, Shelf
from bot.adapters.matrix.rooms import MEGOLM
from bot.adapters.matrix.transport import JSON, read_json

_IN_MEMORY = 200
UNUSED = timedelta(days=30)


class NoKey(Exception):
    """The key to an event is not here, or begins only later."""


class Unreadable(Exception):
    """An event that no key will open."""


@dataclass(slots=True)
class _Held:
    session: InboundGroupSession
    curve: str
    used: str  # the last day, ISO


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted event; `identity` is the same for the same ciphertext, whatever carries it."""

    event_type: str
    content: JSON
    identity: str


class Keyring:
    """Keys by room, sender and session."""

    def __init__(self, shelf: Shelf) -> None:
        """Have none in memory."""
        self._shelf = shelf
        self._held: dict[str, _Held] = {}

    async def add(
        self, sender: str, curve: str, content: JSON, now: datetime, *, exported: bool = False
    ) -> tuple[str, str] | None:
        """Keep a key that a device sent; return the room and session, None for no usable key."""
        room_id, session_id = content.get("room_id"), content.get("session_id")
        text = content.get("session_key")
        if content.get("algorithm") != MEGOLM or not all(
            isinstance(part, str) for part in (room_id, session_id, text)
        ):
            return None
        try:
            if exported:
                session = InboundGroupSession.import_session(ExportedSessionKey(str(text)))
            else:
                session = InboundGroupSession(SessionKey(str(text)))
        except ValueError:
            return None
        if session.session_id != session_id:
            return None
        key = _key(str(room_id), sender, str(session_id))
        known = await self._get(key)
        if known is None or _reaches_further(session, known.session):
            self._put(key, _Held(session, curve, now.date().isoformat()))
        return str(room_id), str(session_id)

    async def open(self, room_id: str, event: JSON, now: datetime) -> Opened:
        """Decrypt an event.

        Raises: `NoKey`, `Unreadable`.
        """
        content, sender = event.get("content"), str(event.get("sender"))
        if not isinstance(content, dict) or content.get("algorithm") != MEGOLM:
            raise Unreadable("unknown algorithm")
        session_id, text = content.get("session_id"), content.get("ciphertext")
        if not isinstance(session_id, str) or not isinstance(text, str):
            raise Unreadable("malformed")
        key = _key(room_id, sender, session_id)
        held = await self._get(key)
        if held is None:
            raise NoKey
        try:
            message = MegolmMessage.from_base64(text)
            if message.message_index() < held.session.first_known_index:
                raise NoKey
            opened = held.session.decrypt(message)
            read = read_json(opened.plaintext)
        except ValueError as error:
            raise Unreadable(type(error).__name__) from error
        plain: JSON = read if isinstance(read, dict) else {}
        inner = plain.get("content")
        if not isinstance(inner, dict) or plain.get("room_id") != room_id:
            raise Unreadable("meant for another room")
        if "state_key" in plain or not isinstance(plain.get("type"), str):
            raise Unreadable("malformed")
        today = now.date().isoformat()
        if held.used != today:
            held.used = today
            self._put(key, held)  # with whatever is committed next
        relation = content.get("m.relates_to")
        if isinstance(relation, dict):
            inner = {**inner, "m.relates_to": relation}
        return Opened(plain["type"], inner, f"{key} {opened.message_index}")

    async def forget(self, room_id: str) -> None:
        """Forget the keys of a room, others' and ours."""
        for prefix in (f"in {room_id} ", f"own {room_id} "):
            for key in await self._shelf.everything(prefix):
                self._shelf.put(key, None)
                self._held.pop(key, None)
        await self._shelf.commit()

    async def sweep(self, now: datetime) -> None:
        """Forget keys that were not used for a month."""
        oldest = (now - UNUSED).date().isoformat()
        for prefix in ("in ", "own "):
            for key, text in (await self._shelf.everything(prefix)).items():
                if json.loads(text)["used"] < oldest:
                    self._shelf.put(key, None)
                    self._held.pop(key, None)
        await self._shelf.commit()

    async def _get(self, key: str) -> _Held | None:
        held = self._held.pop(key, None)
        if held is None:
            text = (await self._shelf.read(key)).get(key)
            if text is None:
                return None
            kept = json.loads(text)
            session = InboundGroupSession.from_pickle(kept["session"], PICKLE_KEY)
            held = _Held(session, kept["curve"], kept["used"])
        self._held[key] = held
        while len(self._held) > _IN_MEMORY:
            del self._held[next(iter(self._held))]
        return held

    def _put(self, key: str, held: _Held) -> None:
        self._held[key] = held
        kept = {
            "session": held.session.pickle(PICKLE_KEY),
            "curve": held.curve,
            "used": held.used,
        }
        self._shelf.put(key, json.dumps(kept))


def _key(room_id: str, sender: str, session_id: str) -> str:
    return f"in {room_id} {sender} {session_id}"


def _reaches_further(new: InboundGroupSession, old: InboundGroupSession) -> bool:
    """Tell whether a key opens what the old one opens, and earlier events besides."""
    if new.first_known_index >= old.first_known_index:
        return False
    ours, theirs = (one.export_at(old.first_known_index) for one in (new, old))
    return ours is not None and theirs is not None and ours.to_base64() == theirs.to_base64()
