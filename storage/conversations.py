"""Where people are in a flow, and the questions that wait for an answer."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, func, select

from bot.core.refs import Room
from storage.store import Transaction
from storage.tables import Conversation, Question

_STATE = "conversation.state"
_SPEC = "question.spec"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question as it was asked; `spec` is what is needed to read an answer."""

    key: str
    purpose: str
    kind: str
    subject: str | None
    community: str | None
    spec: Mapping[str, Any]


# Built once: to build them anew costs more than to run them.
_WHERE = (
    col(Question.subject_id) == bindparam("subject"),
    func.substr(Question.purpose, 1, func.length(bindparam("flow"))) == bindparam("flow"),
)
_OF_FLOW = select(Question).where(*_WHERE, col(Question.community_id) == bindparam("community"))
_OF_FLOW_ALONE = select(Question).where(*_WHERE, col(Question.community_id).is_(None))


class Conversations:
    """The conversations of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def state(self, subject: str, community: str, flow: str) -> dict[str, Any] | None:
        """Return a conversation's state; None where there is none."""
        row = self._row(subject, community, flow)
        if row is None:
            return None
        state: dict[str, Any] = json.loads(self.tx.open(_STATE, row.state, subject))
        return state

    def keep(self, subject: str, community: str, flow: str, state: Mapping[str, Any]) -> None:
        """Keep a conversation's state."""
        sealed = self.tx.seal(_STATE, json.dumps(dict(state)), subject)
        row = self._row(subject, community, flow)
        if row is None:
            row = Conversation(
                subject_id=subject, community_id=community, flow=flow, state=sealed, revision=0
            )
            self.tx.known[Conversation, subject, community, flow] = row
        else:
            row.state = sealed
            row.revision += 1
        self.tx.session.add(row)

    def fetch(self, subjects: Collection[str]) -> None:
        """Read all conversations of these people at once, for a transaction that needs many."""
        query = select(Conversation).where(col(Conversation.subject_id).in_(subjects))
        for row in self.tx.session.scalars(query):
            self.tx.known[Conversation, row.subject_id, row.community_id, row.flow] = row
        self.tx.known.update(((Conversation, subject), None) for subject in subjects)

    def end(self, subject: str, community: str, flow: str) -> None:
        """Forget a conversation."""
        row = self._row(subject, community, flow)
        if row is not None:
            self.tx.session.delete(row)
            self.tx.session.flush()
            self.tx.known[Conversation, subject, community, flow] = None

    def _row(self, subject: str, community: str, flow: str) -> Conversation | None:
        known, key = self.tx.known, (Conversation, subject, community, flow)
        if key not in known and (Conversation, subject) not in known:
            known[key] = self.tx.session.get(Conversation, (subject, community, flow))
        return known.get(key)


class Questions:
    """The questions of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def ask(
        self,
        question: OpenQuestion,
        *,
        delivery_key: str | None = None,
        room: Room | None = None,
    ) -> None:
        """Keep a question; `room` is where a post or a reply is awaited."""
        values = {
            "key": question.key,
            "subject_id": question.subject,
            "community_id": question.community,
            "purpose": question.purpose,
            "kind": question.kind,
            "spec": self.tx.seal(_SPEC, json.dumps(question.spec), question.subject),
            "delivery_key": delivery_key,
            "room_digest": self._digest(room) if room else None,
        }
        self.tx.add(Question, values)

    def update(self, key: str, spec: Mapping[str, Any], delivery_key: str | None) -> None:
        """Change what is known of a question: a field was filled in, its message is another one."""
        row = self._row(key)
        if row is not None:
            row.spec = self.tx.seal(_SPEC, json.dumps(spec), row.subject_id)
            row.delivery_key = delivery_key
            self.tx.session.add(row)

    def get(self, key: str) -> OpenQuestion | None:
        """Return a question by its key; None for one that waits no longer."""
        row = self._row(key)
        return self._opened(row) if row else None

    def waiting(self, subject: str, most: int = 4) -> list[OpenQuestion]:
        """Return the open questions that a typed answer may be meant for, the newest first."""
        query = select(Question).where(
            Question.subject_id == subject,
            col(Question.kind).in_(("choice", "form")),
        )
        rows = self.tx.session.exec(query.order_by(col(Question.seq).desc()).limit(most))
        return [self._opened(row) for row in rows]

    def on_delivery(self, delivery_key: str) -> list[OpenQuestion]:
        """Return the open questions that hang on a message of ours."""
        query = select(Question).where(Question.delivery_key == delivery_key)
        return [
            self._opened(row) for row in self.tx.session.exec(query.order_by(col(Question.seq)))
        ]

    def awaiting_post(
        self, subject: str, room: Room, *, reply: bool = False
    ) -> OpenQuestion | None:
        """Return the open question that is answered by a post of this member in this room."""
        query = select(Question).where(
            Question.subject_id == subject,
            Question.room_digest == self._digest(room),
            col(Question.kind).in_(("post", "reply") if reply else ("post",)),
        )
        row = self.tx.session.exec(query.order_by(col(Question.seq).desc()).limit(1)).first()
        return self._opened(row) if row else None

    def close(self, key: str) -> None:
        """Let a question wait no longer: nothing of it is kept."""
        row = self._row(key)
        if row is not None:
            self.tx.session.delete(row)
            self.tx.session.flush()

    def close_flow(self, subject: str, community: str | None, flow: str) -> None:
        """Let no question of this flow wait any longer."""
        if added := self.tx.added.get(Question):  # asked just now, and not written down yet
            added[:] = [
                row
                for row in added
                if (row["subject_id"], row["community_id"]) != (subject, community)
                or not row["purpose"].startswith(f"{flow}.")
            ]
        for row in self._of_flow(subject, community, flow):
            self.tx.session.delete(row)

    def fetch(self, subjects: Collection[str]) -> None:
        """Read all questions of these people at once, for a transaction that needs many."""
        self.tx.known.update(((Question, subject), []) for subject in subjects)
        query = select(Question).where(col(Question.subject_id).in_(subjects))
        for row in self.tx.session.scalars(query):
            self.tx.known[Question, row.subject_id].append(row)

    def _of_flow(self, subject: str, community: str | None, flow: str) -> list[Question]:
        """Return the questions of a flow that stand in the database."""
        fetched: list[Question] | None = self.tx.known.pop((Question, subject), None)
        if fetched is not None:
            return [
                row
                for row in fetched
                if row in self.tx.session  # not answered meanwhile
                and row.community_id == community
                and row.purpose.startswith(f"{flow}.")
            ]
        values = {"subject": subject, "community": community, "flow": f"{flow}."}
        statement = _OF_FLOW if community is not None else _OF_FLOW_ALONE
        options = {"unwritten": True}
        return list(self.tx.session.scalars(statement, values, execution_options=options))

    def _row(self, key: str) -> Question | None:
        return self.tx.session.exec(select(Question).where(Question.key == key)).first()

    def _digest(self, room: Room) -> str:
        return self.tx.vault.digest("room", f"{room.platform}\0{room.id}")

    def _opened(self, row: Question) -> OpenQuestion:
        return OpenQuestion(
            key=row.key,
            purpose=row.purpose,
            kind=row.kind,
            subject=row.subject_id,
            community=row.community_id,
            spec=json.loads(self.tx.open(_SPEC, row.spec, row.subject_id)),
        )
