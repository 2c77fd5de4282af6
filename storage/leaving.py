"""Who has left, and communities that the bot was taken away from: the end of what is kept."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, delete, exists, or_, select

from storage.tables import Community, Membership, Subject
from storage.transaction import Transaction


def long_left(
    tx: Transaction, before: datetime, most: int, *, here: Collection[str], elsewhere: datetime
) -> list[str]:
    """Return some of those who left their last community before a moment.

    Who was never in one (they only wrote to the bot) is not among them.

    Args:
        before: the moment, for the people of these platforms (`here`).
        elsewhere: the moment for all others.
        most: how many at once.
    """
    mine = col(Membership.subject_id) == col(Subject.id)
    lately = col(Membership.here).is_(True) | col(Membership.left_at).is_(None)
    ours = col(Subject.platform).in_(here)

    def gone(moment: datetime) -> ColumnElement[bool]:
        return ~exists().where(mine, lately | (col(Membership.left_at) >= moment))

    query = (
        select(Subject.id)
        .where(exists().where(mine))
        .where(or_(and_(ours, gone(before)), and_(~ours, gone(elsewhere))))
        .order_by(Subject.id)
        .limit(most)
    )
    return list(tx.session.exec(query))


def drop_gone(tx: Transaction, before: datetime, erase: Callable[[str], None]) -> None:
    """Drop the communities that the bot was taken away from before a moment, with all of theirs.

    Who was in no other is as somebody who never was in one: so they are erased first.
    """
    gone = select(Community.id).where(
        col(Community.state) == "gone", col(Community.gone_at) < before
    )
    ids = list(tx.session.exec(gone))
    if not ids:
        return
    mine = col(Membership.subject_id) == col(Subject.id)
    theirs = mine & col(Membership.community_id).in_(ids)
    others = mine & ~col(Membership.community_id).in_(ids)
    only = select(Subject.id).where(exists().where(theirs)).where(~exists().where(others))
    for subject in list(tx.session.exec(only)):
        erase(subject)
    tx.session.exec(delete(Community).where(col(Community.id).in_(ids)))
    tx.known.clear()
