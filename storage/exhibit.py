"""A person's rows, each twice: as they are shown to that person, and as they lie in the store."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from sqlmodel import SQLModel, func, select

from storage.personal import Personal
from storage.registry import PERSONAL
from storage.transaction import Transaction

JSON: TypeAlias = dict[str, Any]

_NEWEST = 20  # rows under one heading
_BEGINNING = 12  # bytes of a sealed value


@dataclass(frozen=True, slots=True)
class Exhibit:
    """The rows of one table about somebody.

    Args:
        heading: as in the person's own export.
        table: its name in the database.
        count: how many rows there are; the newest are in `rows`.
        rows: pairs of what the person is shown (None: nothing, it holds no content), and what
            stands in the columns.
    """

    heading: str
    table: str
    count: int
    rows: list[tuple[JSON | None, JSON]]


def exhibit(tx: Transaction, subject: str) -> list[Exhibit]:
    """Return all that the store holds about somebody, in the order of their export."""
    shown = (_table(tx, subject, personal) for personal in PERSONAL)
    return [each for each in shown if each.count]


def _table(tx: Transaction, subject: str, personal: Personal) -> Exhibit:
    table = personal.table
    owner = getattr(table, personal.column)
    keys = [key.desc() for key in table.__table__.primary_key]  # type: ignore[attr-defined]
    count = tx.session.exec(select(func.count()).select_from(table).where(owner == subject)).one()
    query = select(table).where(owner == subject).order_by(*keys).limit(_NEWEST)
    rows = [(personal.export(tx, row), _columns(row)) for row in tx.session.exec(query)]
    return Exhibit(personal.heading, str(table.__tablename__), count, rows[::-1])


def _columns(row: SQLModel) -> JSON:
    names = row.__table__.columns.keys()  # type: ignore[attr-defined]
    return {name: _value(getattr(row, name)) for name in names}


def _value(value: object) -> object:
    match value:
        case bytes():
            return {"sealed": value[:_BEGINNING].hex(), "bytes": len(value)}
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
