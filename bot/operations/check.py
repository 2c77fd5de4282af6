"""`circlekeeper check`: every mistake in settings, content, templates and translations, at once.

Features bring their own checks; here are those of the words that all of them say.
"""

import gettext
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from bot.core.content import Folders, Mistake
from bot.engine.content import language
from bot.engine.yaml import MAX_BYTES, quote, reading_once
from bot.operations.blocks import own_words
from bot.operations.templates import PLACE, Key, Said, extract

_STRING = r'"(?:[^"\\]|\\.)*"'
_PO_LINE = re.compile(rf"\s*(#.*|((msgctxt|msgid|msgid_plural|msgstr(\[\d\])?)\s+)?{_STRING}\s*)?")


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
    found = {*settings_mistakes, *_unread(folders), *_words(folders), *own_words(folders.prompts)}
    with reading_once():
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
    said: dict[str, dict[Key, Said]] = {}
    for folder in folders.prompts:
        own: dict[str, dict[Key, Said]] = {}
        for template in sorted(folder.glob("*/*.md.j2")):
            messages, mistakes = extract(template)
            own.setdefault(template.parent.name, {}).update(messages)
            yield from mistakes
        for feature, messages in own.items():
            said[feature] = said.get(feature, {}) | messages
        for path in sorted(folder.glob("*/*.po")):
            feature = path.parent.name
            known = said.get(feature, {})
            yield from _catalogue(path, known, own.get(feature, known))


def _catalogue(
    path: Path, known: Mapping[Key, Said], wanted: Mapping[Key, Said]
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
            catalog = read_po(file, locale=path.stem.replace("-", "_"), abort_invalid=True)
        return catalog, list(_plural_forms(path, lines))
    except PoFileError as error:
        what = f"This catalogue cannot be read: {quote(re.sub(r' on [0-9]+$', '', str(error)))}."
        return None, [Mistake(str(path), error.lineno + 1, what, "Mend the message.")]
    except (OSError, ValueError):
        mend = "Save it as a gettext catalogue in UTF-8."
        return None, [Mistake(str(path), 0, "This catalogue cannot be read.", mend)]


def _plural_forms(path: Path, lines: Sequence[str]) -> Iterator[Mistake]:
    """Tell of a rule for plurals that gettext would fail on, when the bot starts."""
    for number, line in enumerate(lines, 1):
        rule = re.match(r'\s*"Plural-Forms:(?:[^;]*;\s*plural=([^;"\\]*))?', line)
        try:
            if rule:
                gettext.c2py((rule[1] or "").strip())(1)
        except (ValueError, ArithmeticError):
            what = "The rule for plurals cannot be read."
            mend = "Write it as in gettext's manual: nplurals=2; plural=(n > 1);"
            yield Mistake(str(path), number, what, mend)


def _entry(file: str, entry: Message, said: Said, plurals: int) -> Iterator[Mistake]:
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


def _placeholders(file: str, line: int, said: Said, texts: Sequence[str]) -> Iterator[Mistake]:
    may = set().union(*map(_shown, said.ids))
    must = may.intersection(*map(_shown, said.ids))
    for text in texts:
        shown = _shown(text)
        for place in sorted(shown - may):
            what = f"The translation shows {place[:44]}, which {said.where} does not."
            mend = f"Possible are: {', '.join(sorted(may))}." if may else "Take it out."
            yield Mistake(file, line, what, mend)
        for place in sorted(must - shown):
            what = f"The translation lacks {place}, which {said.where} shows."
            yield Mistake(file, line, what, "Put it where the value belongs.")
        if "%" in PLACE.sub("", text):
            what = f"A lone % stands in the translation of {quote(said.ids[0])}."
            yield Mistake(file, line, what, "Write %% for a percent sign.")


def _shown(text: str) -> set[str]:
    """Return the places for values; one for text cannot take a number, nor the other way round."""
    return {match[0] for match in PLACE.finditer(text) if match[1]}


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
