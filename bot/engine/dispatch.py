"""Dispatch: one event, one transaction; then the sending, which is the outbox's.

The order within a turn: note the event (a duplicate stops here), find out who, where and in which
community it is, read what was typed, call the feature's handler, and write what it wants done.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog
from structlog.contextvars import bound_contextvars

from bot.core.actions import Say
from bot.core.errors import BadInput
from bot.core.events import (
    Added,
    CameDue,
    Chose,
    Commanded,
    Delivered,
    Event,
    FromMember,
    Joined,
    Left,
    Looked,
    Moved,
    Posted,
    Present,
    Reacted,
    Removed,
    Submitted,
    Undelivered,
)
from bot.core.ports import Adapter
from bot.core.turn import Plan
from bot.engine import changes
from bot.engine.hearing import Hearing
from bot.engine.outcomes import Ended, Outcomes
from bot.engine.refusal import Refused
from bot.engine.running import Running, Whereabouts
from bot.engine.turn import EngineTurn
from bot.engine.whereabouts import find_member
from bot.engine.writing import flush
from storage.communities import Communities
from storage.facts import Facts
from storage.outbox import Claimed, Deliveries
from storage.schedules import Schedules
from storage.store import Store
from storage.transaction import Transaction
from storage.trouble import ends_transaction

log = structlog.get_logger(__name__)

T = TypeVar("T")

_PAUSED = timedelta(hours=1)  # until it is looked at again whether a pause is over


@dataclass(slots=True)
class _Course:
    """How a turn went, for whoever counts and for the log."""

    feature: str = "engine"
    outcome: str = "handled"  # or: known, refused, failed
    refused: BadInput | None = None  # why a feature refused it, when it was tried before


class Outgoing(Protocol):
    """Where what a turn wrote goes on (see `engine.outbox`)."""

    outcomes: Outcomes
    """What came of what was sent."""

    def wake(self) -> None:
        """Look for what can be sent."""

    def take(self, tx: Transaction, event: Event, wrote: int) -> list[Claimed]:
        """Claim what can be sent now in the turn's own transaction."""

    def begin(self, claimed: list[Claimed]) -> None:
        """Send what was claimed, now that it is committed."""

    def over(self, event: Event) -> None:
        """Hear that a turn has ended, however."""


