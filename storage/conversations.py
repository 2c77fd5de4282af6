"""Where people are in a flow, and the questions that wait for an answer."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Executable, Row, bindparam, delete, select, update
from sqlmodel import col, func

from bot.core.refs import Room
from storage.tables import Conversation, Question
from storage.transaction import Transaction

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


# The statements are built once: to build them anew costs more than to run them. Nobody has objects
# of these rows.
_PEOPLE: BindParameter[Any] = bindparam("subjects", expanding=True)
_STATE_IS = (
    col(Conversation.subject_id) == bindparam("subject"),
    col(Conversation.community_id) == bindparam("community"),
    col(Conversation.flow) == bindparam("of_flow"),
)
_STATE_OF = select(col(Conversation.state)).where(*_STATE_IS)
_STATES_OF = select(
    col(Conversation.subject_id),
    col(Conversation.community_id),
    col(Conversation.flow),
    col(Conversation.state),
).where(col(Conversation.subject_id).in_(_PEOPLE))
_KEEP = (
    update(Conversation)
    .where(*_STATE_IS)
    .values(state=bindparam("sealed"), revision=col(Conversation.revision) + 1)
)
_END = delete(Conversation).where(*_STATE_IS)

_ROW: list[Any] = [
    col(column)
    for column in (
        Question.key,
        Question.subject_id,
        Question.community_id,
        Question.purpose,
        Question.kind,
        Question.spec,
    )
]
_OF_KEY = col(Question.key) == bindparam("of_key")
_OF_SUBJECT = col(Question.subject_id) == bindparam("subject")
_BY_KEY = select(*_ROW).where(_OF_KEY)
_WAITING = (
    select(*_ROW)
    .where(_OF_SUBJECT, col(Question.kind).in_(("choice", "form")))
    .order_by(col(Question.seq).desc())
    .limit(bindparam("most"))
)
_ON_DELIVERY = (
    select(*_ROW).where(col(Question.delivery_key) == bindparam("on")).order_by(col(Question.seq))
)
_AWAITING_POST = (
    select(*_ROW)
    .where(
        _OF_SUBJECT,
        col(Question.room_digest) == bindparam("digest"),
        col(Question.kind).in_(bindparam("kinds", expanding=True)),
    )
    .order_by(col(Question.seq).desc())
    .limit(1)
)
_QUESTIONS_OF = select(*_ROW).where(col(Question.subject_id).in_(_PEOPLE))
_UPDATE = (
    update(Question).where(_OF_KEY).values(spec=bindparam("sealed"), delivery_key=bindparam("on"))
)
_CLOSE = delete(Question).where(_OF_KEY)
_OF_FLOW = (
    _OF_SUBJECT,
    func.substr(col(Question.purpose), 1, func.length(bindparam("flow"))) == bindparam("flow"),
)
_CLOSE_FLOW = delete(Question).where(
    *_OF_FLOW, col(Question.community_id) == bindparam("community")
)
_CLOSE_FLOW_ALONE = delete(Question).where(*_OF_FLOW, col(Question.community_id).is_(None))


class Conversations:
    """The conversations of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def state(self, subject: str, community: str, flow: str) -> dict[str, Any] | None:
        """Return a conversation's state; None where there is none."""
        row = self._sealed(subject, community, flow)
        if row is None:
            return None
        state: dict[str, Any] = json.loads(self.tx.open(_STATE, row, subject))
        return state

    def keep(self, subject: str, community: str, flow: str, state: Mapping[str, Any]) -> None:
        """Keep a conversation's state."""
        sealed = self.tx.seal(_STATE, json.dumps(dict(state)), subject)
        if self._sealed(subject, community, flow) is None:
            values = {"subject_id": subject, "community_id": community, "flow": flow}
            self.tx.add(Conversation, {**values, "state": sealed, "revision": 0})
        else:
            values = {"subject": subject, "community": community, "of_flow": flow}
            self.tx.change(Conversation, _KEEP, {**values, "sealed": sealed})
        self.tx.known[Conversation, subject, community, flow] = sealed

    def fetch(self, subjects: Collection[str]) -> None:
        """Read all conversations of these people at once, for a transaction that needs many."""
        for row in self.tx.execute(_STATES_OF, {"subjects": list(subjects)}, of=Conversation):
            self.tx.known[Conversation, row.subject_id, row.community_id, row.flow] = row.state
        self.tx.known.update(((Conversation, subject), None) for subject in subjects)

    def end(self, subject: str, community: str, flow: str) -> None:
        """Forget a conversation."""
        values = {"subject": subject, "community": community, "of_flow": flow}
        self.tx.execute(_END, values, of=Conversation)
        self.tx.known[Conversation, subject, community, flow] = None

    def _sealed(self, subject: str, community: str, flow: str) -> bytes | None:
        """Return a conversation's state, sealed."""
        known, key = self.tx.known, (Conversation, subject, community, flow)
        if key not in known and (Conversation, subject) not in known:
            values = {"subject": subject, "community": community, "of_flow": flow}
            known[key] = self.tx.execute(_STATE_OF, values, of=Conversation).scalar()
        sealed: bytes | None = known.get(key)
        return sealed


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
            "room_digest": self.digest(room) if room else None,
        }
        self.tx.add(Question, values)

    def update(self, key: str, spec: Mapping[str, Any], delivery_key: str | None) -> None:
        """Change what is known of a question: a field was filled in, its message is another one."""
        row = self._row(key)
        if row is not None:
            sealed = self.tx.seal(_SPEC, json.dumps(spec), row.subject_id)
            values = {"of_key": key, "sealed": sealed, "on": delivery_key}
            self.tx.execute(_UPDATE, values, of=Question)

    def get(self, key: str) -> OpenQuestion | None:
        """Return a question by its key; None for one that waits no longer."""
        row = self._row(key)
        return self._opened(row) if row else None

    def waiting(self, subject: str, most: int = 4) -> list[OpenQuestion]:
        """Return the open questions that a typed answer may be meant for, the newest first."""
        return self._found(_WAITING, {"subject": subject, "most": most})

    def on_delivery(self, delivery_key: str) -> list[OpenQuestion]:
        """Return the open questions that hang on a message of ours."""
        return self._found(_ON_DELIVERY, {"on": delivery_key})

    def awaiting_post(
        self, subject: str, room: Room, *, reply: bool = False
    ) -> OpenQuestion | None:
        """Return the open question that is answered by a post of this member in this room."""
        values = {
            "subject": subject,
            "digest": self.digest(room),
            "kinds": ["post", "reply"] if reply else ["post"],
        }
        return next(iter(self._found(_AWAITING_POST, values)), None)

    def close(self, key: str) -> None:
        """Let a question wait no longer: nothing of it is kept."""
        self.tx.execute(_CLOSE, {"of_key": key}, of=Question)

    def close_flow(self, subject: str, community: str | None, flow: str) -> None:
        """Let no question of this flow wait any longer."""
        start = f"{flow}."
        if added := self.tx.added.get(Question):  # asked just now, and not written down yet
            added[:] = [
                row
                for row in added
                if (row["subject_id"], row["community_id"]) != (subject, community)
                or not row["purpose"].startswith(start)
            ]
        fetched: list[Row[Any]] | None = self.tx.known.pop((Question, subject), None)
        if fetched is None:
            values = {"subject": subject, "community": community, "flow": start}
            statement = _CLOSE_FLOW if community is not None else _CLOSE_FLOW_ALONE
            self.tx.execute(statement, values, of=Question)
            return
        for row in fetched:  # answered meanwhile it is gone already, which does no harm
            if row.community_id == community and row.purpose.startswith(start):
                self.tx.change(Question, _CLOSE, {"of_key": row.key})

    def fetch(self, subjects: Collection[str]) -> None:
        """Read all questions of these people at once, for a transaction that needs many."""
        self.tx.known.update(((Question, subject), []) for subject in subjects)
        for row in self.tx.execute(_QUESTIONS_OF, {"subjects": list(subjects)}, of=Question):
            self.tx.known[Question, row.subject_id].append(row)

    def _found(self, statement: Executable, values: Mapping[str, Any]) -> list[OpenQuestion]:
        return [self._opened(row) for row in self.tx.execute(statement, values, of=Question).all()]

    def _row(self, key: str) -> Row[Any] | None:
        return self.tx.execute(_BY_KEY, {"of_key": key}, of=Question).first()

    def digest(self, room: Room) -> str:
        """Return the keyed hash under which a room is looked up."""
        return self.tx.vault.digest("room", f"{room.platform}\0{room.id}")

    def _opened(self, row: Row[Any]) -> OpenQuestion:
        return OpenQuestion(
            key=row.key,
            purpose=row.purpose,
            kind=row.kind,
            subject=row.subject_id,
            community=row.community_id,
            spec=json.loads(self.tx.open(_SPEC, row.spec, row.subject_id)),
        )
