"""Other people's devices: asked for when they are needed, and again when they have changed."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog

from bot.adapters.matrix.encryption.keyserver import KeyServer
from bot.adapters.matrix.encryption.shelf import Shelf
from bot.adapters.matrix.encryption.signing import is_signed
from bot.adapters.matrix.transport import JSON

log = structlog.get_logger(__name__)

_AT_ONCE = 100  # users in one question


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody reads: its name, the key that it is addressed by, the key that it signs by."""

    user: str
    id: str
    curve: str
    ed: str


class Devices:
    """Everybody's devices, as the homeserver tells them; a device's keys never change."""

    def __init__(self, server: KeyServer, shelf: Shelf) -> None:
        """Know nothing yet."""
        self._server = server
        self._shelf = shelf
        self._known: dict[str, list[Device]] = {}
        self._fresh: set[str] = set()
        self._changes: Counter[str] = Counter()

    async def changed(self, users: Collection[str]) -> None:
        """Ask for these again when they are next needed."""
        kept = await self._shelf.read(*map(_key, users))
        for user in users:
            self._changes[user] += 1
            self._fresh.discard(user)
            if _key(user) in kept:
                self._put(user, _read(user, kept[_key(user)])[0], fresh=False)

    def forget(self, users: Collection[str]) -> None:
        """Let go of those whom no encrypted room has in common with us, with the next commit."""
        for user in users:
            self._changes[user] += 1
            self._fresh.discard(user)
            self._known.pop(user, None)
            self._shelf.put(_key(user), None)

    async def of(self, users: Iterable[str]) -> list[Device]:
        """Return all devices of these users.

        Raises: `MatrixError`.
        """
        asked = sorted(set(users))
        await self._load([user for user in asked if user not in self._known])
        stale = [user for user in asked if user not in self._fresh]
        for start in range(0, len(stale), _AT_ONCE):
            await self._ask(stale[start : start + _AT_ONCE])
        return [device for user in asked for device in self._known.get(user, ())]

    async def _load(self, users: Collection[str]) -> None:
        kept = await self._shelf.read(*map(_key, users)) if users else {}
        for user in users:
            if _key(user) in kept:
                self._known[user], fresh = _read(user, kept[_key(user)])
                if fresh:
                    self._fresh.add(user)

    async def _ask(self, users: list[str]) -> None:
        before = {user: self._changes[user] for user in users}
        answer = (await self._server.query(users)).get("device_keys")
        for user in users:
            theirs = answer.get(user) if isinstance(answer, dict) else None
            if not isinstance(theirs, dict):
                continue  # their homeserver is away: what we know of them still holds
            known = {device.id: device for device in self._known.get(user, ())}
            found = [read_device(user, name, keys) for name, keys in theirs.items()]
            devices = []
            for device in found:
                if device is None:
                    continue
                before_now = known.get(device.id)
                if before_now is not None and before_now.ed != device.ed:
                    log.warning("a device shows other keys than before; they are not taken")
                    device = before_now
                devices.append(device)
            self._known[user] = devices
            fresh = before[user] == self._changes[user]
            if fresh:
                self._fresh.add(user)
            self._put(user, devices, fresh=fresh)
        await self._shelf.commit()

    def _put(self, user: str, devices: list[Device], *, fresh: bool) -> None:
        rows = [[device.id, device.curve, device.ed] for device in devices]
        self._shelf.put(_key(user), json.dumps([fresh, rows]))


def read_device(user: str, device_id: str, keys: object) -> Device | None:
    """Return a device, if what the homeserver shows of it is whole and signed by itself."""
    if not isinstance(keys, dict):
        return None
    named = keys.get("keys")
    if keys.get("user_id") != user or keys.get("device_id") != device_id:
        return None
    curve, ed = (
        named.get(f"{kind}:{device_id}") if isinstance(named, dict) else None
        for kind in ("curve25519", "ed25519")
    )
    if not isinstance(curve, str) or not isinstance(ed, str):
        return None
    signed = is_signed(keys, user, f"ed25519:{device_id}", ed)
    return Device(user, device_id, curve, ed) if signed else None


def changes_in(answer: JSON, what: str) -> set[str]:
    """Return whose devices have `changed`, or who has `left`, as an answer of /sync says."""
    lists = answer.get("device_lists")
    part = lists.get(what) if isinstance(lists, dict) else None
    return {user for user in part if isinstance(user, str)} if isinstance(part, list) else set()


def _key(user: str) -> str:
    return f"device {user}"


def _read(user: str, kept: str) -> tuple[list[Device], bool]:
    fresh, rows = json.loads(kept)
    return [Device(user, *row) for row in rows], fresh
