"""The one place that wires everything: features, words, store, adapters; and where time and chance
come from.
"""

import asyncio
import contextlib
import random
import secrets
import string
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.core.content import Folders, Mistake
from bot.core.events import CameDue
from bot.core.features import Feature
from bot.core.ports import Adapter, Clock, Ids
from bot.core.turn import Plan
from bot.engine.dispatch import Dispatcher
from bot.engine.erasing import erase_absent
from bot.engine.host import StoreHost
from bot.engine.outbox import OutboxWorker
from bot.engine.own import engine_feature
from bot.engine.pace import Pace
from bot.engine.retention import Periods, Retention
from bot.engine.running import Running
from bot.engine.schedule.tick import Due, Tick
from bot.engine.steadyclock import SteadyClock
from bot.engine.tenure import Tenure
from bot.engine.words import Words
from bot.features import (
    charter,
    community,
    guide,
    hunts,
    lexicon,
    notebook,
    privacy,
    prompts,
    reflection,
    welcome,
)
from bot.operations.health import Health
from bot.operations.supervisor import Supervisor
from storage.clock import DatabaseClock
from storage.communities import Communities
from storage.crypto import KeyFile
from storage.members import Members
from storage.randomness import RandomBytes
from storage.reporting import Watcher
from storage.rotation import KeyWatch
from storage.seen import note_time
from storage.store import Store
from storage.transaction import Transaction

_ALPHABET = string.ascii_lowercase + string.digits
DRAIN = 10.0  # seconds from the wish to stop to the end
_LOOK = 0.02
_NOTE_EVERY = 600.0  # seconds
_ID_BYTES = 16  # far more than 20 letters can show, so that all are as good as equally likely


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        await asyncio.sleep(seconds)


class RandomIds:
    """Identifiers that nobody can guess."""

    def __init__(self) -> None:
        """Begin anywhere."""
        self._bytes = RandomBytes(_ID_BYTES)

    def new(self) -> str:
        """Return a fresh identifier."""
        number = int.from_bytes(self._bytes.next())
        places = []
        for _ in range(20):
            number, place = divmod(number, len(_ALPHABET))
            places.append(_ALPHABET[place])
        return "".join(places)

    def pick(self, upto: int) -> int:
        """Return a number from 0 to `upto` - 1."""
        return secrets.randbelow(upto)


class SeededIds:
    """The same identifiers again for the same seed: for rehearsals and tests."""

    def __init__(self, seed: int) -> None:
        """Begin the sequence of this seed."""
        self._random = random.Random(seed)

    def new(self) -> str:
        """Return the next identifier."""
        return "".join(self._random.choices(_ALPHABET, k=20))

    def pick(self, upto: int) -> int:
        """Return the next number from 0 to `upto` - 1."""
        return self._random.randrange(upto)


def features(folders: Folders) -> list[Feature]:
    """Return every feature, in the order in which they contribute."""
    return [
        engine_feature(),
        community.feature(),
        welcome.feature(),
        hunts.feature(folders),
        charter.feature(folders),
        prompts.feature(folders),
        reflection.feature(folders),
        lexicon.feature(),
        notebook.feature(),
        privacy.feature(),
        guide.feature(),
    ]


def content_checks() -> list[Callable[[Folders], list[Mistake]]]:
    """Return every feature's check of its content files."""
    nothing = Folders((), Path())
    return [feature.check for feature in features(nothing) if feature.check is not None]


@dataclass(frozen=True, slots=True)
class Content:
    """What is read from the folders once: every feature, and the words."""

    features: list[Feature]
    words: Words


def read_content(folders: Folders) -> Content:
    """Read the folders."""
    return Content(features(folders), Words(folders.prompts))


