"""The tick: takes what is due, handles it, and plans the next time, in one transaction each."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.core.events import CameDue
from bot.core.ports import Clock
from bot.core.turn import Plan
from bot.engine.pace import Pace
from bot.engine.schedule.catchup import catch_up, following
from bot.engine.schedule.clockwatch import JUMP, ClockWatch
from bot.engine.schedule.recurrence import Rule, next_after
from storage.schedules import Schedules
from storage.store import Store
from storage.transaction import Transaction
from storage.trouble import ends_transaction

log = structlog.get_logger(__name__)

_BATCH = 50
_FEW = 4
_SLICE = 0.04  # seconds for which a batch may handle what it read while a person waits,
_LONGEST_SLICE = 0.1  # and otherwise
_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))

Handle = Callable[[Transaction, CameDue, Plan], None]
Due = tuple[Plan, CameDue | None]  # what came due, and its event unless it is passed over
ReadAhead = Callable[[Transaction, Sequence[Due]], None]


@dataclass(frozen=True, slots=True)
class _Failure:
    planned: datetime
    again_at: datetime
    tried: int


class _After(BaseTrigger):
    """Fires once, so long after it is planned, whatever time the machine's clock shows."""

    def __init__(self, delay: timedelta) -> None:
        self._delay = delay

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        return now + self._delay if previous is None else None


