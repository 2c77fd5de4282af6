"""The charter as the community holds it, and who has acknowledged which version for themselves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, bindparam
from sqlmodel import Field, SQLModel, col, select

from storage.personal import Personal
from storage.transaction import Transaction


class Charter(SQLModel, table=True):
    """A community's charter: purpose and sections; the clauses have rows of their own."""

    __tablename__ = "charter"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    version: str
    purpose: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    sections: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    adopted_at: datetime


class CharterClause(SQLModel, table=True):
    """One version of a clause; `current` is the one that counts now."""

    __tablename__ = "charter_clause"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    clause_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    section_id: str
    position: int
    texts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    floor: bool
    current: bool
    adopted_at: datetime


class Acknowledgement(SQLModel, table=True):
    """Somebody's own receipt: this clause, in this version, on that day."""

    __tablename__ = "acknowledgement"
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", ondelete="CASCADE")
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    clause_id: str = Field(primary_key=True)
    clause_version: int = Field(primary_key=True)
    at: datetime


_MANY = select(Charter).where(
    col(Charter.community_id).in_(bindparam("communities", expanding=True))
)


class CharterRows:
    """The charters of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def get(self, community: str) -> Charter | None:
        """Return a community's charter."""
        if (Charter, community) not in self.tx.known:
            self.fetch([community])
        row: Charter | None = self.tx.known[Charter, community]
        return row

    def fetch(self, communities: Collection[str]) -> None:
        """Read the charters of these communities, for a transaction that needs many."""
        self.tx.known.update(((Charter, community), None) for community in communities)
        for row in self.tx.session.scalars(_MANY, {"communities": list(communities)}):
            self.tx.known[Charter, row.community_id] = row

    def found(self, charter: Charter, clauses: list[CharterClause]) -> None:
        """Keep a community's first charter."""
        self.tx.session.add(charter)
        self.tx.session.add_all(clauses)
        self.tx.session.flush()
        self.tx.known[Charter, charter.community_id] = charter

    def clauses(self, community: str) -> list[CharterClause]:
        """Return the clauses that count now, in order."""
        query = (
            select(CharterClause)
            .where(CharterClause.community_id == community, col(CharterClause.current).is_(True))
            .order_by(col(CharterClause.position))
        )
        return list(self.tx.session.exec(query))

    def acknowledge(
        self, subject: str, community: str, clause: str, version: int, at: datetime
    ) -> bool:
        """Keep a receipt; False when there is one already."""
        key = (subject, community, clause, version)
        if self.tx.session.get(Acknowledgement, key) is not None:
            return False
        self.tx.session.add(
            Acknowledgement(
                subject_id=subject,
                community_id=community,
                clause_id=clause,
                clause_version=version,
                at=at,
            )
        )
        self.tx.session.flush()
        return True

    def receipts(self, subject: str, community: str) -> list[Acknowledgement]:
        """Return somebody's own receipts, the oldest first."""
        query = select(Acknowledgement).where(
            Acknowledgement.subject_id == subject, Acknowledgement.community_id == community
        )
        return list(
            self.tx.session.exec(query.order_by(col(Acknowledgement.at), Acknowledgement.clause_id))
        )


def _export(_tx: Transaction, row: Acknowledgement) -> dict[str, Any]:
    return {
        "community": row.community_id,
        "clause": row.clause_id,
        "version": row.clause_version,
        "at": row.at.isoformat(),
    }


PERSONAL = (Personal(Acknowledgement, "acknowledgements", _export),)
