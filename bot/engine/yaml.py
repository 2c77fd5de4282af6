"""YAML as people write it: plain values, each with its line, and every mistake in the notation.

A file is read in one pass over YAML's events, without aliases, tags or second documents, so that
none can grow in memory; every key keeps its line, for those who look at what the file means.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from bot.core.content import Mistake
from bot.core.mistyped import nearest

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
T = TypeVar("T")
Event = Any  # the parser's events carry no types
Events = Iterator[Event]
_STARTS = (events.DocumentStartEvent, events.NodeEvent)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """What a file says; None when it has mistakes. `tree` is there whenever it is YAML at all."""

    value: T | None
    mistakes: tuple[Mistake, ...] = ()
    tree: "Tree | None" = None


class Tree(dict[str, Any]):
    """A mapping as a file has it: where it begins, and where each of its keys stands."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file, self.line = file, line
        self.lines: dict[object, int] = {}

    def mistake(self, key: str, what: str, mend: str) -> Mistake:
        """Return a mistake in the line of the key, or of the mapping when it lacks the key."""
        return Mistake(self.file, self.lines.get(key, self.line), what, mend)

    def at(self, key: str | int) -> object:
        """Return what stands under a key."""
        return self.get(str(key))


class Items(list[Any]):
    """A list as a file has it."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[object, int] = {}

    def at(self, key: str | int) -> object:
        """Return the entry with this number, from 0."""
        return self[int(key)]


def quote(text: object) -> str:
    """Return content for a message: one line, at most 60 characters."""
    line = "".join(c if c.isprintable() else "?" for c in " ".join(str(text)[:300].split()))
    return f"'{line if len(line) <= 60 else line[:59] + '…'}'"


def meant(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return how to mend an unknown word; `otherwise` is said when none of the known is near."""
    near = nearest(word, known := sorted(known))
    if near:
        return f"Write {quote(near)}, if you meant that."
    return otherwise or f"Possible are: {', '.join(known)}."


_known: ContextVar[dict[Path, Loaded[Tree]] | None] = ContextVar("known", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Read each file once, however many ask for it meanwhile: it takes most of the start's time."""
    mark = _known.set({} if (known := _known.get()) is None else known)
    try:
        yield
    finally:
        _known.reset(mark)


def read(path: Path) -> Loaded[Tree]:
    """Read a YAML file whose top level is a mapping; broken parts of it are left out as None."""
    known = _known.get()
    if known is None:
        return _read(path)
    if path not in known:
        known[path] = _read(path)
    return known[path]


def _read(path: Path) -> Loaded[Tree]:
    reader = _Reader(str(path))
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1) if path.is_file() else b""
    except OSError as error:
        what = f"This file cannot be read ({error.strerror})."
        reader.say(0, what, "Check its name and permissions.")
        return Loaded(None, tuple(reader.mistakes))
    value = reader.read(raw)
    tree = value if isinstance(value, Tree) else None
    if tree is None and not reader.mistakes:
        what = "This file has no keys." if raw.strip() else "This file is empty."
        reader.say(1, what, "Begin it with 'schema: 1'; the shipped files show the other keys.")
    return Loaded(None if reader.mistakes else tree, tuple(reader.mistakes), tree)


def parse(text: str) -> Loaded[Tree]:
    """Read YAML that somebody typed, as `read` reads a file."""
    reader = _Reader("")
    value = reader.read(text.encode())
    tree = value if isinstance(value, Tree) else None
    return Loaded(None if reader.mistakes else tree, tuple(reader.mistakes), tree)


class _TooDeep(Exception):
    """Lists and keys stand inside one another too often."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []

    def say(self, line: int, what: str, mend: str) -> None:
        self.mistakes.append(Mistake(self.file, line, what, mend))

    def read(self, raw: bytes) -> object:
        if len(raw) > MAX_BYTES:
            self.say(0, "This file is larger than 1 MB.", "Split it into several files.")
            return None
        try:
            stream = YAML(typ="safe", pure=True).parse(text := raw.decode("utf-8-sig"))
            return self._documents(stream)
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.say(line, "This is not a text in UTF-8.", "Save the file as UTF-8 text.")
        except ReaderError as error:
            line = text[: error.position].count("\n") + 1
            what = "There is a character here that no text contains."
            self.say(line, what, "Delete it, or save the file as text.")
        except _TooDeep as error:
            what = "Too many levels stand inside one another here."
            self.say(error.line, what, "Bring it to fewer levels.")
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(str(error.problem or error.context).split())[:60]
            mend = "Look at indentation, quotes and colons in this line and the one before."
            if "mapping values" in problem:
                mend = "If the text contains a colon, put the whole text in quotes."
            elif r"\t" in problem:
                mend = "Indent with spaces, not with tabs."
            self.say(mark.line + 1 if mark else 0, f"This is not valid YAML: {problem}.", mend)
        except (YAMLError, ValueError) as error:
            what = f"This is not valid YAML ({type(error).__name__})."
            self.say(0, what, "Compare it with a shipped file.")
        return None

    def _documents(self, stream: Events) -> object:
        value: object = None
        for number, event in enumerate(e for e in stream if isinstance(e, _STARTS)):
            if isinstance(event, events.DocumentStartEvent):
                if number:
                    mend = "Take the line '---' out, or make two files."
                    line = event.start_mark.line + 1
                    self.say(line, "A second document begins here.", mend)
                    break
            else:
                value = self._value(event, stream, 0)
        return value

    def _value(self, event: Event, stream: Events, depth: int) -> object:
        line = event.start_mark.line + 1
        if isinstance(event, events.AliasEvent):
            self.say(line, "An alias (*name) stands here.", "Write the text out instead.")
            return None
        if event.tag is not None:
            self.say(line, "A tag (!name) stands here.", "Take it out, or put the text in quotes.")
        if isinstance(event, events.ScalarEvent):
            return event.value if event.style or event.tag else _plain(event.value)
        if depth >= MAX_DEPTH:
            raise _TooDeep(line)
        node: Tree | Items
        if isinstance(event, events.SequenceStartEvent):
            node = Items(line)
            while not isinstance(event := next(stream), events.SequenceEndEvent):
                node.lines[len(node)] = event.start_mark.line + 1
                node.append(self._value(event, stream, depth + 1))
            return node
        node = Tree(self.file, line)
        while not isinstance(event := next(stream), events.MappingEndEvent):
            self._pair(node, event, stream, depth)
        return node

    def _pair(self, tree: Tree, event: Event, stream: Events, depth: int) -> None:
        line, key = event.start_mark.line + 1, getattr(event, "value", None)
        if key is None:
            what = "Something other than a word stands here as a key."
            self.say(line, what, "Use a simple word as the key.")
            self._value(event, stream, depth + 1)
        value = self._value(next(stream), stream, depth + 1)
        if key in tree:
            what = f"The key {quote(key)} stands here and in line {tree.lines[key]}."
            self.say(line, what, "Keep one of the two.")
        elif key is not None:
            tree[key], tree.lines[key] = value, line
            if isinstance(value, Tree | Items):
                value.line = line


def _plain(text: str) -> object:
    """Return what an unquoted word is: nothing, true or false, a number, a date, or text."""
    # YAML 1.2's core schema, so that the language `no` stays a word; and dates.
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if re.fullmatch(r"[-+]?\d{1,18}", text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
