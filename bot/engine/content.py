"""Content files as frozen models: texts in several languages, and every mistake told at once.

A feature's models have `Content` as their base; it loads a file with `load`, and adds rules of its
own over the file's tree (`entries`, `repeated`), which hold even where another part is wrong.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.core.content import Mistake
from bot.core.mistyped import nearest
from bot.engine.findings import in_words, only_follows
from bot.engine.yaml import Items, Loaded, Tree, meant, quote, read

__all__ = ["Content", "Id", "Items", "Loaded", "Tree", "meant", "quote", "read"]

# Says in a sentence what is wrong with a text's template; None: nothing.
CheckTemplate = Callable[[str], str | None]
TITLE_LIMIT, TEXT_LIMIT = 60, 1500
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is gathered while a file is validated: mistakes that stop nothing, and its texts."""

    file: str
    check_template: CheckTemplate | None
    mistakes: list[Mistake] = field(default_factory=list)
    texts: list[Tree] = field(default_factory=list)


# --- types ---------------------------------------------------------------------------------------


class Content(BaseModel):
    """A part of a content file; unknown keys are refused, with the nearest known one."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _know_keys(cls, data: object, info: ValidationInfo) -> object:
        """Tell unknown keys, and read each as the key that was meant, so that it is told once."""
        if isinstance(data, Tree) and isinstance(info.context, _Reading):
            known = {f.alias or name for name, f in cls.model_fields.items()}
            for key in [key for key in data if key not in known]:
                what = f"The key {quote(key)} is unknown here."
                info.context.mistakes.append(data.mistake(key, what, meant(key, known)))
                value, near = data.pop(key), nearest(key, known)
                if near and near not in data:
                    data[near], data.lines[near] = value, data.lines[key]
        return data


def refuse(what: str, mend: str) -> PydanticCustomError:
    """Return what a validator raises; `what` goes on from the key's name: "is not …"."""
    return PydanticCustomError("refused", "{what}", {"what": what, "mend": mend})


def _kebab(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text) or len(text) > TITLE_LIMIT:
        mend = "Write it in small letters, digits and hyphens, for example first-steps."
        raise refuse(f"cannot be {quote(text)}.", mend)
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise refuse("has several lines.", "Write it in one line.")
    return text


def _legible(text: str) -> str:
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        raise refuse("contains a control character.", "Delete it.")
    return text


def _plain(text: str) -> str:
    if re.search(r"\{\{|\{%|\{#", text):
        mend = "Take {{ … }}, {% … %} and {# … #} out; this text is plain Markdown."
        raise refuse("contains a template.", mend)
    return text


def _template(text: str, info: ValidationInfo) -> str:
    check = info.context.check_template if isinstance(info.context, _Reading) else None
    if check is None:
        return _plain(text)
    if problem := check(text):
        what = f"contains a template that cannot be used: {problem[:120].rstrip('.')}."
        raise refuse(what, "Change what stands in braces, or take it out.")
    return text


def _by_language(value: object, info: ValidationInfo) -> object:
    """Note the texts, to compare their languages in the end; tell tags that name no language."""
    if isinstance(value, Tree) and isinstance(info.context, _Reading):
        info.context.texts.append(value)
        for tag in (tag for tag in value if not language(tag)):
            fixed = tag.replace("_", "-")
            mend = f"Write {fixed}." if language(fixed) else "Write a tag such as en, fr or pt-BR."
            what = f"{quote(tag)} is not the tag of a language."
            info.context.mistakes.append(value.mistake(tag, what, mend))
    return value


def exactly(count: int) -> BeforeValidator:
    """Return a validator that tells when a list has more or fewer entries."""

    def check(value: object, info: ValidationInfo) -> object:
        if isinstance(value, Items) and isinstance(info.context, _Reading) and len(value) != count:
            what = f"{quote(info.field_name)} needs exactly {count} entries, and has {len(value)}."
            more = count - len(value)
            mend = f"Add {more}." if more > 0 else f"Take {-more} out."
            info.context.mistakes.append(Mistake(info.context.file, value.line, what, mend))
        return value

    return BeforeValidator(check)


def between(fewest: int, most: int) -> BeforeValidator:
    """Return a validator that tells when a list has too few or too many entries."""

    def check(value: object, info: ValidationInfo) -> object:
        if isinstance(value, Items) and isinstance(info.context, _Reading):
            name, count = quote(info.field_name), len(value)
            what = f"{name} needs {fewest} to {most} entries, and has {count}."
            mend = "Add some." if count < fewest else "Take some out."
            if not fewest <= count <= most:
                info.context.mistakes.append(Mistake(info.context.file, value.line, what, mend))
        return value

    return BeforeValidator(check)


