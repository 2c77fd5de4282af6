"""The adapter: a world of people and rooms, and the server by which a browser takes part in it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from bot.adapters.playground.backstage import Backstage, Refused
from bot.adapters.playground.inbound import Deeds
from bot.adapters.playground.once import Once
from bot.adapters.playground.outbound import carry_out, look
from bot.adapters.playground.server import Server
from bot.adapters.playground.world import PLATFORM, World
from bot.core.actions import Affordances, Look
from bot.core.ports import Clock, Delivery, Host
from bot.core.refs import MessageRef


class PlaygroundAdapter:
    """The platform and the bot's account on it (see `core.ports.Adapter`).

    Args:
        clock: what the messages' times are taken from.
        world: what is there at first.
        token: whoever knows it may take part; it stands in the link.
        port: of 127.0.0.1; 0 takes any that is free.
        backstage: what the page may ask for beside; without it there is only the community.
    """

    name = PLATFORM
    account = "playground:circlekeeper"
    affordances = Affordances(
        buttons=True,
        forms=True,
        asides=True,
        roles=True,
        quiescence=0.0,
        direct_unasked=True,
        files=True,
        pickers=True,
        reads=True,
        link="playground:{room}/{id}",
        link_pattern=r"playground:(?P<room>[^/\s]+)/(?P<id>\w+)",
    )

    def __init__(
        self,
        clock: Clock,
        world: World,
        *,
        token: str,
        port: int = 0,
        backstage: Backstage | None = None,
    ) -> None:
        """Serve nobody yet."""
        self.clock = clock
        self.world = world
        self.backstage = backstage
        self.server = Server(self, token, port)
        self._deeds: Deeds | None = None
        self._host: Host | None = None
        self._done, self._ordered = Once(), Once()
        self._ready = asyncio.Event()
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.watch(world)

    # The bot's side

    @property
    def connected(self) -> bool:
        """Whether a page could be heard now."""
        return self.server.listening.is_set()

    async def run(self, host: Host) -> None:
        """Serve and listen until cancelled.

        Raises: `Misconfigured` when something else listens on the port.
        """
        self.connect(host)
        async with self.server:
            await asyncio.Event().wait()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Show what the bot does."""
        if isinstance(delivery.action, Look):
            assert self._host is not None
            await self._host.receive(look(self.world, delivery.action))
            return None
        return carry_out(self.world, self.clock, delivery)

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back by the delivery's key."""
        known = self.world.by_key.get(delivery.key)
        return self.world.messages[known].ref if known in self.world.messages else None

    async def close(self) -> None:
        """Let the pages go."""
        await self.server.close()

    # The people's side

    def connect(self, host: Host) -> None:
        """Tell this host from now on."""
        self._host = host
        self._deeds = Deeds(self.world, self.clock, host)
        self._ready.set()

    async def disconnect(self) -> None:
        """Tell nobody until there is a host again; return when all that was begun is done."""
        self._ready.clear()
        await self._idle.wait()

    def play(self, world: World) -> None:
        """Show another world: every page begins anew."""
        self.world = world
        self._done = Once()
        self.watch(world)
        self.server.begin_anew()

    def watch(self, world: World) -> None:
        """Let the pages follow this world."""
        world.watch = self.server.tell

    async def do(self, deed: dict[str, Any]) -> dict[str, Any]:
        """Do what a page asks for.

        Raises: `Refused`.
        """
        return await self._done.do(str(deed.get("id")), lambda: self._do(deed))

    async def order(self, order: dict[str, Any]) -> dict[str, Any]:
        """Have an order carried out backstage.

        Raises: `Refused`.
        """
        return await self._ordered.do(str(order.get("id")), lambda: self._order(order))

    async def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        if self.backstage is None:
            raise Refused("refused_unknown")
        if order["order"] == "held":
            return dict(await self.backstage.held(str(order.get("as", ""))))
        return dict(await self.backstage.order(str(order["order"]), order))

    async def _do(self, deed: dict[str, Any]) -> dict[str, Any]:
        async with self._at_work():
            assert self._deeds is not None
            if self.backstage is not None:
                self.backstage.acted()
            try:
                return await self._deeds.do(deed)
            finally:
                if self.backstage is not None:
                    self.backstage.wake()

    @contextlib.asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(30):
                await self._ready.wait()
        except TimeoutError:
            raise Refused("refused_busy") from None
        self._busy += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()
