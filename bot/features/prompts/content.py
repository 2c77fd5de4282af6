"""Weekly prompts as files: `prompts/prompts/content/<kind>.yaml`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from bot.core.content import Folders, Mistake
from bot.engine.content import (
    CheckTemplate,
    Content,
    Id,
    Loaded,
    Templates,
    Text,
    Texts,
    Title,
    Tree,
    YesNo,
    by_language,
    entries,
    exactly,
    load,
    meant,
    quote,
    repeated,
)
from bot.engine.words import TemplateMistake, check_template

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
VARIABLES = ("community", "purpose")  # what a prompt's text may show: {{ community }}
Starters = Annotated[dict[str, Annotated[tuple[Text, ...], exactly(3)]], by_language]


class Entry(Content):
    """A prompt as a file has it.

    `exposed`: to answer shows something of oneself, so it waits until people know each other.
    `after`: the prompt that must have been posted before this one. `note` is for its steward.
    """

    id: Id
    exposed: YesNo = False
    after: Id | None = None
    title: Title
    text: Templates
    easier: Templates
    starters: Starters
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


def load_prompts(
    folders: Folders, check_template: CheckTemplate | None = None
) -> Loaded[Mapping[str, Prompt]]:
    """Load every prompt by its id, the shipped ones first."""
    judge = check_template or template_problem
    files = [load(path, File, judge) for path in folders.files("prompts")]
    mistakes = [mistake for file in files for mistake in file.mistakes]
    trees = [tree for file in files for tree in entries(file.tree, "prompts")]
    mistakes += [*repeated(trees), *_order(trees)]
    found = [file.value for file in files if file.value]
    prompts = {
        entry.id: Prompt.model_construct(kind=file.kind, **dict(entry))
        for file in found
        for entry in file.prompts
    }
    return Loaded(None if mistakes else prompts, tuple(sorted(mistakes)))


def check(folders: Folders) -> list[Mistake]:
    """Return every mistake in the weekly prompts."""
    return list(load_prompts(folders).mistakes)


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
    "template_variable": f"only {' and '.join(VARIABLES)} can be shown",
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


def _behind(after: object, before: Mapping[str, object]) -> set[str]:
    seen: set[str] = set()
    while isinstance(after, str) and after in before and after not in seen:
        seen.add(after)
        after = before[after]
    return seen
