"""Health and metrics as a monitor asks for them, from a bot that runs."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.app import App, Content
from bot.core.errors import Misconfigured
from bot.engine.own import engine_feature
from bot.engine.words import Words
from bot.operations.status import running
from bot.rehearsal.clock import SimulatedClock
from bot.settings import Http
from bot.testing import FakePlatform
from storage.crypto import Vault
from storage.opening import open_store
from storage.store import Store
from tests.engine.circle import PROMPTS, START, TEXT_ONLY
from tests.support.postgres import Server, postgres_server

__all__ = ["postgres_server"]
HERE = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as one:
        one.bind((HERE, 0))
        port: int = one.getsockname()[1]
    return port


@asynccontextmanager
async def running_on(store: Store, platform: FakePlatform) -> AsyncIterator[int]:
    """Run a bot on this store; give the port on which it is watched."""
    port = free_port()
    content = Content([engine_feature()], Words([PROMPTS]))
    app = App(store, content, [platform], watched_at=(HERE, port))
    task = asyncio.ensure_future(app.run())
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    await get(port, "/healthz")
                    break
                except OSError:
                    assert not task.done(), task.result()
                    await asyncio.sleep(0.02)
        yield port
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def get(port: int, path: str) -> tuple[int, str]:
    async with ClientSession() as session, session.get(f"http://{HERE}:{port}{path}") as answer:
        return answer.status, await answer.text()


async def until_ready(port: int, *, ready: bool) -> dict[str, object]:
    """Ask until it is ready, or is not; return what it said then."""
    async with asyncio.timeout(30):
        while True:
            status, text = await get(port, "/readyz")
            said: dict[str, object] = json.loads(text)
            assert (status == 200) == said["ready"]
            if said["ready"] is ready:
                return said
            await asyncio.sleep(0.05)


def platform() -> FakePlatform:
    return FakePlatform(SimulatedClock(START), TEXT_ONLY)


async def test_a_bot_that_runs_is_alive_ready_and_counted(tmp_path: Path) -> None:
    opened, its = open_store(f"sqlite:///{tmp_path / 'db'}", tmp_path / "key"), platform()
    try:
        async with running_on(opened.store, its) as port:
            assert await get(port, "/healthz") == (200, "alive\n")
            said = await until_ready(port, ready=True)
            assert said == {
                "ready": True,
                "store": "answers",
                "tick": "fresh",
                "adapters": {"fake": "connected"},
            }
            its.connected = False
            said = await until_ready(port, ready=False)
            assert said["adapters"] == {"fake": "not connected"}
            status, text = await get(port, "/metrics")
            assert status == 200
            assert 'circlekeeper_adapter_connected{platform="fake"} 0.0' in text.splitlines()
            assert "circlekeeper_store_up 1.0" in text.splitlines()
            facts = await asyncio.to_thread(running, Http(port=port))
            assert facts["running"] == "not ready"
            assert facts["adapter fake"] == "not connected"
            assert (await get(port, "/anything"))[0] == 404
    finally:
        opened.close()
    facts = await asyncio.to_thread(running, Http(port=port))
    assert facts == {"running": f"nothing answers on port {port}"}


async def test_a_database_that_is_stopped_is_told_meanwhile(
    postgres_server: Server, tmp_path: Path
) -> None:
    url = postgres_server.fresh_database()
    store = Store(url, Vault(bytes(range(32))))
    try:
        async with running_on(store, platform()) as port:
            await until_ready(port, ready=True)
            await asyncio.to_thread(postgres_server.stop)
            try:
                said = await until_ready(port, ready=False)
                assert said["store"] == "does not answer"
                assert await get(port, "/healthz") == (200, "alive\n")
                status, text = await get(port, "/metrics")
                assert status == 200
                assert "circlekeeper_store_up 0.0" in text.splitlines()
            finally:
                await asyncio.to_thread(postgres_server.start)
            await until_ready(port, ready=True)
    finally:
        await asyncio.to_thread(store.close)


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path / 'db'}", tmp_path / "key")
    content = Content([engine_feature()], Words([PROMPTS]))
    try:
        with socket.socket() as other:
            other.bind((HERE, 0))
            other.listen()
            taken = other.getsockname()[1]
            app = App(opened.store, content, [platform()], watched_at=(HERE, taken))
            with pytest.raises(ExceptionGroup) as raised:
                await app.run()
        (error,) = raised.value.exceptions
        assert isinstance(error, Misconfigured)
        assert f"port {taken}: address already in use. Set CIRCLEKEEPER_HTTP__PORT" in str(error)
    finally:
        opened.close()
