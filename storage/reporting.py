"""Looking into a store beside the process that runs on it: nothing changes, nobody waits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, func, select

from bot.core.errors import Misconfigured
from storage.crypto import KeyFile, Vault
from storage.engines import make_engine
from storage.facts import KEY_ID, Facts
from storage.opening import vault_of
from storage.outbox_lines import UNFINISHED, unfinished
from storage.schema import check_version, revision
from storage.store import Store
from storage.tables import Community, Meta, Outbox, Schedule
from storage.transaction import Transaction
from storage.trouble import explained

_NONE = "There is no store here yet. `circlekeeper {}` makes it."


@dataclass(frozen=True, slots=True)
class Figures:
    """What a store holds, and what waits in it; ages in seconds, sizes in bytes.

    Args:
        outbox: what is still to be sent, by state.
        oldest: how long what has been due longest of it waits.
        overdue: how late the schedule is that has been due longest.
    """

    outbox: dict[str, int]
    oldest: float
    overdue: float
    size: int


def remembered(url: str, vault: Vault, account: str, kind: str) -> dict[str, str]:
    """Return what is kept for an account, without the lock of the process that runs."""
    engine = make_engine(url, reading=True)
    try:
        with Session(engine) as session:
            return Facts(Transaction(session, vault), account).recall(kind)
    except DatabaseError as error:
        raise Misconfigured(explained(error, make_url(url), "read")) from error
    finally:
        engine.dispose()


def recorded_key(url: str) -> str | None:
    """Return the id of the key that a store is sealed with; None where there is no store."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return None
    engine = make_engine(url, reading=True)
    try:
        if revision(engine) is None:
            return None
        with Session(engine) as session:
            row = session.get(Meta, KEY_ID)
            return row.value if row else None
    except DatabaseError as error:
        raise Misconfigured(f"The store cannot be read: {error.orig}.") from error
    finally:
        engine.dispose()


def look_at_key(url: str, key_file: KeyFile) -> None:
    """See that a store, where there is one, can be read by this program with this key.

    Raises: `Misconfigured`.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return
    engine = make_engine(url, reading=True)
    try:
        check_version(engine)
        if revision(engine) is not None:
            vault_of(engine, key_file, make=False)
    except DatabaseError as error:
        raise Misconfigured(explained(error, parsed, "read")) from error
    finally:
        engine.dispose()


class Watcher:
    """Looks into the store of a process that runs, again and again."""

    def __init__(self, store: Store) -> None:
        """Connect at the first look."""
        self._engine = make_engine(store.engine.url, reading=True)

    def figures(self, now: datetime) -> Figures:
        """Return what waits in the store now."""
        return _look(self._engine, now)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _look(engine: Engine, now: datetime) -> Figures:
    """Find the figures that are cheap to find, however much was sent before."""
    with Session(engine) as session:
        waiting = select(Outbox.state, func.count()).where(unfinished()).group_by(Outbox.state)
        outbox = dict.fromkeys(UNFINISHED, 0) | dict(session.exec(waiting).all())
        oldest = session.exec(select(func.min(Outbox.not_before)).where(unfinished())).one()
        overdue = session.exec(select(func.min(Schedule.next_due))).one()
        size = session.connection().execute(text(_SIZE[engine.dialect.name])).scalar_one()
    return Figures(outbox, _since(oldest, now), _since(overdue, now), int(size))


_SIZE = {
    "sqlite": "select page_count * page_size from pragma_page_count, pragma_page_size",
    "postgresql": "select pg_database_size(current_database())",
}


def _since(moment: datetime | str | None, now: datetime) -> float:
    """Return how many seconds ago that was; none where it is still to come."""
    if moment is None:
        return 0.0
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (now - when).total_seconds())


def report(url: str, now: datetime | None = None) -> dict[str, int | str]:
    """Return the schema, communities by state, the outbox by state, schedules, and what waits.

    Raises: `Misconfigured` when there is no store.
    """
    parsed = make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    none = _NONE.format("run" if sqlite else "db upgrade")
    if sqlite and not Path(parsed.database or "").exists():
        raise Misconfigured(none)
    engine = make_engine(url, reading=True)
    try:
        current = revision(engine)
        if current is None:
            raise Misconfigured(none)
        facts: dict[str, int | str] = {"schema": current}
        with Session(engine) as session:
            for name, column in (("communities", Community.state), ("outbox", Outbox.state)):
                facts |= _by_state(session, name, col(column))
            public = select(func.count()).where(col(Schedule.subject_id).is_(None))
            facts["community schedules"] = session.exec(public.select_from(Schedule)).one()
        if now is not None:
            figures = _look(engine, now)
            facts["seconds that the oldest message waits"] = round(figures.oldest)
            facts["seconds that the oldest schedule is late"] = round(figures.overdue)
            facts["bytes of the store"] = figures.size
        return facts
    except DatabaseError as error:
        raise Misconfigured(explained(error, make_url(url), "read")) from error
    finally:
        engine.dispose()


def _by_state(session: Session, name: str, state: Mapped[str]) -> dict[str, int | str]:
    rows = session.exec(select(state, func.count()).group_by(state).order_by(state))
    return {f"{name} {each}": count for each, count in rows}
