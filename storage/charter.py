"""The charter as the community holds it, and who has acknowledged which version for themselves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, bindparam
from sqlmodel import Field, SQLModel, col, select

from storage.personal import Personal
from storage.transaction import Transaction


class Charter(SQLModel, table=True):
    """A community's charter: purpose and sections; the clauses have rows of their own.

    `draft` is the digest of the file that it was founded on; None for a pasted one.
    """

    __tablename__ = "charter"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    version: str
    purpose: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    sections: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    amendment: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    adopted_at: datetime
    draft: str | None = None


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

    def clause(self, community: str, clause: str) -> CharterClause | None:
        """Return a clause in the version that counts now."""
        return next((each for each in self.clauses(community) if each.clause_id == clause), None)

    def versions(self, community: str) -> list[CharterClause]:
        """Return every version of every clause, clause by clause, the oldest first."""
        query = select(CharterClause).where(CharterClause.community_id == community)
        query = query.order_by(col(CharterClause.position), col(CharterClause.version))
        return list(self.tx.session.exec(query))

    def reword(self, now: CharterClause, texts: dict[str, Any]) -> None:
        """Change a clause's words and not its meaning: its version, and receipts, stay."""
        now.texts = {**texts}
        self.tx.session.add(now)
        self.tx.session.flush()

    def adopt(self, now: CharterClause, texts: dict[str, Any], at: datetime) -> CharterClause:
        """Let other words count from now on; the old ones stay in the history."""
        now.current = False
        self.tx.session.add(now)
        return self.add(
            CharterClause(
                community_id=now.community_id,
                clause_id=now.clause_id,
                version=self._newest(now.community_id, now.clause_id) + 1,
                section_id=now.section_id,
                position=now.position,
                texts={**texts},
                floor=now.floor,
                current=True,
                adopted_at=at,
            )
        )

    def add(self, clause: CharterClause) -> CharterClause:
        """Let a clause, or a version of one, count from now on."""
        self.tx.session.add(clause)
        self._moved_on(clause.community_id)
        return clause

    def remove(self, clause: CharterClause) -> None:
        """Let a clause count no longer; it stays in the history."""
        clause.current = False
        self.tx.session.add(clause)
        self._moved_on(clause.community_id)

    def restore(self, community: str, clause: str, version: int | None) -> None:
        """Let an earlier version count again, or (None) no version of this clause.

        Whether the host keeps the clause stays as it is now.
        """
        rows = [each for each in self.versions(community) if each.clause_id == clause]
        floor = any(each.floor for each in rows if each.current)
        for row in rows:
            row.current = row.version == version
            row.floor = row.floor or (row.current and floor)
            self.tx.session.add(row)
        self._moved_on(community)

    def set_purpose(self, community: str, purpose: dict[str, Any]) -> None:
        """Let another purpose line count from now on."""
        charter = self.get(community)
        assert charter is not None
        charter.purpose = {**purpose}
        self._moved_on(community)

    def _newest(self, community: str, clause: str) -> int:
        rows = self.versions(community)
        return max((each.version for each in rows if each.clause_id == clause), default=0)

    def _moved_on(self, community: str) -> None:
        charter = self.get(community)
        assert charter is not None
        major, minor, *_ = charter.version.split(".")
        charter.version = f"{major}.{int(minor) + 1}.0"
        self.tx.session.add(charter)
        self.tx.session.flush()

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