_Short = Annotated[
    str, StringConstraints(min_length=1, max_length=TITLE_LIMIT), AfterValidator(_legible)
]
_Long = Annotated[
    str, StringConstraints(min_length=1, max_length=TEXT_LIMIT), AfterValidator(_legible)
]
by_language = BeforeValidator(_by_language)
Id = Annotated[str, AfterValidator(_kebab)]
Whole = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]
Line = Annotated[_Short, AfterValidator(_one_line), AfterValidator(_plain)]
Text = Annotated[_Long, AfterValidator(_plain)]
TemplateText = Annotated[_Long, AfterValidator(_template)]
Title = Annotated[dict[str, Line], by_language]
Texts = Annotated[dict[str, Text], by_language]
Templates = Annotated[dict[str, TemplateText], by_language]


# --- loading -------------------------------------------------------------------------------------


def load(path: Path, model: type[M], check_template: CheckTemplate | None = None) -> Loaded[M]:
    """Load one file; without `check_template` no text may be a template."""
    found = read(path)
    if found.tree is None:
        return Loaded(None, found.mistakes)
    tree, value = found.tree, None
    reading = _Reading(str(path), check_template)
    broken = {mistake.line for mistake in found.mistakes}
    try:
        value = model.model_validate(tree, context=reading)
    except ValidationError as error:
        found_here = [one for one in error.errors(include_url=False) if not only_follows(one)]
        told = [_mistake(one, tree) for one in found_here]
        reading.mistakes.extend(mistake for mistake in told if mistake.line not in broken)
    mistakes = sorted({*found.mistakes, *reading.mistakes, *_languages(reading)})
    return Loaded(None if mistakes else value, tuple(mistakes), tree)


def language(tag: str) -> str | None:
    """Return the English name of a language (BCP 47), None when there is no such language."""
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?", tag):
        return None
    try:
        return Locale.parse(tag, sep="-").english_name
    except (UnknownLocaleError, ValueError):
        return None


def entries(tree: object, *path: str) -> Iterator[Tree]:
    """Yield the mappings that the keys lead to, through lists; passes over what is no mapping."""
    if isinstance(tree, list):
        for item in tree:
            yield from entries(item, *path)
    elif isinstance(tree, Tree) and path:
        yield from entries(tree.get(path[0]), *path[1:])
    elif isinstance(tree, Tree):
        yield tree


def repeated(trees: Iterable[Tree | None], key: str = "id") -> Iterator[Mistake]:
    """Yield a mistake for each tree whose id another has before it; both places are named."""
    seen: dict[str, Tree] = {}
    for tree in trees:
        if tree is None or not isinstance(name := tree.get(key), str):
            continue
        if other := seen.get(name):
            where = f"{other.file}:{other.lines[key]}"
            what = f"The {key} {quote(name)} is used already, in {where}."
            yield tree.mistake(key, what, f"Give it another {key}.")
        seen.setdefault(name, tree)


def clauses(charter: Path) -> Mapping[str, Tree]:
    """Return as many of a charter file's clauses as can be read, by id, for those who name one."""
    found = entries(read(charter).tree, "sections", "clauses")
    return {str(clause["id"]): clause for clause in found if "id" in clause}


def _languages(reading: _Reading) -> Iterator[Mistake]:
    """Yield where languages differ: each text has English and every language of the file."""
    texts = [tree for tree in reading.texts if all(map(language, tree))]
    for tag in sorted({"en"}.union(*texts)):
        having, lacking = [t for t in texts if tag in t], [t for t in texts if tag not in t]
        name = f"{language(tag)} ({tag})"
        if tag != "en" and len(having) < len(lacking):
            for tree in having:
                what = f"{name} stands here, but not in {len(lacking)} other texts of this file."
                yield tree.mistake(tag, what, f"Add {tag} to all of them, or take it out here.")
        else:
            for tree in lacking:
                rest = "." if tag == "en" else f", or take {tag} out of the whole file."
                yield tree.mistake("", f"{name} is missing here.", f"Add '{tag}:' here{rest}")


def _mistake(error: ErrorDetails, tree: Tree) -> Mistake:
    """Return what pydantic found, in its line and under the name that the file has for it."""
    node: object = tree
    line, names = tree.line, []
    for part in error["loc"]:
        if isinstance(node, Tree | Items) and part in node.lines:
            line, node = node.lines[part], node.at(part)
            names.append(str(part + 1) if isinstance(part, int) else part)
        elif error["type"] == "missing" and part == error["loc"][-1]:
            names.append(str(part))
    name = re.sub(r"^[\d.]+", "", ".".join(names[-3:])) or "This file"
    what, mend = in_words(error, quote(name))
    return Mistake(tree.file, line, what, mend)
