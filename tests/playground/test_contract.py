"""The playground keeps what every adapter promises; its person sits at the page's own socket."""

import asyncio

import pytest

from bot.adapters.playground import PLATFORM, Person, PlaygroundAdapter, World
from bot.adapters.playground.world import Place
from bot.core.markup import to_plain
from bot.core.refs import Destination, Member, Room
from bot.rehearsal.clock import SimulatedClock
from bot.testing.adapter_contract import AdapterContract, NotingHost
from tests.playground.conftest import START
from tests.playground.page_client import PageClient


class PlaygroundBench:
    """A world of one room and one person."""

    def __init__(self) -> None:
        world = World("bench", "bench")
        world.add_room(Place("square", "square"))
        world.save(Person("Ana"))
        self.adapter = PlaygroundAdapter(SimulatedClock(START), world, token="secret")
        self.room, self.gone = Room(PLATFORM, "square"), Room(PLATFORM, "gone")
        self.member = Member(PLATFORM, "Ana")

    async def start(self, host: NotingHost) -> None:
        self.running = asyncio.create_task(self.adapter.run(host))
        await self.adapter.server.listening.wait()

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.wait({self.running})
        await self.adapter.close()

    async def read(self, place: Destination) -> list[str]:
        said = self.adapter.world.messages.values()
        return [to_plain(each.text) for each in said if each.place == place and not each.author]

    async def say(self, text: str, place: Destination) -> None:
        room = place.id if isinstance(place, Room) else ""
        async with PageClient(self.adapter.server.link) as page:
            answer = await page.ask(**{"do": "say", "as": "Ana", "room": room, "text": text})
        assert "refused" not in answer


class TestPlaygroundAdapter(AdapterContract):
    @pytest.fixture
    def bench(self) -> PlaygroundBench:
        return PlaygroundBench()
