"""The transport that fails: what is carried out, and what the client hears of it."""

import asyncio
import random
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bot.testing.faults import BAD_DAY, FaultyTransport, Trouble

PATIENCE = 0.2
LAG = 0.4


class Counting:
    """A double that does nothing but count what it carried out."""

    def __init__(self) -> None:
        self.count = 0
        self.url = ""
        self.faults = FaultyTransport(
            random.Random(1).random,
            concerns=lambda request: request.path == "/send",
            lag=LAG,
            held=0.3,
            after=2.0,
        )

    async def carry_out(self, request: web.Request) -> web.Response:
        await request.read()
        self.count += 1
        return web.Response()

    async def hears(self, path: str = "/send") -> str:
        """Send, and return what the client hears."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(self.url, timeout=timeout) as session:
            try:
                async with session.post(path, data=b"something") as response:
                    return str(response.status // 100) + "xx"
            except aiohttp.ServerDisconnectedError:
                return "cut"
            except aiohttp.ClientOSError:
                return "cut"
            except TimeoutError:
                return "nothing"


@pytest_asyncio.fixture
async def double() -> AsyncIterator[Counting]:
    """A double on the loopback."""
    made = Counting()
    app = web.Application(middlewares=[made.faults.middleware])
    app.add_routes([web.post("/send", made.carry_out), web.post("/other", made.carry_out)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.mark.parametrize(
    ("trouble", "heard", "at_once", "in_the_end"),
    [
        (None, "2xx", 1, 1),
        (Trouble.BUSY, "4xx", 0, 0),
        (Trouble.FAILS, "5xx", 0, 0),
        (Trouble.HANGS, "nothing", 0, 0),
        (Trouble.CUT, "cut", 0, 0),
        (Trouble.UNHEARD, "5xx", 1, 1),
        (Trouble.SILENT, "nothing", 1, 1),
        (Trouble.BROKEN_OFF, "cut", 1, 1),
        (Trouble.LATE, "nothing", 0, 1),
    ],
)
async def test_each_trouble_is_what_it_says(
    double: Counting, trouble: Trouble | None, heard: str, at_once: int, in_the_end: int
) -> None:
    double.faults.plan(trouble)
    assert await double.hears() == heard
    assert double.count == at_once
    await asyncio.sleep(LAG)
    assert double.count == in_the_end
    assert await double.hears() == "2xx"  # what was planned is over


async def test_other_requests_are_left_alone(double: Counting) -> None:
    double.faults.plan(Trouble.FAILS)
    assert await double.hears("/other") == "2xx"
    assert await double.hears("/send") == "5xx"


async def test_a_refusal_says_how_long_to_wait(double: Counting) -> None:
    double.faults.plan(Trouble.BUSY)
    async with aiohttp.ClientSession() as session, session.post(f"{double.url}/send") as response:
        assert response.status == 429
        assert int(response.headers["Retry-After"]) >= 1
        assert 0 <= (await response.json())["retry_after"] <= 2.0


async def test_the_rates_hold_and_a_seed_repeats_them(double: Counting) -> None:
    def drawn(seed: int) -> list[Trouble | None]:
        faults = FaultyTransport(random.Random(seed).random, BAD_DAY)
        return [faults.drawn() for _ in range(4000)]

    one = drawn(1)
    assert one == drawn(1)
    assert one != drawn(2)
    for trouble, rate in BAD_DAY.items():
        assert one.count(trouble) / len(one) == pytest.approx(rate, abs=0.012)
