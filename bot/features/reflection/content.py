"""Reflection sets as files: `prompts/reflection/content/<id>.yaml`."""

from typing import Annotated, Literal

from pydantic import Field

from bot.core.content import Folders, Mistake
from bot.engine.content import Content, Id, Loaded, Texts, Title, entries, load, repeated

FIRST = "three-beats"  # the shortest: the one for whoever does not want to choose


class Question(Content):
    """One question of a set."""

    id: Id
    text: Texts


class Set(Content):
    """A few questions that belong together; a member chooses the set."""

    format: Literal[1] = Field(alias="schema")
    id: Id
    title: Title
    about: Texts
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=8)]


def load_sets(folders: Folders) -> Loaded[tuple[Set, ...]]:
    """Load every set, the shipped ones first."""
    files = [load(path, Set) for path in folders.files("reflection")]
    mistakes = [mistake for file in files for mistake in file.mistakes]
    mistakes += repeated(file.tree for file in files)
    for file in files:
        mistakes += repeated(entries(file.tree, "questions"))
    found = [file.value for file in files if file.value]
    sets = tuple(sorted(found, key=lambda each: each.id != FIRST))
    return Loaded(None if mistakes else sets, tuple(sorted(mistakes)))


def check(folders: Folders) -> list[Mistake]:
    """Return every mistake in the reflection sets."""
    return list(load_sets(folders).mistakes)
