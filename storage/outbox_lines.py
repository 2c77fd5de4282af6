"""What goes next in the outbox: one of each line, the oldest, once what it hangs on was sent.

The statements are built once: to build them anew costs more than to run them. Each lane is walked
by its index from what has been due longest, and only until enough was found, so that thousands of
rows that wait cost nothing.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, literal_column, or_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from storage.tables import Outbox

UNFINISHED = ("pending", "sending", "doubt")
WAITING = ("pending", "doubt")
_LANES = (0, 1, 2)  # interactive, normal, bulk
_TAKEN: list[Any] = [
    col(column)
    for column in (
        Outbox.seq,
        Outbox.key,
        Outbox.destination,
        Outbox.lane,
        Outbox.state,
        Outbox.body,
        Outbox.subject_id,
        Outbox.community_id,
        Outbox.flow,
        Outbox.gate,
        Outbox.after,
        Outbox.unasked,
        Outbox.attempts,
        Outbox.first_attempt_at,
        Outbox.not_before,
        Outbox.expires_at,
    )
]


def unfinished(row: type[Outbox] = Outbox) -> ColumnElement[bool]:
    """Say that a row is not finished, word for word as the indexes have it."""
    return col(row.state).in_([literal_column(f"'{state}'") for state in UNFINISHED])


def _heads(lane: int) -> Select[Any]:
    """Say what goes next in a lane: the oldest of each destination, once its base was sent."""
    earlier, base = aliased(Outbox), aliased(Outbox)
    return (
        select(Outbox.seq)
        .where(
            col(Outbox.account) == bindparam("account"),
            col(Outbox.lane) == literal_column(str(lane)),
            unfinished(),
            col(Outbox.state) != "sending",
            ~exists().where(
                col(earlier.destination) == col(Outbox.destination),
                col(earlier.lane) == col(Outbox.lane),
                unfinished(earlier),
                col(earlier.seq) < col(Outbox.seq),
            ),
            or_(
                col(Outbox.after).is_(None),
                exists().where(col(base.key) == col(Outbox.after), col(base.state) == "sent"),
            ),
        )
        .order_by(col(Outbox.not_before), col(Outbox.seq))
    )


def _claimable() -> Select[Any]:
    due = [
        _heads(lane)
        .where(col(Outbox.not_before) <= bindparam("now"))
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=Outbox)
        .subquery()
        for lane in _LANES
    ]
    found = union_all(*(select(each.c.seq) for each in due)).subquery()
    return (
        select(Outbox)
        .with_only_columns(*_TAKEN)
        .where(col(Outbox.seq).in_(select(found.c.seq)))
        .order_by(col(Outbox.lane), col(Outbox.not_before), col(Outbox.seq))
        .limit(bindparam("most"))
    )


BEHIND = (
    select(Outbox)
    .with_only_columns(*_TAKEN)
    .where(
        col(Outbox.destination) == bindparam("destination"),
        col(Outbox.lane) == bindparam("lane"),
        unfinished(),
        col(Outbox.seq) > bindparam("seq"),
    )
    .order_by(col(Outbox.seq))
    .limit(bindparam("most"))
    .with_for_update(of=Outbox)
)
CLAIMABLE = _claimable()
NEXT_DUE = select(
    *(
        _heads(lane).with_only_columns(col(Outbox.not_before)).limit(1).scalar_subquery()
        for lane in _LANES
    )
)
