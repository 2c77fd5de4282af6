"""`circlekeeper check`: every mistake in settings, content, templates and translations, at once.

Features bring their own checks; here are those of the words that all of them say.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po
from jinja2 import TemplateSyntaxError
from jinja2.ext import babel_extract

from bot.core.content import Folders, Mistake
from bot.engine.content import language
from bot.engine.yaml import MAX_BYTES, quote

KEYWORDS = ("_", "gettext", "ngettext", "pgettext", "npgettext")
# As `bot.engine.words` renders them.
_OPTIONS = {
    "extensions": "jinja2.ext.do",
    "newstyle_gettext": "true",
    "trimmed": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
_STRING = r'"(?:[^"\\]|\\.)*"'
_PO_LINE = re.compile(rf"\s*(#.*|((msgctxt|msgid|msgid_plural|msgstr(\[\d\])?)\s+)?{_STRING}\s*)?")
_PLACE = re.compile(r"%\((\w+)\)[sd]|%%")
Key = tuple[str | None, str]  # context and singular


@dataclass(frozen=True, slots=True)
class _Said:
    """A message where a template says it: one text, or singular and plural."""

    ids: tuple[str, ...]
    file: Path
    line: int

    @property
    def where(self) -> str:
        return f"{self.file.parent.name}/{self.file.name}:{self.line}"


def check(
    folders: Folders,
    contributed: Sequence[Callable[[Folders], list[Mistake]]] = (),
    settings_mistakes: Iterable[Mistake] = (),
) -> list[Mistake]:
    """Return every mistake, sorted by place.

    Args:
        contributed: the features' own checks.
        settings_mistakes: what `check_settings` found.
    """
    found = {*settings_mistakes, *_unread(folders), *_words(folders)}
    for one in contributed:
        found.update(one(folders))
    return sorted(found)


def _unread(folders: Folders) -> Iterator[Mistake]:
    """Yield files that someone meant as content, and that nothing reads."""
    for path in (path for folder in folders.prompts for path in folder.glob("*/content/*")):
        if path.suffix.lower() in {".yml", ".json", ".yaml"} and path.suffix != ".yaml":
            what = "This file is not read: content files are named *.yaml."
            yield Mistake(str(path), 0, what, f"Rename it to {quote(path.stem + '.yaml')}.")


def _words(folders: Folders) -> Iterator[Mistake]:
    """Yield what is wrong with templates and catalogues, folder by folder.

    A host's folder has to translate what its own templates say; what the shipped ones say, it may.
    """
    said: dict[str, dict[Key, _Said]] = {}
    for folder in folders.prompts:
        own: dict[str, dict[Key, _Said]] = {}
        for template in sorted(folder.glob("*/*.md.j2")):
            messages, mistakes = _extract(template)
            own.setdefault(template.parent.name, {}).update(messages)
            yield from mistakes
        for feature, messages in own.items():
            said[feature] = said.get(feature, {}) | messages
        for path in sorted(folder.glob("*/*.po")):
            feature = path.parent.name
            known = said.get(feature, {})
            yield from _catalogue(path, known, own.get(feature, known))


def _extract(template: Path) -> tuple[dict[Key, _Said], list[Mistake]]:
    messages: dict[Key, _Said] = {}
    mistakes: list[Mistake] = []
    try:
        with template.open("rb") as file:
            for line, function, message, _ in babel_extract(file, KEYWORDS, (), _OPTIONS):
                parts = [message] if isinstance(message, str) else list(message or ())
                texts = tuple(part for part in parts if isinstance(part, str))
                context = texts[0] if "pgettext" in function and texts else None
                ids = texts[1:] if context is not None else texts
                if not ids or not ids[0]:
                    continue
                messages[context, ids[0]] = _Said(ids[:2], template, line)
                if "%" in _PLACE.sub("", "".join(ids)):
                    what = f"A lone % stands in {quote(ids[0])}."
                    mend = "Write %% for a percent sign."
                    mistakes.append(Mistake(str(template), line, what, mend))
    except TemplateSyntaxError as error:
        what = f"This template cannot be read: {quote(error.message)}."
        mend = "Look at the braces, and at what is opened or closed here."
        mistakes.append(Mistake(str(template), error.lineno, what, mend))
    except (OSError, UnicodeDecodeError):
        what = "This template cannot be read."
        mistakes.append(Mistake(str(template), 0, what, "Save it as UTF-8 text."))
    return messages, mistakes


def _catalogue(
    path: Path, known: Mapping[Key, _Said], wanted: Mapping[Key, _Said]
) -> Iterator[Mistake]:
    file = str(path)
    if not language(path.stem.replace("_", "-")):
        what = f"{quote(path.stem)} is not the tag of a language."
        yield Mistake(file, 0, what, "Name the file by its language, for example fr.po.")
        return
    catalog, mistakes = _read(path)
    yield from mistakes
    if catalog is None:
        return
    entries = {(one.context, _singular(one)): one for one in catalog if one.id}
    for key, entry in entries.items():
        if key not in known:
            what = f"No template says {quote(key[1])} any more."
            yield Mistake(file, entry.lineno or 0, what, "Take the message out.")
        else:
            yield from _entry(file, entry, known[key], catalog.num_plurals)
    for old in catalog.obsolete.values():
        what = f"The message {quote(_singular(old))} is marked as obsolete."
        yield Mistake(file, old.lineno or 0, what, "Take the message out.")
    for key, message in wanted.items():
        if key not in entries:
            what = f"There is no translation of {quote(key[1])}, which {message.where} says."
            yield Mistake(file, 0, what, "Add the message with its translation.")


def _read(path: Path) -> tuple[Catalog | None, list[Mistake]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            mend = "Take out what does not belong there."
            return None, [Mistake(str(path), 0, "This file is larger than 1 MB.", mend)]
        lines = path.read_text("utf-8").splitlines()
        wrong = [n for n, line in enumerate(lines, 1) if not _PO_LINE.fullmatch(line)]
        if wrong:
            what, mend = "This line is no part of a catalogue.", "Look at its quotes and keyword."
            return None, [Mistake(str(path), line, what, mend) for line in wrong]
        with path.open("rb") as file:
            return read_po(file, locale=path.stem.replace("-", "_"), abort_invalid=True), []
    except PoFileError as error:
        what = f"This catalogue cannot be read: {quote(re.sub(r' on [0-9]+$', '', str(error)))}."
        return None, [Mistake(str(path), error.lineno + 1, what, "Mend the message.")]
    except (OSError, ValueError):
        mend = "Save it as a gettext catalogue in UTF-8."
        return None, [Mistake(str(path), 0, "This catalogue cannot be read.", mend)]


def _entry(file: str, entry: Message, said: _Said, plurals: int) -> Iterator[Mistake]:
    """Yield what is wrong with the translation of a message that a template says."""
    line, name = entry.lineno or 0, quote(said.ids[0])
    texts = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
    if entry.fuzzy:
        mend = "Look at the translation, then take the word 'fuzzy' out."
        yield Mistake(file, line, f"The translation of {name} is only a guess (fuzzy).", mend)
    if isinstance(entry.id, str) != (len(said.ids) == 1):
        what = f"{name} has a plural only here, or only in {said.where}."
        yield Mistake(
            file, line, what, "Give the message msgid_plural exactly if the template does."
        )
    elif not all(texts) or (len(said.ids) > 1 and len(texts) != plurals):
        yield Mistake(file, line, f"{name} is not translated.", "Write the translation.")
    else:
        yield from _placeholders(file, line, said, texts)


def _placeholders(file: str, line: int, said: _Said, texts: Sequence[str]) -> Iterator[Mistake]:
    may = set().union(*map(_names, said.ids))
    must = may.intersection(*map(_names, said.ids))
    for text in texts:
        names = _names(text)
        for name in sorted(names - may):
            what = f"The translation shows %({name[:40]})s, which {said.where} does not."
            mend = f"Possible are: {', '.join(sorted(may))}." if may else "Take it out."
            yield Mistake(file, line, what, mend)
        for name in sorted(must - names):
            what = f"The translation lacks %({name})s, which {said.where} shows."
            yield Mistake(file, line, what, "Put it where the value belongs.")
        if "%" in _PLACE.sub("", text):
            what = f"A lone % stands in the translation of {quote(said.ids[0])}."
            yield Mistake(file, line, what, "Write %% for a percent sign.")


def _names(text: str) -> set[str]:
    return {match[1] for match in _PLACE.finditer(text) if match[1]}


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
