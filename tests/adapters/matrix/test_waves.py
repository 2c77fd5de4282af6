"""Sending in waves: what comes while something is on its way goes out together, soon."""

import asyncio

import pytest

from bot.adapters.matrix.waves import Waves


class Server:
    """Takes requests, and answers when it is told to."""

    def __init__(self) -> None:
        self.waves = Waves()
        self.came: list[str] = []
        self.answers: dict[str, asyncio.Event] = {}
        self.requests: list[asyncio.Task[None]] = []

    async def ask(self, *names: str) -> None:
        """Make requests, and let them come as far as they may."""
        for name in names:
            self.answers[name] = asyncio.Event()
            self.requests.append(asyncio.create_task(self._ask(name)))
        await self.rest()

    async def answer(self, name: str) -> None:
        self.answers[name].set()
        await self.rest()

    async def rest(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def _ask(self, name: str) -> None:
        async with self.waves.turn():
            self.came.append(name)
            await self.answers[name].wait()


@pytest.fixture
def server() -> Server:
    return Server()


async def test_where_nothing_is_on_its_way_nothing_waits(server: Server) -> None:
    await server.ask("first")
    assert server.came == ["first"]
    await server.answer("first")
    await server.ask("second")
    assert server.came == ["first", "second"]


async def test_what_came_meanwhile_goes_out_together_in_its_order(server: Server) -> None:
    await server.ask("first")
    await server.ask("second", "third")
    await server.ask("fourth")
    assert server.came == ["first"]
    await server.answer("first")
    assert server.came == ["first", "second", "third", "fourth"]
    await server.ask("fifth")
    await server.answer("second")
    await server.answer("fourth")
    assert "fifth" not in server.came, "a wave is over when all of it has come in"
    await server.answer("third")
    assert server.came[-1] == "fifth"


async def test_what_hangs_holds_up_the_others_for_a_moment_only(server: Server) -> None:
    await server.ask("hangs")
    await server.ask("waits")
    assert server.came == ["hangs"]
    async with asyncio.timeout(2):
        while "waits" not in server.came:  # noqa: ASYNC110 - the order of others is looked at
            await asyncio.sleep(0.01)
    await server.answer("waits")
    await server.ask("later")
    assert server.came == ["hangs", "waits", "later"], "it is waited for only once"


async def test_a_request_that_is_given_up_lets_the_next_one_go(server: Server) -> None:
    await server.ask("first")
    await server.ask("given up", "second")
    server.requests[1].cancel()
    await server.rest()
    server.requests[0].cancel()
    await server.rest()
    assert server.came == ["first", "second"]
