"""How a charter lives: questions about its clauses, and changes by consent.

Voices stand here without whose they are: that is in each member's own sealed state alone.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Field, SQLModel, col, func, select

from storage.personal import Personal
from storage.tables import Membership
from storage.transaction import Transaction

_QUESTION, _PROPOSAL = "charter_question.body", "proposal.body"
_VOICE = "proposal_voice.body"
OPEN = ("seconding", "clarify", "react", "consent", "integrate")


class CharterQuestion(SQLModel, table=True):
    """A question about a clause, and its answer once there is one."""

    __tablename__ = "charter_question"
    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    clause_id: str
    clause_version: int
    asker_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    answerer_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    body: bytes


class Proposal(SQLModel, table=True):
    """A change of the charter on its way: `lane` is consent, urgent or editorial; `clause_id` is ""
    for the purpose line.

    States: seconding, clarify, react, consent, integrate; adopted, parked, withdrawn, undone.
    """

    __tablename__ = "proposal"
    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    clause_id: str
    lane: str
    state: str
    round: int
    author_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    since: datetime
    review_at: datetime | None = None
    body: bytes


class ProposalVoice(SQLModel, table=True):
    """What somebody says in a decision: consent, objection, or that they take part.

    Whose it is stands nowhere but in their own sealed state. So it counts on when they are erased,
    and nobody can tell whose it was.
    """

    __tablename__ = "proposal_voice"
    id: str = Field(primary_key=True)
    proposal_id: str = Field(foreign_key="proposal.id", ondelete="CASCADE", index=True)
    body: bytes


_UNDER_WAY = (
    select(Proposal)
    .where(
        col(Proposal.community_id).in_(bindparam("communities", expanding=True)),
        col(Proposal.state).in_(OPEN),
    )
    .order_by(col(Proposal.seq))
)


class Proposals:
    """The questions and proposals of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    # Questions

    def ask(self, row: CharterQuestion, body: Mapping[str, Any]) -> None:
        """Keep a question."""
        row.body = self.tx.seal(_QUESTION, json.dumps(dict(body)))
        self.tx.session.add(row)
        self.tx.session.flush()

    def drop(self, row: CharterQuestion) -> None:
        """Let a question go."""
        self.tx.session.delete(row)
        self.tx.session.flush()

    def questions(self, community: str) -> list[tuple[CharterQuestion, dict[str, Any]]]:
        """Return the questions with what was said, the oldest first."""
        query = select(CharterQuestion).where(CharterQuestion.community_id == community)
        rows = self.tx.session.exec(query.order_by(col(CharterQuestion.seq)))
        return [(row, json.loads(self.tx.open(_QUESTION, row.body))) for row in rows]

    def question(self, id_: str) -> tuple[CharterQuestion, dict[str, Any]] | None:
        """Return one question."""
        query = select(CharterQuestion).where(CharterQuestion.id == id_)
        row = self.tx.session.exec(query).first()
        return (row, json.loads(self.tx.open(_QUESTION, row.body))) if row else None

    # Proposals

    def save(self, row: Proposal, body: Mapping[str, Any] | None = None) -> None:
        """Keep a proposal, with other words where they are given."""
        if body is not None:
            row.body = self.tx.seal(_PROPOSAL, json.dumps(dict(body)))
        self.tx.session.add(row)
        self.tx.session.flush()
        self.tx.known.pop((Proposal, row.community_id), None)

    def get(self, id_: str) -> Proposal | None:
        """Return a proposal."""
        return self.tx.session.exec(select(Proposal).where(Proposal.id == id_)).first()

    def body(self, row: Proposal) -> dict[str, Any]:
        """Return its words: `kind`, `text`, `before`, `why`, `language`, and what came of it."""
        body: dict[str, Any] = json.loads(self.tx.open(_PROPOSAL, row.body))
        return body

    def of(self, community: str) -> list[Proposal]:
        """Return a community's proposals, the oldest first."""
        query = select(Proposal).where(Proposal.community_id == community)
        return list(self.tx.session.exec(query.order_by(col(Proposal.seq))))

    def open(self, community: str) -> list[Proposal]:
        """Return those that are under way."""
        if (Proposal, community) not in self.tx.known:
            self.fetch([community])
        rows: list[Proposal] = self.tx.known[Proposal, community]
        return [row for row in rows if row.state in OPEN]

    def fetch(self, communities: Collection[str]) -> None:
        """Read what is under way in these communities, for a transaction that needs many."""
        for community in communities:
            self.tx.known[Proposal, community] = []
        for row in self.tx.session.scalars(_UNDER_WAY, {"communities": list(communities)}):
            self.tx.known[Proposal, row.community_id].append(row)

    def about(self, community: str, clause: str) -> Proposal | None:
        """Return what is under way about a clause ("" for the purpose line)."""
        return next((row for row in self.open(community) if row.clause_id == clause), None)

    # Voices

    def say(self, voice: str, proposal: str, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - plain data
        """Keep what a voice says; what it said before in other parts stays. Return all of it."""
        row = self.tx.session.get(ProposalVoice, voice)
        before = json.loads(self.tx.open(_VOICE, row.body)) if row else {}
        body = {**before, **said}
        sealed = self.tx.seal(_VOICE, json.dumps(body))
        if row is None:
            row = ProposalVoice(id=voice, proposal_id=proposal, body=sealed)
        row.body = sealed
        self.tx.session.add(row)
        self.tx.session.flush()
        return body

    def voices(self, proposal: str) -> list[dict[str, Any]]:
        """Return what was said in a decision, in no order that tells who."""
        query = select(ProposalVoice).where(ProposalVoice.proposal_id == proposal)
        rows = self.tx.session.exec(query.order_by(ProposalVoice.id))
        return [json.loads(self.tx.open(_VOICE, row.body)) for row in rows]

    def objections(self, proposal: Proposal) -> list[dict[str, str]]:
        """Return the objections to the words of this round, without who."""
        found = (voice.get("objection") for voice in self.voices(proposal.id))
        return [each for each in found if each and each["round"] == proposal.round]

    def members(self, community: str) -> int:
        """Return how many people are here, as far as the bot met them; never shown to anybody."""
        query = select(func.count()).where(
            Membership.community_id == community, col(Membership.here).is_(True)
        )
        return self.tx.session.exec(query.select_from(Membership)).one()


def _export_asked(tx: Transaction, row: CharterQuestion) -> dict[str, Any]:
    body = json.loads(tx.open(_QUESTION, row.body))
    return {"community": row.community_id, "clause": row.clause_id, "text": body["text"]}


def _export_answered(tx: Transaction, row: CharterQuestion) -> dict[str, Any]:
    body = json.loads(tx.open(_QUESTION, row.body))
    return {
        "community": row.community_id,
        "clause": row.clause_id,
        "text": body.get("answer", ""),
    }


def _export_proposal(tx: Transaction, row: Proposal) -> dict[str, Any]:
    body = json.loads(tx.open(_PROPOSAL, row.body))
    said = {name: body[name] for name in ("title", "text", "before", "why") if name in body}
    return {"community": row.community_id, "clause": row.clause_id, "state": row.state, **said}


PERSONAL = (
    Personal(
        CharterQuestion, "charter questions", _export_asked, column="asker_id", keep="unnamed"
    ),
    Personal(
        CharterQuestion, "charter answers", _export_answered, column="answerer_id", keep="unnamed"
    ),
    Personal(Proposal, "proposals", _export_proposal, column="author_id", keep="unnamed"),
)
