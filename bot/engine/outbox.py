"""The outbox's worker: each action once, as far as the platform can tell.

A row is claimed with a lease, checked once more (lease, consent, membership, expiry), sent with its
key as the idempotency key, and noted. An unknown result is *in doubt*: when a late commit has
become impossible it is read back by its key, and only if it certainly does not stand is it sent
again.
"""

import asyncio
import contextlib
import time
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.core.events import Delivered, Event, Undelivered
from bot.core.ports import Adapter
from bot.engine.attempt import Attempts, Outcome
from bot.engine.consent import Consent
from bot.engine.pace import Pace
from bot.engine.running import Running, Whereabouts
from bot.engine.turn import EngineTurn
from bot.engine.writing import flush
from storage.communities import Communities
from storage.members import note_closed
from storage.outbox import KEPT, Claimed, Deliveries
from storage.store import Store, Transaction
from storage.trouble import ends_transaction

log = structlog.get_logger(__name__)

_MOST = 16  # deliveries at once
_RUN = 15  # rows taken along behind the first of a line
_IDLE_SHARED = 1.0  # seconds; where other processes write, and cannot wake us
_AT_ONCE = 0.05


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
        self._busy: set[asyncio.Task[None]] = set()
        self._recovered: float | None = None

    def wake(self) -> None:
        """Look again: something was written."""
        self._woken.set()

    def take(self, tx: Transaction) -> list[Claimed]:
        """Claim what can be sent now in the transaction of a turn: nobody has to look for it then.

        Hand it to `begin` when that is committed.
        """
        free = _MOST - len(self._busy)
        if not self._at_work or free <= 0 or self.attempts.is_held_back:
            return []
        return [row for row in self._take(tx, free) if row is not None]

    def begin(self, claimed: list[Claimed]) -> None:
        """Send what was claimed."""
        for row in claimed:
            task = asyncio.create_task(self._deliver(row))
            self._busy.add(task)
            task.add_done_callback(self._delivered)

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    wait = await self._round()
                except Exception as error:
                    log.error("outbox failed", error=type(error).__name__)
                    wait = self.pace.after_failure.total_seconds()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._woken.wait()
        finally:
            self._at_work = False
            if self._busy:
                await asyncio.wait(self._busy, timeout=10)
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)

    async def _round(self) -> float:
        """Begin to send what can be sent now; return for how many seconds that was all."""
        look = self.pace.look.total_seconds()
        idle = min(look, _IDLE_SHARED) if self.store.shared else look
        if self._recovered is None or time.monotonic() - self._recovered >= look:
            await self.recover()
            self._recovered = time.monotonic()
        self._at_work = True
        free = _MOST - len(self._busy)
        claimed, due = await self._claim(free)
        self.begin(claimed)
        if len(claimed) == free or due is None:
            return idle  # the end of any of them wakes us
        if self.attempts.held_back is not None:
            due = max(due, self.attempts.held_back)
        wait = (due - self.running.clock.now()).total_seconds()
        # What is due and was not claimed has come due just now, or another process holds it.
        return min(max(wait, _AT_ONCE), idle)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        was_full = len(self._busy) >= _MOST
        self._busy.discard(task)
        if was_full:
            self.wake()

    async def settle(self) -> None:
        """Send until nothing can be sent now: for a simulated clock."""
        while claimed := (await self._claim(_MOST))[0]:
            for row in claimed:
                await self._deliver(row)

    async def recover(self) -> int:
        """Put in doubt what an earlier run left in the middle of sending."""
        wait = timedelta(seconds=self.adapter.affordances.quiescence)
        account, now = self.adapter.account, self.running.clock.now()

        def work(tx: Transaction) -> int:
            deliveries = Deliveries(tx)
            deliveries.end_stranded(account, now)
            return deliveries.doubt_abandoned(account, self.run_id, now, wait)

        return await self.store.transact(work)

    async def _claim(self, limit: int) -> tuple[list[Claimed], datetime | None]:
        """Claim what can be sent now; return it, and when something can be sent again."""
        if limit <= 0 or self.attempts.is_held_back:
            return [], self.attempts.held_back

        def work(tx: Transaction) -> tuple[list[Claimed | None], datetime | None]:
            taken = self._take(tx, limit)
            return taken, Deliveries(tx).next_due(self.adapter.account)

        while True:
            taken, due = await self.store.transact(work)
            wanted = [row for row in taken if row is not None]
            if wanted or not taken:
                return wanted, due

    def _take(self, tx: Transaction, limit: int) -> list[Claimed | None]:
        """Claim rows, and end at once (None) those that nobody wants any more."""
        now = self.running.clock.now()
        deliveries = Deliveries(tx)
        taken: list[Claimed | None] = []
        for row in deliveries.claim(self.adapter.account, self.run_id, now, self.pace.lease, limit):
            # What may stand already is found out first.
            reason = "" if row.doubtful else self.consent.missing(tx, row)
            if reason:
                deliveries.give_up(row.key, now, "skipped", reason)
            taken.append(None if reason else row)
        return taken

    async def _deliver(self, row: Claimed) -> None:
        """Deliver a row, and then what the transaction that notes its end can claim."""
        run = [row]
        try:
            while run:
                run = await self._deliver_run(run)
        except Exception as error:
            # The rows stay held until their lease ends; then they are in doubt, and looked into.
            log.error("delivery not noted", error=type(error).__name__)
            self.wake()

    async def _deliver_run(self, run: list[Claimed]) -> list[Claimed]:
        """Deliver rows of one line in their order; return what was claimed at the end.

        While one is noted the next is being sent. At the first that has to wait, those behind it
        are put back.
        """
        notes: list[asyncio.Task[None]] = []
        for position, row in enumerate(run):
            outcome = await self.attempts.attempt(row)
            rest = run[position + 1 :]
            if not rest or outcome.state in ("pending", "doubt"):
                break
            noted = self.store.transact(partial(self._note, row=row, outcome=outcome))
            notes.append(asyncio.create_task(noted))

        def work(tx: Transaction) -> list[Claimed]:
            self._note(tx, row, outcome)
            deliveries, now = Deliveries(tx), self.running.clock.now()
            for each in rest:
                deliveries.again(each.key, self.run_id, now, doubt=False)
            if self.attempts.is_held_back:
                return []
            if self.attempts.rate_limit.limited:
                # An answer would have to wait until all of a run has had its turn.
                return [head for head in self._take(tx, 1) if head is not None]
            for head in self._take(tx, 1):
                if head is not None:
                    return [
                        head,
                        *deliveries.behind_in_line(
                            head.key, self.run_id, now, self.pace.lease, _RUN
                        ),
                    ]
            return []

        await asyncio.gather(*notes)
        claimed = await self.store.transact(work)
        if outcome.state in ("pending", "doubt"):
            self.wake()  # it has to be looked at again, and the others need not wait for it
        return claimed

    def _note(self, tx: Transaction, row: Claimed, outcome: Outcome) -> None:
        now = self.running.clock.now()
        deliveries = Deliveries(tx)
        match outcome.state:
            case "sent":
                if deliveries.sent(row.key, self.run_id, now, outcome.message):
                    self._tell(tx, Delivered(event_id=row.key, key=row.key, ref=outcome.message))
            case "pending" | "doubt":
                deliveries.again(
                    row.key,
                    self.run_id,
                    now + timedelta(seconds=outcome.wait),
                    doubt=outcome.state == "doubt",
                )
            case "missed":
                deliveries.keep(row.key, self.run_id, now + KEPT, outcome.reason)
            case "skipped":
                deliveries.give_up(row.key, now, "skipped", outcome.reason, self.run_id)
            case _:
                log.warning("not delivered", reason=outcome.reason)
                ended = deliveries.give_up(row.key, now, outcome.state, outcome.reason, self.run_id)
                for key in ended:
                    if outcome.unreachable and row.subject is not None:
                        note_closed(tx, row.subject)
                    event = Undelivered(event_id=f"not {key}", key=key, reason=outcome.reason)
                    self._tell(tx, event, row)

    def _tell(self, tx: Transaction, event: Event, row: Claimed | None = None) -> None:
        """Tell the features in the same transaction; what they want then is written too."""
        if not any(type(event) in feature.on for feature in self.running.features):
            return
        writes_first = self.adapter.affordances.direct_unasked
        where = Whereabouts(event, writes_first=writes_first)
        if row is not None and row.community is not None:
            where.subject, where.community = row.subject, Communities(tx).get(row.community)
        turn = EngineTurn(self.running, tx, where)
        try:
            with tx.savepoint():
                turn.tell(event)
                flush(turn, self.adapter)
        except Exception as error:
            if ends_transaction(error):
                raise
            # What stands on the platform stands, whatever a feature makes of it.
            log.error(
                "outcome not heard", happened=type(event).__name__, error=type(error).__name__
            )
