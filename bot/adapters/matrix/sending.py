"""Carrying an action out on Matrix."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from bot.adapters.matrix import outbound, polls
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import PLATFORM
from bot.adapters.matrix.direct import DirectRooms
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.places import Places
from bot.adapters.matrix.transport import JSON, MatrixError, Refused
from bot.adapters.matrix.voice import Voice
from bot.core.actions import Edit, Enter, Forget, Lane, OpenThread, Pin, Poll, Retract, Say, SetRole
from bot.core.errors import Undeliverable
from bot.core.ports import Delivery
from bot.core.refs import Direct, MessageRef, Room

log = structlog.get_logger(__name__)

_SEEDED = 3
_KEYS = 2000  # of the last deliveries of this run


class Sending:
    """Sends what one account has to send."""

    def __init__(
        self,
        client: Client,
        voice: Voice,
        direct: DirectRooms,
        errands: Errands,
        places: Places,
        enter: Callable[[str], Awaitable[None]],
    ) -> None:
        """Have sent nothing yet; `enter` comes into a room."""
        self._places = places
        self._enter = enter
        self._client = client
        self._voice = voice
        self._direct = direct
        self._errands = errands
        self._pinning: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._throttled_until = 0.0
        self.keys: dict[str, None] = {}  # of the last deliveries: we know all about them

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Carry the action out; see `core.ports.Adapter`."""
        self._remember_key(delivery.key)
        action = delivery.action
        try:
            match action:
                case Say():
                    return await self._say(action, delivery)
                case OpenThread():
                    return await self._open_thread(action, _needs(delivery.on), delivery)
                case Poll():
                    return await self._poll(action, _needs(delivery.on), delivery)
                case Edit():
                    on = _needs(delivery.on)
                    self._places.elsewhere(on)
                    await self._send(on.room.id, outbound.edit(action, on), delivery.key, on)
                case Retract():
                    on, key = _needs(delivery.on), outbound.transaction(delivery.key)
                    await self._client.redact(on.room.id, on.id, key)
                case Pin():
                    on = _needs(delivery.on)
                    self._places.elsewhere(on)
                    await self._pin(on)
                case Enter():
                    await self._come_into(action.to.id)
                case Forget():
                    await self._direct.forget(action.to.member.id)
                case SetRole():
                    pass  # Matrix has no roles
                case _:
                    raise Undeliverable(f"Matrix has no way to show this: {action.kind}.")
        except MatrixError as error:
            self._note_throttle(error)
            raise outbound.reason(error, direct=isinstance(action.to, Direct)) from error
        return None

    def _remember_key(self, key: str) -> None:
        self.keys[key] = None
        while len(self.keys) > _KEYS:
            del self.keys[next(iter(self.keys))]

    async def _say(self, action: Say, delivery: Delivery) -> MessageRef:
        if action.aside is not None and isinstance(action.to, Room):
            # The engine sends such things directly; private words are never shown by mistake.
            raise Undeliverable("Matrix cannot show a message to one person only.")
        on, thread = delivery.on, None
        if action.in_thread and on is not None:
            root = outbound.thread_root(on)
            room_id, thread = await self._places.thread(on.room.id, root, delivery)
        elif isinstance(action.to, Direct):
            answering = action.lane is Lane.INTERACTIVE
            room_id = await self._direct.open(action.to.member.id, answering=answering)
        elif action.to.thread is not None:
            room_id, thread = await self._places.thread(action.to.id, action.to.thread, delivery)
        else:
            room_id = self._places.room(action.to.id, delivery)
        if action.reply_to is not None and self._places.moved(action.reply_to):
            action = replace(action, reply_to=None)
        if await self._voice.is_encrypted(room_id):
            member = action.to.member.id if isinstance(action.to, Direct) else None
            self._places.readers_know_us(room_id, member, delivery)
            action = replace(action, text=action.encrypted_text or action.text)
        content = outbound.say(action, on, thread)
        if action.file is not None:
            address = await self._voice.upload(room_id, action.file)
            content = outbound.with_file(content, action.file, address)
        event_id = await self._voice.send(
            room_id,
            "m.room.message",
            content,
            outbound.transaction(delivery.key),
            reader=action.to.member.id if isinstance(action.to, Direct) else None,
        )
        if action.reactions:
            self._seed(room_id, event_id, delivery.key, action.reactions[:_SEEDED])
        return MessageRef(Room(PLATFORM, room_id, thread), event_id)

    async def _open_thread(
        self, action: OpenThread, on: MessageRef, delivery: Delivery
    ) -> MessageRef:
        root = outbound.thread_root(on)
        room_id, thread = await self._places.thread(on.room.id, root, delivery)
        if thread != root:
            on = MessageRef(Room(PLATFORM, room_id), thread)
        return await self._send(room_id, outbound.open_thread(action, on), delivery.key, on)

    async def _poll(self, action: Poll, on: MessageRef, delivery: Delivery) -> MessageRef:
        room_id, thread = await self._places.thread(on.room.id, outbound.thread_root(on), delivery)
        content = polls.poll(action, thread)
        transaction = outbound.transaction(action.key)
        event_id = await self._voice.send(room_id, polls.POLL, content, transaction)
        return MessageRef(Room(PLATFORM, room_id, thread), event_id)

    async def _send(self, room_id: str, content: JSON, key: str, on: MessageRef) -> MessageRef:
        event_id = await self._voice.send(
            room_id, "m.room.message", content, outbound.transaction(key)
        )
        return MessageRef(Room(PLATFORM, room_id, outbound.thread_root(on)), event_id)

    async def _come_into(self, room_id: str) -> None:
        try:
            await self._enter(room_id)
        except Refused as error:
            if error.for_now or error.status not in (403, 404):
                raise
            raise Undeliverable("The bot was not let into a room: invite it there.") from error

    async def _pin(self, on: MessageRef) -> None:
        async with self._pinning[on.room.id]:
            content = await self._client.get_state(on.room.id, "m.room.pinned_events")
            pinned = content.get("pinned")
            pinned = pinned if isinstance(pinned, list) else []
            if on.id in pinned:
                return
            try:
                await self._client.put_state(
                    on.room.id, "m.room.pinned_events", {**content, "pinned": [*pinned, on.id]}
                )
            except Refused as error:
                if error.status != 403:
                    raise
                raise Undeliverable(
                    "The bot may not pin here: give it the power to send m.room.pinned_events "
                    "(in Element: Room settings, Roles & permissions, Manage pinned events)."
                ) from error

    def _seed(self, room_id: str, message: str, key: str, symbols: Sequence[str]) -> None:
        """Put reactions on a message in the background, as far as the budget allows."""

        async def seed() -> None:
            for number, symbol in enumerate(symbols):
                if asyncio.get_running_loop().time() < self._throttled_until:
                    return
                try:
                    await self._client.send(
                        room_id,
                        "m.reaction",
                        outbound.reaction(message, symbol),
                        outbound.transaction(key, f"-r{number}"),
                    )
                except MatrixError as error:
                    self._note_throttle(error)
                    if not (
                        isinstance(error, Refused) and error.errcode == "M_DUPLICATE_ANNOTATION"
                    ):
                        log.info("reaction not seeded", error=str(error))
                        return

        self._errands.send(f"reactions {key}", seed)

    def _note_throttle(self, error: MatrixError) -> None:
        if isinstance(error, Refused) and error.limited:
            pause = 5.0 if error.retry_after is None else error.retry_after
            self._throttled_until = asyncio.get_running_loop().time() + pause


def _needs(on: MessageRef | None) -> MessageRef:
    if on is None:
        raise Undeliverable("The message that this belongs to was never sent.")
    return on
