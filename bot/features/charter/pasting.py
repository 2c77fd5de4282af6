"""A charter that a community has already, as its founding draft: Markdown becomes clauses.

Headings become sections, list entries, rows of tables and paragraphs clauses; a first paragraph
before any section is the purpose. A text without headings is one section. Pure.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

MOST_CHARACTERS, MOST_CLAUSES = 20_000, 60
_TITLE, _TEXT = 60, 1500
# What is indented is pasted from elsewhere and no code, and a line that looks like a link's
# definition is somebody's words.
_MARKDOWN = MarkdownIt("commonmark").enable("table").disable(["code", "reference"])
_FRONT_MATTER = re.compile(r"\A\s*---\n(?:[\w-]+:.*\n|\s+.*\n|\n)*?---\n")
_BULLET = re.compile(r"^(\s{0,3})[•‣◦▪–—]\s+", re.M)  # of a word processor, or of French typography
_AS_BOLD = 7  # below the six levels of headings
_BOX = re.compile(r"^\[[ xX]\]\s+")
_REMARK = re.compile(r"<!--.*?-->", re.S)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s[^()]*)?\)")
_BOLD = re.compile(r"(?:\*\*|__)([^*_\n]{1,60}?):?(?:\*\*|__):?")
_LEAD = re.compile(
    r"^(?:\*\*|__)(.{1,60}?)[.:]?(?:\*\*|__)[.:]?\s*(.*)$|^([^.:!?]{1,60}):\s+(.+)$", re.S
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


class TooMuch(ValueError):
    """More than a charter here can have."""


@dataclass(slots=True)
class PastedClause:
    """A clause as it was read."""

    title: str
    text: str


@dataclass(slots=True)
class PastedSection:
    """Clauses under one heading; "" where there was none."""

    title: str
    clauses: list[PastedClause] = field(default_factory=list)


@dataclass(slots=True)
class Pasted:
    """A charter as it was read."""

    purpose: str
    sections: list[PastedSection]

    @property
    def clauses(self) -> list[PastedClause]:
        """Every clause, in the order in which it is read."""
        return [clause for section in self.sections for clause in section.clauses]


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading of some level, or (level 0) a paragraph or an entry of a list."""

    text: str
    level: int = 0
    item: bool = False
    title: str = ""


def read(text: str) -> Pasted:
    """Read a pasted charter.

    Raises: `TooMuch`.
    """
    if len(text) > MOST_CHARACTERS:
        raise TooMuch
    blocks = _blocks(text)
    purpose = _purpose(blocks)
    sections = [PastedSection("")]
    for block in _titled_clauses(blocks):
        if block.level:
            sections.append(PastedSection(_plain(block.text)[:_TITLE]))
        else:
            sections[-1].clauses += _clauses(block)
    pasted = Pasted(purpose, [each for each in sections if each.clauses])
    if len(pasted.clauses) > MOST_CLAUSES:
        raise TooMuch
    return pasted


def _purpose(blocks: list[_Block]) -> str:
    """Take the purpose out: a paragraph before any part, perhaps under the document's own title."""
    place = int(_has_title(blocks))
    headings = any(each.level for each in blocks)
    others = any(not each.level for each in blocks[place + 1 :])
    first = blocks[place] if others else None
    if not headings or first is None or first.level or first.item or _LEAD.match(first.text):
        return ""
    return _plain(blocks.pop(place).text)[:_TEXT]


def _has_title(blocks: list[_Block]) -> bool:
    """Tell whether a document has a title: a heading that stands above all others."""
    levels = [each.level for each in blocks if each.level]
    return bool(blocks and blocks[0].level) and all(levels[0] < each for each in levels[1:])


def _titled_clauses(blocks: list[_Block]) -> Iterator[_Block]:
    """Yield the headings of sections and the clauses: a heading below a section's is a clause's."""
    levels = [each.level for each in blocks if each.level]
    section = min(levels[1:] if _has_title(blocks) else levels, default=_AS_BOLD)
    title, below = "", list[_Block]()
    for block in [*blocks, None]:
        if block is not None and title and not block.level:
            below.append(block)
            continue
        if title:
            between = "; " if all(each.item for each in below) else " "
            yield _Block(between.join(each.text for each in below) or title, title=title)
        title, below = "", []
        if block is not None and block.level > section:
            title = block.text
        elif block is not None:
            yield block


