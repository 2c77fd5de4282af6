"""Answers that came too late for their interaction: each waits for its member's next one."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlmodel import col, select, update

from storage.outbox import BODY, Deliveries
from storage.outbox_rows import KEY
from storage.tables import Outbox
from storage.transaction import Transaction

KEPT = timedelta(days=30)  # for so long it waits

_KEEP = (
    update(Outbox)
    .where(KEY)
    .values(
        state="pending",
        reason=bindparam("why"),
        not_before=bindparam("until"),
        expires_at=bindparam("until"),
        holder=None,
        leased_until=None,
    )
)
_OF = (
    select(Outbox.key, Outbox.body)
    .where(
        col(Outbox.account) == bindparam("account"),
        col(Outbox.subject_id) == bindparam("subject"),
        col(Outbox.state) == "pending",
        col(Outbox.reason).is_not(None),
    )
    .order_by(col(Outbox.seq))
)
_READDRESS = (
    update(Outbox)
    .where(KEY)
    .values(
        body=bindparam("sealed"),
        destination=bindparam("to"),
        not_before=bindparam("now"),
        created_at=bindparam("now"),
        expires_at=None,
        reason=None,
        first_attempt_at=None,
        attempts=0,
    )
)


class LateAnswers:
    """The late answers in the outbox."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def keep(self, key: str, holder: str, now: datetime, reason: str) -> None:
        """Keep an answer that `holder` could not give in time."""
        if Deliveries(self.tx).held(key, holder) is not None:
            values = {"of_key": key, "until": now + KEPT, "why": reason}
            self.tx.execute(_KEEP, values, of=Outbox)

    def of(self, account: str, subject: str) -> list[tuple[str, str]]:
        """Return key and body of what waits for a member, the oldest first."""
        rows = self.tx.execute(_OF, {"account": account, "subject": subject}, of=Outbox)
        return [(row.key, self.tx.open(BODY, row.body, subject)) for row in rows]

    def readdress(self, key: str, subject: str, body: str, to: str, now: datetime) -> None:
        """Let an answer go now, to another destination."""
        sealed = self.tx.seal(BODY, body, subject)
        values = {"of_key": key, "sealed": sealed, "to": to, "now": now}
        self.tx.execute(_READDRESS, values, of=Outbox)
