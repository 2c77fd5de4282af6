"""Reading what people type on text platforms: commands, and answers to the open question."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.commands import Command
from bot.core.errors import BadInput
from bot.engine.degrade import NUMBERS
from storage.conversations import OpenQuestion

_SAME = str.maketrans("’‘“”–", "''\"\"-")
_SPACE_BEFORE = re.compile(r" ([:;?!])")  # French puts one, and people leave it out
_DRAWN = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_NEAR = 70  # of 100: below, a guess would puzzle more than help


def fold(text: str) -> str:
    """Return text as it is compared: without case, accents, and a printer's finer points."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_SAME))
    joined = " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
    return _SPACE_BEFORE.sub(r"\1", joined)


def stands_in(words: str, text: str) -> bool:
    """Tell whether words stand in a text as such, without case and accents.

    What only occurs within a longer word does not count, but in scripts that put no spaces.
    """
    wanted, whole = fold(words), fold(text)
    start = whole.find(wanted) if wanted else -1
    while start >= 0:
        end = start + len(wanted)
        if _parted(whole[:start][-1:], wanted[0]) and _parted(wanted[-1], whole[end : end + 1]):
            return True
        start = whole.find(wanted, start + 1)
    return False


def _parted(left: str, right: str) -> bool:
    """Tell whether a word may end between two letters."""
    return not (left.isalnum() and right.isalnum()) or _unspaced(left) or _unspaced(right)


def _unspaced(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"))


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as it was typed."""

    command: Command
    options: Mapping[str, str] = field(default_factory=dict)
    rest: str = ""


class Commands:
    """All declared commands by their paths."""

    def __init__(self, commands: Iterable[Command]) -> None:
        """Index the commands; a path stands for one command only."""
        self.by_path: dict[str, Command] = {}
        for command in commands:
            if command.path in self.by_path:
                raise ValueError(f"The command {command.path} is declared twice.")
            self.by_path[command.path] = command

    def get(self, path: str) -> Command | None:
        """Return a command."""
        return self.by_path.get(path)

    def read(self, text: str) -> Typed | None:
        """Read a line as a command; None when its first words are none.

        Raises: `BadInput` when an option is missing or wrong.
        """
        command, rest = self.named(text)
        return Typed(command, _options(command, rest), rest) if command else None

    def named(self, text: str) -> tuple[Command | None, str]:
        """Return the command that a line begins with, and what stands behind it."""
        words = text.split()
        for length in range(min(3, len(words)), 0, -1):
            command = self.by_path.get(" ".join(fold(word) for word in words[:length]))
            if command is not None:
                return command, _after_words(text, length)
        return None, text

    def under(self, text: str) -> list[Command]:
        """Return the commands that a word alone holds, such as `charter`."""
        start = fold(text[:60]) + " "
        return [command for path, command in self.by_path.items() if path.startswith(start)]

    def exactly(self, text: str) -> bool:
        """Tell whether the whole text is a command's word and nothing else."""
        return fold(text) in self.by_path or bool(self.under(text))

    def near(self, text: str) -> str | None:
        """Return the path that was probably meant."""
        from rapidfuzz import process  # only where somebody mistyped: it is large

        words = fold(text[:60]).split()[:3]
        for length in range(len(words), 0, -1):
            typed = " ".join(words[:length])
            found = process.extractOne(typed, list(self.by_path), score_cutoff=_NEAR)
            if found:
                return str(found[0])
        return None

    def below(self, text: str) -> list[str]:
        """Return the paths that begin with these words."""
        start = fold(text[:60]).split()[:1]
        return [path for path in self.by_path if start and path.split()[0] == start[0]]


def _after_words(text: str, count: int) -> str:
    rest = text.strip()
    for _ in range(count):
        parts = rest.split(None, 1)
        rest = parts[1] if len(parts) > 1 else ""
    return rest.strip()


def _options(command: Command, rest: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for position, option in enumerate(command.options):
        last = position == len(command.options) - 1
        value, rest = (rest, "") if last else _next_word(rest)
        if not value:
            continue
        if len(value) > option.limit:
            raise BadInput("engine/option_too_long", option=option.name, limit=option.limit)
        if option.choices and fold(value) not in option.choices:
            raise BadInput(
                "engine/option_unknown", option=option.name, choices=list(option.choices)
            )
        given[option.name] = fold(value) if option.choices else value
    return given


def _next_word(rest: str) -> tuple[str, str]:
    parts = rest.split(None, 1)
    return (parts[0] if parts else "", parts[1] if len(parts) > 1 else "")


def check_options(command: Command, options: Mapping[str, str]) -> None:
    """Refuse a command without what it needs, or with what is too long.

    Raises: `BadInput`.
    """
    for option in command.options:
        value = options.get(option.name, "")
        if option.required and not value.strip():
            raise BadInput("engine/option_missing", command=command.path, option=option.name)
        if len(value) > option.limit:
            raise BadInput("engine/option_too_long", option=option.name, limit=option.limit)


def asks_file(question: OpenQuestion) -> bool:
    """Tell whether what a question asks for next is a file."""
    fields = question.spec.get("fields", [])
    done = len(question.spec.get("values", {}))
    return question.kind == "form" and done < len(fields) and fields[done].get("kind") == "file"


def choice_typed(text: str, choices: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the id of the choice that a text means: its number, its label, its id or another word
    for it.
    """
    typed = fold(text.strip().rstrip(".)!"))
    if typed.isdecimal() and len(typed) <= 3 and 1 <= int(typed) <= len(choices):
        return str(choices[int(typed) - 1]["id"])
    by_emoji = choice_reacted(text.strip(), choices)
    if by_emoji is not None:
        return by_emoji
    for choice in choices:
        if typed in {fold(str(word)) for word in (choice["label"], choice["id"], *choice["words"])}:
            return str(choice["id"])
    return None


def _bare(emoji: str) -> str:
    """Return an emoji without what a keyboard adds by itself: how it is drawn, and a skin tone."""
    return _DRAWN.sub("", emoji)


def choice_reacted(emoji: str, choices: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the id of the choice that a reaction means."""
    bare = _bare(emoji)
    for position, choice in enumerate(choices):
        if choice.get("emoji") and bare == _bare(str(choice["emoji"])):
            return str(choice["id"])
        if position < len(NUMBERS) and bare == _bare(NUMBERS[position]):
            return str(choice["id"])
    return None
