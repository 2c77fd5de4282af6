"""Speaking in rooms: encrypted where the room is, as it is where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters.matrix.attachments import seal
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.outbound import FILE_TYPE, KEY, to_seal
from bot.adapters.matrix.rooms import RoomState
from bot.adapters.matrix.transport import JSON
from bot.core.actions import File

if TYPE_CHECKING:
    from bot.adapters.matrix.encryption.machine import Encryption


class Voice:
    """Sends events of ours; `encryption` is None where the account has none."""

    def __init__(self, client: Client, facts: Facts) -> None:
        """Have no encryption yet."""
        self.encryption: Encryption | None = None
        self._client = client
        self._facts = facts
        self._new: dict[str, RoomState] = {}  # rooms that sync has not told of yet

    async def send(
        self,
        room_id: str,
        event_type: str,
        content: JSON,
        transaction: str,
        *,
        reader: str | None = None,
    ) -> str:
        """Send an event once for this transaction id and device; return its event id.

        `reader`: whom it is for, where sync may not have told of them in this room yet.
        Sent again, it is encrypted again: the homeserver knows it by the transaction id.
        """
        if self.encryption is not None:
            room = await self._room(room_id)
            if room.encrypted:
                readers = {*room.readers, *([reader] if reader else [])}
                content = await self._encrypted(self.encryption, room, readers, event_type, content)
                event_type = "m.room.encrypted"
        return await self._client.send(room_id, event_type, content, transaction)

    async def is_encrypted(self, room_id: str) -> bool:
        """Tell whether what is sent to a room goes encrypted from end to end."""
        return self.encryption is not None and (await self._room(room_id)).encrypted

    async def upload(self, room_id: str, file: File) -> JSON:
        """Upload a file for a room, sealed where the room is; return how a message names it."""
        held = file.text.encode()
        if not await self.is_encrypted(room_id):
            return {"url": await self._client.upload(held, file.name, FILE_TYPE)}
        sealed, about = seal(held)
        # Its name and kind are for those who can open the message.
        address = await self._client.upload(sealed, "file", "application/octet-stream")
        return {"file": {**about, "url": address}}

    async def _room(self, room_id: str) -> RoomState:
        known = self._facts.rooms.get(room_id)
        if known is not None and known.known:
            self._new.pop(room_id, None)
            return known
        if room_id not in self._new:
            # Made a moment ago, perhaps by a run that was killed: never guess, ask.
            room = RoomState(room_id)
            for event in await self._client.all_state(room_id):
                room.apply(event, self._facts.me)
            self._new[room_id] = room
        return self._new[room_id]

    async def _encrypted(
        self,
        encryption: Encryption,
        room: RoomState,
        readers: set[str],
        event_type: str,
        content: JSON,
    ) -> JSON:
        fits = to_seal(content)
        encrypted = await encryption.encrypt(room.id, readers, room.rotation, event_type, fits)
        # Random, and says nothing to others: with it we know our own again without a key.
        return {**encrypted, KEY: content[KEY]} if KEY in content else encrypted
