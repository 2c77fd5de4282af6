"""How a charter lives: questions about its clauses, and changes by consent.

Who consented stays in a sealed row of their own and goes with them; what somebody objected is
information for all and stays, without a name. Nothing here says in clear who objected or consented.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel, col, func, select

from storage.personal import Personal
from storage.store import Transaction
from storage.tables import Membership

_QUESTION, _PROPOSAL = "charter_question.body", "proposal.body"
_VOICE, _OBJECTION = "proposal_voice.body", "objection.body"
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
    """Other words for a clause, on their way: `lane` is consent or editorial.

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
    """Somebody takes part in a decision; what they say is sealed under their own key."""

    __tablename__ = "proposal_voice"
    proposal_id: str = Field(primary_key=True, foreign_key="proposal.id", ondelete="CASCADE")
    subject_id: str = Field(
        primary_key=True, foreign_key="subject.id", ondelete="CASCADE", index=True
    )
    body: bytes


class Objection(SQLModel, table=True):
    """What harm somebody sees, to which purpose, and what would resolve it."""

    __tablename__ = "objection"
    seq: int | None = Field(default=None, primary_key=True)
    proposal_id: str = Field(foreign_key="proposal.id", ondelete="CASCADE", index=True)
    subject_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    round: int
    body: bytes


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

    def get(self, id_: str) -> Proposal | None:
        """Return a proposal."""
        return self.tx.session.exec(select(Proposal).where(Proposal.id == id_)).first()

    def body(self, row: Proposal) -> dict[str, Any]:
        """Return its words: `texts`, `before`, `why`, `language`."""
        body: dict[str, Any] = json.loads(self.tx.open(_PROPOSAL, row.body))
        return body

    def of(self, community: str) -> list[Proposal]:
        """Return a community's proposals, the oldest first."""
        query = select(Proposal).where(Proposal.community_id == community)
        return list(self.tx.session.exec(query.order_by(col(Proposal.seq))))

    def open(self, community: str) -> list[Proposal]:
        """Return those that are under way."""
        return [row for row in self.of(community) if row.state in OPEN]

    # Voices

    def say(self, proposal: str, subject: str, **said: Any) -> None:  # noqa: ANN401 - plain data
        """Keep what somebody says in a decision; what they said before in other parts stays."""
        row = self.tx.session.get(ProposalVoice, (proposal, subject))
        if row is None:
            row = ProposalVoice(proposal_id=proposal, subject_id=subject, body=b"")
        body = {**self.said(proposal, subject), **said}
        row.body = self.tx.seal(_VOICE, json.dumps(body), subject)
        self.tx.session.add(row)
        self.tx.session.flush()

    def said(self, proposal: str, subject: str) -> dict[str, Any]:
        """Return what somebody said in a decision."""
        row = self.tx.session.get(ProposalVoice, (proposal, subject))
        body: dict[str, Any] = (
            json.loads(self.tx.open(_VOICE, row.body, subject)) if row and row.body else {}
        )
        return body

    def voices(self, proposal: str) -> list[dict[str, Any]]:
        """Return what everybody said who takes part, in no order that tells who."""
        rows = self.tx.session.exec(
            select(ProposalVoice).where(ProposalVoice.proposal_id == proposal)
        )
        return [json.loads(self.tx.open(_VOICE, row.body, row.subject_id)) for row in rows]

    def object(self, proposal: Proposal, subject: str, body: Mapping[str, str]) -> None:
        """Keep an objection to the words of this round."""
        row = Objection(
            proposal_id=proposal.id,
            subject_id=subject,
            round=proposal.round,
            body=self.tx.seal(_OBJECTION, json.dumps(dict(body))),
        )
        self.tx.session.add(row)
        self.tx.session.flush()

    def take_back(self, proposal: Proposal, subject: str) -> None:
        """Let somebody's objection of this round stand no longer."""
        for row in self._objections(proposal):
            if row.subject_id == subject:
                self.tx.session.delete(row)
        self.tx.session.flush()

    def objections(self, proposal: Proposal) -> list[dict[str, str]]:
        """Return the objections to the words of this round, without who."""
        rows = self._objections(proposal)
        return [json.loads(self.tx.open(_OBJECTION, row.body)) for row in rows]

    def _objections(self, proposal: Proposal) -> list[Objection]:
        query = select(Objection).where(
            Objection.proposal_id == proposal.id, Objection.round == proposal.round
        )
        return list(self.tx.session.exec(query.order_by(col(Objection.seq))))

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
    return {"community": row.community_id, "clause": row.clause_id, "state": row.state, **body}


def _export_voice(tx: Transaction, row: ProposalVoice) -> dict[str, Any]:
    body = json.loads(tx.open(_VOICE, row.body, row.subject_id))
    return {"proposal": row.proposal_id, **body}


def _export_objection(tx: Transaction, row: Objection) -> dict[str, Any]:
    body = json.loads(tx.open(_OBJECTION, row.body))
    return {"proposal": row.proposal_id, **body}


PERSONAL = (
    Personal(
        CharterQuestion, "charter questions", _export_asked, column="asker_id", keep="unnamed"
    ),
    Personal(
        CharterQuestion, "charter answers", _export_answered, column="answerer_id", keep="unnamed"
    ),
    Personal(Proposal, "proposals", _export_proposal, column="author_id", keep="unnamed"),
    Personal(ProposalVoice, "voices", _export_voice),
    Personal(Objection, "objections", _export_objection, keep="unnamed"),
)
