"""What the benchmarks share: a platform that takes everything, people who type, processes of their
own, and how figures are shown.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import signal
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.app import App
from bot.core.actions import Affordances
from bot.core.content import Folders
from bot.core.events import Posted
from bot.core.ports import Delivery, Host
from bot.core.refs import Community, Direct, Member, MessageRef, Room, Standing
from bot.logs import configure_logs

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = Folders((ROOT / "prompts",), ROOT / "charter.yaml")
NULL = "null"
CALLERS = 20
STORES = ("sqlite", "postgresql")

Turn = Callable[[int], Awaitable[float]]
Figures = Mapping[str, float | int | bool | str | None]


class NullAdapter:
    """A platform that takes whatever comes, at once, or so many deliveries a second."""

    name = NULL
    account = "null:bot"

    def __init__(self, per_second: float | None = None) -> None:
        """Count what is sent."""
        self.affordances = Affordances(direct_unasked=True, per_second=per_second)
        self.connected = True
        self.sent = 0

    async def run(self, host: Host) -> None:
        """Hear of nothing."""
        await asyncio.Event().wait()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Take it."""
        self.sent += 1
        return MessageRef(Room(NULL, "any"), delivery.key)

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Know of nothing."""
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


# --- people ------------------------------------------------------------------------------------


def turns(
    app: App, circle: Callable[[int], str], name: str = "caller", words: Sequence[str] = ("help",)
) -> Turn:
    """Return what lets a person type (one word after the other), and tells the turn's seconds.

    Args:
        app: the bot.
        circle: in which community a person is.
        name: what people are called, before their number.
        words: what they type in a private conversation.
    """
    count = itertools.count()
    dispatcher = app.dispatchers[NULL]

    async def turn(person: int) -> float:
        member = Member(NULL, f"{name} {person}")
        number = next(count)
        event = Posted(
            event_id=f"typed {os.getpid()} {number}",
            member=member,
            standing=(Standing(Community(NULL, circle(person))),),
            place=Direct(member),
            message=MessageRef(Room(NULL, "any"), str(number)),
            text=words[number % len(words)],
        )
        begun = time.perf_counter()
        await dispatcher.receive(event)
        return time.perf_counter() - begun

    return turn


async def people(done: asyncio.Event, turn: Turn, every: float = 0.05) -> list[float]:
    """Let somebody type ever so often, whether or not the one before was answered."""
    waiting: list[asyncio.Task[float]] = []
    while not done.is_set():
        waiting.append(asyncio.ensure_future(turn(len(waiting) % CALLERS)))
        await asyncio.sleep(every)
    return list(await asyncio.gather(*waiting))


# --- processes ---------------------------------------------------------------------------------


async def part(script: Path, *arguments: str | Path, limit: float) -> dict[str, Any]:
    """Run a part in a process of its own and return what it prints, an object in JSON.

    Raises: `RuntimeError` when it fails or takes more than `limit` seconds.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), *map(str, arguments)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        async with asyncio.timeout(limit):
            output, _ = await process.communicate()
    except TimeoutError:
        raise RuntimeError(f"{script.name}: not done in {limit:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{script.name} {arguments[0]} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(output)
    return found


def bounded(work: Coroutine[Any, Any, Any], limit: float) -> Any:  # noqa: ANN401 - as `asyncio.run`
    """Run until it is done, the limit (in seconds) is over or somebody ends us; then tidy up."""

    async def run() -> Any:  # noqa: ANN401
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        async with asyncio.timeout(limit):
            return await work

    return asyncio.run(run())


# --- figures -----------------------------------------------------------------------------------


def options(about: str | None, limit: float) -> argparse.ArgumentParser:
    """Return the options that every benchmark has."""
    configure_logs("warning", "console")
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print figures only, as JSON")
    parser.add_argument("--quick", action="store_true", help="little work: does it run?")
    parser.add_argument(
        "--folder",
        type=Path,
        help="where SQLite's files are written; default: the system's folder for such things",
    )
    parser.add_argument("--limit", type=float, default=limit, help=f"seconds in all ({limit:.0f})")
    return parser


def store_options(parser: argparse.ArgumentParser, default: Sequence[str] = STORES) -> None:
    """Let somebody choose the databases."""
    parser.add_argument(
        "--stores",
        nargs="+",
        choices=STORES,
        default=list(default),
        help=f"databases to measure on ({' '.join(default)})",
    )


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Return a percentile, in milliseconds."""
    if len(seconds) < 2:
        return max(seconds, default=0.0) * 1000
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


def ratio(ours: float | None, other: float | None) -> float | None:
    """Return ours over the other's; None where one is missing."""
    return round(ours / other, 4) if ours is not None and other else None


def machine(folder: Path | None = None) -> dict[str, Any]:
    """Return what bounds every figure: versions, processors, and how long the disk takes."""
    with TemporaryDirectory(prefix="circlekeeper-", dir=folder) as own:
        fsync = _fsync(Path(own) / "page")
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
        "fsync_p50_ms": fsync,
    }


def _fsync(path: Path) -> float:
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(30):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return percentile(taken, 50)


def show(report: Mapping[str, Any], as_json: bool) -> None:
    """Print a report: as JSON, or `figures` as columns of a table, and the rest below."""
    if as_json:
        print(json.dumps(_rounded(report), indent=2))
        return
    columns: Mapping[str, Figures] = report["figures"]
    rows = list(dict.fromkeys(itertools.chain.from_iterable(columns.values())))
    width = max(map(len, rows), default=0) + 2
    print(" " * width + "".join(f"{name:>24}" for name in columns))
    for row in rows:
        cells = (_cell(figures.get(row, "")) for figures in columns.values())
        print(f"{row.replace('_', ' '):{width}}" + "".join(f"{cell:>24}" for cell in cells))
    for name, value in report["ratios"].items():
        print(f"{name.replace('_', ' ')}: {_cell(value)}")
    for name, why in report.get("failed", {}).items():
        print(f"failed: {name}: {why}")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.3f}" if isinstance(value, float) else str(value)


def _rounded(value: Any) -> Any:  # noqa: ANN401 - whatever a report holds
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return value