def slug(title: str, taken: set[str], number: int) -> str:
    """Return an id that nobody has yet: the title in small letters, or a number."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    if not name or not name[0].isalpha():
        name = f"clause-{number}"
    unique, count = name, 2
    while unique in taken:
        unique, count = f"{name}-{count}", count + 1
    taken.add(unique)
    return unique


def _blocks(text: str) -> list[_Block]:
    """Return headings, list entries and paragraphs, each as one block."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    whole = _BULLET.sub(r"\1- ", _FRONT_MATTER.sub("", whole))
    found = [block for block in _of(_parsed(whole)) if _plain(block.text)]
    # A paragraph in bold that something follows is what many write for a heading.
    return [
        replace(block, level=_AS_BOLD) if _heads(block) and below and not below.level else block
        for block, below in zip_longest(found, found[1:])
    ]


def _heads(block: _Block) -> bool:
    return not block.item and _BOLD.fullmatch(block.text) is not None


def _parsed(text: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(_MARKDOWN.parse(text))


def _of(node: SyntaxTreeNode) -> Iterator[_Block]:
    """Yield a part's blocks; a rule between two of them is none, nor are the heads of columns."""
    match node.type:
        case "heading":
            yield _Block(_words(node), level=int(node.tag[1:]))
        case "list_item":
            yield _Block(_entry(node), item=True)
        case "tbody":
            for row in node.children:
                yield _Block(_led([_words(each) for each in row.children]), item=True)
        case "paragraph":
            yield _Block(_words(node))
        case "fence":
            yield from _of(_parsed(node.content))
        case "html_block":
            yield _Block(_TAG.sub(" ", _REMARK.sub(" ", node.content)).strip())
        case "thead":
            pass
        case _:
            for each in node.children:
                yield from _of(each)


def _words(node: SyntaxTreeNode) -> str:
    """Return the words of a part as they were written, without comments and boxes to tick."""
    written = " ".join(each.content for each in node.walk() if each.type == "inline")
    return _BOX.sub("", _REMARK.sub(" ", written)).strip()


def _entry(item: SyntaxTreeNode) -> str:
    """Return an entry of a list; what stands below it is a part of it."""
    own = [_words(each) for each in item.children if not each.type.endswith("_list")]
    below = [
        _entry(each)
        for part in item.children
        if part.type.endswith("_list")
        for each in part.children
    ]
    first = " ".join(each for each in own if each)
    return _led([first, *below])


def _led(parts: list[str]) -> str:
    """Return a first part and what belongs to it, as one text."""
    first, *rest = [each.rstrip(" ;,") for each in parts if each] or [""]
    if not rest:
        return first
    between = "" if first.endswith((".", ":", "!", "?", "…")) else ":"
    return f"{first}{between} {'; '.join(rest)}"


def _clauses(block: _Block) -> list[PastedClause]:
    text = " ".join(block.text.split())
    title, text = (_plain(block.title)[:_TITLE], text) if block.title else _titled(text)
    return [
        PastedClause(title if number == 1 else f"{title[: _TITLE - 4]} ({number})", part)
        for number, part in enumerate(_parts(text), 1)
    ]


def _titled(text: str) -> tuple[str, str]:
    """Return a clause's title and text: a lead in bold or before a colon is one, else the
    beginning is.
    """
    lead = _LEAD.match(text)
    if lead and (lead[2] or lead[4]):
        return _plain(lead[1] or lead[3])[:_TITLE], (lead[2] or lead[4]).strip()
    plain = _plain(text)
    first = _SENTENCE.split(plain, maxsplit=1)[0].rstrip(".")
    if not re.search(r"\w", first):
        first = plain
    if len(first) > _TITLE:
        first = plain[: _TITLE - 1].rsplit(" ", 1)[0] + "…"
    return first[:_TITLE], text


def _parts(text: str) -> list[str]:
    """Split what is too long for a clause, at sentences where that is possible."""
    parts: list[str] = []
    while len(text) > _TEXT:
        ends = [match.start() for match in _SENTENCE.finditer(text, 0, _TEXT)]
        cut = ends[-1] if ends else (text.rfind(" ", 1, _TEXT) if " " in text[1:_TEXT] else _TEXT)
        parts.append(text[:cut].strip())
        text = text[cut:].strip()
    return [*parts, text] if text else parts


def _plain(text: str) -> str:
    without = _LINK.sub(r"\1", text)
    return " ".join(re.sub(r"[*`]{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)", "", without).split())
