"""The statements for single rows of the outbox: looking one up, and what becomes of it.

They are built once: to build them anew costs more than to run them. Nobody has objects of these
rows.
"""

from sqlalchemy import bindparam
from sqlmodel import col, select, update

from storage.tables import Outbox

KEY = col(Outbox.key) == bindparam("of_key")
BY_KEY = select(Outbox.key, Outbox.state, Outbox.holder, Outbox.subject_id).where(KEY)
MESSAGE_OF = select(Outbox.subject_id, Outbox.message).where(KEY)
BEHIND_MESSAGE = select(Outbox.key).where(col(Outbox.message_digest) == bindparam("digest"))
HANGING = select(Outbox.key).where(col(Outbox.after) == bindparam("of_key"))
TAKE = (
    update(Outbox)
    .where(KEY)
    .values(
        state="sending",
        holder=bindparam("by"),
        leased_until=bindparam("until"),
        attempts=bindparam("attempt"),
        first_attempt_at=bindparam("first"),
    )
)
SENT = (
    update(Outbox)
    .where(KEY)
    .values(
        state="sent",
        body=bindparam("emptied"),
        message=bindparam("ref"),
        message_digest=bindparam("digest"),
        finished_at=bindparam("now"),
    )
)
SENT_IF_HELD = SENT.where(
    col(Outbox.holder) == bindparam("by"), col(Outbox.state) == bindparam("while_in")
)
AGAIN = (
    update(Outbox)
    .where(KEY)
    .values(
        state=bindparam("becomes"), not_before=bindparam("then"), holder=None, leased_until=None
    )
)
END = (
    update(Outbox)
    .where(KEY)
    .values(
        state=bindparam("becomes"),
        reason=bindparam("why"),
        body=bindparam("emptied"),
        finished_at=bindparam("now"),
    )
)
