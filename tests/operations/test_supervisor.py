"""What a supervisor hears over its socket."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.operations.supervisor import Supervisor


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    """The supervisor's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


async def told(heard: socket.socket) -> list[str]:
    return (await asyncio.to_thread(heard.recv, 4096)).decode().split("\n")


async def serving(alive: list[bool], heard: socket.socket) -> asyncio.Task[None]:
    environ = {"NOTIFY_SOCKET": str(heard.getsockname()), "WATCHDOG_USEC": "60000"}

    async def how() -> str:
        return "not ready: fake not connected"

    supervisor = Supervisor(environ)
    assert supervisor.is_there
    assert supervisor.within == 0.06
    return asyncio.create_task(supervisor.serve(lambda: alive[0], how))


async def test_that_we_are_up_how_we_are_and_that_we_live(heard: socket.socket) -> None:
    alive = [True]
    task = await serving(alive, heard)
    assert await told(heard) == ["READY=1", "STATUS=started"]
    assert await told(heard) == ["STATUS=not ready: fake not connected", "WATCHDOG=1"]
    alive[0] = False
    while "WATCHDOG=1" in (said := await told(heard)):
        pass
    assert said == ["STATUS=not ready: fake not connected"]
    task.cancel()


async def test_an_abstract_socket_and_another_process_s_watchdog() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0circlekeeper-{os.getpid()}")
        listening.settimeout(5)
        environ = {
            "NOTIFY_SOCKET": f"@circlekeeper-{os.getpid()}",
            "WATCHDOG_USEC": "1000",
            "WATCHDOG_PID": "1",
        }
        supervisor = Supervisor(environ)
        assert supervisor.within is None
        supervisor.tell("STOPPING=1")
        assert await told(listening) == ["STOPPING=1"]


def test_without_a_supervisor_nothing_is_said(tmp_path: Path) -> None:
    silent = Supervisor({})
    silent.tell("READY=1")
    assert not silent.is_there
    gone = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    gone.tell("READY=1")  # nobody listens there, and nothing breaks
    assert gone.is_there
