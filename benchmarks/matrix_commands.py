"""How fast Circlekeeper answers `!help` on Matrix, side by side with its peers.

All subjects run at once on one loopback Synapse, each as its own process with its own rooms;
single commands go to them in turn, bursts to one after another. A reply's time runs from the
sending of the command to its arrival in the driver's own long poll.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.environments import Unmade, environment, own_python, run_once  # noqa: E402
from benchmarks.process import end, memory_of, processor_seconds  # noqa: E402
from tests.support.human import Event, Human  # noqa: E402
from tests.support.synapse import Account, Synapse  # noqa: E402

MAUBOT = "0.6.0"
# What Circlekeeper is built on, imported and nothing else: no program on these takes less.
FLOOR = """
import sys
sys.modules["vodozemac"] = None  # as we do, so that nio loads no encryption of its own
import asyncio, aiohttp, apscheduler.triggers.cron, babel, click, jinja2, markdown_it, nio
import ruamel.yaml, sqlalchemy.dialects.sqlite, sqlalchemy.orm, sqlmodel, structlog
from cryptography.hazmat.primitives.ciphers import aead
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmRSS")))
"""
PEERS = ROOT / "benchmarks" / "peers"
COMMAND = "!help"
SPREAD_ROOMS = 20
WARM_UP = 5
REPLY_CHARACTERS = 600  # of the peers where Circlekeeper is not measured
REPLY_SECONDS = 15.0
QUIET_SECONDS = 8.0  # a burst is over when nothing was answered for so long
READY_SECONDS = 90.0


class SubjectFailed(Exception):
    """A bot could not be started or does not answer."""


@dataclass(frozen=True)
class Reply:
    """A message of a bot, and when the driver had it."""

    at: float
    event: Event


@dataclass(frozen=True)
class Burst:
    """What came of many commands sent at once."""

    answered: int
    of: int
    seconds: float | None  # from the first command sent to the last reply
    in_order: bool | None  # None where replies do not tell what they answer
    extra: int  # replies beyond one a command


@dataclass
class Subject:
    """A bot under measurement and the person who talks to it."""

    name: str
    process: asyncio.subprocess.Process
    human: Human
    bot: str
    rooms: list[str]
    log: Path
    replies: list[Reply] = field(default_factory=list)
    per_command: int = 1  # messages that one command is answered with
    sent_to_reply: list[float] = field(default_factory=list)
    accepted_to_reply: list[float] = field(default_factory=list)
    bursts: list[Burst] = field(default_factory=list)
    spreads: list[Burst] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    listening: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Note every reply when it arrives, for as long as the benchmark runs."""
        read = 0
        while True:
            await self.human.sync(30)
            now = time.perf_counter()
            for event in self.human.timeline[read:]:
                if self._is_reply(event):
                    self.replies.append(Reply(now, event))
                    self.arrived.set()
            read = len(self.human.timeline)
            for room in list(self.human.invites):
                await self.human.join(room)

    async def until(self, count: int, *, quiet: float, limit: float) -> None:
        """Wait for so many replies; not after `quiet` seconds without one, nor after `limit`."""
        try:
            async with asyncio.timeout(limit):
                while len(self.replies) < count:
                    self.arrived.clear()
                    async with asyncio.timeout(quiet):
                        await self.arrived.wait()
        except TimeoutError:
            if self.listening is not None and self.listening.done():
                self.listening.result()  # why nothing is heard

    async def settle(self, quiet: float = 1.0) -> None:
        """Wait until the bot is silent."""
        await self.until(sys.maxsize, quiet=quiet, limit=READY_SECONDS)

    async def ask(self, *, note: bool = True) -> None:
        """Send one command and wait for its answer."""
        wanted = len(self.replies) + self.per_command
        sent = time.perf_counter()
        await self.human.say(self.rooms[0], COMMAND)
        accepted = time.perf_counter()
        await self.until(wanted, quiet=REPLY_SECONDS, limit=REPLY_SECONDS)
        if note and len(self.replies) >= wanted:
            at = self.replies[wanted - 1].at
            self.sent_to_reply.append(at - sent)
            self.accepted_to_reply.append(at - accepted)

    async def burst(self, rooms: Sequence[str], count: int) -> Burst:
        """Send many commands at once, evenly to the rooms, and wait for the answers."""
        await self.settle()
        before, seen = len(self.replies), len(self.human.timeline)
        wanted = before + count * self.per_command
        start = time.perf_counter()
        where = [rooms[number % len(rooms)] for number in range(count)]
        await asyncio.gather(*(self.human.say(room, COMMAND) for room in where))
        await self.until(wanted, quiet=QUIET_SECONDS, limit=READY_SECONDS)
        await self.settle(0.5)
        replies = self.replies[before:]
        answers = len(replies) // self.per_command
        return Burst(
            answered=min(answers, count),
            of=count,
            seconds=round(replies[-1].at - start, 3) if replies else None,
            in_order=_in_order(self.human.timeline[seen:], [reply.event for reply in replies]),
            extra=max(0, len(replies) - count * self.per_command),
        )

    async def prepare(self) -> None:
        """See that the bot answers, with how many messages, and let it get warm."""
        await self.settle(2.0)
        before = len(self.replies)
        await self.human.say(self.rooms[0], COMMAND)
        await self.until(before + 1, quiet=REPLY_SECONDS * 2, limit=REPLY_SECONDS * 2)
        await self.settle(2.0)
        self.per_command = len(self.replies) - before
        if not self.per_command:
            raise SubjectFailed(f"{self.name} does not answer {COMMAND}:\n{_tail(self.log)}")
        for _ in range(WARM_UP):
            await self.ask(note=False)

    def _is_reply(self, event: Event) -> bool:
        said = event.sender == self.bot and event.type == "m.room.message"
        return said and event.replaces is None

    def reply_characters(self) -> int:
        """How much text one command is answered with, markup included."""
        texts = [
            reply.event.content.get("body", "") + reply.event.content.get("formatted_body", "")
            for reply in self.replies[-self.per_command :]
        ]
        return sum(map(len, texts))

    def result(self) -> dict[str, Any]:
        """The figures, times in milliseconds, memory in MiB."""
        return {
            "answered": len(self.sent_to_reply),
            "p50_ms": _percentile(self.sent_to_reply, 50),
            "p99_ms": _percentile(self.sent_to_reply, 99),
            "p50_ms_after_accepted": _percentile(self.accepted_to_reply, 50),
            "p99_ms_after_accepted": _percentile(self.accepted_to_reply, 99),
            "burst": _summary(self.bursts),
            "spread": _summary(self.spreads),
            "rss_mib": _rounded(memory_of(self.process.pid, "VmRSS"), 1),
            "cpu_s": _rounded(processor_seconds(self.process.pid), 2),
            "messages_per_command": self.per_command,
        }


