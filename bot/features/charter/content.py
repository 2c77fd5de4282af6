"""The founding draft of a charter as a file: `charter.yaml`."""

import datetime
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.core.content import Folders, Mistake
from bot.engine.content import (
    Content,
    Id,
    Loaded,
    Texts,
    Title,
    Tree,
    Whole,
    YesNo,
    entries,
    load,
    quote,
    refuse,
    repeated,
)


def _version(text: str) -> str:
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise refuse(f"cannot be {quote(text)}.", "Write three numbers, for example 1.0.0.")
    return text


Version = Annotated[str, AfterValidator(_version)]
Days = Annotated[Whole, Field(ge=1, le=366)]


class Clause(Content):
    """One thing agreed upon; `floor`: kept by the host, for law or safety."""

    id: Id
    version: Annotated[Whole, Field(ge=1)]
    title: Title
    text: Texts
    intent: Texts
    why: Texts
    floor: YesNo = False


class Section(Content):
    """Clauses that are read together."""

    id: Id
    title: Title
    clauses: Annotated[tuple[Clause, ...], Field(min_length=1)]


class Windows(Content):
    """How many days each part of a change is open."""

    clarify: Days
    react: Days
    consent: Days


class Amendment(Content):
    """How the charter is changed; `review_after` in days."""

    who: Literal["member"]
    seconds: Annotated[Whole, Field(ge=0, le=10)]
    windows: Windows
    min_consents: Annotated[Whole, Field(ge=2)]
    integrate_rounds: Annotated[Whole, Field(ge=0, le=2)]
    review_after: Annotated[Whole, Field(ge=1, le=1100)]


class Change(Content):
    """What an earlier version changed, and why."""

    version: Version
    date: datetime.date
    changed: Texts
    reason: Texts


class Charter(Content):
    """A community's founding draft."""

    format: Literal[1] = Field(alias="schema")
    version: Version
    purpose: Texts
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    amendment: Amendment
    history: tuple[Change, ...]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause, in the order in which it is read."""
        return tuple(clause for section in self.sections for clause in section.clauses)


def load_charter(folders: Folders) -> Loaded[Charter]:
    """Load the founding draft."""
    file = load(folders.charter, Charter)
    mistakes = sorted([*file.mistakes, *_rules(file.tree)])
    return Loaded(None if mistakes else file.value, tuple(mistakes), file.tree)


def digest_of(draft: Charter) -> str:
    """Return a short name for exactly this draft: a charter keeps what it was founded on."""
    text = json.dumps(draft.model_dump(mode="json", by_alias=True), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def check(folders: Folders) -> list[Mistake]:
    """Return every mistake in the charter."""
    return list(load_charter(folders).mistakes)


def _rules(tree: Tree | None) -> Iterator[Mistake]:
    """Yield ids and versions that stand twice, and a version that the history does not tell of."""
    yield from repeated(entries(tree, "sections"))
    yield from repeated(entries(tree, "sections", "clauses"))
    yield from repeated(entries(tree, "history"), "version")
    if tree and isinstance(version := tree.get("version"), str):
        told = [change.get("version") for change in entries(tree, "history")]
        if told and version not in told:
            what = f"The history does not tell of version {quote(version)}."
            yield tree.mistake("version", what, "Add an entry for it to 'history'.")
