"""A charter that a community has already, as its founding draft: Markdown becomes clauses.

Headings become sections, list entries and paragraphs clauses; a first paragraph before any section
is the purpose. A text without headings is one section. Pure.
"""

import re
import unicodedata
from dataclasses import dataclass, field

MOST_CHARACTERS, MOST_CLAUSES = 20_000, 60
_TITLE, _TEXT = 60, 1500
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_ITEM = re.compile(r"^\s{0,3}(?:[-*+•]|\d{1,3}[.)])\s+(.+)$")
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


def read(text: str) -> Pasted:
    """Read a pasted charter.

    Raises: `TooMuch`.
    """
    if len(text) > MOST_CHARACTERS:
        raise TooMuch
    sections, purpose, headings = [PastedSection("")], "", 0
    for block in _blocks(text):
        if heading := _HEADING.match(block):
            headings += 1
            sections.append(PastedSection(_plain(heading[1])[:_TITLE]))
        elif headings == 1 and not any(each.clauses for each in sections) and not purpose:
            # The document's own title comes first, and then what it is for.
            purpose = _plain(block) if not _ITEM.match(block) else ""
            if not purpose:
                sections[-1].clauses += _clauses(block)
        else:
            sections[-1].clauses += _clauses(block)
    if purpose and not any(each.clauses for each in sections):
        sections[-1].clauses += _clauses(purpose)
        purpose = ""
    found = [each for each in sections if each.clauses]
    pasted = Pasted(purpose[:_TEXT], found)
    if len(pasted.clauses) > MOST_CLAUSES:
        raise TooMuch
    return pasted


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


def _blocks(text: str) -> list[str]:
    """Return headings, list entries and paragraphs, each as one block."""
    blocks: list[str] = []
    fresh = True
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.strip():
            fresh = True
        elif fresh or _HEADING.match(line) or _ITEM.match(line) or _HEADING.match(blocks[-1]):
            blocks.append(line.strip())
            fresh = False
        else:
            blocks[-1] += "\n" + line.strip()
    return blocks


def _clauses(block: str) -> list[PastedClause]:
    item = _ITEM.match(block.split("\n")[0])
    if item:
        block = "\n".join([item[1], *block.split("\n")[1:]])
    title, text = _titled(" ".join(block.split()))
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
        first = plain if re.search(r"\w", plain) else "…"
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
    return " ".join(re.sub(r"[*_`]{1,3}", "", text).split())