@dataclass(frozen=True)
class Launch:
    """How a bot's process is started."""

    command: list[str]
    environment: dict[str, str]


async def circlekeeper(bot: Account, folder: Path, _: str) -> Launch:
    """Circlekeeper itself, installed as a host does, on a fresh SQLite store."""
    python = await own_python("e2e")
    matrix = "CIRCLEKEEPER_MATRIX__"
    environment = {
        "PYTHONPATH": str(ROOT),
        "CIRCLEKEEPER_DATABASE_URL": f"sqlite:///{folder / 'circlekeeper.db'}",
        "CIRCLEKEEPER_KEY_FILE": str(folder / "key"),
        f"{matrix}HOMESERVER": bot.homeserver,
        f"{matrix}USER_ID": bot.user_id,
        f"{matrix}ACCESS_TOKEN": bot.access_token,
        f"{matrix}DEVICE_ID": bot.device_id,
    }
    return Launch([str(python), "-m", "bot", "run"], environment)


async def plain_nio(bot: Account, _: Path, reply: str) -> Launch:
    """A bot written straight on matrix-nio."""
    environment = {
        "BENCHMARK_HOMESERVER": bot.homeserver,
        "BENCHMARK_USER_ID": bot.user_id,
        "BENCHMARK_ACCESS_TOKEN": bot.access_token,
        "BENCHMARK_DEVICE_ID": bot.device_id,
        "BENCHMARK_REPLY": reply,
    }
    return Launch([sys.executable, str(PEERS / "plain_nio.py")], environment)


