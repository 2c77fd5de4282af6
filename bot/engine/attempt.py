"""One attempt at sending an action, and what is to become of it then."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.core.actions import Recovery
from bot.core.errors import (
    CirclekeeperError,
    Doubt,
    Missed,
    NotShown,
    TryLater,
    Undeliverable,
    Unreachable,
    Unreadable,
)
from bot.core.ports import Adapter, Clock, Delivery
from bot.core.refs import Direct, MessageRef
from bot.engine.consent import Consent
from bot.engine.pace import Pace
from bot.engine.ratelimit import RateLimit
from bot.engine.writing import read
from storage.outbox import Claimed
from storage.store import Store

log = structlog.get_logger(__name__)

_MOST_DOUBTS = 12  # attempts, before what stays in doubt is given up,
_LONGEST_DOUBT = timedelta(hours=2)  # but a platform may be away for so long
_SOON = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt, and for how many seconds the action then waits."""

    state: str  # sent, pending, doubt, dead, skipped, missed
    message: MessageRef | None = None
    wait: float = 0.0
    reason: str = ""
    unreachable: bool = False  # the person cannot be written to
    unanswered: bool = False  # somebody waits for an answer that is not shown

    @property
    def waits(self) -> bool:
        """Whether the action has to be looked at again, and what is behind it waits."""
        return self.state in ("pending", "doubt")


class Attempts:
    """Sends through one adapter, and lets the whole account wait where the platform says so."""

    def __init__(
        self,
        adapter: Adapter,
        store: Store,
        clock: Clock,
        consent: Consent,
        pace: Pace,
        patience: float | None = None,
    ) -> None:
        """Give a call of the adapter so many seconds: the pace's margin, or less."""
        self.adapter = adapter
        self.store = store
        self.clock = clock
        self.consent = consent
        self.pace = pace
        self.patience = pace.margin.total_seconds() if patience is None else patience
        self.rate_limit = RateLimit(adapter.affordances.per_second, clock)
        self.held_back: datetime | None = None

    @property
    def is_held_back(self) -> bool:
        """Whether the platform wants to be left alone for now."""
        return self.held_back is not None and self.clock.now() < self.held_back

    async def attempt(self, row: Claimed) -> Outcome:
        """Send a claimed row, or read back first whether it stands already."""
        try:
            action = read(row.body)
        except ValueError:
            return Outcome("dead", reason="it cannot be read any more")
        delivery = Delivery(row.key, action, row.on, row.first_attempt_at)
        reading_back = row.doubtful
        try:
            if getattr(action, "answers", None) is None:  # an answer in its own place is free
                await self.rate_limit.turn(action.lane)
            if row.doubtful:
                found = await self._find(delivery, action.recovery)
                if found is not None:
                    return found
                reading_back = False
                unwanted = await self.store.transact(lambda tx: self.consent.missing(tx, row))
                if unwanted:
                    return Outcome("skipped", reason=unwanted)
            if self.clock.now() > row.leased_until - self.pace.margin:
                # Stopped for too long (SIGSTOP, a sleeping laptop): it may be another's by now.
                return self._in_doubt(row) if row.doubtful else Outcome("pending")
            async with asyncio.timeout(self.patience):
                return Outcome("sent", await self.adapter.deliver(delivery))
        except TryLater as later:
            wait = max(later.after, _SOON) if later.alone else self._hold_back(later.after)
            # What was refused was not carried out; but a refused reading back tells nothing.
            return Outcome("doubt" if reading_back else "pending", wait=wait)
        except Missed as error:
            # Whose answer it is can be told at their next click; a public one is of no use then.
            return Outcome("missed" if row.subject else "dead", reason=str(error))
        except Unreachable as error:
            closed = isinstance(action.to, Direct) and getattr(action, "answers", None) is None
            return Outcome("dead", reason=f"unreachable: {error}", unreachable=closed)
        except Undeliverable as error:
            unanswered = isinstance(error, NotShown)
            return Outcome("dead", reason=str(error), unanswered=unanswered)
        except (CirclekeeperError, TimeoutError):
            return self._in_doubt(row)
        except Exception as error:
            log.error(
                "delivery failed",
                error=type(error).__name__,
                kind=action.kind,
                delivery=row.key,
            )
            return self._in_doubt(row)

    def _hold_back(self, seconds: float) -> float:
        """Let the whole account wait; a platform that says "at once" is not asked without end."""
        seconds = max(seconds, _SOON)
        until = self.clock.now() + timedelta(seconds=seconds)
        self.held_back = max(until, self.held_back or until)
        return seconds

    def _in_doubt(self, row: Claimed) -> Outcome:
        age = self.clock.now() - (row.first_attempt_at or self.clock.now())
        if row.attempts >= _MOST_DOUBTS and age >= _LONGEST_DOUBT:
            return Outcome("dead", reason="nobody knows whether it stands")
        longer = min(self.pace.doubt * 2 ** min(row.attempts, 10), self.pace.longest_doubt)
        wait = self.adapter.affordances.quiescence + longer.total_seconds()
        return Outcome("doubt", wait=wait)

    async def _find(self, delivery: Delivery, recovery: Recovery) -> Outcome | None:
        """Read back; None means: it certainly does not stand, send it (again)."""
        match recovery:
            case Recovery.IDEMPOTENT:
                return None
            case Recovery.AT_MOST_ONCE:
                return Outcome("dead", reason="interrupted, and it must not be sent twice")
            case Recovery.READABLE:
                try:
                    async with asyncio.timeout(self.patience):
                        found = await self.adapter.find(delivery)
                except Unreadable:
                    raise Doubt from None
                return Outcome("sent", found) if found is not None else None
