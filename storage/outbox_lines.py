"""What goes next in the outbox: one of each line, the oldest, once what it hangs on was sent.

The statements are built once: to build them anew costs more than to run them.
"""

from sqlalchemy import ColumnElement, bindparam, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from storage.tables import Outbox

UNFINISHED = ("pending", "sending", "doubt")
WAITING = ("pending", "doubt")


def _next_in_line() -> tuple[ColumnElement[bool], ...]:
    """Say what goes next: the oldest of each (destination, lane), once its base was sent."""
    earlier, base = aliased(Outbox), aliased(Outbox)
    return (
        col(Outbox.account) == bindparam("account"),
        col(Outbox.state).in_(WAITING),
        ~exists().where(
            col(earlier.destination) == col(Outbox.destination),
            col(earlier.lane) == col(Outbox.lane),
            col(earlier.state).in_(UNFINISHED),
            col(earlier.seq) < col(Outbox.seq),
        ),
        or_(
            col(Outbox.after).is_(None),
            exists().where(col(base.key) == col(Outbox.after), col(base.state) == "sent"),
        ),
    )


BY_KEY = select(Outbox).where(col(Outbox.key) == bindparam("key"))
BEHIND = (
    select(Outbox)
    .where(
        col(Outbox.destination) == bindparam("destination"),
        col(Outbox.lane) == bindparam("lane"),
        col(Outbox.state).in_(UNFINISHED),
        col(Outbox.seq) > bindparam("seq"),
    )
    .order_by(col(Outbox.seq))
    .limit(bindparam("most"))
    .with_for_update(of=Outbox)
)
NEXT_DUE = select(func.min(Outbox.not_before)).where(*_next_in_line())
CLAIMABLE = (
    select(Outbox)
    .where(*_next_in_line(), col(Outbox.not_before) <= bindparam("now"))
    .order_by(col(Outbox.lane), col(Outbox.seq))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=Outbox)
)