async def maubot(bot: Account, folder: Path, reply: str) -> Launch:
    """A maubot plugin in maubot's standalone mode, in an environment of its own."""
    python = await _maubot_python()
    config = {
        "user": {
            "credentials": {
                "id": bot.user_id,
                "homeserver": bot.homeserver,
                "access_token": bot.access_token,
                "device_id": None,
            },
            "sync": True,
            "autojoin": True,
            "displayname": "disable",
            "avatar_url": "disable",
            "ignore_initial_sync": False,
            "ignore_first_sync": False,
        },
        "database": "sqlite:maubot.db",
        "logging": {
            "version": 1,
            "handlers": {"console": {"class": "logging.StreamHandler"}},
            "root": {"level": "WARNING", "handlers": ["console"]},
        },
    }
    (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
    meta = PEERS / "maubot_plugin" / "maubot.yaml"
    command = [str(python), "-m", "maubot.standalone", "-c", "config.yaml", "-m", str(meta)]
    return Launch(command, {"BENCHMARK_REPLY": reply})


# Circlekeeper comes first: its peers answer as much text as it does.
SUBJECTS: dict[str, Callable[[Account, Path, str], Awaitable[Launch]]] = {
    "circlekeeper": circlekeeper,
    "plain-nio": plain_nio,
    "maubot": maubot,
}


async def _maubot_python() -> Path:
    """Install maubot once, away from our own dependencies, which it contradicts."""
    return await environment(f"maubot-{MAUBOT}", f"maubot=={MAUBOT}")


async def _floor() -> float:
    """Return the memory of the libraries alone, in MiB."""
    text = await run_once([str(await own_python("e2e")), "-c", FLOOR])
    return round(int(text) / 1024, 1)


@asynccontextmanager
async def _subject(name: str, synapse: Synapse, folder: Path, reply: str) -> AsyncIterator[Subject]:
    """Start a bot, bring it into its rooms and make sure that it answers."""
    await asyncio.to_thread(folder.mkdir)
    bot = synapse.register(f"{name}-bot")
    launch = await SUBJECTS[name](bot, folder, reply)
    kept = {key: text for key, text in os.environ.items() if not key.startswith("CIRCLEKEEPER_")}
    log = folder / "log"
    async with AsyncExitStack() as stack:
        human = await stack.enter_async_context(Human(synapse.register(f"{name}-human")))
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *launch.command,
                cwd=folder,
                env=kept | launch.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        stack.push_async_callback(end, process)
        rooms = [
            await human.create_room(f"{name} {number}", invite=[bot.user_id])
            for number in range(1 + SPREAD_ROOMS)
        ]
        subject = Subject(name, process, human, bot.user_id, rooms, log)
        await _until_joined(subject)
        subject.listening = asyncio.create_task(subject.listen())
        stack.callback(subject.listening.cancel)
        await subject.prepare()
        yield subject


async def _until_joined(subject: Subject) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for room in subject.rooms:
        while subject.bot not in await subject.human.members(room):
            code = subject.process.returncode
            if code is not None:
                raise SubjectFailed(f"{subject.name} ended with {code}:\n{_tail(subject.log)}")
            if time.monotonic() > deadline:
                raise SubjectFailed(
                    f"{subject.name} did not join in {READY_SECONDS} s:\n{_tail(subject.log)}"
                )
            await asyncio.sleep(0.2)


async def measure(options: argparse.Namespace, synapse: Synapse, folder: Path) -> dict[str, Any]:
    """Run the whole benchmark on a started homeserver."""
    failed: dict[str, str] = {}
    subjects: list[Subject] = []
    characters = REPLY_CHARACTERS
    async with AsyncExitStack() as stack:
        for name in [name for name in SUBJECTS if name in options.only]:
            try:
                subject = await stack.enter_async_context(
                    _subject(name, synapse, folder / name, "x" * characters)
                )
            except (SubjectFailed, Unmade) as error:
                failed[name] = str(error)
                continue
            subjects.append(subject)
            if name == "circlekeeper":
                characters = subject.reply_characters()
        for _ in range(options.commands):
            for subject in subjects:
                await subject.ask()
        for _ in range(options.rounds):
            for subject in subjects:
                subject.bursts.append(await subject.burst(subject.rooms[:1], options.burst))
            for subject in subjects:
                subject.spreads.append(await subject.burst(subject.rooms[1:], options.burst))
        results = {subject.name: subject.result() for subject in subjects}
    return {
        "benchmark": "matrix_commands",
        "commands": options.commands,
        "burst": options.burst,
        "spread_rooms": SPREAD_ROOMS,
        "rounds": options.rounds,
        "reply_characters": characters,
        "versions": _versions(),
        "processors": os.cpu_count(),
        "subjects": results,
        "floor_rss_mib": await _floor(),
        "ratio_p50_vs_plain_nio": _ratio(results, "plain-nio", "p50_ms"),
        "ratio_burst_vs_maubot": _ratio(results, "maubot", "burst", "seconds"),
        "ratio_spread_vs_maubot": _ratio(results, "maubot", "spread", "seconds"),
        "failed": failed,
    }


def _in_order(timeline: Sequence[Event], replies: Sequence[Event]) -> bool | None:
    """Whether the replies follow the order of the commands in each room."""
    position = {event.id: place for place, event in enumerate(timeline)}
    by_room: dict[str, list[int]] = {}
    for reply in replies:
        answered = reply.reply_to or reply.thread
        if answered is None or answered not in position:
            return None
        by_room.setdefault(reply.room, []).append(position[answered])
    return all(places == sorted(places) for places in by_room.values()) if replies else None


def _summary(bursts: Sequence[Burst]) -> dict[str, Any] | None:
    """The median of the rounds' seconds; of what else was seen, the worst."""
    if not bursts:
        return None
    seconds = [burst.seconds for burst in bursts if burst.seconds is not None]
    orders = [burst.in_order for burst in bursts]
    return {
        "answered": min(burst.answered for burst in bursts),
        "of": bursts[0].of,
        "in_order": None if None in orders else all(orders),
        "seconds": round(statistics.median(seconds), 3) if seconds else None,
        "extra": max(burst.extra for burst in bursts),
        "each": [asdict(burst) for burst in bursts],
    }


def _percentile(seconds: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile, in milliseconds."""
    if not seconds:
        return None
    rank = max(1, -(-len(seconds) * percent // 100))
    return round(sorted(seconds)[rank - 1] * 1000, 1)


def _ratio(results: dict[str, dict[str, Any]], peer: str, *path: str) -> float | None:
    """Circlekeeper's figure over a peer's; None if one is missing or answered too little."""
    figures: list[float] = []
    for name in ("circlekeeper", peer):
        figure: Any = results.get(name)
        for key in path:
            if figure is None or figure.get("answered") != figure.get("of", figure["answered"]):
                return None
            figure = figure[key]
        if not figure:
            return None
        figures.append(figure)
    return round(figures[0] / figures[1], 3)


def _rounded(value: float | None, digits: int) -> float | None:
    return round(value, digits) if value is not None else None


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version(), "maubot": MAUBOT}
    for package in ("circlekeeper", "matrix-nio", "matrix-synapse"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _table(report: dict[str, Any]) -> str:
    lines = [f"{'':14}{'p50':>8}{'p99':>8} ms   {'burst':>16}   {'spread':>16}   {'RSS':>6} MiB"]
    for name, result in report["subjects"].items():
        bursts = [
            f"{one['answered']}/{one['of']} {one['seconds']} s" if one else "-"
            for one in (result["burst"], result["spread"])
        ]
        lines.append(
            f"{name:14}{result['p50_ms'] or '-':>8}{result['p99_ms'] or '-':>8}      "
            f"{bursts[0]:>16}   {bursts[1]:>16}   {result['rss_mib'] or '-':>6}"
        )
    lines.append(f"{'the libraries':76}{report['floor_rss_mib'] or '-':>6}")
    lines += [f"{key}: {value}" for key, value in report.items() if key.startswith("ratio_")]
    lines += [f"failed: {name}: {why}" for name, why in report["failed"].items()]
    return "\n".join(lines)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--only", help=f"subjects, by commas, of {', '.join(SUBJECTS)}")
    parser.add_argument("--commands", type=int, default=200, help="one after another (200)")
    parser.add_argument("--burst", type=int, default=100, help="commands at once (100)")
    parser.add_argument("--rounds", type=int, default=3, help="bursts of each kind (3)")
    parser.add_argument("--limit", type=float, default=1200, help="seconds in all (1200)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    options.only = options.only.split(",") if options.only else list(SUBJECTS)
    unknown = set(options.only) - set(SUBJECTS)
    if unknown:
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    return options


async def _bounded(options: argparse.Namespace, synapse: Synapse, folder: Path) -> dict[str, Any]:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with asyncio.timeout(options.limit):
        return await measure(options, synapse, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print; 1 if a subject could not be measured."""
    options = _options(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="matrix-commands-") as folder,
        Synapse(log_level="WARNING") as synapse,
    ):
        report = asyncio.run(_bounded(options, synapse, Path(folder)))
    print(json.dumps(report, indent=2) if options.json else _table(report))
    return 1 if report["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
