"""Encryption as the adapter speaks to it.

The order of an answer of /sync: what came to our device is decrypted and committed (`receive`),
then the events of rooms are read and handled, and only then the sync token moves on. An answer that
is taken twice finds what came to the device handled already, by a digest that is kept with it.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.adapters.matrix.encryption import crosssigning
from bot.adapters.matrix.encryption.devices import Devices, changes_in
from bot.adapters.matrix.encryption.groups import Groups
from bot.adapters.matrix.encryption.keyring import Keyring, NoKey, Opened, Unreadable
from bot.adapters.matrix.encryption.keyserver import Caller, KeyServer
from bot.adapters.matrix.encryption.late import Late, Tell, Waiting
from bot.adapters.matrix.encryption.olm import Heard, Olm
from bot.adapters.matrix.encryption.olm import Unreadable as NotForUs
from bot.adapters.matrix.encryption.own import OLM, Own, own_device
from bot.adapters.matrix.encryption.shelf import Shelf
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.transport import JSON
from bot.core.ports import Clock, Ids, Memory

log = structlog.get_logger(__name__)

_SEEN = 400  # messages to our device; an answer holds at most a hundred
_REPAIR = timedelta(minutes=30)
_REPAIRS = 1000


class Encryption:
    """Our device among others."""

    def __init__(
        self, own: Own, server: KeyServer, shelf: Shelf, errands: Errands, clock: Clock, ids: Ids
    ) -> None:
        """Speak as this device."""
        self.own = own
        self._server = server
        self._shelf = shelf
        self._errands = errands
        self._clock = clock
        self._ids = ids
        self._lock = asyncio.Lock()
        self._olm = Olm(own, server, shelf)
        self.devices = Devices(server, shelf)
        self._groups = Groups(own, self.devices, self._olm, self._lock, server, shelf, clock, ids)
        self._keyring = Keyring(shelf)
        self._late = Late(own, server, shelf, clock, ids)
        self._seen: dict[str, None] = {}
        self._heard: dict[str, Heard] = {}
        self._swept = ""  # the day
        self.signed = False  # whether strict clients trust our device
        self._repaired: dict[str, datetime] = {}

    async def load(self) -> None:
        """Recall what earlier runs left."""
        kept = await self._shelf.read("seen", "swept")
        self._swept = kept.get("swept", "")
        self._seen = dict.fromkeys(json.loads(kept.get("seen", "[]")))
        await self._late.load()

    async def reaches(self, user: str) -> bool:
        """Tell whether somebody could read an encrypted conversation with us, and we them.

        Their client may insist on a signed device of ours (MSC4153), so without one it cannot.
        Raises: `MatrixError`.
        """
        return self.signed and bool(await self.devices.of([user]))

    # What comes in

    async def receive(self, answer: JSON) -> None:
        """Take in what an answer of /sync holds for our device; committed when this returns."""
        if changed := changes_in(answer, "changed"):
            await self.devices.changed(changed)
        self.devices.forget(changes_in(answer, "left"))
        section = answer.get("to_device")
        events = section.get("events") if isinstance(section, dict) else None
        async with self._lock:
            for event in events if isinstance(events, list) else ():
                if isinstance(event, dict) and isinstance(event.get("content"), dict):
                    await self._take(event)
            await self._shelf.commit()
        self._supply(answer)

    async def _take(self, event: JSON) -> None:
        kind, sender, content = event.get("type"), str(event.get("sender")), event["content"]
        match kind:
            case "m.room.encrypted":
                digest = _digest(event)
                if digest not in self._seen:
                    await self._take_encrypted(sender, content, digest)
            case "m.room_key_request" if sender != self.own.user_id:
                name = f"key-request {content.get('request_id')} {sender}"
                self._errands.send(name, lambda: self._groups.give_again(sender, content))
            case "m.room_key.withheld":
                # Most often: our device is not signed, and the other one insists on that.
                log.warning("a key is withheld from us", code=str(content.get("code"))[:40])
                self._late.withheld(str(content.get("room_id")), str(content.get("session_id")))
            case _:
                pass

    async def _take_encrypted(self, sender: str, content: JSON, digest: str) -> None:
        try:
            # A message is decrypted once only; if the store fails then, it is not lost.
            if digest not in self._heard:
                self._heard[digest] = await self._olm.decrypt(sender, content)
        except NotForUs as error:
            log.warning("a message to this device cannot be read", error=str(error))
            if content.get("algorithm") == OLM and isinstance(content.get("sender_key"), str):
                self._repair(sender, content["sender_key"])
            return
        heard = self._heard[digest]
        added = await self._add_key(sender, heard)
        # Nothing is awaited from the key's keeping to here: one commit holds all of it.
        self._olm.keep(heard)
        self._note_seen(digest)
        del self._heard[digest]
        self._errands.send(
            f"reached {heard.curve}", lambda: self._groups.try_again(reached=heard.curve)
        )
        if added is not None:
            self._late.unlock(added[0], sender, added[1])

    async def _add_key(self, sender: str, heard: Heard) -> tuple[str, str] | None:
        inner, kind, now = heard.plain.get("content"), heard.plain.get("type"), self._clock.now()
        if not isinstance(inner, dict):
            return None
        if kind == "m.room_key":
            return await self._keyring.add(sender, heard.curve, inner, now)
        if kind == "m.forwarded_room_key" and inner.get("sender_key") == heard.curve:
            # From its owner alone: anybody else could forge what was said.
            return await self._keyring.add(sender, heard.curve, inner, now, exported=True)
        return None

    def _note_seen(self, digest: str) -> None:
        self._seen[digest] = None
        while len(self._seen) > _SEEN:
            del self._seen[next(iter(self._seen))]
        self._shelf.put("seen", json.dumps(list(self._seen)))

    def _repair(self, user: str, curve: str) -> None:
        """Begin anew with a device whose messages we cannot read any more."""
        now = self._clock.now()
        if now - self._repaired.get(curve, now - _REPAIR) < _REPAIR:
            return
        while len(self._repaired) >= _REPAIRS:
            del self._repaired[next(iter(self._repaired))]
        self._repaired[curve] = now

        async def begin_anew() -> None:
            devices = [one for one in await self.devices.of([user]) if one.curve == curve]
            async with self._lock:
                messages = {
                    one.user: {one.id: self._olm.encrypt(one, "m.dummy", {})}
                    for one in await self._olm.ensure(devices, new=True)
                }
                await self._shelf.commit()
            if messages:
                await self._server.send("m.room.encrypted", messages, self._ids.new())

        self._errands.send(f"repair {curve}", begin_anew)

    def _supply(self, answer: JSON) -> None:
        """Keep the homeserver supplied with keys by which others begin to write to us."""
        counts = answer.get("device_one_time_keys_count")
        unused = answer.get("device_unused_fallback_key_types")
        count = counts.get("signed_curve25519", 0) if isinstance(counts, dict) else None
        fallback = isinstance(unused, list) and "signed_curve25519" not in unused
        if not isinstance(count, int) or (self.own.has_enough(count) and not fallback):
            return

        async def top_up() -> None:
            async with self._lock:
                await self.own.top_up(count, fallback=fallback)

        self._errands.send("one-time-keys", top_up)

    # Rooms

    async def read(self, room_id: str, event: JSON, *, private: bool) -> Opened | None:
        """Decrypt an event; what has no key yet waits for it, and None is returned."""
        try:
            return await self._keyring.open(room_id, event, self._clock.now())
        except NoKey:
            self._late.keep(room_id, event, private=private)
            await self._shelf.commit()
        except Unreadable as error:
            log.warning("an event cannot be read", error=str(error))
        return None

    async def open(self, room_id: str, event: JSON, now: datetime) -> Opened | None:
        """Decrypt an event that stands in a room; None where its key is not here."""
        try:
            return await self._keyring.open(room_id, event, now)
        except (NoKey, Unreadable):
            return None

    async def late(self) -> list[Waiting]:
        """Return events that can be read now, of those that could not; each until it is `done`."""
        readable = []
        for waiting in self._late.take_ready():
            try:
                await self._keyring.open(waiting.room_id, waiting.event, self._clock.now())
            except NoKey:
                continue  # it was another key, or begins only later
            except Unreadable:
                await self.done(waiting)
            else:
                readable.append(waiting)
        return readable

    async def done(self, waiting: Waiting) -> None:
        """Note that a late event was handled."""
        self._late.done(str(waiting.event["event_id"]))
        await self._shelf.commit()

    async def left(self, room_id: str) -> None:
        """Forget the keys of a room that we are in no more."""
        await self._keyring.forget(room_id)

    async def look(self, tell: Tell) -> None:
        """Do what is due: ask for missing keys, tell people of them, forget old ones."""
        await self._late.look(tell)
        self._errands.send("devices-without-keys", self._groups.try_again)
        now = self._clock.now()
        if self._swept != (today := now.date().isoformat()):
            self._swept = today
            self._shelf.put("swept", today)
            await self._keyring.sweep(now)

    async def encrypt(
        self,
        room_id: str,
        people: Iterable[str],
        rotation: Sequence[int],
        event_type: str,
        content: JSON,
    ) -> JSON:
        """Return the content of an encrypted event for these people; see `groups.Groups`."""
        return await self._groups.encrypt(room_id, people, rotation, event_type, content)


async def begin(
    client: Caller, device_id: str, memory: Memory, errands: Errands, clock: Clock, ids: Ids
) -> Encryption:
    """Return the encryption of the account's device, made and published if need be.

    Raises: as `own.own_device`.
    """
    server, shelf = KeyServer(client), Shelf(memory)
    own = await own_device(client.user_id, device_id, server, shelf)
    encryption = Encryption(own, server, shelf, errands, clock, ids)
    await encryption.load()
    encryption.signed = await _signed(own)
    if not encryption.signed:
        log.warning("the device is not signed: strict clients keep their keys from it")
    return encryption


async def _signed(own: Own) -> bool:
    """Tell whether the account signed our device; sign it where the keys for that are here."""
    answer = await own.server.query([own.user_id])
    seeds = await crosssigning.kept_seeds(own.shelf)
    signed = crosssigning.is_signed_by_owner(answer, own.user_id, own.device_id)
    if not signed and seeds and crosssigning.are_published(seeds, answer, own.user_id):
        await crosssigning.sign_device(seeds, own)
        answer = await own.server.query([own.user_id])
        signed = crosssigning.is_signed_by_owner(answer, own.user_id, own.device_id)
    shown = answer["device_keys"][own.user_id][own.device_id]
    own.shown = {key: value for key, value in shown.items() if key != "unsigned"}
    return signed


def _digest(event: JSON) -> str:
    text = json.dumps([event.get("sender"), event.get("content")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
