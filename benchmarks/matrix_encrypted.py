"""How much encryption costs: commands in encrypted Matrix rooms, beside unencrypted ones.

One bot, as a process on a real homeserver; rounds in a room of either kind take turns. The person
encrypts with the same code as the bot, in this process: that time is part of the answer's.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import common  # noqa: E402
from benchmarks.common import percentile, ratio  # noqa: E402
from benchmarks.process import memory_of  # noqa: E402
from bot.adapters.matrix.client import Client  # noqa: E402
from bot.adapters.matrix.encryption.machine import Encryption, begin  # noqa: E402
from bot.adapters.matrix.errands import Errands  # noqa: E402
from bot.logs import configure_logs  # noqa: E402
from tests.support.bot import BotProcess  # noqa: E402
from tests.support.fake_host import FakeHost, RandomIds, WallClock  # noqa: E402
from tests.support.human import CLIENT, Human, Json  # noqa: E402
from tests.support.synapse import Account, Synapse  # noqa: E402

PLAIN, ENCRYPTED = "unencrypted", "encrypted"
FILTER = json.dumps({"room": {"timeline": {"limit": 500}}})
WARM_UP = 5
PATIENCE = 60.0


class Person:
    """Somebody in a room with the bot, who encrypts or not."""

    def __init__(self, account: Account, keeper: str, encrypted: bool) -> None:
        self.human = Human(account)
        self.client = Client(account.homeserver, account.user_id)
        self.client.use_token(account.access_token, account.device_id)
        self.device_id, self.keeper, self.encrypted = account.device_id, keeper, encrypted
        self.encryption: Encryption | None = None
        self.room, self._since = "", ""

    async def come(self) -> None:
        """Make a room and wait until the bot has said something in it."""
        if self.encrypted:
            clock, ids, errands = WallClock(), RandomIds(), Errands()
            self.encryption = await begin(
                self.client, self.device_id, FakeHost(), errands, clock, ids
            )
        self.room = await self.human.create_room(
            "bench", encrypted=self.encrypted, invite=[self.keeper]
        )
        await self.hears(1)

    async def says(self, text: str) -> str:
        """Send a message; return its id."""
        content: Json = {"msgtype": "m.text", "body": text}
        if self.encryption is None:
            return await self.human.send(self.room, "m.room.message", content)
        people = [self.human.id, self.keeper]
        sealed = await self.encryption.encrypt(self.room, people, (), "m.room.message", content)
        return await self.human.send(self.room, "m.room.encrypted", sealed)

    async def hears(self, count: int) -> list[str]:
        """Return what the next so many messages of the bot's answer."""
        answered: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while len(answered) < count:
                answered += await self._sync()
        return answered

    async def _sync(self) -> list[str]:
        query = {"timeout": "10000", "filter": FILTER}
        if self._since:
            query["since"] = self._since
        answer = await self.human.call("GET", f"{CLIENT}/sync", query=query)
        self._since = answer["next_batch"]
        if self.encryption is not None:
            await self.encryption.receive(answer)
        part = answer.get("rooms", {}).get("join", {}).get(self.room, {})
        found = []
        for event in part.get("timeline", {}).get("events", ()):
            content = await self._read(event) if event["sender"] == self.keeper else None
            if content is not None:
                relation = content.get("m.relates_to", {}).get("m.in_reply_to", {})
                found.append(str(relation.get("event_id", "")))
        return found

    async def _read(self, event: Json) -> Json | None:
        if event["type"] == "m.room.encrypted" and self.encryption is not None:
            opened = await self.encryption.read(self.room, event, private=False)
            return None if opened is None else opened.content
        return dict(event["content"]) if event["type"] == "m.room.message" else None

    async def singly(self, commands: int) -> list[float]:
        """Ask one after another; return the seconds until each answer."""
        taken = []
        for number in range(commands + WARM_UP):
            begun = time.perf_counter()
            await self.says("!help giraffe")
            await self.hears(1)
            if number >= WARM_UP:
                taken.append(time.perf_counter() - begun)
        return taken

    async def together(self, commands: int) -> tuple[float, int, bool]:
        """Ask at once; return the seconds, how many answers, and whether they came in order."""
        begun = time.perf_counter()
        asked = set(await asyncio.gather(*(self.says("!help zebra") for _ in range(commands))))
        answered = await self.hears(commands)
        seconds = time.perf_counter() - begun
        path = f"{CLIENT}/rooms/{quote(self.room, safe='')}/messages"
        page = await self.human.call("GET", path, query={"dir": "b", "limit": "900"})
        order = [each["event_id"] for each in reversed(page["chunk"]) if each["event_id"] in asked]
        return seconds, len(answered), answered == order

    async def close(self) -> None:
        """Let go of connections."""
        await self.client.close()
        await self.human.close()


async def measure(synapse: Synapse, folder: Path, commands: int, burst: int, rounds: int) -> Any:  # noqa: ANN401
    """Return the report."""
    keeper = synapse.register(f"keeper-{uuid4().hex[:8]}")
    bot = BotProcess(keeper, folder)
    await asyncio.to_thread(bot.command, "matrix", "login")
    people = {
        kind: Person(synapse.register(f"mira-{uuid4().hex[:8]}"), keeper.user_id, kind == ENCRYPTED)
        for kind in (PLAIN, ENCRYPTED)
    }
    singly: dict[str, list[float]] = {kind: [] for kind in people}
    bursts: dict[str, list[tuple[float, int, bool]]] = {kind: [] for kind in people}
    with bot:
        try:
            for person in people.values():
                await person.come()
            for _ in range(rounds):
                for kind, person in people.items():
                    singly[kind] += await person.singly(commands)
                    bursts[kind].append(await person.together(burst))
        finally:
            for person in people.values():
                await person.close()
        assert bot.pid is not None
        resident = memory_of(bot.pid, "VmRSS")
    figures = {
        kind: {
            "p50_ms": percentile(singly[kind], 50),
            "p99_ms": percentile(singly[kind], 99),
            "burst_s": min(seconds for seconds, _, _ in bursts[kind]),
            "burst_answered": sum(count for _, count, _ in bursts[kind]),
            "burst_asked": burst * rounds,
            "in_order": all(ordered for _, _, ordered in bursts[kind]),
        }
        for kind in people
    }
    ours, other = figures[ENCRYPTED], figures[PLAIN]
    return {
        "machine": await asyncio.to_thread(common.machine, folder),
        "figures": {**figures, "the bot": {"rss_mib": resident}},
        "ratios": {
            f"encrypted_{name}": ratio(ours[name], other[name]) for name in ("p50_ms", "burst_s")
        },
    }


def main() -> None:
    """Run and print."""
    parser = common.options(__doc__, limit=170)
    options = parser.parse_args()
    configure_logs("error", "console")
    commands, burst, rounds = (3, 5, 1) if options.quick else (60, 100, 2)
    with (
        TemporaryDirectory(prefix="circlekeeper-", dir=options.folder) as folder,
        Synapse(log_level="WARNING") as synapse,
    ):
        work = measure(synapse, Path(folder), commands, burst, rounds)
        report = common.bounded(work, options.limit)
    common.show(report, options.json)


if __name__ == "__main__":
    main()
