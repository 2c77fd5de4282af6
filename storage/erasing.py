"""A person's own view of the store, and its end."""

from typing import Any

from storage.communities import Communities
from storage.personal import erase, export
from storage.registry import PERSONAL
from storage.transaction import Transaction


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