class App:
    """The bot on one store: a dispatcher and an outbox for each account, and one tick for all."""

    def __init__(
        self,
        store: Store,
        content: Folders | Content,
        adapters: Sequence[Adapter],
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        pace: Pace | None = None,
        watched_at: tuple[str, int] | None = None,
        key_file: KeyFile | None = None,
        supervisor: Supervisor | None = None,
        off: Collection[str] = (),
        periods: Periods | None = None,
    ) -> None:
        """Wire the parts; nothing runs yet. Content that was read before is not read again.

        `watched_at`: where health and metrics are served, as address and port. `key_file`: is
        looked at now and then, for a new key. `supervisor`: is told how we are. `off`:
        features that are paused in every community. `periods`: how long what is kept.
        """
        self.supervisor = supervisor or Supervisor({})
        self.key_file = key_file
        self.store = store
        self.databases = DatabaseClock(store) if store.shared and clock is None else None
        self.clock: Clock = clock or SteadyClock((self.databases or SystemClock()).now)
        self.ids: Ids = ids or RandomIds()
        known = content if isinstance(content, Content) else read_content(content)
        self.words = known.words
        self.watched_at = watched_at
        metrics = None
        if watched_at is not None:
            # Loaded only where it is wanted: it would stay in memory for months.
            from bot.operations.metrics import Metrics

            metrics = Metrics()
        self.metrics = metrics
        self.running = Running(known.features, self.words, self.clock, self.ids, metrics, off)
        self.adapters = list(adapters)
        self.run_id = self.ids.new()
        self.outboxes = [
            OutboxWorker(self.running, store, adapter, self.run_id, pace=pace)
            for adapter in adapters
        ]
        self.dispatchers = {
            adapter.name: Dispatcher(self.running, store, adapter, outbox, self._hurry)
            for adapter, outbox in zip(adapters, self.outboxes, strict=True)
        }
        self.hosts = [StoreHost(store, self.dispatchers[adapter.name]) for adapter in self.adapters]
        platforms = list(self.dispatchers)
        self.retention = Retention(
            store, self.clock, periods, erase=self._erase, platforms=platforms
        )
        self.tick = Tick(
            store,
            self.clock,
            self._came_due,
            self._wake,
            platforms,
            pace,
            read_ahead=self._read_ahead,
            late=self._late,
        )
        self._by_itself: list[asyncio.Task[None]] = []  # what begins something without being asked
        self._acting: set[str] = set()  # accounts that this process acts as

    async def run(self) -> None:
        """Run until cancelled, or until something can never work (`Misconfigured`)."""
        try:
            async with asyncio.TaskGroup() as group:
                for adapter, host, outbox in zip(
                    self.adapters, self.hosts, self.outboxes, strict=True
                ):
                    group.create_task(self._act(adapter, host, outbox))
                if self.databases is not None:
                    group.create_task(self.databases.run())
                if self.watched_at is not None:
                    group.create_task(self._be_watched(*self.watched_at))
                if self.key_file is not None:
                    group.create_task(KeyWatch(self.store, self.key_file).run())
                self._by_itself = [
                    group.create_task(self.tick.run()),
                    group.create_task(self.retention.run()),
                    group.create_task(self._note_time()),
                ]
                if self.supervisor.is_there:
                    group.create_task(self._be_supervised())
        finally:
            for adapter in self.adapters:
                with contextlib.suppress(Exception):
                    await adapter.close()

    async def drain(self, patience: float = DRAIN) -> bool:
        """Begin nothing any more, end the turns under way, and send what can be sent.

        Whatever is not done within so many seconds stays in the store for the next start; tell
        whether all was done.
        """
        self.supervisor.tell("STOPPING=1")
        for dispatcher in self.dispatchers.values():
            dispatcher.close()
        for task in self._by_itself:
            task.cancel()
        try:
            async with asyncio.timeout(patience):
                while not self._drained:  # noqa: ASYNC110 - it is asked of several at once
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            return False
        finally:
            for outbox in self.outboxes:
                outbox.grace = _LOOK
        return True

    @property
    def _drained(self) -> bool:
        idle = all(dispatcher.idle for dispatcher in self.dispatchers.values())
        return idle and all(outbox.drained for outbox in self.outboxes)

    async def _note_time(self) -> None:
        """Let the store know when it was last worked on, for the next start."""
        while True:
            note = partial(note_time, now=self.clock.now())
            await self.store.transact(note, urgent=False)
            await asyncio.sleep(_NOTE_EVERY)

    def _health(self) -> Health:
        steady = self.clock if isinstance(self.clock, SteadyClock) else None
        return Health(self.store, self.adapters, self.tick, self._acting, steady)

    async def _be_supervised(self) -> None:
        health = self._health()
        await self.supervisor.serve(lambda: health.alive, health.sentence)

    async def _act(self, adapter: Adapter, host: StoreHost, outbox: OutboxWorker) -> None:
        """Listen and send as one account, while no other process does."""

        async def work() -> None:
            self._acting.add(adapter.account)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(adapter.run(host))
                    group.create_task(outbox.run())
            finally:
                self._acting.discard(adapter.account)

        if self.store.shared and adapter.affordances.exclusive:
            await Tenure(self.store, self.clock, adapter.account, self.run_id).hold(work)
        else:
            await work()

    async def _be_watched(self, host: str, port: int) -> None:
        from bot.operations.server import Server

        assert self.metrics is not None
        health = self._health()
        await Server(health, self.metrics, Watcher(self.store), self.clock.now).run(host, port)

    async def settle(self) -> None:
        """Send until nothing is left to send now: for a simulated clock."""
        for outbox in self.outboxes:
            await outbox.settle()

    def _erase(self, tx: Transaction, subject: str) -> None:
        """Erase somebody whose time is over, as if they had asked for it."""
        member = Members(tx).who(subject)
        dispatcher = self.dispatchers.get(member.platform)
        adapter = dispatcher.adapter if dispatcher is not None else None
        erase_absent(self.running, tx, adapter, member, subject)

    def _wake(self) -> None:
        for outbox in self.outboxes:
            outbox.wake()

    def _hurry(self, due: datetime) -> None:
        self.tick.hurry(due)

    def _late(self, kind: str, seconds: float) -> None:
        feature, _ = self.running.due[kind]
        self.running.meter.late(self.running.counted_as[feature.name], seconds)

    def _read_ahead(self, tx: Transaction, due: Sequence[Due]) -> None:
        self.running.read_ahead(tx, [plan for plan, _ in due])
        for platform, dispatcher in self.dispatchers.items():
            dispatcher.read_ahead(
                tx,
                [
                    event
                    for plan, event in due
                    if event and Communities(tx).get(plan.community).platform == platform
                ],
            )

    def _came_due(self, tx: Transaction, event: CameDue, plan: Plan) -> None:
        platform = Communities(tx).get(plan.community).platform
        self.dispatchers[platform].came_due(tx, event, plan)
