"""Which drafts the charters of a store were founded on: looked at beside the process that runs."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, select

from bot.core.errors import Misconfigured
from storage.charter import Charter, CharterClause
from storage.engines import make_engine
from storage.schema import pending
from storage.tables import Community


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
