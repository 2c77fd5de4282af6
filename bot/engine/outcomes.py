"""What came of what was sent: noted in the store, and told to the features that hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from bot.core.actions import AskChoice, AskForm, Say
from bot.core.events import Delivered, Event, Undelivered
from bot.core.ports import Adapter
from bot.engine.attempt import Outcome
from bot.engine.running import Running, Wanted, Whereabouts
from bot.engine.turn import EngineTurn
from bot.engine.writing import flush, read, write
from storage.communities import Communities
from storage.late_answers import LateAnswers
from storage.members import note_closed
from storage.outbox import Claimed, Deliveries
from storage.store import Store
from storage.transaction import Transaction
from storage.trouble import ends_transaction

log = structlog.get_logger(__name__)

_INSTEAD = ".i"  # after the key of what could not be shown


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a row, and what of its run was not tried then."""

    row: Claimed
    outcome: Outcome
    rest: list[Claimed]


class Outcomes:
    """What has ended and is not noted yet, by the row's key."""

    def __init__(self, running: Running, store: Store, adapter: Adapter, run_id: str) -> None:
        """Note what this process (`run_id`) sent by one adapter."""
        self._running = running
        self._store = store
        self._adapter = adapter
        self._run_id = run_id
        self._waiting: dict[str, Ended] = {}

    def __bool__(self) -> bool:
        """Whether anything is to be noted."""
        return bool(self._waiting)

    def add(self, ended: Ended) -> None:
        """Have this noted."""
        self._waiting[ended.row.key] = ended

    @property
    def keys(self) -> set[str]:
        """The keys of the rows that this is about."""
        return {row.key for each in self.all() for row in (each.row, *each.rest)}

    def all(self) -> list[Ended]:
        """Return what is to be noted by now."""
        return list(self._waiting.values())

    def note(self, tx: Transaction) -> Sequence[Ended]:
        """Note what was sent in a transaction that is needed anyway: that saves one.

        Hand it to `noted` when that is committed. Where transactions work beside each other,
        another may be noting the same; and a feature that hears of it is to fail for itself.
        """
        if not self._waiting or self._store.shared or self._heard(Delivered):
            return []
        # What several people do at once is one transaction: noted once, it is noted for all.
        before: set[str] = tx.known.setdefault((Outcomes, self._run_id), set())
        sent = [
            each
            for each in self.all()
            if each.outcome.state == "sent" and each.row.key not in before
        ]
        before.update(each.row.key for each in sent)
        stands = [(each.row, each.outcome.message) for each in sent]
        try:
            Deliveries(tx).all_sent(stands, self._run_id, self._running.clock.now())
        except Exception as error:
            if ends_transaction(error):
                raise
            return []  # it is no fault of this transaction's: each is noted by itself
        return sent

    def noted(self, ended: Sequence[Ended]) -> None:
        """Forget what is noted and committed; what was noted twice counts once."""
        for each in ended:
            if self._waiting.pop(each.row.key, None) is not None:
                self._running.meter.delivered(self._adapter.name, each.outcome.state)

    async def note_singly(self) -> None:
        """Note each of what has ended by itself: one that cannot be noted holds up no other."""
        while self._waiting:
            ended = next(iter(self._waiting.values()))
            try:
                await self._store.transact(partial(self.write_down, ended=ended))
            except Exception as error:
                # The row is in nobody's hands then: it is put in doubt, and looked into.
                log.error(
                    "delivery not noted",
                    error=type(error).__name__,
                    delivery=ended.row.key,
                )
            self._waiting.pop(ended.row.key, None)

    def write_down(self, tx: Transaction, ended: Ended) -> None:
        """Note what came of a row; those behind it that were not tried are put back."""
        row, outcome = ended.row, ended.outcome
        now = self._running.clock.now()
        deliveries = Deliveries(tx)
        for each in ended.rest:
            deliveries.again(each.key, self._run_id, now, doubt=False)
        match outcome.state:
            case "sent":
                if deliveries.sent(row.key, self._run_id, now, outcome.message):
                    self._tell(tx, Delivered(event_id=row.key, key=row.key, ref=outcome.message))
            case "pending" | "doubt":
                deliveries.again(
                    row.key,
                    self._run_id,
                    now + timedelta(seconds=outcome.wait),
                    doubt=outcome.state == "doubt",
                )
            case "missed":
                LateAnswers(tx).keep(row.key, self._run_id, now, outcome.reason)
            case "skipped":
                deliveries.give_up(row.key, now, "skipped", outcome.reason, self._run_id)
            case _:
                log.warning("not delivered", reason=outcome.reason, delivery=row.key)
                self.give_up(tx, row, outcome)
                if outcome.unanswered and not row.key.endswith(_INSTEAD):
                    self._say_instead(tx, row)

    def _say_instead(self, tx: Transaction, row: Claimed) -> None:
        """Tell who waits for an answer that it is not shown: silence looks like a failure."""
        action = read(row.body)
        if not isinstance(action, Say | AskChoice | AskForm):
            return
        turn = self._turn(tx, Undelivered(event_id="", key=row.key, reason=""), row)
        own = turn.settings.get("locale") if turn.where.subject is not None else None
        where = turn.where
        spoken = where.community.locale if where.community is not None else None
        where.locale = self._running.words.nearest(own, spoken)
        said = Say(
            key=row.key + _INSTEAD,
            to=action.to,
            text=turn.text("engine/not_shown"),
            lane=action.lane,
            aside=action.aside,
            answers=action.answers,
        )
        wanted = Wanted(said, row.flow, row.subject, row.community, None)
        write(tx, self._adapter.account, wanted, said, turn.now, turn.now)

    def give_up(self, tx: Transaction, row: Claimed, outcome: Outcome) -> None:
        """End a row that will not stand, with all that hangs on it, and tell the features."""
        now, why = self._running.clock.now(), outcome.reason
        for key in Deliveries(tx).give_up(row.key, now, outcome.state, why, self._run_id):
            if outcome.unreachable and row.subject is not None:
                note_closed(tx, row.subject)
            self._tell(tx, Undelivered(event_id=f"not {key}", key=key, reason=why), row)

    def _tell(self, tx: Transaction, event: Event, row: Claimed | None = None) -> None:
        """Tell the features in the same transaction; what they want then is written too."""
        if not self._heard(type(event)):
            return
        turn = self._turn(tx, event, row)
        try:
            with tx.savepoint():
                turn.tell(event)
                flush(turn, self._adapter)
        except Exception as error:
            if ends_transaction(error):
                raise
            # What stands on the platform stands, whatever a feature makes of it.
            log.error(
                "outcome not heard", happened=type(event).__name__, error=type(error).__name__
            )

    def _turn(self, tx: Transaction, event: Event, row: Claimed | None) -> EngineTurn:
        writes_first = self._adapter.affordances.direct_unasked
        where = Whereabouts(event, writes_first=writes_first)
        if row is not None and row.community is not None:
            where.subject, where.community = row.subject, Communities(tx).get(row.community)
        return EngineTurn(self._running, tx, where)

    def _heard(self, kind: type[Event]) -> bool:
        return any(kind in feature.on for feature in self._running.features)
