"""Weekly prompts as files: `prompts/prompts/content/<kind>.yaml`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from bot.core.content import Folders, Mistake
from bot.engine.content import (
    CheckTemplate,
    Content,
    Id,
    Items,
    Line,
    Loaded,
    Templates,
    Text,
    Texts,
    Title,
    Tree,
    YesNo,
    between,
    by_language,
    entries,
    exactly,
    load,
    meant,
    quote,
    read,
    repeated,
)
from bot.engine.words import TemplateMistake, check_template
from bot.features.prompts import hands
from bot.features.prompts.hands import FEWEST, MOST

Kind = Literal[
    "story",
    "puzzle",
    "values-gap",
    "perspective",
    "experiment",
    "words",
    "basic",
    "difference",
    "us",
]
# What a prompt's text may show, as {{ community }}. What nobody contributes yet is empty, so that
# a text can ask for it: {% if harvest %} … {% endif %}.
VARIABLES = ("community", "purpose", "words", "harvest")
ARC_LENGTH = 4
_THREE = WithJsonSchema(
    {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3}
)
_FOUR = WithJsonSchema(
    {"type": "array", "items": {"type": "string"}, "minItems": ARC_LENGTH, "maxItems": ARC_LENGTH}
)
_HANDS = WithJsonSchema(
    {"type": "array", "items": {"type": "string"}, "minItems": FEWEST, "maxItems": MOST}
)
Hands = Annotated[
    dict[str, Annotated[tuple[Line, ...], between(FEWEST, MOST), _HANDS]], by_language
]
Starters = Annotated[dict[str, Annotated[tuple[Text, ...], exactly(3), _THREE]], by_language]


class Entry(Content):
    """A prompt as a file has it.

    `exposed`: to answer shows something of oneself, so it waits until people know each other.
    `after`: the prompt that must have been posted before this one. `note` is for its steward.
    `hands`: short answers for a show of hands, the same ones in each language.
    """

    id: Id
    exposed: YesNo = False
    after: Id | None = None
    title: Title
    text: Templates
    easier: Templates
    starters: Starters
    hands: Hands = Field(default_factory=dict)
    intent: Texts
    note: Texts


class File(Content):
    """One file: prompts of one kind."""

    format: Literal[1] = Field(alias="schema")
    kind: Kind
    prompts: tuple[Entry, ...]


class Prompt(Entry):
    """A prompt of the library."""

    kind: Kind


class Arc(Content):
    """Four prompts that follow one another, when a moderator wants them to."""

    format: Literal[1] = Field(alias="schema")
    id: Id
    title: Title
    about: Texts
    prompts: Annotated[tuple[Id, ...], exactly(ARC_LENGTH), _FOUR]


def load_prompts(
    folders: Folders, check_template: CheckTemplate | None = None
) -> Loaded[Mapping[str, Prompt]]:
    """Load every prompt by its id, the shipped ones first."""
    judge = check_template or template_problem
    files = [load(path, File, judge) for path in folders.files("prompts")]
    mistakes = [mistake for file in files for mistake in file.mistakes]
    trees = [tree for file in files for tree in entries(file.tree, "prompts")]
    mistakes += [*repeated(trees), *_order(trees), *_hands(trees)]
    found = [file.value for file in files if file.value]
    prompts = {
        entry.id: Prompt.model_construct(kind=file.kind, **dict(entry))
        for file in found
        for entry in file.prompts
    }
    return Loaded(None if mistakes else prompts, tuple(sorted(mistakes)))


def load_arcs(
    folders: Folders, prompts: Mapping[str, Prompt] | None = None
) -> Loaded[Mapping[str, Arc]]:
    """Load every arc by its id, the shipped ones first; `prompts` where they are loaded already."""
    files = [load(path, Arc) for path in folders.files("prompts", "arcs/*.yaml")]
    mistakes = [mistake for file in files for mistake in file.mistakes]
    mistakes += repeated(file.tree for file in files)
    known = (
        {prompt.id: (prompt.kind, prompt.after) for prompt in prompts.values()}
        if prompts
        else _known(folders)
    )
    for file in files:
        if file.tree is not None:
            mistakes += _steps(file.tree, known)
    arcs = {file.value.id: file.value for file in files if file.value}
    return Loaded(None if mistakes else arcs, tuple(sorted(mistakes)))


def check(folders: Folders) -> list[Mistake]:
    """Return every mistake in the weekly prompts and the arcs."""
    return [*load_prompts(folders).mistakes, *load_arcs(folders).mistakes]


def template_problem(text: str) -> str | None:
    """Return what is wrong with a prompt's template, None when nothing is."""
    try:
        check_template(text, VARIABLES)
    except TemplateMistake as mistake:
        return _PROBLEMS.get(mistake.reason, "it cannot be read") + (
            f", {quote(mistake.part)}" if mistake.part else ""
        )
    return None


