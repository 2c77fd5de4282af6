"""Who has left, and communities that the bot was taken away from: the end of what is kept."""

from datetime import datetime

from sqlmodel import col, delete, exists, select

from storage.erasing import Erasing
from storage.tables import Community, Membership, Subject
from storage.transaction import Transaction


def erase_left(tx: Transaction, before: datetime, most: int) -> int:
    """Erase some of those who left their last community before a moment; return how many.

    Who was never in one (they only wrote to the bot) is not among them.
    """
    mine = col(Membership.subject_id) == col(Subject.id)
    lately = col(Membership.here).is_(True) | col(Membership.left_at).is_(None)
    query = (
        select(Subject.id)
        .where(exists().where(mine))
        .where(~exists().where(mine, lately | (col(Membership.left_at) >= before)))
        .order_by(Subject.id)
        .limit(most)
    )
    found = list(tx.session.exec(query))
    for subject in found:
        Erasing(tx).erase(subject)
    return len(found)


def drop_gone(tx: Transaction, before: datetime) -> None:
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
        Erasing(tx).erase(subject)
    tx.session.exec(delete(Community).where(col(Community.id).in_(ids)))
    tx.known.clear()
