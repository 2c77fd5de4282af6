"""The upkeep of the outbox: what an earlier run left, what nothing will come of, what is old."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, literal, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, select, update

from storage.outbox import NOT_SENT, Deliveries
from storage.outbox_lines import UNFINISHED, WAITING, unfinished
from storage.tables import Outbox
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Own:
    """What this process knows of the rows that it holds.

    Args:
        leased_until: those whose lease ends earlier were taken long enough ago to be in its hands.
        in_hand: the keys of those that it sends, or whose end it has still to note.
    """

    leased_until: datetime
    in_hand: Collection[str]


class OutboxUpkeep:
    """Keeps the outbox of each account in order."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def doubt_abandoned(
        self,
        account: str,
        holder: str,
        now: datetime,
        wait: timedelta,
        own: Own | None = None,
    ) -> int:
        """Put in doubt what another run, or an ended lease, left in the middle of sending; and of
        this run's what is in nobody's hands.
        """
        another = and_(
            col(Outbox.holder) != holder,
            literal(self.tx.session.get_bind().dialect.name == "sqlite"),
        )
        left = [another, col(Outbox.leased_until) < now]
        if own is not None:
            left.append(
                and_(
                    col(Outbox.holder) == holder,
                    col(Outbox.leased_until) < own.leased_until,
                    col(Outbox.key).not_in(own.in_hand),
                )
            )
        result = self.tx.session.exec(
            update(Outbox)
            .where(
                col(Outbox.account) == account,
                unfinished(),
                col(Outbox.state) == "sending",
                or_(*left),
            )
            .values(state="doubt", not_before=now + wait, holder=None, leased_until=None)
        )
        return result.rowcount

    def prune(self, before: datetime) -> None:
        """Drop rows of one person that were finished long ago, farewells to the erased included."""
        personal = or_(col(Outbox.subject_id).is_not(None), col(Outbox.flow) == "privacy")
        self.tx.session.exec(delete(Outbox).where(col(Outbox.finished_at) < before, personal))

    def end_stranded(self, account: str, now: datetime) -> None:
        """End what hangs on an action that was dead before, pruned or erased."""
        base = aliased(Outbox)
        query = select(Outbox.key).where(
            Outbox.account == account,
            col(Outbox.state).in_(WAITING),
            col(Outbox.after).is_not(None),
            ~exists().where(
                col(base.key) == col(Outbox.after), col(base.state).in_((*UNFINISHED, "sent"))
            ),
        )
        for key in self.tx.session.exec(query).all():
            Deliveries(self.tx).give_up(key, now, "skipped", NOT_SENT)