class Dispatcher:
    """Turns events of one account into committed turns."""

    def __init__(
        self,
        running: Running,
        store: Store,
        adapter: Adapter,
        outgoing: Outgoing,
        hurry: Callable[[datetime], None] = lambda _due: None,
    ) -> None:
        """Serve one adapter; what turns write goes out by `outgoing`, and `hurry` is told when
        something that they planned is due.
        """
        self.running = running
        self.store = store
        self.adapter = adapter
        self.outgoing = outgoing
        self.hurry = hurry
        self.hearing = Hearing(running, adapter)
        self._begun = 0  # turns that have not ended
        self._closed = False

    def close(self) -> None:
        """Begin no turn any more: the platform hands its event out again at the next start."""
        self._closed = True

    @property
    def idle(self) -> bool:
        """Whether no turn is under way."""
        return not self._begun

    async def receive(self, event: Event) -> None:
        """Handle an event in one transaction; where that fails, nothing changes but an apology.

        Closed, it never returns, so that nobody believes the event to be taken.
        """
        if self._closed:
            await asyncio.Event().wait()
        self._begun += 1
        try:
            await self._receive(event)
        finally:
            self.outgoing.over(event)
            self._begun -= 1

    async def transact(self, work: Callable[[Transaction], T], *, urgent: bool = True) -> T:
        """Run work in a transaction that begins with noting what was sent: it may be about that."""

        def noting(tx: Transaction) -> tuple[Sequence[Ended], T]:
            return self.outgoing.outcomes.note(tx), work(tx)

        ended, result = await self.store.transact(noting, urgent=urgent)
        self.outgoing.outcomes.noted(ended)
        return result

    async def _receive(self, event: Event) -> None:
        urgent = isinstance(event, FromMember) and not isinstance(event, Joined)
        began, course, mark = time.perf_counter(), _Course(), self._mark(event)

        def work(tx: Transaction) -> tuple[int, list[Claimed], datetime | None]:
            with bound_contextvars(turn=mark):
                try:
                    wrote = self.turn(tx, event, course)
                except Refused as error:
                    course.refused = error.bad
                    raise
                return wrote, self.outgoing.take(tx, event, wrote) if wrote else [], tx.due

        try:
            wrote, claimed, due = await self.transact(work, urgent=urgent)
        except Exception as error:
            if ends_transaction(error):
                raise  # no fault of the turn: the adapter hands the event out again
            # No text of the error: it may quote what somebody wrote.
            log.error(
                "turn failed",
                happened=type(event).__name__,
                error=type(error).__name__,
                where=_where_raised(error),
                turn=mark,
            )
            course.outcome = "failed"
            wrote, claimed, due = await self._failed(event), [], None
        seconds = time.perf_counter() - began
        self.running.meter.turned(course.feature, course.outcome, seconds)
        log.debug(
            "turn",
            happened=type(event).__name__,
            feature=course.feature,
            outcome=course.outcome,
            milliseconds=round(1000 * seconds, 1),
            wrote=wrote,
            turn=mark,
        )
        self.outgoing.begin(claimed)
        if wrote > len(claimed):
            self.outgoing.wake()  # the rest has to wait for something
        if due is not None:
            self.hurry(due)

    async def _failed(self, event: Event) -> int:
        try:
            return await self.store.transact(lambda tx: self._apologize(tx, event))
        except Exception as error:
            log.error(
                "apology failed",
                error=type(error).__name__,
                where=_where_raised(error),
                turn=self._mark(event),
            )
        # Handed out again and again, this event would stop the account; a lost store still raises.
        await self.store.transact(lambda tx: self._take_in(tx, event))
        return 0

    def _mark(self, event: Event) -> str:
        """Return by what a turn is known in the log: the same whenever its event is tried again."""
        return self.store.vault.digest("turn", event.event_id)[:12]

    def turn(self, tx: Transaction, event: Event, course: _Course | None = None) -> int:
        """Handle an event in this transaction; tell how much is to be sent then."""
        course = course or _Course()
        course.feature, course.outcome = "engine", "handled"
        if not self._take_in(tx, event):
            course.outcome = "known"
            return 0
        turn = self._begin(tx, event)
        turn.refused = course.refused
        try:
            self._handle(turn, event)
        except BadInput as bad:
            course.outcome = "refused"
            values = dict(bad.values)
            if "option" in values:
                values["option"] = turn.text(f"engine/option_{values['option']}")
            turn.say(bad.words, **values)
            if turn.filled is not None:
                turn.offer_again(*turn.filled)
            if turn.again:
                turn.do(Say(key=turn.new_id(), to=turn.me, text=turn.again, ask=True))
        finally:
            course.feature = self.running.counted_as.get(turn.entered, "engine")
        # What was waiting for a delivery that is recognized now may go.
        return flush(turn, self.adapter) + isinstance(event, Delivered)

    def read_ahead(self, tx: Transaction, events: Sequence[CameDue]) -> None:
        """Read at once which of these were handled before."""
        if events:
            Facts(tx, self.adapter.account).fetch([event.event_id for event in events])

    def came_due(self, tx: Transaction, event: CameDue, plan: Plan) -> int:
        """Handle a moment of a schedule in this transaction; tell how much is to be sent then."""
        if not self._take_in(tx, event):
            return 0
        turn = self._begin(tx, event)
        where = turn.where
        where.subject = plan.subject
        where.community = Communities(turn.tx).get(plan.community)
        own = turn.settings.get("locale") if plan.subject else None
        where.locale = self.running.words.nearest(own, where.community.locale)
        feature, handler = self.running.due[plan.kind]
        if self.running.is_off(feature.name, where.community) and not feature.pauses:
            if plan.rule is None:  # what comes once comes when the pause is over
                Schedules(tx).advance(plan.id, turn.now + _PAUSED, turn.now)
            return 0
        with bound_contextvars(turn=self._mark(event)):
            turn.within(feature, lambda: handler(turn, replace(plan, next_due=event.due)))
            return flush(turn, self.adapter)

    def _take_in(self, tx: Transaction, event: Event) -> bool:
        return Facts(tx, self.adapter.account).take_in(event.event_id, self.running.clock.now())

    def _begin(self, tx: Transaction, event: Event) -> EngineTurn:
        can = self.adapter.affordances
        where = Whereabouts(
            event,
            writes_first=can.direct_unasked,
            prefix=can.prefix,
            has_roles=can.roles,
            can=can,
        )
        return EngineTurn(self.running, tx, where)

    # What happened

    def _handle(self, turn: EngineTurn, event: Event) -> None:
        match event:
            case Added() | Removed():
                changes.community(turn, event)
            case Moved():
                changes.moved(turn, event)
            case Joined() | Left():
                changes.came_or_went(turn, event)
            case Present():
                changes.compare(turn, event)
            case Posted():
                self.hearing.posted(turn, event)
            case Commanded():
                self.hearing.commanded(turn, event)
            case Chose() | Submitted():
                self.hearing.answering.by_key(turn, event)
            case Reacted():
                self.hearing.answering.reacted(turn, event)
            case Delivered():
                if Deliveries(turn.tx).recognized(event.key, turn.now, event.ref):
                    turn.tell(event)
            case Looked():
                self._looked(turn, event)
            case Undelivered():
                turn.tell(event)
            case _:
                raise TypeError(f"Nobody handles {type(event).__name__}.")

    def _looked(self, turn: EngineTurn, event: Looked) -> None:
        """Go on for the one who wanted to know; for who was erased meanwhile, with nobody."""
        whose = Deliveries(turn.tx).whose(event.key)
        if whose is None:
            return
        turn.where.subject, community = whose
        turn.where.community = Communities(turn.tx).get(community)
        own = turn.settings.get("locale")
        turn.where.locale = self.running.words.nearest(own, turn.where.community.locale)
        turn.tell(event)

    def _apologize(self, tx: Transaction, event: Event) -> int:
        fresh = self._take_in(tx, event)
        if not fresh or not isinstance(event, Commanded | Chose | Submitted | Posted | Reacted):
            return 0
        if isinstance(event, Posted) and event.text is None:
            return 0
        turn = self._begin(tx, event)
        find_member(turn, event)
        turn.where.place = event.place
        turn.say("engine/sorry")
        return flush(turn, self.adapter)


def _where_raised(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return ""
    return f"{traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}"
