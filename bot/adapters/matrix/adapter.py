"""Matrix as one of our platforms: an account that listens, and carries actions out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.adapters.matrix import outbound
from bot.adapters.matrix.claim import Claim
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.commands import Descriptions
from bot.adapters.matrix.communities import PLATFORM, fingerprint
from bot.adapters.matrix.direct import DirectRooms
from bot.adapters.matrix.encrypting import begin
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.housekeeping import Housekeeping
from bot.adapters.matrix.intake import Intake
from bot.adapters.matrix.invitations import Invitations
from bot.adapters.matrix.looking import LINK, LINK_PATTERN, look
from bot.adapters.matrix.places import Places
from bot.adapters.matrix.profile import Profile
from bot.adapters.matrix.readback import read_back
from bot.adapters.matrix.rooms import MEGOLM
from bot.adapters.matrix.sending import Sending
from bot.adapters.matrix.signin import SignIn
from bot.adapters.matrix.spaces import Spaces
from bot.adapters.matrix.sync import Sync
from bot.adapters.matrix.transport import JSON, MatrixError, Refused
from bot.adapters.matrix.voice import Voice
from bot.core.actions import Affordances, Look, OpenThread, Poll, Say
from bot.core.commands import Declared
from bot.core.errors import Misconfigured, TryLater, Unreadable
from bot.core.ports import Clock, Delivery, Host, Ids
from bot.core.refs import Direct, MessageRef, Way

log = structlog.get_logger(__name__)

AFFORDANCES = Affordances(
    threads=True,
    reactions=True,
    pins=True,
    polls=True,
    text_limit=11_000,  # of signs of four bytes, encrypted, as much as an event holds
    quiescence=5.0,  # the transaction id already dedupes on the same device
    direct_unasked=True,
    files=True,
    exclusive=True,
    reads=True,
    link=LINK,
    link_pattern=LINK_PATTERN,
    enters=True,
)
_NOT_YET = 2.0
_CLOSING = 5.0


class MatrixAdapter:
    """One Matrix account.

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
        notices: what the bot says by itself; `encrypted-room`: why it does not stay in one it
            cannot read; `unreadable`: the key to a message is missing; `in-clear`: a message to it
            came unencrypted; `thread`: a thread goes on that began in a room which was replaced, at
            `{link}`.
        encryption: whether it reads encrypted rooms; None: if what that needs is installed, and
            the device is the bot's own.
        profile: what people see of the account.
        declared: the commands, for clients that offer them while one types.
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
        encryption: bool | None = None,
        profile: Profile | None = None,
        declared: Declared | None = None,
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
        self._client = Client(homeserver, user_id)
        self._sign_in = SignIn(self._client, clock, ids, access_token, device_id, password)
        self._facts = Facts(user_id)
        self._errands = Errands()
        self._direct = DirectRooms(self._client, self._facts, ids)
        if inviters is None:
            inviters = (user_id.partition(":")[2],)
        self._invitations = Invitations(self._client, self._errands, clock, ids, tuple(inviters))
        self._voice = Voice(self._client, self._facts)
        self._notices = notices or {}
        self._places = Places(
            self._voice, self._facts, self._invitations, clock, self._say_where_it_began
        )
        self._sending = Sending(
            self._client, self._voice, self._direct, self._errands, self._places, self._enter
        )
        self._spaces = Spaces(self._client, self._facts, self._invitations, self._errands, clock)
        self._wants_encryption = encryption
        self._housekeeping = Housekeeping(
            self._client,
            self._facts,
            self._invitations,
            self._errands,
            clock,
            ids,
            notices or {},
        )
        self._profile = profile or Profile()
        self._descriptions = Descriptions(
            self._client, self._facts, self._errands, clock, ids, declared
        )
        self._claim = Claim(self._client, ids)
        self._host: Host | None = None
        self._ready = False
        self._sync: Sync | None = None

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
        encrypts = self._wants_encryption is not False
        return replace(AFFORDANCES, prefix=self._prefix, encrypts=encrypts)

    @property
    def connected(self) -> bool:
        """Whether we are signed in, and the homeserver answered the last question."""
        return self._ready and self._sync is not None and self._sync.settled

    async def run(self, host: Host) -> None:
        """Listen until cancelled.

        Raises: `Misconfigured` when token, password or device are wrong.
        """
        self._host = host
        await self._facts.load(host)
        await self._direct.load(host)
        try:
            await self._come_in(host)
            self._places.memory = host
            self._errands.send("profile", lambda: self._profile.show(self._client, host))
            await self._invitations.load(host)
            self._housekeeping.look()
            while True:
                try:
                    await self._listen(host)
                except Refused as error:
                    self._ready = False
                    if not self._sign_in.password:
                        raise self._sign_in.signed_out() from error
                await self._clock.sleep(_NOT_YET)  # never in a tight circle
                await self._come_in(host)
        finally:
            self._ready = False

    async def _come_in(self, host: Host) -> None:
        """Sign in, with all that a device has on the homeserver: it goes when the device does."""
        await self._sign_in.run(host)
        await self._begin_encryption(host)
        await self._claim.stake(host)
        self._ready = True

    async def _begin_encryption(self, host: Host) -> None:
        try:
            encryption = await begin(
                self._client, host, self._errands, self._clock, self._ids, self._wants_encryption
            )
        except Refused as error:
            raise self._sign_in.signed_out() from error
        self._voice.encryption = encryption
        self._direct.encrypts = None if encryption is None else encryption.reaches
        self._facts.can_read(() if encryption is None else (MEGOLM,))

    async def _listen(self, host: Host) -> None:
        """Take in what happens until we are signed out.

        Raises: `Refused`.
        """
        encryption = self._voice.encryption
        intake = Intake(
            self._client,
            self._facts,
            self._direct,
            host,
            self._clock,
            self._prefix,
            self._sending.keys,
            encryption,
            self._note("in-clear"),
        )
        unreadable = self._note("unreadable")

        async def take(answer: JSON, since: str | None, began_ms: int) -> None:
            await self._claim.check(answer, host)
            if encryption is not None:
                await encryption.receive(answer)
            self._invitations.take_all(answer)
            await intake.take(answer, since, began_ms)
            self._housekeeping.look()
            self._spaces.look()
            self._descriptions.look(answer)
            await self._invitations.save()
            await self._facts.save(host)
            self._invitations.answer()
            if encryption is not None:
                await encryption.look(unreadable)

        self._sync = Sync(self._client, host, self._clock, self._ids, take)
        await self._sync.run()

    async def _enter(self, room_id: str) -> None:
        """Come into a room of a space, or ask to be let in."""
        way = self._facts.way_into(room_id)
        via = way.via if way is not None else ()
        for space in way.through if way is not None else ():
            await self._client.join(space, via)
        if way is not None and way.way is Way.KNOCK:
            await self._invitations.knock(room_id, via)
        else:
            await self._client.join(room_id, via)

    def _say_where_it_began(self, link: str) -> str:
        return self._notices.get("thread", "{link}").replace("{link}", link)

    def _note(self, name: str) -> Callable[[str, str], None]:
        """Return what tells people in a room, once for an event, what was wrong with it."""

        def note(room_id: str, event_id: str) -> None:
            content = outbound.plain_notice(self._notices.get(name, ""))
            transaction = outbound.transaction(fingerprint(event_id)[:20], f"-{name}")

            async def say() -> None:
                await self._voice.send(room_id, "m.room.message", content, transaction)

            if content["body"]:
                self._errands.send(f"notice {event_id}", say)

        return note

    async def close(self) -> None:
        """Let go of connections."""
        self._ready = False
        await self._errands.close(_CLOSING)
        await self._client.close()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Carry the action out; see `core.ports.Adapter`."""
        if not self._ready:
            raise TryLater(_NOT_YET, "not connected")
        if isinstance(delivery.action, Look):
            await self._look(delivery.action)
            return None
        return await self._sending.deliver(delivery)

    async def _look(self, action: Look) -> None:
        assert self._host is not None
        now, encryption = self._clock.now(), self._voice.encryption
        await self._host.receive(await look(self._client, self._facts, encryption, action, now))

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back whether the delivery stands; see `core.ports.Adapter`."""
        if not isinstance(delivery.action, Say | OpenThread | Poll):
            return None  # the others may simply be done again
        if not self._ready:
            raise TryLater(_NOT_YET, "not connected")
        try:
            room_id = await self._room_to_search(delivery.action, delivery.on)
            for each in self._places.rooms(room_id) if room_id is not None else ():
                if (found := await read_back(self._client, each, delivery)) is not None:
                    return found
            return None
        except Refused as error:
            if error.limited or error.signed_out or error.for_now:
                raise outbound.reason(error, direct=False) from error
            raise Unreadable(f"the room's history cannot be read ({error})") from error
        except MatrixError as error:
            raise TryLater(_NOT_YET, f"no answer ({error})") from error

    async def _room_to_search(
        self, action: Say | OpenThread | Poll, on: MessageRef | None
    ) -> str | None:
        if on is not None and (not isinstance(action, Say) or action.in_thread):
            return on.room.id
        if isinstance(action.to, Direct):
            return await self._direct.recover(action.to.member.id)
        return action.to.id
