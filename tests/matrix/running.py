"""The adapter on a real account, and the shorthand with which the tests speak to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.adapters.matrix import MatrixAdapter
from bot.core.actions import Action, Say
from bot.core.errors import TryLater
from bot.core.ports import Delivery
from bot.core.refs import Destination, Direct, Member, MessageRef, Room
from tests.support.fake_host import FakeHost
from tests.support.running import Running, Whatever
from tests.support.synapse import Account

ENCRYPTED = "I cannot read encrypted rooms here, so I leave."
UNREADABLE, IN_CLEAR = "The key has not reached me.", "That came without encryption."
NOTICES = {
    "encrypted-room": ENCRYPTED,
    "unreadable": UNREADABLE,
    "in-clear": IN_CLEAR,
    "thread": "It began at {link}",
}


def member(user_id: str) -> Member:
    """Name a person."""
    return Member("matrix", user_id)


def direct(user_id: str) -> Direct:
    """Name the direct conversation with a person."""
    return Direct(member(user_id))


def room(room_id: str, thread: str | None = None) -> Room:
    """Name a room."""
    return Room("matrix", room_id, thread)


class Bot(Running[MatrixAdapter]):
    """An adapter that listens in the background; its host outlives it."""

    def __init__(self, account: Account, host: FakeHost | None = None, **options: Whatever) -> None:
        super().__init__(host, options.pop("clock", None))
        self.id = account.user_id
        options.setdefault("access_token", account.access_token)
        options.setdefault("device_id", account.device_id)
        options.setdefault("notices", NOTICES)
        options.setdefault("encryption", False)
        homeserver = options.pop("homeserver", account.homeserver)
        self.adapter = MatrixAdapter(homeserver, self.id, self.clock, self.ids, **options)

    async def synced(self) -> None:
        """Wait until the first answer of /sync was taken in."""
        await self.host.until(lambda: "since" in self.host.memory.get("matrix.sync", {}))

    async def delivers(self, action: Action, on: MessageRef | None = None) -> MessageRef | None:
        """Deliver an action once the adapter is connected, as if it had been tried for an hour:
        nothing waits for people.
        """
        first = self.clock.now() - timedelta(hours=1)
        delivery = Delivery(action.key, action, on, first)
        return await self._once_connected(lambda: self.adapter.deliver(delivery))

    async def finds(self, delivery: Delivery) -> MessageRef | None:
        """Read a delivery back once the adapter is connected."""
        return await self._once_connected(lambda: self.adapter.find(delivery))

    async def _once_connected(
        self, call: Callable[[], Awaitable[MessageRef | None]]
    ) -> MessageRef | None:
        while True:
            try:
                return await call()
            except TryLater as error:
                if "not connected" not in str(error):
                    raise
                await asyncio.sleep(0.05)

    async def says(
        self, to: Destination, text: str, on: MessageRef | None = None, **more: Whatever
    ) -> MessageRef:
        """Deliver a message and return where it stands."""
        more.setdefault("key", self.ids.new())
        ref = await self.delivers(Say(to=to, text=text, **more), on)
        assert ref is not None
        return ref


@asynccontextmanager
async def running(
    account: Account, host: FakeHost | None = None, **options: Whatever
) -> AsyncIterator[Bot]:
    """Let a bot run on the account."""
    async with Bot(account, host, **options) as bot:
        yield bot
