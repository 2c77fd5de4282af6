"""Every word that the bot says: Jinja2 templates and gettext catalogues from `prompts/`.

A feature's words stand in `<feature>/words.md.j2`, one block a message; the catalogues beside it
are `<feature>/<language>.po`. Whatever a template is given is escaped at the door, so that
nobody's text can become markup; our own rendered texts come as `Markdown` and stay as they are.

A host's own folder may hold some blocks of a feature alone: the others stay as they are shipped,
and `{{ super() }}` says within a block what the shipped one says.
"""

import gettext
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import (
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    nodes,
)
from jinja2.sandbox import SandboxedEnvironment

from bot.core.markup import Markdown, escape

FILE = "words.md.j2"
_TEMPLATE_LIMIT = 4000
_NESTING = 2
_BESIDE = ("else", "elif", "set", "do", "include", "import", "from", "extends")  # hold nothing
_DEEPEST = 40  # parts within parts: Jinja walks them by recursion, and so do we
_FILTERS = frozenset({"upper", "lower", "title", "capitalize", "trim"})
_LIST_FILTERS = frozenset({"join", "length"})


class Words:
    """The words in every language that has catalogues; English is what the templates say."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Read from these folders; a later one extends and overrides the earlier."""
        self.folders = list(folders)
        self._environments: dict[str, Environment] = {}
        self._catalogues: dict[str, gettext.NullTranslations] = {}
        self._of_feature: dict[tuple[str, str], list[Template]] = {}
        self._fixed: dict[tuple[str, str, str], Markdown] = {}

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that the bot speaks, English first."""
        found = {path.stem for folder in self.folders for path in folder.glob("*/*.po")}
        return ("en", *sorted(found - {"en"}))

    def nearest(self, *wanted: str | None) -> str:
        """Return the first wanted language that the bot speaks; English at last."""
        for tag in wanted:
            if not tag:
                continue
            base = re.split(r"[-_]", tag)[0].lower()
            if base in self.languages:
                return base
        return "en"

    def render(self, locale: str, name: str, values: Mapping[str, Any]) -> Markdown:
        """Render a block.

        Args:
            locale: the language to speak.
            name: `feature/block`.
            values: what the block shows; a name that it needs and does not get is an error.
        """
        feature, _, block = name.partition("/")
        templates = self._templates(locale, feature)
        shown = {key: _at_the_door(value) for key, value in values.items()}
        context = templates[0].new_context(shown)
        for template in templates[1:]:  # as Jinja does where one template extends another
            for each, said in template.blocks.items():
                context.blocks.setdefault(each, []).append(said)
        if block not in context.blocks:
            raise LookupError(f"There are no words {name}.")
        return Markdown("".join(context.blocks[block][0](context)).strip())

    def load(self, locale: str) -> None:
        """Read every template of a language, so that the first sentence comes as fast as others."""
        for folder in self.folders:
            for path in folder.glob(f"*/{FILE}"):
                self._templates(locale, path.parent.name)

    def names(self, feature: str) -> list[str]:
        """Return the names of a feature's blocks."""
        return sorted({name for each in self._templates("en", feature) for name in each.blocks})

    def fixed(self, locale: str, name: str, prefix: str) -> Markdown:
        """Render a block that shows nothing but the prefix of commands: once for all."""
        key = locale, name, prefix
        if key not in self._fixed:
            self._fixed[key] = self.render(locale, name, {"prefix": Markdown(prefix)})
        return self._fixed[key]

    def said(self, locale: str, english: str) -> str:
        """Return a sentence that was written down in English; as it is, where nobody translated."""
        self._environment(locale)
        return self._catalogues[locale].gettext(english)

    def _templates(self, locale: str, feature: str) -> list[Template]:
        """Return a feature's templates, the one that decides first."""
        key = locale, feature
        if key not in self._of_feature:
            environment = self._environment(locale)
            found = [
                environment.get_template(f"{number}/{feature}/{FILE}")
                for number, folder in reversed(list(enumerate(self.folders)))
                if (folder / feature / FILE).exists()
            ]
            if not found:
                raise LookupError(f"There are no words of {feature}.")
            self._of_feature[key] = found
        return self._of_feature[key]

    def _environment(self, locale: str) -> Environment:
        if locale not in self._environments:
            self._environments[locale] = self._make(locale)
        return self._environments[locale]

    def _make(self, locale: str) -> Environment:
        # The templates are ours and trusted; what moderators write goes through `check_template`.
        environment = Environment(  # noqa: S701 - the output is CommonMark, escaped at the door
            loader=PrefixLoader(
                {str(at): FileSystemLoader(str(folder)) for at, folder in enumerate(self.folders)}
            ),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.filters |= _formats(locale)
        said = self._catalogues[locale] = self._catalogue(locale)
        environment.install_gettext_translations(said, newstyle=True)  # type: ignore[attr-defined]
        return environment

    def _catalogue(self, locale: str) -> gettext.NullTranslations:
        whole: gettext.NullTranslations = gettext.NullTranslations()
        for folder in self.folders:
            for path in sorted(folder.glob(f"*/{locale}.po")):
                with path.open("rb") as file:
                    catalogue = read_po(file, locale=locale)
                compiled = io.BytesIO()
                write_mo(compiled, catalogue)
                compiled.seek(0)
                translations = gettext.GNUTranslations(compiled)
                translations.add_fallback(whole)
                whole = translations
        return whole


def language_name(tag: str) -> str:
    """Return a language's name in itself."""
    try:
        return (Locale.parse(tag).get_display_name(tag) or tag).capitalize()
    except (UnknownLocaleError, ValueError):
        return tag


def _formats(locale: str) -> dict[str, Any]:
    def day(value: date | datetime) -> str:
        return escape(_date(value, "EEEE d MMMM", locale))

    def full_day(value: date | datetime) -> str:
        return escape(_date(value, "long", _clock_locale(locale)))

    def clock(value: datetime | time) -> str:
        return escape(_clock(value, locale))

    def moment(value: datetime) -> str:
        at_day = _date(value, "EEEE d MMMM", locale)
        return escape(f"{at_day}, {_clock(value, locale)}")

    return {
        "day": day,
        "full_day": full_day,
        "clock": clock,
        "moment": moment,
    }


def _date(value: date | datetime, pattern: str, locale: str) -> str:
    shown = format_date(value, pattern, locale=locale)
    # French counts the first day of a month, which the locale data does not know.
    return re.sub(r"\b1 ", "1er ", shown, count=1) if locale.startswith("fr") else shown


def _clock(value: datetime | time, locale: str) -> str:
    return format_time(value, "short", locale=_clock_locale(locale))


def _clock_locale(locale: str) -> str:
    # The day before the month, and a 24-hour clock, read the same to everybody.
    return "en_GB" if locale == "en" else locale


def _at_the_door(value: object) -> object:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Mapping):
        return {key: _at_the_door(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_at_the_door(item) for item in value]
    return value


_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Filter,
    nodes.If,
    nodes.For,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
)


