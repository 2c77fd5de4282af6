"""What the playground's page says of itself: its own words, the languages, and the commands."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from babel import Locale, UnknownLocaleError

from bot.app import Content
from bot.core.commands import Audience
from bot.core.markup import to_plain
from bot.engine.declaring import declare
from bot.engine.words import Words, language_name

_FEATURE = "playground"


class PageWords:
    """The page's words, from the catalogues like all others."""

    def __init__(self, words: Words) -> None:
        """Speak with these words."""
        self._words = words
        self._said: dict[str, Mapping[str, str]] = {}

    @cached_property
    def languages(self) -> list[dict[str, str]]:
        """Every language, with its name in itself and the direction that it is read in."""
        return [
            {"tag": tag, "name": language_name(tag), "dir": _direction(tag)}
            for tag in self._words.languages
        ]

    def said(self, language: str) -> Mapping[str, str]:
        """Return every block by its name; `{name}` in it is left for the page to fill."""
        tag = self._words.nearest(language)
        if tag not in self._said:
            texts = {
                name: to_plain(self._words.render(tag, f"{_FEATURE}/{name}", {}))
                for name in self._words.names(_FEATURE)
            }
            self._said[tag] = texts | {"language": tag, "dir": _direction(tag)}
        return self._said[tag]


class PageCommands:
    """The commands, as the page offers them while somebody types."""

    def __init__(self, content: Content) -> None:
        """Know the commands of this content."""
        self._words = content.words
        self._declared = declare(content.features, content.words)

    def said(self, language: str) -> Sequence[Mapping[str, Any]]:
        """Return each command's words, what it does, and what it takes."""
        tag, declared = self._words.nearest(language), self._declared
        return [
            {
                "path": command.path,
                "does": declared.does[command.path][tag],
                "menu": declared.menus[command.path][tag] if command.menu else "",
                "moderator": command.audience is Audience.MODERATOR,
                "options": [declared.options[option.name][tag] for option in command.options],
            }
            for command in sorted(declared.commands, key=lambda each: each.path)
        ]


def _direction(tag: str) -> str:
    try:
        return "rtl" if Locale.parse(tag).character_order == "right-to-left" else "ltr"
    except (UnknownLocaleError, ValueError):
        return "ltr"
