"""Treasure hunts as files: `prompts/hunts/content/<id>.yaml`.

A step's kind decides what it needs besides its words (`steps.KINDS`); other kinds can be handed to
`load_hunts` and `check`, each a frozen model with a `kind` of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from bot.core.content import Folders, Mistake
from bot.engine.content import (
    Content,
    Id,
    Line,
    Loaded,
    Texts,
    Title,
    Tree,
    Whole,
    clauses,
    entries,
    load,
    meant,
    quote,
    repeated,
)
from bot.engine.reading import stands_in
from bot.features.hunts.steps import KINDS, Step


class Hunt(Content):
    """A way through the place in a few steps; `minutes` is what is told beforehand.

    `next`: the hunt that may follow. `position`: where several are on offer, the lowest comes
    first. `role` names one that is given at the end, where the platform has such things.
    """

    format: Literal[1] = Field(alias="schema")
    id: Id
    version: Annotated[Whole, Field(ge=1)]
    title: Title
    about: Texts
    minutes: Annotated[Whole, Field(ge=1, le=240)]
    position: Annotated[Whole, Field(ge=1, le=99)] = 50
    next: Id | None = None
    role: Line | None = None
    steps: tuple[Step, ...]


def hunt_of(kinds: Sequence[type[Step]]) -> type[Hunt]:
    """Return the model of a hunt whose steps are of these kinds, of which there are several."""
    step: Any = Annotated[reduce(or_, kinds), Field(discriminator="kind")]
    steps: Any = Annotated[GenericAlias(tuple, (step, ...)), Field(min_length=1, max_length=20)]
    return create_model("Hunt", __base__=Hunt, steps=(steps, ...))


def load_hunts(folders: Folders, kinds: Sequence[type[Step]] = KINDS) -> Loaded[tuple[Hunt, ...]]:
    """Load every hunt, the shipped ones first."""
    model = hunt_of(kinds)
    files = [load(path, model) for path in folders.files("hunts")]
    mistakes = [mistake for file in files for mistake in file.mistakes]
    mistakes += repeated(file.tree for file in files)
    for file in files:
        mistakes += repeated(entries(file.tree, "steps"))
    hunts = tuple(file.value for file in files if file.value)
    shipped = set(map(str, _shipped(folders)))
    own = tuple(file.tree for file in files if file.tree and file.tree.file not in shipped)
    mistakes += _charter_words(own, folders)
    mistakes += _ways(file.tree for file in files)
    return Loaded(None if mistakes else hunts, tuple(sorted(mistakes)))


def check(folders: Folders, kinds: Sequence[type[Step]] = KINDS) -> list[Mistake]:
    """Return every mistake in the hunts, and where they and the charter do not agree."""
    return list(load_hunts(folders, kinds).mistakes)


def _shipped(folders: Folders) -> Iterator[Path]:
    """Yield the hunts that were written for another charter than this, and are not to be mended."""
    for folder in folders.prompts[:1]:
        if folders.charter.parent not in (folder, folder.parent):
            yield from (folder / "hunts" / "content").glob("*.yaml")


def _ways(trees: Iterable[Tree | None]) -> Iterator[Mistake]:
    """Yield where a hunt leads on to one that there is not, or in a circle."""
    hunts = {str(tree["id"]): tree for tree in trees if tree and isinstance(tree.get("id"), str)}
    ways = {id_: tree["next"] for id_, tree in hunts.items() if isinstance(tree.get("next"), str)}
    for id_, to in ways.items():
        if to not in hunts:
            what = f"There is no hunt {quote(to)} to lead on to."
            mend = meant(to, hunts, "Write the id of a hunt, or take 'next' out.")
            yield hunts[id_].mistake("next", what, mend)
        elif circle := circle_from(id_, ways):
            what = f"These hunts lead on in a circle: {', '.join(circle)}."
            yield hunts[id_].mistake("next", what, "Take 'next' out of one of them.")


def circle_from(id_: str, ways: Mapping[str, str]) -> list[str]:
    """Return the hunts on the way from this one back to itself; none where it comes to an end."""
    seen = [id_]
    while (following := ways.get(seen[-1])) is not None:
        if following == id_:
            return seen
        if following in seen:
            return []
        seen.append(following)
    return []


def _charter_words(hunts: Sequence[Tree], folders: Folders) -> Iterator[Mistake]:
    """Yield charter words that a newcomer could not find in the clause."""
    charter = clauses(folders.charter)
    for step in (step for hunt in hunts for step in entries(hunt, "steps")):
        name, answers = step.get("clause"), step.get("answers")
        if step.get("kind") != "charter-word" or not charter or not isinstance(name, str):
            continue
        if name not in charter:
            what = f"The charter has no clause {quote(name)}."
            mend = meant(name, charter, "Write the id of one of the charter's clauses.")
            yield step.mistake("clause", what, mend)
        elif isinstance(answers, Tree):
            yield from _absent(answers, charter[name])


def _absent(answers: Tree, clause: Tree) -> Iterator[Mistake]:
    texts = clause.get("text")
    for language, words in answers.items():
        text = texts.get(language) if isinstance(texts, Tree) else None
        if not isinstance(text, str) or not isinstance(words, list):
            continue  # told by the charter's own check, and by the model
        for word in (word for word in words if isinstance(word, str)):
            if not stands_in(word, text):
                what = f"{quote(word)} does not occur in the clause {quote(clause['id'])}."
                yield answers.mistake(language, what, "Take a word that stands in its text.")
