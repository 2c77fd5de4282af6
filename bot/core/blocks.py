"""The blocks of a CommonMark text, written as lines in one notation or another."""

from collections.abc import Callable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

COMMONMARK = MarkdownIt("commonmark", {"html": False, "breaks": True})


@dataclass(frozen=True, slots=True)
class Notation:
    """How a notation writes what is not the same in all.

    Attributes:
        inline: writes what stands within a paragraph.
        code: writes a block of code.
        bullet: begins an item of a list without numbers.
        quote: begins each line of a quotation.
        heading: begins a heading of some level, the highest being 1.
    """

    inline: Callable[[list[Token]], str]
    code: Callable[[str], str]
    bullet: str
    quote: str = ""
    heading: Callable[[int], str] = lambda _: ""


def write(tokens: list[Token], notation: Notation) -> str:
    """Write what CommonMark was read into in this notation."""
    return _Walker(notation).write(tokens)


class _Walker:
    """Walks the blocks and writes lines."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.lines: list[str] = []
        self.lists: list[int | None] = []
        self.quotes = 0
        self.heading = ""
        self.first_in_item = False

    def write(self, tokens: list[Token]) -> str:
        for token in tokens:
            self._block(token)
        return "\n".join(self.lines).strip("\n")

    def _block(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self.lists.append(None)
            case "ordered_list_open":
                self.lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self.lists.pop()
                if not self.lists:
                    self._gap()
            case "list_item_open":
                self.first_in_item = True
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1
                self._gap()
            case "heading_open":
                self.heading = self.notation.heading(int(token.tag[1:]))
            case "heading_close":
                self.heading = ""
                if not self.lists:
                    self._gap()
            case "inline":
                self._lines(self.notation.inline(token.children or []))
            case "fence" | "code_block":
                self._lines(self.notation.code(token.content.rstrip("\n")))
                self._gap()
            case "hr":
                self._lines("—")
                self._gap()
            case "paragraph_close" if not self.lists:
                self._gap()
            case _:
                pass

    def _lines(self, text: str) -> None:
        quote = self.notation.quote if self.quotes else ""
        indent, mark = "", self.heading
        if self.lists:
            indent, mark = "  " * (len(self.lists) - 1), "  "
            if self.first_in_item:
                number = self.lists[-1]
                mark = self.notation.bullet if number is None else f"{number}. "
                if number is not None:
                    self.lists[-1] = number + 1
                self.first_in_item = False
        for line in text.split("\n"):
            self.lines.append(f"{quote}{indent}{mark}{line}")
            mark = " " * len(mark) if self.lists else ""

    def _gap(self) -> None:
        # Within marked quotations an empty line would end them.
        if self.quotes and self.notation.quote:
            return
        if self.lines and self.lines[-1] != "":
            self.lines.append("")
