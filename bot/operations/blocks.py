"""`check` on a host's own words: blocks that override shipped ones, and what these are given."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from bot.core.content import Mistake
from bot.engine.words import FILE
from bot.engine.yaml import meant, quote
from bot.operations.templates import environment_of

Blocks = Mapping[str, frozenset[str]]  # by name: what each is given to show


def own_words(folders: Sequence[Path]) -> Iterator[Mistake]:
    """Yield what is said in the folders that extend the first, and that the bot does not say."""
    known: dict[str, Blocks] = {}
    for number, folder in enumerate(folders):
        templates = {each.parent.name: each for each in sorted(folder.glob(f"*/{FILE}"))}
        for feature, template in templates.items() if number else ():
            if feature in known:
                yield from _overrides(template, known[feature])
            else:
                what = f"No part of the bot is called {quote(feature)}; this is never said."
                mend = meant(feature, known, "Name the folder as a shipped one.")
                yield Mistake(str(template), 1, what, mend)
        if folder != folders[-1]:  # it takes time, and a host may have no folder
            known = {each: _blocks(template) for each, template in templates.items()} | known


def _blocks(template: Path) -> Blocks:
    """Return a template's blocks, with the names of what each of them shows."""
    tree = _tree(template)
    return {each.name: frozenset(_shown(each)) for each in _all(tree)} if tree else {}


def _overrides(template: Path, known: Blocks) -> Iterator[Mistake]:
    """Yield what a host's template says that nobody would hear, or that would fail when said.

    Args:
        known: the blocks of the template that this one extends.
    """
    file, tree = str(template), _tree(template)
    for part in tree.body if tree else ():
        if not isinstance(part, nodes.Block | nodes.Extends) and not _is_blank(part):
            what = "This stands outside of every block, so it is never said."
            mend = "Put it between {% block … %} and {% endblock %}, or take it out."
            yield Mistake(file, part.lineno, what, mend)
    for block in _all(tree):
        if block.name not in known:
            what = f"There is no block {quote(block.name)} in the shipped words."
            mend = "Write the name of a block in the shipped file, or take it out."
            yield Mistake(file, block.lineno, what, meant(block.name, known, mend))
            continue
        given = known[block.name]
        for name, line in sorted(_shown(block).items()):
            if name not in given:
                what = f"The block {quote(block.name)} is not given {quote(name)} to show."
                mend = "Take it out." if not given else ""
                yield Mistake(file, line, what, meant(name, given, mend))


def _tree(template: Path) -> nodes.Template | None:
    """Return a template as it is parsed; None where `extract` tells that it cannot be."""
    try:
        return environment_of(template).parse(template.read_text("utf-8"))
    except (TemplateSyntaxError, OSError, UnicodeDecodeError):
        return None


def _all(tree: nodes.Template | None) -> Iterator[nodes.Block]:
    yield from tree.find_all(nodes.Block) if tree else ()


def _is_blank(part: nodes.Node) -> bool:
    return isinstance(part, nodes.Output) and all(
        isinstance(each, nodes.TemplateData) and not each.data.strip() for each in part.nodes
    )


def _shown(block: nodes.Block) -> dict[str, int]:
    """Return what a block shows, and in which line first."""
    environment = block.environment
    assert environment is not None
    inside = nodes.Template(block.body, lineno=block.lineno)
    inside.set_environment(environment)
    try:
        names = find_undeclared_variables(inside) - {*environment.globals, "super", "self"}
    except TemplateSyntaxError:  # an unknown filter, which `extract` tells
        return {}
    lines: dict[str, int] = {}
    for each in block.find_all(nodes.Name):
        if each.name in names:
            lines.setdefault(each.name, each.lineno)
    return lines
