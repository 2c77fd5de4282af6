"""Our own messages in rooms: a key for each room, given to every device there, and renewed.

A room's key lives in memory alone and is new after each start. So no crash can take one back to
where it was before a message; what devices were given is kept, to be given again when one asks.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import structlog
from vodozemac import GroupSession

from bot.adapters.matrix.encryption.devices import Device, Devices
from bot.adapters.matrix.encryption.keyserver import KeyServer
from bot.adapters.matrix.encryption.olm import Olm
from bot.adapters.matrix.encryption.own import Own
from bot.adapters.matrix.encryption.shelf import Shelf
from bot.adapters.matrix.rooms import MEGOLM
from bot.adapters.matrix.transport import JSON, MatrixError
from bot.core.ports import Clock, Ids

log = structlog.get_logger(__name__)

_MESSAGES, _PERIOD_MS = 100, 7 * 86_400_000  # then a room's key is renewed, if it says nothing else
_AGAIN, _LONGEST = 30.0, 3600.0  # seconds, until a device without one-time keys is tried again
_AT_ONCE = 100  # devices in one sending


@dataclass(slots=True)
class _Failed:
    """A device that could not be given the key, which it would have had from this message on."""

    device: Device
    index: int
    pause: float = _AGAIN
    again: float = 0.0  # the moment


@dataclass(slots=True)
class _Group:
    session: GroupSession
    since: float
    day: str
    used: int = 0
    given: dict[str, int] = field(default_factory=dict)  # device, from which message on
    keys: dict[int, str] = field(default_factory=dict)
    failed: dict[str, _Failed] = field(default_factory=dict)


class Groups:
    """Encrypts for rooms."""

    def __init__(
        self,
        own: Own,
        devices: Devices,
        olm: Olm,
        olm_lock: asyncio.Lock,
        server: KeyServer,
        shelf: Shelf,
        clock: Clock,
        ids: Ids,
    ) -> None:
        """Have no key yet."""
        self._own = own
        self._devices = devices
        self._olm = olm
        self._olm_lock = olm_lock
        self._server = server
        self._shelf = shelf
        self._clock = clock
        self._ids = ids
        self._groups: dict[str, _Group] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._answered: set[tuple[str, str]] = set()

    async def encrypt(
        self,
        room_id: str,
        people: Iterable[str],
        rotation: Sequence[int],
        event_type: str,
        content: JSON,
    ) -> JSON:
        """Return the content of an `m.room.encrypted` that every device of these people can read.

        `rotation`: after how many messages and milliseconds the room wants its key renewed, or
        nothing.
        Raises: `MatrixError`.
        """
        async with self._locks[room_id]:
            others = [person for person in people if person != self._own.user_id]
            devices = await self._devices.of(others)
            group = self._group(room_id, devices, rotation)
            await self._give(room_id, group, devices)
            group.used += 1
            plain = {"type": event_type, "content": content, "room_id": room_id}
            message = group.session.encrypt(json.dumps(plain, ensure_ascii=False).encode())
        encrypted = {
            "algorithm": MEGOLM,
            "sender_key": self._own.curve,
            "device_id": self._own.device_id,
            "session_id": group.session.session_id,
            "ciphertext": message.to_base64(),
        }
        relation = content.get("m.relates_to")
        return encrypted if relation is None else {**encrypted, "m.relates_to": relation}

    def _group(self, room_id: str, devices: Collection[Device], rotation: Sequence[int]) -> _Group:
        asked = (*rotation, 0, 0)
        most, period = asked[0] or _MESSAGES, (asked[1] or _PERIOD_MS) / 1000
        now = self._clock.now()
        group = self._groups.get(room_id)
        if group is not None:
            old = now.timestamp() - group.since >= period
            gone = group.given.keys() - {device.curve for device in devices}
            if not old and not gone and group.used < most:
                return group
        group = _Group(GroupSession(), now.timestamp(), now.date().isoformat())
        self._groups[room_id] = group
        return group

    async def _give(self, room_id: str, group: _Group, devices: Collection[Device]) -> None:
        lacking = [
            device
            for device in devices
            if device.curve not in group.given and device.curve not in group.failed
        ]
        index = group.session.message_index
        for start in range(0, len(lacking), _AT_ONCE):
            group.keys[index] = group.session.session_key.to_base64()
            await self._give_from(room_id, group, index, lacking[start : start + _AT_ONCE])

    async def _give_from(
        self, room_id: str, group: _Group, index: int, devices: list[Device]
    ) -> None:
        """Give devices a room's key from this message on."""
        async with self._olm_lock:
            ready = await self._olm.ensure(devices)
            given = dict.fromkeys(_curves(ready), index)
            session_id = group.session.session_id
            messages = self._sealed(room_id, session_id, group.keys[index], ready)
            self._put(room_id, group, {**group.given, **given})
            # The sessions move on in the store before anybody sees what they made.
            await self._shelf.commit()
        if messages:
            await self._server.send("m.room.encrypted", messages, self._ids.new())
        group.given.update(given)
        for curve in given:
            group.failed.pop(curve, None)
        fresh = [one for one in devices if one not in ready and one.curve not in group.failed]
        for device in devices:
            if device not in ready:
                self._note_failed(group, device, index)
        if fresh:
            log.info("devices without one-time keys", count=len(fresh))
            await self._withhold(room_id, group, fresh)

    def _note_failed(self, group: _Group, device: Device, index: int) -> None:
        failed = group.failed.setdefault(device.curve, _Failed(device, index))
        failed.again = self._clock.now().timestamp() + failed.pause
        failed.pause = min(failed.pause * 2, _LONGEST)

    async def try_again(self, reached: str | None = None) -> None:
        """Give keys to devices that could not be given them, from where they would have had them.

        `reached`: a device that has just written to us, so that it can be answered.
        Raises: `MatrixError`.
        """
        now = self._clock.now().timestamp()
        for room_id, group in list(self._groups.items()):
            due = [
                failed
                for curve, failed in group.failed.items()
                if curve == reached or (reached is None and failed.again <= now)
            ]
            for failed in due:
                async with self._locks[room_id]:
                    if self._groups.get(room_id) is group:
                        await self._give_from(room_id, group, failed.index, [failed.device])

    def _sealed(
        self, room_id: str, session_id: str, key: str, devices: Iterable[Device]
    ) -> dict[str, dict[str, JSON]]:
        content = {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": session_id,
            "session_key": key,
        }
        messages: dict[str, dict[str, JSON]] = {}
        for device in devices:
            sealed = self._olm.encrypt(device, "m.room_key", content)
            messages.setdefault(device.user, {})[device.id] = sealed
        return messages

    async def _withhold(self, room_id: str, group: _Group, devices: Iterable[Device]) -> None:
        """Tell devices that we cannot reach them, so that they may reach us."""
        messages: dict[str, dict[str, JSON]] = {}
        for device in devices:
            messages.setdefault(device.user, {})[device.id] = {
                "algorithm": MEGOLM,
                "room_id": room_id,
                "session_id": group.session.session_id,
                "sender_key": self._own.curve,
                "code": "m.no_olm",
                "reason": "There is no one-time key of this device.",
            }
        try:
            await self._server.send("m.room_key.withheld", messages, self._ids.new())
        except MatrixError as error:
            log.info("withheld keys not told", error=str(error))

    def _put(self, room_id: str, group: _Group, given: dict[str, int]) -> None:
        kept = {"given": given, "keys": group.keys, "used": group.day}
        self._shelf.put(f"own {room_id} {group.session.session_id}", json.dumps(kept))

    async def give_again(self, sender: str, content: JSON) -> None:
        """Answer a device that asks for a key: it is given once more what it was given before.

        Raises: `MatrixError`.
        """
        body, device_id = content.get("body"), str(content.get("requesting_device_id"))
        if content.get("action") != "request" or not isinstance(body, dict):
            return
        room_id, session_id = str(body.get("room_id")), str(body.get("session_id"))
        key = f"own {room_id} {session_id}"
        kept = json.loads((await self._shelf.read(key)).get(key, "{}"))
        devices = await self._devices.of([sender]) if kept else []
        device = next((one for one in devices if one.id == device_id), None)
        if device is None or device.curve not in kept["given"]:
            return
        if (device.curve, session_id) in self._answered:
            return
        self._answered.add((device.curve, session_id))
        index = kept["given"][device.curve]
        async with self._olm_lock:
            ready = await self._olm.ensure([device], new=True)  # the old session may be the reason
            messages = self._sealed(room_id, session_id, kept["keys"][str(index)], ready)
            await self._shelf.commit()
        if messages:
            await self._server.send("m.room.encrypted", messages, self._ids.new())


def _curves(devices: Iterable[Device]) -> list[str]:
    return [device.curve for device in devices]
