"""Transactions: reading and writing rows in one of them, and sealing for whom they are about.

Most rows are read and written by statements that were built once, past the session, which costs a
quarter; the session has the rest. What is added and changed is written down together: before rows
of its kind are asked for, and at the end.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Row,
    bindparam,
    event,
    insert,
    orm,
)
from sqlmodel import Session, SQLModel, col, select

from storage.crypto import Vault
from storage.tables import Subject

Kept = TypeVar("Kept", bound=SQLModel)
PERSON: list[Any] = [
    col(column)
    for column in (
        Subject.id,
        Subject.platform,
        Subject.member,
        Subject.data_key,
        Subject.settings,
    )
]
_PERSON = select(*PERSON).where(col(Subject.id) == bindparam("subject"))
_Changed = dict[type[SQLModel], dict[Executable, list[Mapping[str, Any]]]]


class Transaction:
    """One transaction: the session, and sealing for whom it is about."""

    def __init__(
        self, session: Session, vault: Vault, journal: Callable[[str], None] = lambda _: None
    ) -> None:
        """Hold the session, the vault, and what writes down that somebody is erased."""
        self.session = session
        self.vault = vault
        self._keys: dict[str, bytes] = {}
        self._connection: Connection | None = None
        self.journal = journal
        # Rows by their table and key, and None for what is not there: what was looked up once is
        # not looked up again. What a savepoint takes back empties it.
        self.known: dict[tuple[Any, ...], Any] = session.info.setdefault(_KNOWN, {})
        # Rows that were added and are not written down yet, by their table.
        self.added: dict[type[SQLModel], list[dict[str, Any]]] = session.info.setdefault(_ADDED, {})
        self.changed: _Changed = session.info.setdefault(_CHANGED, {})  # and rows to be changed
        self.read_settings: dict[str, tuple[bytes, dict[str, Any]]] = {}  # sealed, and opened
        self.due: datetime | None = None  # the earliest moment that was planned in it
        self.erased = False  # somebody's rows went: they leave the write-ahead log as well
        self.rewrite = False  # SQLite's file is written anew afterwards, without what was deleted

    def get(self, kind: type[Kept], key: str) -> Kept | None:
        """Return a row by its key."""
        row: Kept | None = self.known.get((kind, key))
        if row is None:
            row = self.session.get(kind, key)
            if row is not None:
                self.known[kind, key] = row
        return row

    def add(self, kind: type[SQLModel], values: Mapping[str, Any]) -> None:
        """Add a row; those of a kind are written down together, in their order.

        That is cheaper by far than an object, where nobody looks at the row in this transaction.
        """
        self.added.setdefault(kind, []).append(dict(values))

    def change(
        self, kind: type[SQLModel], statement: Executable, values: Mapping[str, Any]
    ) -> None:
        """Change rows by a statement that was built once; it is run for all its values together.

        That is after what was added. As with `execute`, nobody may have objects of these rows.
        """
        self.changed.setdefault(kind, {}).setdefault(statement, []).append(values)

    def execute(
        self,
        statement: Executable,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        of: type[SQLModel],
    ) -> CursorResult[Any]:
        """Run a statement that was built once, past the session: rows come as tuples.

        That costs a quarter of what it costs to have objects made; it is for a kind of row (`of`)
        that nobody has objects of in a transaction that changes it. Many values run it for each.
        """
        if of in self.added or of in self.changed:
            self.write()
        if self._connection is None:
            self._connection = self.session.connection()
        return self._connection.execute(statement, values)

    def person(self, subject: str) -> Row[Any] | None:
        """Return somebody's row, to be read; None for nobody."""
        row: Row[Any] | None = self.known.get((Subject, subject))
        if row is None:
            row = self.execute(_PERSON, {"subject": subject}, of=Subject).first()
            if row is not None:
                self.known[Subject, subject] = row
        return row

    def write(self) -> None:
        """Write down all that was added and changed."""
        _write(self.session)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what is done meanwhile when it fails; what was done before stays."""
        self.write()
        try:
            with self.session.begin_nested():
                self.session.connection()  # the savepoint is made for a connection asked for in it
                yield
                self.write()
        except BaseException:
            self.added.clear()
            self.changed.clear()
            raise

    def seal(self, place: str, text: str, subject: str | None = None) -> bytes:
        """Seal a text under the member's data key, or the installation's where it is nobody's."""
        return self.vault.seal(f"{place}:{subject or ''}", text, self._key(subject))

    def open(self, place: str, sealed: bytes, subject: str | None = None) -> str:
        """Open a sealed text."""
        return self.vault.open(f"{place}:{subject or ''}", sealed, self._key(subject))

    def _key(self, subject: str | None) -> bytes | None:
        if subject is None:
            return None
        if subject not in self._keys:
            row = self.person(subject)
            if row is None:
                raise LookupError("This member was erased.")
            self._keys[subject] = self.vault.unwrap(subject, row.data_key)
        return self._keys[subject]

    def drop_key(self, subject: str) -> None:
        """Let go of a member's data key: they are erased, and so is the key."""
        self._keys.pop(subject, None)
        self.known.clear()
        self.erased = True


_KNOWN, _ADDED, _CHANGED, _HELD = "known", "added", "changed", "held"


class KeepingSession(Session):
    """A session that writes down what is changed when its kind is asked for, and at the end."""

    def __init__(self, bind: Engine) -> None:
        super().__init__(bind, autoflush=False, expire_on_commit=False)
        # Rows are kept for the transaction's length: a session by itself loads them again and
        # again.
        self.info.update({_KNOWN: {}, _ADDED: {}, _CHANGED: {}, _HELD: []})


@event.listens_for(KeepingSession, "loaded_as_persistent")
@event.listens_for(KeepingSession, "pending_to_persistent")
def _hold(session: orm.Session, row: object) -> None:
    session.info[_HELD].append(row)


@event.listens_for(KeepingSession, "after_soft_rollback")
def _know_nothing(session: orm.Session, _transaction: object) -> None:
    session.info[_KNOWN].clear()


@event.listens_for(KeepingSession, "do_orm_execute")
def _write_what_is_asked_for(state: orm.ORMExecuteState) -> None:
    """Write down what is changed of a kind before it is read.

    The session itself would write down everything before anything is read, again and again; this
    way the rows of many schedules go to the database together.
    """
    session = state.session
    if state.is_select and not state.is_column_load:
        asked = tuple(mapper.class_ for mapper in state.all_mappers)
        if (
            asked
            and not any(
                isinstance(row, asked)
                for rows in (session.new, session.dirty, session.deleted)
                for row in rows
            )
            and session.info[_ADDED].keys().isdisjoint(asked)
            and session.info[_CHANGED].keys().isdisjoint(asked)
        ):
            return
    if not state.execution_options.get("unwritten"):
        _write(session)


@cache
def _insertion(kind: type[SQLModel]) -> Executable:
    """Build the statement once, since that costs more than to run it."""
    return insert(kind)


def _write(session: orm.Session) -> None:
    session.flush()
    added: dict[type[SQLModel], list[dict[str, Any]]] = session.info.setdefault(_ADDED, {})
    for kind in list(added):
        # The connection's own: the session would have to be told that nothing is to be written.
        if rows := added.pop(kind):
            session.connection().execute(_insertion(kind), rows)
    changed: _Changed = session.info.setdefault(_CHANGED, {})
    for kind in list(changed):
        for statement, values in changed.pop(kind).items():
            session.connection().execute(statement, values)
