"""How fast Circlekeeper answers `/help` on Discord, beside a bare discord.py bot with a constant.

Both run at once, each as its own process on a double of Discord that is a process too (one each, so
that neither hears what people ask of the other); rounds go to them in turn. The time of an
acknowledgement runs in the double, from the command to the first answer. Circlekeeper's answer
comes after the commit in its store on disk; so a third bot is the bare one that commits a single
row before it answers: what that costs nobody can save who wants to lose nothing. Last, its memory
in many guilds with many members, beside what the libraries take by themselves. All have a Python
environment as a host's, but for `--quick`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import common  # noqa: E402
from benchmarks.common import percentile, ratio  # noqa: E402
from benchmarks.environments import own_python, run_once  # noqa: E402
from benchmarks.process import end, memory_of, processor_seconds  # noqa: E402

BARE = ROOT / "benchmarks" / "peers" / "bare_discord.py"
OURS, PEER, WITH_ROW = "circlekeeper", "bare discord.py", "discord.py and a row"
# What Circlekeeper is built on, imported and nothing else: no program on these takes less.
LIBRARIES = """
import apscheduler.triggers.cron, babel, click, discord, jinja2, markdown_it, pydantic
import ruamel.yaml, sqlalchemy.dialects.sqlite, sqlalchemy.orm, sqlmodel, structlog
from cryptography.hazmat.primitives.ciphers import aead
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmRSS")))
"""
COMMAND = "help"
AT_ONCE = 50
MOST_TEXT = 2000  # that Discord takes in a plain message
PATIENCE = 90.0  # seconds for one order
STILL = 1.5  # seconds without a request after which a bot has come to rest
LONGEST_LINE = 2**24


@dataclass(frozen=True)
class Work:
    """How much is done."""

    rounds: int
    singly: int  # interactions of a round, one after another
    together: int  # interactions of a round, fifty at once
    guilds: int  # where memory is measured
    members: int  # of each of them


USUAL = Work(rounds=3, singly=300, together=1000, guilds=100, members=1000)
QUICK = Work(rounds=1, singly=20, together=100, guilds=3, members=20)


@dataclass(frozen=True)
class Discord:
    """A double in a process of its own, and where a bot finds it."""

    process: Process
    api_url: str
    gateway_url: str
    token: str

    async def does(self, do: str, **order: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        """Give an order, and return what came of it.

        Raises: `RuntimeError` when it cannot be carried out.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            found: dict[str, Any] = json.loads(await self.process.stdout.readline())
        if not found.pop("ok"):
            raise RuntimeError(f"{do}: {found['error']}")
        return found

    async def rests(self) -> None:
        """Wait until nothing is asked of it any more."""
        before = -1
        while (now := (await self.does("counts"))["requests"]) != before:
            before = now
            await asyncio.sleep(STILL)


@dataclass
class Subject:
    """A bot under measurement."""

    discord: Discord
    process: Process
    people: Sequence[str]
    rates: dict[int, list[float]] = field(default_factory=dict)  # by how many at once
    waits: dict[int, list[float]] = field(default_factory=dict)  # seconds
    processor: float | None = None
    failed: int = 0

    async def answers(self, count: int, at_once: int, *, note: bool = True) -> None:
        """Let people use the command so many times."""
        order = {"path": COMMAND, "count": count, "at_once": at_once}
        before = processor_seconds(self.process.pid)
        found = await self.discord.does("burst", who=list(self.people), **order)
        after = processor_seconds(self.process.pid)
        self.failed += found["failed"]
        if note:
            self.rates.setdefault(at_once, []).append(len(found["acknowledged"]) / found["seconds"])
            self.waits.setdefault(at_once, []).extend(found["acknowledged"])
            if before is not None and after is not None:
                self.processor = (self.processor or 0.0) + after - before

    def figures(self) -> dict[str, float | int | None]:
        """Return what was measured."""
        count = sum(map(len, self.waits.values()))
        shown: dict[str, float | int | None] = {"answered": count, "failed": self.failed}
        for at_once, name in ((1, "singly"), (AT_ONCE, "together")):
            shown[f"{name}_a_second"] = statistics.median(self.rates[at_once])
            shown[f"{name}_p50_ms"] = percentile(self.waits[at_once], 50)
            shown[f"{name}_p99_ms"] = percentile(self.waits[at_once], 99)
        spent = self.processor
        shown["processor_ms_each"] = spent * 1000 / count if spent is not None else None
        shown["memory_mib"] = memory_of(self.process.pid, "VmRSS")
        return shown


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    given = common.options(__doc__, limit=600).parse_args(arguments)
    work = measure(QUICK if given.quick else USUAL, given.folder, as_host=not given.quick)
    common.show(common.bounded(work, given.limit), given.json)


