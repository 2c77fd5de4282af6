"""Looking into a store beside the process that runs on it."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, func, select

from bot.core.errors import Misconfigured
from storage.charter import Charter, CharterClause
from storage.crypto import Vault
from storage.engines import make_engine
from storage.facts import Facts
from storage.schema import pending, revision
from storage.tables import Community, Outbox, Schedule
from storage.transaction import Transaction

_NONE = "There is no store here yet. `circlekeeper {}` makes it."


def remembered(url: str, vault: Vault, account: str, kind: str) -> dict[str, str]:
    """Return what is kept for an account, without the lock of the process that runs."""
    engine = make_engine(url)
    try:
        with Session(engine) as session:
            return Facts(Transaction(session, vault), account).recall(kind)
    except DatabaseError as error:
        raise Misconfigured(f"The store cannot be read: {error.orig}.") from error
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Founded:
    """A community's charter: the draft it was founded on, and its clauses' texts now."""

    community: str
    draft: str
    texts: dict[str, dict[str, str]]


def founded(url: str) -> list[Founded]:
    """Return the charters that were founded on a draft from a file; none where there is no store,
    or one that waits to be upgraded.

    Raises: `Misconfigured` when the store cannot be read.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return []
    engine = make_engine(url)
    try:
        if pending(engine):
            return []
        with Session(engine) as session:
            charters = session.exec(
                select(Community.name, Charter.community_id, Charter.draft)
                .join(Charter, col(Charter.community_id) == Community.id)
                .where(col(Charter.draft).is_not(None))
                .order_by(Community.name)
            ).all()
            clauses = session.exec(
                select(CharterClause).where(col(CharterClause.current).is_(True))
            ).all()
            return [
                Founded(
                    name,
                    str(draft),
                    {
                        each.clause_id: each.texts["text"]
                        for each in clauses
                        if each.community_id == id_
                    },
                )
                for name, id_, draft in charters
            ]
    except DatabaseError as error:
        raise Misconfigured(f"The store cannot be read: {error.orig}.") from error
    finally:
        engine.dispose()


def report(url: str) -> dict[str, int | str]:
    """Return the schema, communities by state, the outbox by state, and schedules.

    Raises: `Misconfigured` when there is no store.
    """
    parsed = make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    none = _NONE.format("run" if sqlite else "db upgrade")
    if sqlite and not Path(parsed.database or "").exists():
        raise Misconfigured(none)
    engine = make_engine(url)
    try:
        current = revision(engine)
        if current is None:
            raise Misconfigured(none)
        facts: dict[str, int | str] = {"schema": current}
        with Session(engine) as session:
            states = select(Community.state, func.count()).group_by(Community.state)
            for state, count in session.exec(states.order_by(Community.state)):
                facts[f"communities {state}"] = count
            rows = select(Outbox.state, func.count()).group_by(Outbox.state)
            for state, count in session.exec(rows.order_by(Outbox.state)):
                facts[f"outbox {state}"] = count
            public = select(func.count()).where(col(Schedule.subject_id).is_(None))
            facts["community schedules"] = session.exec(public.select_from(Schedule)).one()
        return facts
    except DatabaseError as error:
        raise Misconfigured(f"The store cannot be read: {error.orig}.") from error
    finally:
        engine.dispose()
