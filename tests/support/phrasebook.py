"""What the dialogues say in English, in another language: from the catalogues and the content.

A dialogue hears a part of a sentence. In the other language it hears that whole sentence, with the
same values in it.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from ruamel.yaml import YAML

from bot.engine.words import language_name

ROOT = Path(__file__).parents[2]
_PLACE = re.compile(r"%\((\w+)\)s")


class Phrasebook:
    """English to one other language.

    Args:
        language: which.
        plain: what makes a text of the bot's read as people see it.
        more: what is put together from several texts.
    """

    def __init__(
        self, language: str, plain: Callable[[str], str], more: dict[str, str] | None = None
    ) -> None:
        """Read everything that the bot can say."""
        self._more = {language_name("en"): language_name(language), **(more or {})}
        said = {(plain(english), plain(other)) for english, other in _texts(language)}
        self._said = sorted(said)

    def hears(self, part: str, text: str) -> bool:
        """Tell whether a text says what an English one does that has this part."""
        return any(found.search(text) for found in self._patterns(part))

    @cache  # noqa: B019 - it lives as long as the tests
    def labels(self, label: str) -> list[str]:
        """Return what may stand on a button in place of an English label."""
        if label in self._more:
            return [self._more[label]]
        found = []
        for english, other in self._said:
            values = _aligned(label.split(), english.split(), whole=True)
            if values is not None:
                found.append(_PLACE.sub(lambda match: values.get(match[1], ""), other))  # noqa: B023
        return found or [label]

    @cache  # noqa: B019
    def _patterns(self, part: str) -> list[re.Pattern[str]]:
        if part in self._more:
            return [re.compile(re.escape(self._more[part]))]
        found = []
        for english, other in self._said:
            values = _aligned(part.split(), english.split())
            if values is not None:
                found.append(_pattern(other, values))
        return found or [re.compile(re.escape(part))]  # own words, and commands


def _aligned(part: list[str], words: list[str], *, whole: bool = False) -> dict[str, str] | None:
    """Find words in a text with places; return what stands in the places that they cover."""
    last = len(words) - len(part)
    if whole and last:
        return None
    for start in range(last + 1):
        values = _covered(part, words[start : start + len(part)], whole=whole)
        if values is not None:
            return values
    return None


def _covered(part: list[str], words: list[str], *, whole: bool) -> dict[str, str] | None:
    values: dict[str, str] = {}
    said = guessed = 0  # words that stand there, and words that a place may hold
    for number, (word, template) in enumerate(zip(part, words, strict=True)):
        first, last = number == 0 and not whole, number == len(part) - 1 and not whole
        found = _edge(template, word, first=first, last=last)
        if found is None:
            return None
        held = {name: text for name, text in found.items() if text}
        values |= held
        said += not held
        guessed += bool(held) and not re.search(r"\d", word)
    return values if said > guessed else None


@cache
def _word(template: str) -> re.Pattern[str]:
    return re.compile(_places(template))


def _edge(template: str, word: str, *, first: bool, last: bool) -> dict[str, str] | None:
    """Match a word; at an end of the part only a piece of it may be said."""
    found = _word(template).fullmatch(word)
    if found is not None:
        return found.groupdict()
    if _PLACE.search(template) is None:
        fits = (
            (first and last and word in template)
            or (first and template.endswith(word))
            or (last and template.startswith(word))
        )
        return {} if fits else None
    end = template.rindex(")s") + 2
    for length in reversed(range(end, len(template) if last else end)):  # without what follows
        found = _word(template[:length]).fullmatch(word)
        if found is not None:
            return found.groupdict()
    return None


def _places(template: str) -> str:
    parts = _PLACE.split(template)
    return "".join(
        f"(?P<{part}>.+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )


def _pattern(template: str, values: dict[str, str]) -> re.Pattern[str]:
    made = []
    for word in template.split():
        parts = _PLACE.split(word)
        for number, part in enumerate(parts):
            held = re.escape(values[part]) if part in values else ".+?"
            parts[number] = held if number % 2 else re.escape(part)
        made.append("".join(parts))
    return re.compile(r"\s+".join(made), re.DOTALL)


def _texts(language: str) -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob(f"prompts/*/{language}.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if not message.id or not message.string:
                    continue
                if isinstance(message.id, str):
                    yield message.id, str(message.string)
                else:  # one, and more than one
                    yield from zip(message.id, map(str, message.string), strict=False)
    for path in (ROOT / "charter.yaml", *sorted(ROOT.glob("prompts/*/content/*.yaml"))):
        yield from _in_content(YAML(typ="safe").load(path), language)


def _in_content(part: Any, language: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - YAML
    if isinstance(part, dict):
        if isinstance(part.get("en"), str) and isinstance(part.get(language), str):
            yield part["en"], part[language]
        for each in part.values():
            yield from _in_content(each, language)
    elif isinstance(part, list):
        for each in part:
            yield from _in_content(each, language)
