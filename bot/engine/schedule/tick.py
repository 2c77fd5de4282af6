"""The tick: takes what is due, handles it, and plans the next time, in one transaction each."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from bot.core.events import CameDue
from bot.core.ports import Clock
from bot.core.turn import Plan
from bot.engine.schedule.recurrence import Rule, next_after
from storage.schedules import Schedules
from storage.store import Store, Transaction

log = structlog.get_logger(__name__)

_BATCH = 50
_LONGEST_SLEEP = timedelta(seconds=30)

Handle = Callable[[Transaction, CameDue], bool]


class Tick:
    """Turns schedules into events when their moment has come.

    Args:
        handle: what handles an event in a given transaction and tells whether it wrote actions.
        account_of: kept for the handler; one process may serve several accounts.
    """

    def __init__(
        self, store: Store, clock: Clock, handle: Handle, wake: Callable[[], None]
    ) -> None:
        """Work on this store with this clock."""
        self.store = store
        self.clock = clock
        self.handle = handle
        self.wake = wake
        self._scheduler: AsyncIOScheduler | None = None

    async def run(self) -> None:
        """Tick until cancelled."""
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.start()
        try:
            self._plan_next(self.clock.now())
            await asyncio.Event().wait()
        finally:
            self._scheduler.shutdown(wait=False)

    async def _job(self) -> None:
        try:
            await self.once()
            earliest = await self.earliest()
        except Exception as error:
            log.error("tick failed", error=type(error).__name__)
            earliest = None
        now = self.clock.now()
        self._plan_next(min(max(earliest or now + _LONGEST_SLEEP, now), now + _LONGEST_SLEEP))

    def _plan_next(self, moment: datetime) -> None:
        if self._scheduler is not None:
            self._scheduler.add_job(
                self._job,
                DateTrigger(moment, timezone="UTC"),
                id="tick",
                replace_existing=True,
                misfire_grace_time=None,
            )

    async def earliest(self) -> datetime | None:
        """Return when the next schedule comes due."""
        return await self.store.transact(lambda tx: Schedules(tx).earliest(), urgent=False)

    async def once(self) -> int:
        """Handle all that is due now; return how many schedules that were."""
        count = 0
        while True:
            done = await self.store.transact(self._batch, urgent=False)
            count += done
            if done:
                self.wake()
            if done == 0:
                return count
            await asyncio.sleep(0)

    def _batch(self, tx: Transaction) -> int:
        """Handle a few due schedules; a person's turn may come between two batches."""
        now = self.clock.now()
        started = self.clock.now()
        done = 0
        for plan in Schedules(tx).due(now, _BATCH):
            self._one(tx, plan, now)
            done += 1
            if self.clock.now() - started > timedelta(milliseconds=25):
                break
        return done

    def _one(self, tx: Transaction, plan: Plan, now: datetime) -> None:
        due = plan.next_due
        assert due is not None
        schedules = Schedules(tx)
        schedules.advance(plan.id, following(plan, now))
        late = now - due
        if plan.rule is not None and late > timedelta(seconds=plan.lateness):
            log.info("skipped, too late", kind=plan.kind, minutes=int(late.total_seconds() // 60))
            return
        event = CameDue(
            event_id=f"due {plan.id} {due.isoformat()}",
            schedule=plan.id,
            kind=plan.kind,
            due=due,
        )
        # One schedule that cannot be handled must not hold up the others.
        try:
            with tx.session.begin_nested():
                self.handle(tx, event)
        except Exception as error:
            log.error("schedule failed", kind=plan.kind, error=type(error).__name__)


def following(plan: Plan, now: datetime) -> datetime | None:
    """Return when a schedule comes due next: never a backlog, so later than now."""
    if plan.rule is None or plan.next_due is None:
        return None
    rule = Rule.from_json(plan.rule)
    return next_after(rule, plan.zone, max(now, plan.next_due))
