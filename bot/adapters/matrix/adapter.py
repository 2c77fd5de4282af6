"""Matrix as one of our platforms: an account that listens, and carries actions out."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from bot.adapters.matrix import outbound
from bot.adapters.matrix.client import JSON, Client, MatrixError, Refused
from bot.adapters.matrix.communities import PLATFORM
from bot.adapters.matrix.direct import DirectRooms
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.housekeeping import Housekeeping
from bot.adapters.matrix.intake import Intake
from bot.adapters.matrix.invitations import Invitations
from bot.adapters.matrix.readback import read_back
from bot.adapters.matrix.signin import SignIn
from bot.adapters.matrix.sync import Sync
from bot.core.actions import Affordances, Edit, Lane, OpenThread, Pin, Say, SetRole
from bot.core.errors import Misconfigured, TryLater, Undeliverable, Unreadable
from bot.core.ports import Clock, Delivery, Host, Ids
from bot.core.refs import Direct, MessageRef, Room

log = structlog.get_logger(__name__)

_AFFORDANCES = Affordances(
    threads=True,
    reactions=True,
    pins=True,
    text_limit=16_000,
    quiescence=5.0,  # the transaction id already dedupes on the same device
    direct_unasked=True,
)
_NOT_YET = 2.0
_SEEDED = 3
_CLOSING = 5.0
_KEYS = 2000  # of the last deliveries of this run


class MatrixAdapter:
    """One Matrix account, unencrypted rooms only.

    Args:
        homeserver: base URL of the client-server API.
        user_id: the account, as `@name:server`.
        clock: where the time comes from.
        ids: where room tokens and jitter come from.
        access_token: of the account; else `password`.
        device_id: the token's device.
        password: signs in once; device and token are then remembered through the host.
        inviters: who may bring the bot in: user ids, server names, globs; default the own server.
        prefix: what a command begins with.
        notices: what the bot says by itself; `encrypted-room`: why it does not stay in one.
    """

    def __init__(
        self,
        homeserver: str,
        user_id: str,
        clock: Clock,
        ids: Ids,
        *,
        access_token: str | None = None,
        device_id: str | None = None,
        password: str | None = None,
        inviters: Sequence[str] | None = None,
        prefix: str = "!",
        notices: Mapping[str, str] | None = None,
    ) -> None:
        """Make no connection yet."""
        if not user_id.startswith("@") or ":" not in user_id:
            raise Misconfigured(f"The Matrix account must be given as @name:server, not {user_id}.")
        if not access_token and not password:
            raise Misconfigured(
                "The Matrix account has neither token nor password: set "
                "CIRCLEKEEPER_MATRIX__ACCESS_TOKEN or CIRCLEKEEPER_MATRIX__PASSWORD."
            )
        self._user_id = user_id
        self._clock = clock
        self._ids = ids
        self._prefix = prefix
        self._own_keys: dict[str, None] = {}
        self._client = Client(homeserver, user_id)
        self._sign_in = SignIn(self._client, clock, ids, access_token, device_id, password)
        self._facts = Facts(user_id)
        self._errands = Errands()
        self._direct = DirectRooms(self._client, self._facts, ids)
        if inviters is None:
            inviters = (user_id.partition(":")[2],)
        self._invitations = Invitations(self._client, self._errands, clock, ids, tuple(inviters))
        self._housekeeping = Housekeeping(
            self._client, self._facts, self._invitations, self._errands, clock, ids, notices or {}
        )
        self._ready = False
        self._pinning: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._throttled_until = 0.0

    @property
    def name(self) -> str:
        """The platform's name."""
        return PLATFORM

    @property
    def account(self) -> str:
        """The account's name."""
        return self._user_id

    @property
    def affordances(self) -> Affordances:
        """What Matrix can show."""
        return replace(_AFFORDANCES, prefix=self._prefix)

    async def run(self, host: Host) -> None:
        """Listen until cancelled.

        Raises: `Misconfigured` when token, password or device are wrong.
        """
        await self._facts.load(host)
        await self._direct.load(host)
        try:
            await self._sign_in.run(host)
            self._ready = True
            await self._invitations.load(host)
            self._housekeeping.look()
            await self._listen(host)
        finally:
            self._ready = False

    async def _listen(self, host: Host) -> None:
        intake = Intake(
            self._client,
            self._facts,
            self._direct,
            host,
            self._clock,
            self._prefix,
            self._own_keys,
        )

        async def take(answer: JSON, since: str | None, began_ms: int) -> None:
            self._invitations.take_all(answer)
            await intake.take(answer, since, began_ms)
            self._housekeeping.look()
            await self._invitations.save()
            await self._facts.save(host)
            self._invitations.answer()

        while True:
            try:
                await Sync(self._client, host, self._clock, self._ids, take).run()
            except Refused as error:
                self._ready = False
                if not self._sign_in.password:
                    raise self._sign_in.signed_out() from error
                await self._clock.sleep(_NOT_YET)  # never in a tight circle
                await self._sign_in.run(host)
                self._ready = True

    async def close(self) -> None:
        """Let go of connections."""
        self._ready = False
        await self._errands.close(_CLOSING)
        await self._client.close()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Carry the action out; see `core.ports.Adapter`."""
        if not self._ready:
            raise TryLater(_NOT_YET, "not connected")
        self._remember_key(delivery.key)
        action = delivery.action
        try:
            match action:
                case Say():
                    return await self._say(action, delivery)
                case OpenThread():
                    on = _needs(delivery.on)
                    return await self._send(
                        on.room.id, outbound.open_thread(action, on), delivery.key, on
                    )
                case Edit():
                    on = _needs(delivery.on)
                    await self._send(on.room.id, outbound.edit(action, on), delivery.key, on)
                case Pin():
                    await self._pin(_needs(delivery.on))
                case SetRole():
                    pass  # Matrix has no roles
                case _:
                    raise Undeliverable(f"Matrix has no way to show this: {action.kind}.")
        except MatrixError as error:
            self._note_throttle(error)
            raise outbound.reason(error, direct=isinstance(action.to, Direct)) from error
        return None

    def _remember_key(self, key: str) -> None:
        self._own_keys[key] = None
        while len(self._own_keys) > _KEYS:
            del self._own_keys[next(iter(self._own_keys))]

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back whether the delivery stands; see `core.ports.Adapter`."""
        if not isinstance(delivery.action, Say | OpenThread):
            return None  # the others may simply be done again
        if not self._ready:
            raise TryLater(_NOT_YET, "not connected")
        try:
            room_id = await self._room_to_search(delivery.action, delivery.on)
            if room_id is None:
                return None
            return await read_back(self._client, room_id, delivery)
        except Refused as error:
            if error.limited or error.signed_out:
                raise outbound.reason(error, direct=False) from error
            raise Unreadable(f"the room's history cannot be read ({error})") from error
        except MatrixError as error:
            raise TryLater(_NOT_YET, f"no answer ({error})") from error

    async def _room_to_search(self, action: Say | OpenThread, on: MessageRef | None) -> str | None:
        if on is not None and (isinstance(action, OpenThread) or action.in_thread):
            return on.room.id
        if isinstance(action.to, Direct):
            return await self._direct.recover(action.to.member.id)
        return action.to.id

    async def _say(self, action: Say, delivery: Delivery) -> MessageRef:
        if action.aside is not None and isinstance(action.to, Room):
            # The engine sends such things directly; private words are never shown by mistake.
            raise Undeliverable("Matrix cannot show a message to one person only.")
        on, thread = delivery.on, None
        if action.in_thread and on is not None:
            room_id, thread = on.room.id, outbound.thread_root(on)
        elif isinstance(action.to, Direct):
            answering = action.lane is Lane.INTERACTIVE
            room_id = await self._direct.open(action.to.member.id, answering=answering)
        else:
            room_id, thread = action.to.id, action.to.thread
        content = outbound.say(action, on, thread)
        event_id = await self._client.send(
            room_id, "m.room.message", content, outbound.transaction(delivery.key)
        )
        if action.reactions:
            self._seed(room_id, event_id, delivery.key, action.reactions[:_SEEDED])
        return MessageRef(Room(PLATFORM, room_id, thread), event_id)

    async def _send(self, room_id: str, content: JSON, key: str, on: MessageRef) -> MessageRef:
        event_id = await self._client.send(
            room_id, "m.room.message", content, outbound.transaction(key)
        )
        return MessageRef(Room(PLATFORM, room_id, outbound.thread_root(on)), event_id)

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
