"""A person's own view of the store, and its end."""

from typing import Any

from storage.communities import Communities
from storage.personal import erase, export
from storage.registry import PERSONAL
from storage.tables import Meta
from storage.transaction import Transaction

_TRACES = "traces"  # how often somebody was erased since the file was last written anew


class Erasing:
    """What the store holds about one person."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def export(self, subject: str) -> dict[str, list[dict[str, Any]]]:
        """Return everything that is held about somebody, by heading."""
        return export(self.tx, subject, PERSONAL)

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
