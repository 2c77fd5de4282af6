"""The adapters that need no platform keep what every adapter promises."""

import asyncio

import pytest

from bot.adapters.memory import BOT, MemoryAdapter
from bot.core.events import Posted
from bot.core.markup import to_plain
from bot.core.refs import Community, Destination, Direct, Member, MessageRef, Room
from bot.rehearsal.clock import SimulatedClock
from bot.testing import FakePlatform
from bot.testing.adapter_contract import AdapterContract, NotingHost
from tests.engine.circle import FAKE, ROOM, START


class FakeBench:
    """The fake platform."""

    def __init__(self) -> None:
        self.adapter = FakePlatform(SimulatedClock(START))
        self.room, self.gone, self.member = ROOM, Room(FAKE, "gone"), Member(FAKE, "ana")
        self.adapter.gone.add("gone")
        self._count = 0

    async def start(self, host: NotingHost) -> None:
        self.running = asyncio.create_task(self.adapter.run(host))
        await asyncio.sleep(0)

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])

    async def read(self, place: Destination) -> list[str]:
        return [to_plain(text) for text in self.adapter.texts(place)]

    async def say(self, text: str, place: Destination) -> None:
        if isinstance(place, Room):
            return  # dropped by the platform's own side: nobody waits for it
        self._count += 1
        await self.adapter.hear(
            Posted(
                event_id=f"e{self._count}",
                member=self.member,
                place=place,
                message=MessageRef(Room(FAKE, "direct"), f"m{self._count}"),
                text=text,
            )
        )


class MemoryBench:
    """The memory adapter."""

    def __init__(self) -> None:
        self.adapter = MemoryAdapter(SimulatedClock(START), buttons=False)
        self.adapter.rooms = {"garden": "garden"}
        name = self.adapter.name
        self.community = Community(name, "circle")
        self.room, self.gone, self.member = Room(name, "garden"), Room(name, "x"), Member(name, "A")

    async def start(self, host: NotingHost) -> None:
        self.running = asyncio.create_task(self.adapter.run(host))
        await asyncio.sleep(0)

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])

    async def read(self, place: Destination) -> list[str]:
        lines = self.adapter.lines
        return [line.text for line in lines if line.place == place and line.author == BOT]

    async def say(self, text: str, place: Destination) -> None:
        room = place.id if isinstance(place, Room) else None
        assert room is not None or isinstance(place, Direct)
        await self.adapter.says(self.member.id, text, room)


class TestFakePlatform(AdapterContract):
    @pytest.fixture
    def bench(self) -> FakeBench:
        return FakeBench()


class TestMemoryAdapter(AdapterContract):
    @pytest.fixture
    def bench(self) -> MemoryBench:
        return MemoryBench()
