"""The community's lexicon: words with their senses, and who bookmarked which for themselves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Field, SQLModel, col, select

from storage.personal import Personal
from storage.transaction import Transaction

_TERM = "word.term"
_SENSE = "word_sense.body"


class Word(SQLModel, table=True):
    """A word; the term is sealed, because a person typed it."""

    __tablename__ = "word"
    id: str = Field(primary_key=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    term: bytes


class WordSense(SQLModel, table=True):
    """What a word means to somebody: language, meaning, and whose it is if they wish."""

    __tablename__ = "word_sense"
    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    word_id: str = Field(foreign_key="word.id", ondelete="CASCADE", index=True)
    author_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    body: bytes


class SavedWord(SQLModel, table=True):
    """Somebody's own bookmark."""

    __tablename__ = "saved_word"
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", ondelete="CASCADE")
    word_id: str = Field(primary_key=True, foreign_key="word.id", ondelete="CASCADE", index=True)


@dataclass(frozen=True, slots=True)
class Sense:
    """One sense: `language` (a tag), `meaning`, `credit` ("" where nobody is named)."""

    id: str
    author: str | None
    language: str
    meaning: str
    credit: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A word with all its senses, the oldest first."""

    id: str
    term: str
    senses: tuple[Sense, ...]


class Lexicon:
    """The words of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def entries(self, community: str) -> list[Entry]:
        """Return the community's words, by the alphabet; a lexicon is small enough to be opened
        whole.
        """
        query = (
            select(Word, WordSense)
            .join(WordSense, col(WordSense.word_id) == col(Word.id))
            .where(Word.community_id == community)
            .order_by(col(WordSense.seq))
        )
        found: dict[str, tuple[str, list[Sense]]] = {}
        for word, row in self.tx.session.exec(query):
            if word.id not in found:
                found[word.id] = self.tx.open(_TERM, word.term), []
            body = json.loads(self.tx.open(_SENSE, row.body))
            found[word.id][1].append(Sense(row.id, row.author_id, **body))
        entries = [Entry(id_, term, tuple(senses)) for id_, (term, senses) in found.items()]
        return sorted(entries, key=lambda entry: (entry.term.casefold(), entry.id))

    def add(self, id_: str, community: str, term: str) -> str:
        """Keep a word that nobody has explained yet; return its id."""
        self.tx.session.add(Word(id=id_, community_id=community, term=self.tx.seal(_TERM, term)))
        self.tx.session.flush()
        return id_

    def explain(self, id_: str, word: str, author: str | None, body: Mapping[str, str]) -> None:
        """Keep a sense: `language`, `meaning`, `credit`; nobody's where it came from elsewhere."""
        sealed = self.tx.seal(_SENSE, json.dumps(dict(body), ensure_ascii=False))
        self.tx.session.add(WordSense(id=id_, word_id=word, author_id=author, body=sealed))
        self.tx.session.flush()

    def take_back(self, sense: str) -> None:
        """Delete a sense, and the word with its last one."""
        row = self.tx.session.exec(select(WordSense).where(WordSense.id == sense)).first()
        if row is None:
            return
        word = row.word_id
        self.tx.session.delete(row)
        self.tx.session.flush()
        more = self.tx.session.exec(select(WordSense.id).where(WordSense.word_id == word)).first()
        if more is None and (parent := self.tx.session.get(Word, word)) is not None:
            self.tx.session.delete(parent)
            self.tx.session.flush()

    def save(self, subject: str, word: str) -> None:
        """Bookmark a word."""
        if self.tx.session.get(SavedWord, (subject, word)) is None:
            self.tx.session.add(SavedWord(subject_id=subject, word_id=word))
            self.tx.session.flush()

    def saved(self, subject: str) -> set[str]:
        """Return the ids of the words that somebody bookmarked."""
        query = select(SavedWord.word_id).where(SavedWord.subject_id == subject)
        return set(self.tx.session.exec(query))


def _export_sense(tx: Transaction, row: WordSense) -> dict[str, Any]:
    word = tx.session.get_one(Word, row.word_id)
    body = json.loads(tx.open(_SENSE, row.body))
    return {"community": word.community_id, "word": tx.open(_TERM, word.term), **body}


def _export_saved(tx: Transaction, row: SavedWord) -> dict[str, Any]:
    word = tx.session.get_one(Word, row.word_id)
    return {"community": word.community_id, "word": tx.open(_TERM, word.term)}


PERSONAL = (
    Personal(WordSense, "words", _export_sense, column="author_id", keep="unnamed"),
    Personal(SavedWord, "saved words", _export_saved),
)
