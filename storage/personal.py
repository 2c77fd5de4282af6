"""What a table that knows people declares: how a person's rows are shown to them, and what erasing
does.

Each module with such a table has a `PERSONAL` tuple; `tests/storage/test_personal.py` fails for a
table with a subject that nobody declared.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import SQLModel, select

from storage.tables import Subject
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Personal:
    """A table's declaration.

    Args:
        table: the table.
        heading: under what its rows stand in the export.
        export: one row as plain data; None leaves the row out (bookkeeping without content).
        column: the column that holds the subject id.
        keep: `unnamed`: the row stays without the person; None: it goes.
    """

    table: type[SQLModel]
    heading: str
    export: Callable[[Transaction, Any], dict[str, Any] | None]
    column: str = "subject_id"
    keep: Literal["unnamed"] | None = None


def export(
    tx: Transaction, subject: str, declared: Iterable[Personal]
) -> dict[str, list[dict[str, Any]]]:
    """Return all that the store holds about somebody, by heading."""
    found: dict[str, list[dict[str, Any]]] = {}
    for personal in declared:
        owner = getattr(personal.table, personal.column)
        keys = list(personal.table.__table__.primary_key)  # type: ignore[attr-defined]
        for row in tx.session.exec(select(personal.table).where(owner == subject).order_by(*keys)):
            shown = personal.export(tx, row)
            if shown is not None:
                found.setdefault(personal.heading, []).append(shown)
    return found


def count(tx: Transaction, subject: str, declared: Iterable[Personal]) -> tuple[int, int]:
    """Return how many rows erasing somebody deletes, and how many it leaves without them."""
    go, stay = set[tuple[Any, ...]](), set[tuple[Any, ...]]()
    for personal in declared:
        owner = getattr(personal.table, personal.column)
        keys = list(personal.table.__table__.primary_key)  # type: ignore[attr-defined]
        found = tx.session.execute(select(*keys).where(owner == subject))
        rows = {(personal.table, *key) for key in found}
        (stay if personal.keep else go).update(rows)
    return len(go), len(stay - go)


def erase(tx: Transaction, subject: str) -> None:
    """Destroy somebody's data key and all their rows; what is declared `unnamed` loses its author.

    The foreign keys do it: every declared table cascades or sets null.
    """
    row = tx.session.get(Subject, subject)
    if row is not None:
        tx.session.delete(row)
        tx.session.flush()
        tx.drop_key(subject)
