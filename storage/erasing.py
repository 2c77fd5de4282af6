"""A person's own view of the store, and its end."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from storage.communities import Communities
from storage.members import Members
from storage.personal import count, erase, export
from storage.registry import PERSONAL
from storage.tables import Membership, Meta, Subject
from storage.transaction import Transaction

_TRACES = "traces"  # how often somebody was erased since the file was last written anew


@dataclass(frozen=True, slots=True)
class Held:
    """How much a store holds about somebody, and nothing of what it is.

    Args:
        rows: those that go.
        unnamed: those that stay without their author.
        communities: in which they are or were.
        here: in which they are now.
    """

    rows: int
    unnamed: int
    communities: int
    here: int


class Erasing:
    """What the store holds about one person."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def export(self, subject: str) -> dict[str, list[dict[str, Any]]]:
        """Return everything that is held about somebody, by heading."""
        return export(self.tx, subject, PERSONAL)

    def held(self, subject: str) -> Held:
        """Count what is held about somebody; not by kind, which would tell what they did."""
        rows, unnamed = count(self.tx, subject, PERSONAL)
        query = select(Membership).where(Membership.subject_id == subject)
        communities = len(self.tx.session.exec(query).all())
        return Held(rows, unnamed, communities, len(Members(self.tx).communities(subject)))

    def platforms(self) -> list[str]:
        """Return the platforms of those who are known."""
        query = select(Subject.platform).distinct().order_by(col(Subject.platform))
        return list(self.tx.session.exec(query))

    def community_names(self) -> dict[str, str]:
        """Return the communities' names by our ids, to be shown instead of them."""
        return {row.id: row.name for row in Communities(self.tx).all()}

    def erase(self, subject: str) -> None:
        """Write the erasure into the journal, then destroy the key and delete the rows.

        The journal comes first: should the transaction fail, the member asks again, and a
        restored backup forgets somebody who had asked for it.
        """
        self.tx.journal(subject)
        erase(self.tx, subject)
        row = self.tx.session.get(Meta, _TRACES) or Meta(name=_TRACES, value="0")
        row.value = str(int(row.value) + 1)
        self.tx.session.add(row)

    def remove_traces(self) -> str | None:
        """Let the file be written anew if somebody was erased since; return what to note then."""
        row = self.tx.session.get(Meta, _TRACES)
        self.tx.rewrite = row is not None
        return row.value if row else None

    def note_removed(self, seen: str) -> None:
        """Note that the file was written anew, unless somebody was erased meanwhile."""
        row = self.tx.session.get(Meta, _TRACES)
        if row is not None and row.value == seen:
            self.tx.session.delete(row)
