"""The outbox's worker: each action once, as far as the platform can tell.

A row is claimed with a lease, checked once more (lease, consent, membership, expiry), sent with its
key as the idempotency key, and noted. An unknown result is *in doubt*: when a late commit has
become impossible it is read back by its key, and only if it certainly does not stand is it sent
again.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bot.core.events import Event, FromMember
from bot.core.ports import Adapter
from bot.engine import budget
from bot.engine.attempt import Attempts, Outcome
from bot.engine.consent import Consent
from bot.engine.outcomes import Ended, Outcomes
from bot.engine.pace import Pace
from bot.engine.running import Running
from bot.engine.taking import Taking
from storage.outbox import Claimed, Deliveries
from storage.outbox_upkeep import OutboxUpkeep, Own
from storage.room_days import RoomDays
from storage.store import Store
from storage.transaction import Transaction

log = structlog.get_logger(__name__)

_MOST = 32  # deliveries at once
_RUN = 15  # rows taken along behind the first of a line
_IDLE_SHARED = 1.0  # seconds; where other processes write, and cannot wake us
_AT_ONCE = 0.05
_IN_PASSING = 0.05  # seconds that the end of an answer waits for a transaction to be noted in


class OutboxWorker:
    """Sends what one account has to send."""

    def __init__(
        self,
        running: Running,
        store: Store,
        adapter: Adapter,
        run_id: str,
        *,
        pace: Pace | None = None,
        patience: float | None = None,
    ) -> None:
        """Serve one adapter.

        Args:
            running: what all turns share.
            store: where the outbox is.
            adapter: who sends.
            run_id: marks the rows that this process holds.
            pace: how long it waits for what.
            patience: seconds that a call of the adapter may take, at most the pace's margin.
        """
        self.running = running
        self.store = store
        self.adapter = adapter
        self.run_id = run_id
        self.pace = pace or Pace()
        self.consent = Consent(running)
        self.attempts = Attempts(adapter, store, running.clock, self.consent, self.pace, patience)
        self._woken = asyncio.Event()
        self._at_work = False
        self._busy: dict[asyncio.Task[None], list[Claimed]] = {}
        self._taking = Taking()
        self.outcomes = Outcomes(running, store, adapter, run_id)
        self._soon: asyncio.TimerHandle | None = None
        self._recovered: float | None = None
        self._away = -math.inf  # when the database was last seen to be away
        self._resting = False
        self.grace = 10.0  # seconds for what is under way when the work ends

    def wake(self) -> None:
        """Look again: something was written."""
        self._woken.set()

    def take(self, tx: Transaction, event: Event, wrote: int) -> list[Claimed]:
        """Claim what can be sent now in the transaction of a turn: nobody has to look for it then.

        Hand it to `begin` when that is committed.

        Args:
            tx: the turn's.
            event: what the turn was about.
            wrote: how many actions it wrote.
        """
        free = _MOST - len(self._busy)
        if not self._at_work or free <= 0 or self.attempts.is_held_back:
            return []
        self._taking.opens(event.event_id, self.running.clock.now())
        interaction = event.interaction if isinstance(event, FromMember) else None
        if wrote == 1 and interaction is not None:
            now = self.running.clock.now()
            answer = Deliveries(tx).claim_answer(interaction, self.run_id, now, self.pace.lease)
            if answer is not None:
                return [answer] if self._wanted(tx, answer) else []
        return [row for row in self._take(tx, free) if row is not None]

    def begin(self, claimed: list[Claimed]) -> None:
        """Send what was claimed."""
        self._begin([[row] for row in claimed])

    def over(self, event: Event) -> None:
        """Note that a turn has ended, and that what it took was begun."""
        self._taking.closes(event.event_id)

    async def run(self) -> None:
        """Send until cancelled."""
        self._recovered = None  # who held the account before may have been ourselves
        try:
            while True:
                self._woken.clear()
                try:
                    wait = await self._round()
                except Exception as error:
                    log.error("outbox failed", error=type(error).__name__)
                    self._away = time.monotonic()
                    await self.outcomes.note_singly()
                    wait = self.pace.after_failure.total_seconds()
                self._resting = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._woken.wait()
                self._resting = False
        finally:
            self._at_work = self._resting = False
            if self._soon is not None:
                self._soon.cancel()
            if self._busy:
                await asyncio.wait(self._busy, timeout=self.grace)
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)
            await self.outcomes.note_singly()

    @property
    def drained(self) -> bool:
        """Whether nothing is under way, nor can be sent now."""
        under_way = self._busy or self.outcomes or self._woken.is_set()
        return not self._at_work or (self._resting and not under_way)

    async def settle(self) -> None:
        """Send until nothing can be sent now: for a simulated clock."""
        while True:
            runs, _ = await self._go_on(_MOST)
            for run in runs:
                await self._deliver(run)
            if not runs and not self.outcomes:
                return

    async def recover(self) -> int:
        """Put in doubt what an earlier run left in the middle of sending, and what this one holds
        and nobody sends: the database went away while it was claimed.
        """
        wait = timedelta(seconds=self.adapter.affordances.quiescence)
        account, now = self.adapter.account, self.running.clock.now()
        sending = {row.key for run in self._busy.values() for row in run}
        before = self._taking.before(now, self.pace.lease)
        own = Own(before + self.pace.lease, sending | self.outcomes.keys)

        def work(tx: Transaction) -> int:
            upkeep = OutboxUpkeep(tx)
            upkeep.end_stranded(account, now)
            return upkeep.doubt_abandoned(account, self.run_id, now, wait, own)

        return await self.store.transact(work)

    async def _round(self) -> float:
        """Note what has ended and begin what can be sent now; return the seconds to rest then."""
        look = self.pace.look.total_seconds()
        idle = min(look, _IDLE_SHARED) if self.store.shared else look
        began = time.monotonic()
        usual = self.pace.usual.total_seconds()
        # Turns that the database kept waiting end one by one: it is looked at more often then.
        pause = usual if began - self._away < look else look
        if self._recovered is None or began - self._recovered >= pause:
            await self.recover()
            self._recovered = time.monotonic()
        self._at_work = True
        free = _MOST - len(self._busy)
        runs, due = await self._go_on(free)
        self._begin(runs)
        if time.monotonic() - began > usual:
            self._away = time.monotonic()
        if len(runs) >= free or due is None:
            return idle  # the end of any of them wakes us
        if self.attempts.held_back is not None:
            due = max(due, self.attempts.held_back)
        wait = (due - self.running.clock.now()).total_seconds()
        # What is due and was not claimed has come due just now, or another process holds it.
        return min(max(wait, _AT_ONCE), idle)

    async def _go_on(self, free: int) -> tuple[list[list[Claimed]], datetime | None]:
        """Note what has ended and claim what can be sent now, in one transaction.

        It is the only one that does so at a time: what ends meanwhile is noted together by the
        next, and no two look for the same rows.

        Returns:
            what was claimed, by line; and when something can be sent again.
        """

        def work(
            tx: Transaction,
        ) -> tuple[list[Ended], list[list[Claimed]], bool, datetime | None]:
            ended = self.outcomes.all()
            for each in ended:
                self.outcomes.write_down(tx, each)
            if free <= 0 or self.attempts.is_held_back:
                return ended, [], False, self.attempts.held_back
            taken = self._take(tx, free)
            runs = [[row] for row in taken if row is not None]
            for run in runs:
                self._extend(tx, run, ended)
            due = Deliveries(tx).next_due(self.adapter.account) if len(runs) < free else None
            return ended, runs, bool(taken), due

        while True:
            noted, runs, again, due = await self.store.transact(work)
            self.outcomes.noted(noted)
            if runs or not again:
                return runs, due

    def _extend(self, tx: Transaction, run: list[Claimed], ended: Sequence[Ended]) -> None:
        """Take along what stands behind a claimed row, where a line is being sent in a row.

        Under a rate limit an answer would have to wait until all of it has had its turn.
        """
        (head,) = run
        sent_before = any(each.row.line[:2] == head.line[:2] for each in ended)
        if sent_before and not self.attempts.rate_limit.limited:
            now = self.running.clock.now()
            deliveries = Deliveries(tx)
            run += deliveries.behind_in_line(head, self.run_id, now, self.pace.lease, _RUN)

    def _take(self, tx: Transaction, limit: int) -> list[Claimed | None]:
        """Claim rows, and end at once (None) those that nobody wants any more."""
        now = self.running.clock.now()
        deliveries = Deliveries(tx)
        rows = deliveries.claim(self.adapter.account, self.run_id, now, self.pace.lease, limit)
        return [row if self._wanted(tx, row) else None for row in rows]

    def _wanted(self, tx: Transaction, row: Claimed) -> bool:
        """Tell whether a claimed row is still to be sent; if not, end it."""
        if row.doubtful:
            return True  # what may stand already is found out first
        now = self.running.clock.now()
        until = budget.later(tx, row, self.running)
        if until is not None and row.expires_at is not None and row.expires_at <= until:
            self.outcomes.give_up(tx, row, Outcome("dead", reason=budget.LET_GO))
            return False
        if until is not None:
            RoomDays(tx).put_off(row.key, row.line[0], until)
            return False
        reason = self.consent.missing(tx, row)
        if reason:
            Deliveries(tx).give_up(row.key, now, "skipped", reason)
        return not reason

    def _begin(self, runs: list[list[Claimed]]) -> None:
        for run in runs:
            task = asyncio.create_task(self._deliver(run))
            self._busy[task] = run
            task.add_done_callback(self._delivered)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        if len(self._busy) >= _MOST:
            self.wake()  # something may wait for nothing but this
        self._busy.pop(task, None)

    async def _deliver(self, run: list[Claimed]) -> None:
        """Deliver rows of one line in their order, up to the first that has to wait."""
        for position, row in enumerate(run, 1):
            outcome = await self.attempts.attempt(row)
            rest = run[position:] if outcome.waits else []
            self.outcomes.add(Ended(row, outcome, rest))
            if row.alone and outcome.state == "sent" and not self.store.shared:
                self._wake_soon()
            else:
                self.wake()
            if outcome.waits:
                return

    def _wake_soon(self) -> None:
        """Look again in a moment: nothing waits, and until then a turn may note what was sent."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(_IN_PASSING, self._look_again)

    def _look_again(self) -> None:
        self._soon = None
        if self.outcomes:
            self.wake()