class Tick:
    """Turns schedules into events when their moment has come.

    A schedule that cannot be handled is tried again a few times, ever later; then it goes on to its
    next moment.

    The machine's clock may be wrong for a while (docs/architecture.md, *Time*). One that went back
    repeats nothing: a schedule already waits for its next moment, and an event that was handled is
    known by its id. What a clock that was ahead moved on too far is brought back by `mend`.

    Args:
        store: where the schedules are.
        clock: where the time comes from.
        handle: what handles an event of a schedule in a given transaction.
        read_ahead: reads at once what the handling of many schedules will read.
        wake: tells the outbox that something was written.
        platforms: those that this process speaks; the schedules of others are left to others.
        pace: how long it sleeps at most.
        watch: tells whether the clock can be relied on.
        late: is told, after the commit, of what kind was handled and how many seconds late.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        handle: Handle,
        wake: Callable[[], None],
        platforms: Sequence[str],
        pace: Pace | None = None,
        watch: ClockWatch | None = None,
        read_ahead: ReadAhead | None = None,
        late: Callable[[str, float], None] = lambda _kind, _seconds: None,
    ) -> None:
        """Work on this store with this clock."""
        self.late = late
        self.store = store
        self.clock = clock
        self.handle = handle
        self.wake = wake
        self.platforms = list(platforms)
        self.longest_sleep = (pace or Pace()).look
        self.watch = watch or ClockWatch()
        self.read_ahead = read_ahead
        self.next_due: datetime | None = None  # as the last round found it
        self._scheduler: AsyncIOScheduler | None = None
        self.last_round: float | None = None  # by the loop's clock: when one last ended well
        self._rounds = 0
        self._size = 8
        self._handled: list[tuple[str, float]] = []
        self._failed: dict[str, _Failure] = {}
        self._soon: datetime | None = None  # planned meanwhile, which a round may not have seen

    async def run(self) -> None:
        """Tick until cancelled."""
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.start()
        try:
            self._plan_next(timedelta())
            while True:
                before = self._rounds
                await asyncio.sleep(2 * self.longest_sleep.total_seconds())
                if self._rounds == before:
                    # The machine's clock went back, and the job would wait until it is there again.
                    self._plan_next(timedelta())
        finally:
            self._scheduler.shutdown(wait=False)

    def hurry(self, due: datetime) -> None:
        """Look again when something is due that was planned just now."""
        self._soon = min(due, self._soon or due)
        wait = self._soon - self.clock.now()
        if wait < self.longest_sleep:
            self._plan_next(max(wait, timedelta()))

    async def _job(self) -> None:
        self._rounds += 1
        self._soon = None
        sleep = self.longest_sleep
        try:
            if self.watch.reliable(self.clock.now(), asyncio.get_running_loop().time()):
                if self.watch.settled():
                    await self.mend()
                await self.once()
                self.last_round = asyncio.get_running_loop().time()
                if self.next_due is not None:
                    wait = self.next_due - self.clock.now()
                    sleep = min(max(wait, timedelta()), self.longest_sleep)
            else:
                log.warning("the clock jumped: nothing is handled until it runs steadily")
                sleep = min(self.watch.settles, self.longest_sleep)
        except Exception as error:
            log.error("tick failed", error=type(error).__name__)
        if self._soon is not None:
            sleep = min(sleep, max(self._soon - self.clock.now(), timedelta()))
        self._plan_next(sleep)

    def _plan_next(self, delay: timedelta) -> None:
        if self._scheduler is not None:
            self._scheduler.add_job(
                self._job,
                _After(delay),
                id="tick",
                replace_existing=True,
                misfire_grace_time=None,
                max_instances=2,  # the job that plans the next one has not quite ended
            )

    async def earliest(self) -> datetime | None:
        """Return when the next schedule comes due."""
        return await self.store.transact(
            lambda tx: Schedules(tx).earliest(self.platforms), urgent=False
        )

    async def once(self) -> int:
        """Handle all that is due now; return how many schedules that were.

        `next_due` then says when the next one comes due.
        """
        count = 0
        while True:
            self._rounds += 1
            done = await self._some()
            count += done
            if not done:
                return count
            self.wake()
            await asyncio.sleep(0)

    async def _some(self) -> int:
        try:
            done = await self.store.transact(self._batch, urgent=False)
        except Exception as error:
            log.warning("schedules failed together", error=type(error).__name__)
            done = await self.store.transact(self._careful_batch, urgent=False)
        for kind, seconds in self._handled:
            self.late(kind, seconds)
        return done

    async def mend(self) -> int:
        """Plan anew what a clock that was ahead moved on; return how many schedules that were.

        A moment that was handled then is not handled again: its event is known by its id.
        """
        count = 0
        while done := await self.store.transact(self._mend, urgent=False):
            count += done
            await asyncio.sleep(0)
        return count

    def _mend(self, tx: Transaction) -> int:
        now = self.clock.now()
        plans = Schedules(tx).ahead(now + JUMP, _BATCH)
        for plan in plans:
            coming = plan.next_due
            try:
                if plan.rule is not None and coming is not None:
                    coming = min(coming, next_after(Rule.from_json(plan.rule), plan.zone, now))
            except Exception as broken:
                log.error("no next time", kind=plan.kind, error=type(broken).__name__)
            Schedules(tx).advance(plan.id, coming, now)
        return len(plans)

    def _batch(self, tx: Transaction) -> int:
        """Handle a few due schedules; a person's turn may come between two batches.

        Where one cannot be handled, all are given up, and each is taken by itself instead.
        """
        now = self.clock.now()
        due = [(plan, self._event(plan, now)) for plan in self._due(tx, now)]
        if due and self.read_ahead is not None:
            self.read_ahead(tx, due)
        started, done = time.perf_counter(), 0
        for plan, event in due:
            self._one(tx, plan, event, now)
            done += 1
            taken = time.perf_counter() - started
            if taken > _LONGEST_SLICE or (taken > _SLICE and self.store.awaited):
                break
        # To look at many and handle few would take longer than the handling.
        self._size = max(done, _FEW) if done < len(due) else min(2 * self._size, _BATCH)
        return done

    def _careful_batch(self, tx: Transaction) -> int:
        now = self.clock.now()
        plans = self._due(tx, now)
        for plan in plans:
            self._by_itself(tx, plan, now)
        return len(plans)

    def _due(self, tx: Transaction, now: datetime) -> list[Plan]:
        self._handled = []
        schedules = Schedules(tx)
        plans = schedules.due(now, self._size, self.platforms)
        if not plans:
            self.next_due = schedules.earliest(self.platforms)
        return plans

    def _by_itself(self, tx: Transaction, plan: Plan, now: datetime) -> None:
        """Handle a schedule so that its failure does not hold up the others."""
        planned, _ = self._planned(plan)
        try:
            planned = self._moment(plan, now) or planned
            with tx.savepoint():
                self._one(tx, plan, self._event(plan, now), now)
            self._failed.pop(plan.id, None)
        except Exception as error:
            if ends_transaction(error):
                raise
            self._put_off(tx, plan, planned, now, error)

    def _one(self, tx: Transaction, plan: Plan, event: CameDue | None, now: datetime) -> None:
        if event is None:
            log.info("passed over, too late", kind=plan.kind, policy=plan.policy)
        else:
            self.handle(tx, event, plan)
            self._handled.append((plan.kind, (now - event.due).total_seconds()))
        # The handler may have planned it anew, or ended it.
        schedules = Schedules(tx)
        after = schedules.get(plan.id, sealed=True)
        if after and after.next_due and plan.next_due and after.next_due <= plan.next_due:
            schedules.advance(plan.id, following(after, now), now)

    def _event(self, plan: Plan, now: datetime) -> CameDue | None:
        moment = self._moment(plan, now)
        if moment is None:
            return None
        event_id = f"due {plan.id} {moment.isoformat()}"
        return CameDue(event_id=event_id, schedule=plan.id, kind=plan.kind, due=moment)

    def _moment(self, plan: Plan, now: datetime) -> datetime | None:
        planned, begun = self._planned(plan)
        return catch_up(replace(plan, next_due=planned), now, begun=begun)

    def _planned(self, plan: Plan) -> tuple[datetime, bool]:
        """Return the moment that a schedule is for, and whether it was begun and failed before."""
        due = plan.next_due
        assert due is not None
        failure = self._failed.get(plan.id)
        if failure is not None and failure.again_at == due:
            return failure.planned, True
        return due, False

    def _put_off(
        self, tx: Transaction, plan: Plan, planned: datetime, now: datetime, error: Exception
    ) -> None:
        """Plan to try again; after the last time, go on to the next moment."""
        failure = self._failed.pop(plan.id, None)
        tried = failure.tried + 1 if failure and failure.planned == planned else 1
        again_at: datetime | None = None
        try:
            again_at = following(replace(plan, next_due=planned), now)
        except Exception as broken:
            log.error("schedule without a next time", kind=plan.kind, error=type(broken).__name__)
        if tried <= len(_AGAIN):
            soon = now + _AGAIN[tried - 1]
            if again_at is None or soon < again_at:
                again_at = soon
                self._failed[plan.id] = _Failure(planned, soon, tried)
        log.error("schedule failed", kind=plan.kind, error=type(error).__name__, tried=tried)
        Schedules(tx).advance(plan.id, again_at, now)