class TemplateMistake(ValueError):
    """A moderator's template is outside the subset; the message says what, in a short English
    phrase.
    """

    def __init__(self, reason: str, part: str = "") -> None:
        """Name the reason (a block of `engine/words.md.j2`) and the part of the template."""
        super().__init__(f"{reason}: {part}" if part else reason)
        self.reason = reason
        self.part = part


def check_template(text: str, variables: Sequence[str], lists: Sequence[str] = ()) -> None:
    """Refuse a moderator's template unless it is text, known variables and filters, `if`, and
    `for` over given lists.

    The parsed template is looked at and never run: Jinja's sandbox does not bound work.

    Raises: `TemplateMistake`.
    """
    if len(text) > _TEMPLATE_LIMIT:
        raise TemplateMistake("template_too_long", str(_TEMPLATE_LIMIT))
    try:
        environment = SandboxedEnvironment()
        _refuse_depth(environment.lex(text))
        tree = environment.parse(text)
    except (TemplateSyntaxError, RecursionError) as error:
        raise TemplateMistake("template_syntax", str(error)[:80]) from error
    known = {*variables, *lists}
    _walk(tree, known, frozenset(lists), 0, 0)


def _refuse_depth(tokens: Iterable[tuple[int, str, str]]) -> None:
    """Refuse what Jinja would parse by recursion down to Python's limit: that takes long."""
    brackets = signs = statements = 0
    opens = False
    for _, kind, value in tokens:
        if kind in ("variable_begin", "block_begin"):
            brackets = signs = 0
            opens = kind == "block_begin"
        elif kind == "operator":
            brackets += (value in "([{") - (value in ")]}")
            signs += value in "+-"
        elif kind == "name":
            signs += value in ("not", "else")
            if opens:
                statements += value not in _BESIDE and (-1 if value.startswith("end") else 1)
            opens = False
        if max(brackets, signs, statements) > _DEEPEST:
            raise TemplateMistake("template_syntax", value[:20])


def _walk(node: nodes.Node, known: set[str], lists: frozenset[str], loops: int, depth: int) -> None:
    if depth > _DEEPEST:
        raise TemplateMistake("template_syntax", type(node).__name__.lower())
    if not isinstance(node, _ALLOWED):
        raise TemplateMistake("template_forbidden", type(node).__name__.lower())
    if isinstance(node, nodes.Filter) and not _harmless(node, lists):
        raise TemplateMistake("template_filter", node.name)
    if isinstance(node, nodes.Operand) and node.op not in ("eq", "ne"):
        raise TemplateMistake("template_forbidden", node.op)  # fails for some values only
    if isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in known:
        raise TemplateMistake("template_variable", node.name)
    if isinstance(node, nodes.For):
        if loops >= _NESTING or node.recursive or node.test is not None:
            raise TemplateMistake("template_forbidden", "for")
        if not isinstance(node.iter, nodes.Name) or node.iter.name not in lists:
            raise TemplateMistake("template_forbidden", "for")
        if not isinstance(node.target, nodes.Name):
            raise TemplateMistake("template_forbidden", "for")
        known, loops = known | {node.target.name}, loops + 1
    for child in node.iter_child_nodes():
        _walk(child, known, lists, loops, depth + 1)


def _harmless(node: nodes.Filter, lists: frozenset[str]) -> bool:
    """Tell whether a filter works whatever the values are."""
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        return False
    if node.name in _FILTERS:
        return not node.args
    of_list = isinstance(node.node, nodes.Name) and node.node.name in lists
    words = all(isinstance(each, nodes.Const) for each in node.args)
    most = 1 if node.name == "join" else 0
    return node.name in _LIST_FILTERS and of_list and words and len(node.args) <= most


def render_template(text: str, values: Mapping[str, Any]) -> Markdown:
    """Render a template that `check_template` accepted."""
    shown = {key: _at_the_door(value) for key, value in values.items()}
    return Markdown(_compiled(text).render(shown))


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    return SandboxedEnvironment(undefined=StrictUndefined).from_string(text)
