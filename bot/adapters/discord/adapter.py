"""Discord as one of our platforms: an account that listens, and carries actions out."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

import discord
import structlog

from bot.adapters.discord import commands, permissions
from bot.adapters.discord.communities import KIND, Communities
from bot.adapters.discord.declaring import Declaring
from bot.adapters.discord.door import Door
from bot.adapters.discord.gateway import Gateway, point_to, sessions_again
from bot.adapters.discord.guilds import PLATFORM, Guilds
from bot.adapters.discord.handing import again
from bot.adapters.discord.inbound import LINK, LINK_PATTERN
from bot.adapters.discord.intake import Intake
from bot.adapters.discord.interactions import Interactions
from bot.adapters.discord.looking import look
from bot.adapters.discord.markdown import shown_length
from bot.adapters.discord.readback import read_back
from bot.adapters.discord.rest import DiscordError, NoAnswer, NotSent, Refused, Rest
from bot.adapters.discord.sending import Sending, reason
from bot.core.actions import Affordances, AskChoice, AskForm, Look, Say
from bot.core.commands import Declared
from bot.core.errors import Misconfigured, TryLater, Unreadable
from bot.core.ports import Clock, Delivery, Host, Ids
from bot.core.refs import Direct, MessageRef

log = structlog.get_logger(__name__)

JSON: TypeAlias = dict[str, Any]

AFFORDANCES = Affordances(
    buttons=True,
    forms=True,
    asides=True,
    threads=True,
    reactions=True,
    pins=True,
    roles=True,
    text_limit=3900,  # Discord's 4000, less a mention
    measure=shown_length,
    quiescence=10.0,
    one_answer=True,
    files=True,
    pickers=True,
    per_second=45.0,
    threads_are_rooms=True,
    link=LINK,
    link_pattern=LINK_PATTERN,
)
_NOT_YET = 2.0
_LONGEST_PAUSE = 60.0
_STEADY = 60.0  # seconds after which a connection is held to have worked
_REFUSED = (
    "Discord does not accept the bot's token. Make a new one in the developer portal "
    "(your application, Bot, Reset Token), and set CIRCLEKEEPER_DISCORD__TOKEN to it."
)
_INTENT = (
    "Discord refuses what the bot asks to be told. In the developer portal, under your "
    "application, Bot, Privileged Gateway Intents, switch on Server Members Intent, or leave it "
    "off and start the bot again: it then works without it."
)
_SHARDS = (
    "CIRCLEKEEPER_DISCORD__SHARD_IDS does not fit: the number of shards is {count}, and they are "
    "numbered from 0. CIRCLEKEEPER_DISCORD__SHARD_COUNT says how many there are, else Discord does."
)
_MORE_SHARDS = (
    "Discord wants this bot's servers spread over more shards than {count}. Set "
    "CIRCLEKEEPER_DISCORD__SHARD_COUNT to more, give each shard to one process in "
    "CIRCLEKEEPER_DISCORD__SHARD_IDS, and start all of them again."
)
_BAD_TOKEN, _BAD_INTENTS, _BAD_SHARD, _TOO_FEW_SHARDS = (4004,), (4013, 4014), 4010, 4011


class DiscordAdapter:
    """One Discord account.

    Args:
        token: the bot's.
        clock: where the time comes from.
        ids: where chance comes from.
        declared: the commands, and their descriptions in each language.
        api_url: a proxy or a double in Discord's place.
        gateway_url: the same for the gateway.
        shard_ids: which shards this process takes; none: all of them.
        shard_count: how many there are; None: as many as Discord counts now.
    """

    def __init__(
        self,
        token: str,
        clock: Clock,
        ids: Ids,
        declared: Declared,
        *,
        api_url: str | None = None,
        gateway_url: str | None = None,
        shard_ids: Sequence[int] = (),
        shard_count: int | None = None,
    ) -> None:
        """Make no connection yet."""
        self._token = token
        self._clock = clock
        self._ids = ids
        self._payload = commands.payload(declared)
        self._commands = {command.path: command for command in declared.commands}
        self._gateway_url = gateway_url
        self._api_url = api_url
        self._shard_ids = tuple(shard_ids)
        self._wanted_count = shard_count
        self._shard_count = 1
        self._rest = Rest(token, api_url)
        self._guilds = Guilds(self._rest)
        self._interactions = Interactions(self._rest)
        self._sending = Sending(self._rest, self._guilds, self._interactions)
        self._host: Host | None = None
        self._gateway: Gateway | None = None
        self._account = f"discord:{permissions.client_id_of(token) or 'circlekeeper'}"

    @property
    def name(self) -> str:
        """The platform's name."""
        return PLATFORM

    @property
    def account(self) -> str:
        """The account's name."""
        return self._account

    @property
    def affordances(self) -> Affordances:
        """What Discord can show."""
        return AFFORDANCES

    @property
    def connected(self) -> bool:
        """Whether every shard of ours is heard."""
        wanted = len(self._shard_ids) or self._shard_count
        return self._gateway is not None and len(self._gateway.shards_up) >= wanted

    @property
    def guild_ids(self) -> list[str]:
        """The guilds that it is in, as far as the gateway told."""
        return [str(guild.id) for guild in self._guilds.all()]

    async def run(self, host: Host) -> None:
        """Listen until cancelled; connect again, ever more slowly, when that fails.

        Raises: `Misconfigured` when token, intents or shards are wrong.
        """
        self._host, pause = host, 1.0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._session(host)
            except (discord.LoginFailure, _TokenRefused) as error:
                raise Misconfigured(_REFUSED) from error
            except discord.PrivilegedIntentsRequired as error:
                raise Misconfigured(_INTENT) from error
            except discord.ConnectionClosed as error:
                self._give_up(error)
                log.warning("connection closed", code=error.code)
            except Misconfigured:
                raise
            except Exception as error:
                log.warning("connection failed", error=type(error).__name__)
            if asyncio.get_running_loop().time() - began > _STEADY:
                pause = 1.0
            await self._clock.sleep(pause * (0.5 + self._ids.pick(100) / 100))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _give_up(self, error: discord.ConnectionClosed) -> None:
        if error.code in _BAD_TOKEN:
            raise Misconfigured(_REFUSED) from error
        if error.code in _BAD_INTENTS:
            raise Misconfigured(_INTENT) from error
        given = self._shard_ids or self._wanted_count
        if given and error.code == _BAD_SHARD:
            raise Misconfigured(_SHARDS.format(count=self._shard_count)) from error
        if given and error.code == _TOO_FEW_SHARDS:
            raise Misconfigured(_MORE_SHARDS.format(count=self._shard_count)) from error
        # Where nothing is given, it asks for their number when it connects again.

    async def _session(self, host: Host) -> None:
        """Log in, and listen until the connection ends."""
        application = await self._ask("/applications/@me")
        counted = await self._ask("/gateway/bot")
        while wait := sessions_again(counted, len(self._shard_ids)):
            log.warning("Discord lets the bot connect no more for now", again_in=wait)
            await self._clock.sleep(wait)
            counted = await self._ask("/gateway/bot")
        count = self._shard_count = self._wanted_count or int(counted.get("shards") or 1)
        if self._shard_ids and max(self._shard_ids) >= count:
            raise Misconfigured(_SHARDS.format(count=count))
        point_to(self._api_url, self._gateway_url or str(counted.get("url") or ""))
        members = permissions.may_see_members(int(application.get("flags") or 0))
        self._interactions.application = str(application["id"])
        door = Door()
        intake = Intake(
            host, self._clock, self._rest, self._guilds, self._interactions, self._commands, door
        )
        communities = Communities(host, self._clock, self._rest, self._guilds, door)
        communities.members = self._guilds.told_of_members = members
        await communities.load()
        if self._shard_ids:
            told = partial(host.recall, KIND)
            self._guilds.elsewhere.told = lambda: again(self._clock, told)

        def hear(name: str, data: JSON) -> None:
            if name == "READY":
                intake.me = str(data["user"]["id"])
                log.info("connected", guilds=len(data.get("guilds") or ()))
            communities.hear(name, data)
            intake.hear(name, data)

        declaring = Declaring(self._rest, host, self._clock, self._payload)
        await declaring.begin(self._interactions.application)
        client = Gateway(hear, permissions.intents(members=members), self._shard_ids, count)
        self._guilds.follow(client)
        self._gateway = client
        try:
            async with client:
                await client.login(self._token)
                await client.connect()
        finally:
            self._gateway = None
            self._guilds.follow(None)
            await declaring.close()
            await intake.close()
            await communities.close()

    async def _ask(self, path: str) -> JSON:
        try:
            return await self._rest.call("GET", path)
        except Refused as error:
            if error.status == 401:
                raise _TokenRefused from error
            raise

    async def close(self) -> None:
        """Let go of connections."""
        await self._interactions.close()
        await self._rest.close()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Carry the action out; see `core.ports.Adapter`."""
        self._know_application(delivery)
        if isinstance(delivery.action, Look):
            await self._look(delivery.action)
            return None
        return await self._sending.deliver(delivery)

    async def _look(self, action: Look) -> None:
        if self._host is None:
            raise TryLater(_NOT_YET, "not connected", alone=True)
        try:
            found = await look(self._rest, self._guilds, action)
        except DiscordError as error:
            raise reason(error, direct=False) from error
        await self._host.receive(found)

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back whether the delivery stands; see `core.ports.Adapter`."""
        self._know_application(delivery)
        action = delivery.action
        try:
            if isinstance(action, Say | AskChoice | AskForm) and action.answers is not None:
                found = await self._interactions.find(action.answers, delivery.key)
                return self._sending.ref(action.to, found) if found is not None else None
            return await read_back(self._rest, self._guilds, self._sending, delivery)
        except Refused as error:
            if error.status in (401, 429):
                raise reason(error, direct=isinstance(action.to, Direct)) from error
            raise Unreadable(f"the channel's history cannot be read ({error})") from error
        except (NotSent, NoAnswer, DiscordError) as error:
            raise TryLater(_NOT_YET, f"no answer ({error})", alone=True) from error

    def _know_application(self, delivery: Delivery) -> None:
        """Let an answer to an interaction wait until it is known whose it is."""
        of_interaction = getattr(delivery.action, "answers", None) is not None
        if of_interaction and not self._interactions.application:
            raise TryLater(_NOT_YET, "not connected", alone=True)


class _TokenRefused(Exception):
    """Discord does not know the token."""
