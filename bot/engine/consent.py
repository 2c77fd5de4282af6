"""Consent, membership and usefulness, asked once more just before an action is sent."""

import structlog

from bot.core.events import Event
from bot.engine.running import Running, Whereabouts
from bot.engine.turn import EngineTurn
from storage.communities import Communities
from storage.members import Members
from storage.outbox import Claimed
from storage.transaction import Transaction
from storage.trouble import ends_transaction

log = structlog.get_logger(__name__)


class Consent:
    """Whether what was once wanted is wanted still."""

    def __init__(self, running: Running) -> None:
        """Ask these features."""
        self.running = running

    def missing(self, tx: Transaction, row: Claimed) -> str:
        """Return why an action is not to be sent any more; "" when it is."""
        if row.expires_at is not None and row.expires_at <= self.running.clock.now():
            return "too late to be of use"
        if row.community is not None and Communities(tx).get(row.community).state == "gone":
            return "the bot is no longer in the community"
        if row.line[1] and self._is_off(tx, row):
            return "paused"
        if row.gate is None:
            return ""
        if row.subject is not None and row.community is not None:
            membership = Members(tx).membership(row.subject, row.community)
            if membership is not None and not membership.here:
                return "the member left"
        return "" if self._gate_open(tx, row, row.gate) else "not wanted any more"

    def _is_off(self, tx: Transaction, row: Claimed) -> bool:
        """Tell whether what comes by itself belongs to something that is paused now."""
        if row.community is None:
            return row.flow in self.running.off
        return self.running.is_off(row.flow, Communities(tx).get(row.community))

    def _gate_open(self, tx: Transaction, row: Claimed, name: str) -> bool:
        """Ask the feature for consent; where it cannot tell, there is none."""
        where = Whereabouts(Event(event_id=row.key), subject=row.subject)
        if row.community is not None:
            where.community = Communities(tx).get(row.community)
        turn = EngineTurn(self.running, tx, where)
        try:
            feature, gate = self.running.gates[name]
            with tx.savepoint():
                return turn.within(feature, lambda: gate(turn))
        except Exception as error:
            if ends_transaction(error):
                raise
            log.error("consent check failed", gate=name, error=type(error).__name__)
            return False
