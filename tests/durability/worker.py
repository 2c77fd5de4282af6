"""A worker: the real bot on a real store, with the double as its only platform."""

import asyncio
import os
import signal
import time
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

from apscheduler.schedulers import base as apscheduler_base

from bot.app import DRAIN, App, Content, read_content
from bot.core.content import Folders
from bot.core.ports import Adapter
from bot.core.refs import Community, Member, Room
from bot.core.turn import Plan
from bot.engine.pace import Pace
from bot.engine.schedule.recurrence import Cadence, Rule
from bot.features.prompts.coming import KIND as PROMPT
from bot.features.reflection.rhythm import KIND as CHECK_IN
from bot.logs import configure_logs
from storage.communities import Communities
from storage.facts import Facts
from storage.members import Members
from storage.opening import open_store
from storage.outbox import Deliveries
from storage.schedules import Schedules
from storage.store import Store
from storage.transaction import Transaction
from tests.durability.broken import ADVANCE_FIRST, NO_READ_BACK, SEND_FIRST, BlindWire, Simple
from tests.durability.failpoints import FailingStore, FailingWire, Failpoint
from tests.durability.plan import CIRCLE, PLATFORM, ROOT, SPEED, WorkerSetup
from tests.durability.wire import Happening, Wire

_SOON = timedelta(hours=1)
# One of each template: it is compiled as a whole.
_WARM = (
    "engine/sorry",
    "guide/home",
    "welcome/choice_start",
    "prompts/choice_keep",
    "reflection/choice_nothing",
)


class WrongClock:
    """A clock that is wrong by some seconds, and may jump."""

    def __init__(self, skew: float, jump: tuple[float, float]) -> None:
        """Begin to be wrong."""
        self._skew = timedelta(seconds=skew)
        self._jump = timedelta(seconds=jump[1])
        self._jumps_at = time.monotonic() + jump[0]

    @property
    def error(self) -> timedelta:
        """By how much it is wrong now."""
        jumped = time.monotonic() >= self._jumps_at
        return self._skew + (self._jump if jumped else timedelta())

    def now(self) -> datetime:
        """Return the time in UTC, as this machine has it."""
        return datetime.now(UTC) + self.error

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        await asyncio.sleep(seconds)


class Works:
    """What a worker is asked to plan, and what it has still to do."""

    def __init__(self, store: Store, clock: WrongClock) -> None:
        """Work on this store."""
        self.store = store
        self.clock = clock

    async def plan(self, happening: Happening) -> None:
        """Plan a prompt or a check-in that comes due in a moment, once however often it is told."""

        def work(tx: Transaction) -> None:
            now = self.clock.now()
            if not Facts(tx, Wire.account).take_in(happening["id"], now):
                return
            due = now + timedelta(seconds=happening["after"])
            if happening["kind"] == "prompt":
                _plan_prompt(tx, happening["id"], due)
            else:
                _plan_check_in(tx, happening["id"], due)

        await self.store.transact(work)

    async def left(self) -> dict[str, int]:
        """Return how much is not sent, and whether anything comes due within the hour."""

        def look(tx: Transaction) -> dict[str, int]:
            earliest = Schedules(tx).earliest([PLATFORM])
            soon = earliest is not None and earliest < self.clock.now() + _SOON
            return {"unsent": Deliveries(tx).waiting(Wire.account), "due": int(soon)}

        return await self.store.transact(look, urgent=False)


def open_circle(tx: Transaction) -> None:
    """Open the community whose members come and ask."""
    row = Communities(tx).add(CIRCLE, "Circle", "circle", "en", "UTC")
    row.state = "open"
    Communities(tx).save(row)


def _plan_prompt(tx: Transaction, name: str, due: datetime) -> None:
    """Let a community of that name, and with a room of that name, have a prompt."""
    row = Communities(tx).add(Community(PLATFORM, name), name, name, "en", "UTC")
    row.state, row.prompts_room, row.opened_at = "open", Room(PLATFORM, name).id, due
    Communities(tx).save(row)
    Schedules(tx).save(Plan(id=f"plan of {name}", kind=PROMPT, next_due=due, community=name))


def _plan_check_in(tx: Transaction, name: str, due: datetime) -> None:
    """Let a member of that name have a weekly check-in."""
    subject = Members(tx).ensure(Member(PLATFORM, name), f"subject {name}")
    Members(tx).save_settings(subject, {"reach": "direct"})
    Members(tx).enter(subject, "circle")
    yesterday = (due.weekday() - 1) % 7
    rule = Rule(Cadence.WEEKLY, at=due.time().replace(second=0, microsecond=0), weekday=yesterday)
    Schedules(tx).save(
        Plan(
            id=f"plan of {name}",
            kind=CHECK_IN,
            rule=rule.to_json(),
            next_due=due,
            community="circle",
            subject=subject,
            payload={"cadence": "weekly"},
        )
    )


@lru_cache
def content() -> Content:
    """Return what the bot says; whoever forks workers reads it first, once for all of them."""
    found = read_content(Folders((ROOT / "prompts",), ROOT / "charter.yaml"))
    for words in _WARM:
        found.words.render("en", words, {})
    return found


def work(given: dict[str, Any]) -> None:
    """Be the bot until killed."""
    setup = WorkerSetup(**given)
    log = os.open(setup.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    configure_logs("warning", "console")
    asyncio.run(_work(setup))


async def _work(setup: WorkerSetup) -> None:
    if setup.design in (ADVANCE_FIRST, SEND_FIRST):
        await Simple(setup).run(None)
        return
    clock = WrongClock(setup.skew, setup.jump)
    _let_apscheduler_be_wrong_too(clock)
    failpoint = Failpoint(setup.failpoint)
    store = FailingStore(open_store(setup.store, Path(setup.key)), failpoint)
    works = Works(store, clock)
    make = BlindWire if setup.design == NO_READ_BACK else FailingWire
    adapter: Adapter = make(failpoint, setup.double, works.plan, works.left)
    # Where processes share a store they have a clock in common; how it comes by that is its affair.
    own = clock if setup.store.startswith("sqlite") else None
    app = App(store, content(), [adapter], clock=own, pace=Pace(SPEED))
    task = asyncio.ensure_future(app.run())

    async def stop() -> None:
        await app.drain(DRAIN / SPEED)
        task.cancel()

    stopping: list[asyncio.Future[None]] = []
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, lambda: stopping.append(asyncio.ensure_future(stop()))
    )
    try:
        await task
    except asyncio.CancelledError:
        await asyncio.to_thread(store.close)


def _let_apscheduler_be_wrong_too(clock: WrongClock) -> None:
    """APScheduler asks the machine itself what time it is: a wrong one is wrong for all."""

    class WrongTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "WrongTime":
            return super().now(tz) + clock.error

    apscheduler_base.datetime = WrongTime  # type: ignore[misc]