async def measure(work: Work, folder: Path | None, *, as_host: bool) -> dict[str, Any]:
    """Measure the two side by side, and then the memory of ours.

    Args:
        as_host: without what only developers install, some of which libraries load by themselves.
    """
    python = await own_python("discord") if as_host else Path(sys.executable)
    with TemporaryDirectory(prefix="discord-interactions-", dir=folder) as own:
        figures = await _side_by_side(work, Path(own), python)
        figures |= await _in_many_guilds(work, Path(own), python)
        alone = await run_once([str(python), "-c", LIBRARIES])
        figures["the libraries"] = {"memory_mib": int(alone) / 1024}
    ours, peer = figures[OURS], figures[PEER]
    row = figures[WITH_ROW]
    compared = ("singly_a_second", "together_a_second", "singly_p99_ms", "together_p99_ms")
    return {
        "benchmark": "discord_interactions",
        "machine": common.machine(folder),
        "versions": {"discord.py": version("discord.py")},
        "at_once": AT_ONCE,
        "figures": figures,
        "ratios": {f"{name}_vs_bare": ratio(ours[name], peer[name]) for name in compared}
        | {f"{name}_vs_a_row": ratio(ours[name], row[name]) for name in compared},
    }


async def _side_by_side(work: Work, folder: Path, python: Path) -> dict[str, dict[str, Any]]:
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(_circlekeeper(python, folder / "ours", 1, AT_ONCE))
        answer = await ours.discord.does("uses", who=ours.people[0], path=COMMAND)
        peer = await stack.enter_async_context(
            _bare(python, folder / "bare", answer["text"][:MOST_TEXT])
        )
        row = await stack.enter_async_context(
            _bare(python, folder / "row", answer["text"][:MOST_TEXT], keeps=True)
        )
        subjects = {OURS: ours, PEER: peer, WITH_ROW: row}
        for subject in subjects.values():  # warm: people known, connections open
            await subject.answers(2 * AT_ONCE, AT_ONCE, note=False)
        for _ in range(work.rounds):
            for subject in subjects.values():
                await subject.answers(work.singly, 1)
                await subject.answers(work.together, AT_ONCE)
        return {name: subject.figures() for name, subject in subjects.items()}


async def _in_many_guilds(work: Work, folder: Path, python: Path) -> dict[str, dict[str, Any]]:
    async with _circlekeeper(python, folder / "many", work.guilds, work.members) as subject:
        pid = subject.process.pid
        at_rest = memory_of(pid, "VmRSS")
        await subject.answers(work.together, AT_ONCE)
        return {
            f"{work.guilds} x {work.members} members": {
                "answered": len(subject.waits[AT_ONCE]),
                "failed": subject.failed,
                "memory_at_rest_mib": at_rest,
                "memory_mib": memory_of(pid, "VmRSS"),
                "most_memory_mib": memory_of(pid, "VmHWM"),
            }
        }


# --- processes ---------------------------------------------------------------------------------


@asynccontextmanager
async def _circlekeeper(
    python: Path, folder: Path, guilds: int, members: int
) -> AsyncIterator[Subject]:
    """Circlekeeper as a host runs it, on a fresh store on disk."""
    async with _discord(guilds, members) as discord:
        environment = {
            "CIRCLEKEEPER_DATABASE_URL": f"sqlite:///{folder / 'circlekeeper.db'}",
            "CIRCLEKEEPER_KEY_FILE": str(folder / "key"),
            "CIRCLEKEEPER_DISCORD__TOKEN": discord.token,
            "CIRCLEKEEPER_DISCORD__API_URL": discord.api_url,
            "CIRCLEKEEPER_DISCORD__GATEWAY_URL": discord.gateway_url,
        }
        async with _bot(discord, (str(python), "-m", "bot", "run"), environment, folder) as process:
            yield Subject(discord, process, _people(members))


@asynccontextmanager
async def _bare(
    python: Path, folder: Path, reply: str, *, keeps: bool = False
) -> AsyncIterator[Subject]:
    """A bot written straight on discord.py, which may commit a row before each answer."""
    async with _discord(1, AT_ONCE) as discord:
        environment = {
            "BENCHMARK_API_URL": discord.api_url,
            "BENCHMARK_GATEWAY_URL": discord.gateway_url,
            "BENCHMARK_TOKEN": discord.token,
            "BENCHMARK_REPLY": reply,
        }
        if keeps:
            environment["BENCHMARK_DATABASE"] = str(folder / "kept.db")
        async with _bot(discord, (str(python), str(BARE)), environment, folder) as process:
            yield Subject(discord, process, _people(AT_ONCE))


def _people(members: int) -> list[str]:
    """Name those who use the command, as the double does."""
    return ["mira", *(f"member {number}" for number in range(1, min(members, AT_ONCE)))]


@asynccontextmanager
async def _discord(guilds: int, members: int) -> AsyncIterator[Discord]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.discord.double"),
        *("--guilds", str(guilds), "--members", str(members)),
        cwd=ROOT,
        env=_environment({}),
        stdin=PIPE,
        stdout=PIPE,
        limit=LONGEST_LINE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            told = json.loads(await process.stdout.readline())
        yield Discord(process, **told)
    finally:
        await end(process)


@asynccontextmanager
async def _bot(
    discord: Discord, command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> AsyncIterator[Process]:
    """Run a bot, once it is connected and at rest; show the end of its log where that fails."""
    await asyncio.to_thread(folder.mkdir)
    log = folder / "log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=_environment(environment),
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
        )
    try:
        await discord.does("ready", patience=PATIENCE / 2)
        await discord.rests()
        yield process
    except (RuntimeError, TimeoutError):
        print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        await end(process)


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return a process's environment, without whatever this machine has set for a bot."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("CIRCLEKEEPER_")}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(own)


if __name__ == "__main__":
    main()