_PROBLEMS = {
    "template_too_long": "it is too long",
    "template_syntax": "it is unfinished or misspelt",
    "template_forbidden": "it does more than show a value",
    "template_filter": "there is no such filter",
    "template_variable": f"only {', '.join(VARIABLES[:-1])} and {VARIABLES[-1]} can be shown",
}


def _order(prompts: list[Tree]) -> Iterator[Mistake]:
    """Yield prompts that come after one that does not exist, or after themselves in the end."""
    before = {str(prompt.get("id")): prompt.get("after") for prompt in prompts}
    for prompt in prompts:
        after = prompt.get("after")
        if not isinstance(after, str):
            continue
        if after not in before:
            what = f"There is no prompt {quote(after)} to come after."
            mend = meant(after, before, "Write the id of another prompt, or null.")
            yield prompt.mistake("after", what, mend)
        elif str(prompt.get("id")) in _behind(after, before):
            what = f"This prompt waits for {quote(after)}, which in the end waits for this one."
            yield prompt.mistake("after", what, "Write 'after: null' at the one that comes first.")


def _hands(prompts: list[Tree]) -> Iterator[Mistake]:
    """Yield shows of hands whose answers are not the same ones in each language."""
    for prompt in prompts:
        asked = prompt.get("hands")
        if not isinstance(asked, Tree):
            continue
        lists = {tag: each for tag, each in asked.items() if isinstance(each, Items)}
        for tag, each in lists.items():
            if twice := hands.repeated([str(answer) for answer in each]):
                what = f"The answer {quote(twice)} stands here twice."
                yield asked.mistake(tag, what, "Put another in its place, or take it out.")
        counts = {len(each) for each in lists.values() if FEWEST <= len(each) <= MOST}
        if len(counts) > 1:
            what = "A show of hands has more answers in one language than in another."
            yield prompt.mistake("hands", what, "Write the same answers in each, in one order.")


def _known(folders: Folders) -> dict[str, tuple[str, str | None]]:
    """Return as many prompts as can be read, by id: the kind, and what each comes after."""
    trees = [read(path).tree for path in folders.files("prompts")]
    return {
        str(entry.get("id")): (str(tree.get("kind")), entry.get("after"))
        for tree in trees
        if tree is not None
        for entry in entries(tree, "prompts")
    }


def _steps(arc: Tree, known: Mapping[str, tuple[str, str | None]]) -> Iterator[Mistake]:
    """Yield steps of an arc that cannot follow one another."""
    steps = arc.get("prompts")
    if not isinstance(steps, Items):
        return
    before: list[str] = []
    for number, step in enumerate(map(str, steps)):
        line = steps.lines.get(number, steps.line)
        if step not in known:
            mend = meant(step, known, "Write the id of a prompt.")
            yield Mistake(arc.file, line, f"There is no prompt {quote(step)}.", mend)
            continue
        kind, after = known[step]
        if step in before:
            what = f"The prompt {quote(step)} stands here twice."
            yield Mistake(arc.file, line, what, "Put another in its place.")
        elif before and before[-1] in known and known[before[-1]][0] == kind:
            what = f"{quote(step)} is of the kind {quote(kind)}, as the one before it is."
            yield Mistake(arc.file, line, what, "Put one of another kind between them.")
        if after is not None and after not in before:
            what = f"{quote(step)} comes back to {quote(after)}, which does not stand before it."
            yield Mistake(arc.file, line, what, f"Put {quote(after)} further up.")
        before.append(step)


def _behind(after: object, before: Mapping[str, object]) -> set[str]:
    seen: set[str] = set()
    while isinstance(after, str) and after in before and after not in seen:
        seen.add(after)
        after = before[after]
    return seen
