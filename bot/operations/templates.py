"""What templates say, and what is wrong in them: read and compiled, never run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from bot.core.content import Mistake
from bot.engine.words import Words
from bot.engine.yaml import meant, quote

PLACE = re.compile(r"%\((\w+)\)[sd]|%%")
_CALLS = ("_", "gettext", "ngettext", "pgettext", "npgettext")
Key = tuple[str | None, str]  # context and singular


@dataclass(frozen=True, slots=True)
class Said:
    """A message where a template says it: one text, or singular and plural."""

    ids: tuple[str, ...]
    file: Path
    line: int

    @property
    def where(self) -> str:
        """Return the place as a translator looks for it."""
        return f"{self.file.parent.name}/{self.file.name}:{self.line}"


def environment_of(template: Path) -> Environment:
    """Return the very environment that renders it, so that filters and extensions are the same."""
    return Words([template.parent.parent])._environment("en")


def extract(template: Path) -> tuple[dict[Key, Said], list[Mistake]]:
    """Return what a template says, and every mistake in it."""
    file = str(template)
    environment = environment_of(template)
    try:
        tree = environment.parse(template.read_text("utf-8"), filename=file)
    except TemplateSyntaxError as error:
        mend = "Look at the braces, and at what is opened or closed here."
        return {}, [_unreadable(file, error, mend)]
    except (OSError, UnicodeDecodeError):
        what = "This template cannot be read."
        return {}, [Mistake(file, 0, what, "Save it as UTF-8 text.")]
    messages, mistakes = {}, [*_blocks(file, tree), *_unknown(file, tree, environment)]
    if not mistakes:
        try:
            environment.compile(tree, filename=file)
        except TemplateSyntaxError as error:
            mend = "Change it, or take it out."
            mistakes.append(_unreadable(file, error, mend))
    for call in tree.find_all(nodes.Call):
        said = _message(template, call)
        if said is not None:
            messages[said[0]] = said[1]
            mistakes += _values(file, call, said[1])
    return messages, mistakes


def _unreadable(file: str, error: TemplateSyntaxError, mend: str) -> Mistake:
    what = f"This template cannot be read: {quote(error.message or '')}."
    return Mistake(file, error.lineno, what, mend)


def _blocks(file: str, tree: nodes.Template) -> Iterator[Mistake]:
    """Yield blocks that stand twice: Jinja knows each by its name."""
    lines: dict[str, int] = {}
    for block in sorted(tree.find_all(nodes.Block), key=lambda block: block.lineno):
        if block.name in lines:
            what = f"The block {quote(block.name)} stands here and in line {lines[block.name]}."
            yield Mistake(file, block.lineno, what, "Keep one of the two, or rename this one.")
        lines.setdefault(block.name, block.lineno)


def _unknown(file: str, tree: nodes.Template, environment: Environment) -> Iterator[Mistake]:
    """Yield filters and tests that there are not; inside an `if`, Jinja would tell only later."""
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        kind = "filter" if isinstance(node, nodes.Filter) else "test"
        known = environment.filters if kind == "filter" else environment.tests
        name = str(getattr(node, "name", ""))
        if name not in known:
            what = f"There is no {kind} {quote(name)}."
            yield Mistake(file, node.lineno, what, meant(name, known, "Take it out."))


def _message(template: Path, call: nodes.Call) -> tuple[Key, Said] | None:
    if not isinstance(call.node, nodes.Name) or call.node.name not in _CALLS:
        return None
    texts = tuple(
        each.value
        for each in call.args
        if isinstance(each, nodes.Const) and isinstance(each.value, str)
    )
    context = texts[0] if "pgettext" in call.node.name and texts else None
    ids = texts[1:] if context is not None else texts
    if not ids or not ids[0]:
        return None
    return (context, ids[0]), Said(ids[:2], template, call.lineno)


def _values(file: str, call: nodes.Call, said: Said) -> Iterator[Mistake]:
    """Yield what would fail when the message is filled in."""
    if "%" in PLACE.sub("", "".join(said.ids)):
        what = f"A lone % stands in {quote(said.ids[0])}."
        yield Mistake(file, said.line, what, "Write %% for a percent sign.")
    if call.dyn_kwargs is not None:
        return
    given = {keyword.key for keyword in call.kwargs}
    if len(said.ids) > 1:
        given.add("num")  # Jinja's own name for the number
    for name in sorted({match[1] for text in said.ids for match in PLACE.finditer(text)} - given):
        if name is not None:
            what = f"{quote(said.ids[0])} shows %({name[:40]})s, and is given no such value."
            yield Mistake(file, said.line, what, f"Give it: {name[:40]}=….")
