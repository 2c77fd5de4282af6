"""What members gave to harvests: words that are their own, and questions to what is kept.

Who was asked for their words, and who said no, stands in each member's own sealed state alone; a
row of words is there only since its author agreed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel, col, delete, select

from bot.core.refs import MessageRef
from storage.notebook import Harvest, Notebook
from storage.personal import Personal
from storage.transaction import Transaction

_WORDS, _DOUBT = "harvest_words.body", "harvest_doubt.body"


class HarvestWords(SQLModel, table=True):
    """Words that their author lets be kept, sealed for them: when they go, so do the words."""

    __tablename__ = "harvest_words"
    __table_args__ = (UniqueConstraint("harvest_id", "message"),)
    id: str = Field(primary_key=True)
    harvest_id: str = Field(foreign_key="harvest.id", ondelete="CASCADE")
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    message: str  # keyed hash of where they were said
    body: bytes


class HarvestDoubt(SQLModel, table=True):
    """Somebody's question to what a version says, carried without a name."""

    __tablename__ = "harvest_doubt"
    id: str = Field(primary_key=True)
    harvest_id: str = Field(foreign_key="harvest.id", ondelete="CASCADE", index=True)
    version: int
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """Words in a harvest: `name` is "" where they stand without one; `outside`: it may be shown
    outside the community.
    """

    id: str
    subject: str
    text: str
    name: str
    outside: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question to a version."""

    id: str
    subject: str
    text: str


class Contributions:
    """The rows of words and questions."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    # Words

    def keep_words(
        self, id_: str, harvest: str, subject: str, message: str, body: Mapping[str, Any]
    ) -> None:
        """Keep somebody's words: `text`, `name`, `outside`."""
        sealed = self.tx.seal(_WORDS, json.dumps(dict(body)), subject)
        self.tx.session.add(
            HarvestWords(
                id=id_, harvest_id=harvest, subject_id=subject, message=message, body=sealed
            )
        )
        self.tx.session.flush()

    def words(self, harvest: str) -> list[Said]:
        """Return the words of a harvest, in no order that tells who agreed first."""
        query = select(HarvestWords).where(HarvestWords.harvest_id == harvest)
        return [self._said(row) for row in self.tx.session.exec(query.order_by(HarvestWords.id))]

    def words_of(self, subject: str, community: str) -> list[tuple[Harvest, Said]]:
        """Return somebody's own words here, with where they stand."""
        query = (
            select(Harvest, HarvestWords)
            .join(HarvestWords, col(HarvestWords.harvest_id) == col(Harvest.id))
            .where(HarvestWords.subject_id == subject, Harvest.community_id == community)
            .order_by(HarvestWords.id)
        )
        return [(harvest, self._said(row)) for harvest, row in self.tx.session.exec(query)]

    def holds(self, community: str, message: str) -> bool:
        """Tell whether the words of a message are kept already."""
        query = (
            select(HarvestWords.id)
            .join(Harvest, col(HarvestWords.harvest_id) == col(Harvest.id))
            .where(Harvest.community_id == community, HarvestWords.message == message)
        )
        return self.tx.session.exec(query).first() is not None

    def change_words(self, id_: str, **changed: Any) -> None:  # noqa: ANN401 - plain data
        """Change somebody's own words, or how they are named."""
        row = self.tx.session.get(HarvestWords, id_)
        if row is not None:
            body = json.loads(self.tx.open(_WORDS, row.body, row.subject_id))
            row.body = self.tx.seal(_WORDS, json.dumps({**body, **changed}), row.subject_id)
            self.tx.session.add(row)
            self.tx.session.flush()

    def drop_words(self, id_: str) -> None:
        """Delete somebody's words: they stand in no version any more."""
        self.tx.session.flush()
        self.tx.session.exec(delete(HarvestWords).where(col(HarvestWords.id) == id_))

    def _said(self, row: HarvestWords) -> Said:
        body = json.loads(self.tx.open(_WORDS, row.body, row.subject_id))
        return Said(row.id, row.subject_id, **body)

    def digest(self, message: MessageRef) -> str:
        """Return under what a message is known again, without saying which it is."""
        return self.tx.vault.digest(
            "words", f"{message.room.platform}\0{message.room.id}\0{message.id}"
        )

    # Doubts

    def doubt(self, id_: str, harvest: Harvest, subject: str, text: str) -> None:
        """Keep a question to the version that is kept now."""
        sealed = self.tx.seal(_DOUBT, json.dumps({"text": text}), subject)
        row = HarvestDoubt(
            id=id_, harvest_id=harvest.id, version=harvest.version, subject_id=subject, body=sealed
        )
        self.tx.session.add(row)
        self.tx.session.flush()

    def doubts(self, harvest: Harvest) -> Sequence[Doubt]:
        """Return the questions to the version that is kept now."""
        query = select(HarvestDoubt).where(
            HarvestDoubt.harvest_id == harvest.id, HarvestDoubt.version == harvest.version
        )
        return [
            Doubt(row.id, row.subject_id, self._doubted(row))
            for row in self.tx.session.exec(query.order_by(HarvestDoubt.id))
        ]

    def take_back(self, subject: str, harvest: Harvest) -> None:
        """Delete somebody's own questions to this version."""
        self.tx.session.flush()
        self.tx.session.exec(
            delete(HarvestDoubt).where(
                col(HarvestDoubt.subject_id) == subject,
                col(HarvestDoubt.harvest_id) == harvest.id,
                col(HarvestDoubt.version) == harvest.version,
            )
        )

    def _doubted(self, row: HarvestDoubt) -> str:
        return str(json.loads(self.tx.open(_DOUBT, row.body, row.subject_id))["text"])


def _export_words(tx: Transaction, row: HarvestWords) -> dict[str, Any]:
    harvest = tx.session.get_one(Harvest, row.harvest_id)
    body = json.loads(tx.open(_WORDS, row.body, row.subject_id))
    return {
        "community": harvest.community_id,
        "about": Notebook(tx).body(harvest)["title"],
        **body,
    }


def _export_doubt(tx: Transaction, row: HarvestDoubt) -> dict[str, Any]:
    harvest = tx.session.get_one(Harvest, row.harvest_id)
    body = json.loads(tx.open(_DOUBT, row.body, row.subject_id))
    title = Notebook(tx).body(harvest)["title"]
    return {"community": harvest.community_id, "about": title, "version": row.version, **body}


PERSONAL = (
    Personal(HarvestWords, "words in the notebook", _export_words),
    Personal(HarvestDoubt, "questions to the notebook", _export_doubt),
)
