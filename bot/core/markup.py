"""CommonMark, the one notation of our texts: to HTML, to plain text, and how to keep other
people's text plain.

HTML in a text is never passed on: it comes out as the characters that were typed.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

_COMMONMARK = MarkdownIt("commonmark", {"html": False, "breaks": True})
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&=])")
_LINE_START = re.compile(r"(?m)^([ \t]+)")


class Markdown(str):
    """Text that is CommonMark already and needs no escaping."""

    __slots__ = ()


def escape(text: str) -> Markdown:
    """Return CommonMark that shows exactly this text, as text."""
    if isinstance(text, Markdown):
        return text
    escaped = _SPECIAL.sub(r"\\\1", text.replace("\r\n", "\n").replace("\r", "\n"))
    escaped = _LINE_START.sub("", escaped)
    return Markdown(re.sub(r"\n{2,}", "\n", escaped))


def to_html(text: str) -> str:
    """Render CommonMark as HTML; a single line comes without its paragraph."""
    html = str(_COMMONMARK.render(text)).strip()
    if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
        return html[3:-4]
    return html


def to_plain(text: str) -> str:
    """Render CommonMark as plain text that still reads well: lists keep their marks, links their
    address.
    """
    return _Plain().render(_COMMONMARK.parse(text))


class _Plain:
    """Walks the blocks and writes lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lists: list[int | None] = []
        self.first_in_item = False

    def render(self, tokens: list[Token]) -> str:
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
            case "inline":
                self._write(_inline(token.children or []))
            case "fence" | "code_block":
                self._write(token.content.rstrip("\n"))
                self._gap()
            case "hr":
                self._write("—")
                self._gap()
            case "paragraph_close" | "heading_close" if not self.lists:
                self._gap()
            case _:
                pass

    def _write(self, text: str) -> None:
        depth = len(self.lists)
        if not depth:
            self.lines.extend(text.split("\n"))
            return
        mark = "  "
        if self.first_in_item:
            number = self.lists[-1]
            mark = "• " if number is None else f"{number}. "
            if number is not None:
                self.lists[-1] = number + 1
            self.first_in_item = False
        indent = "  " * (depth - 1)
        for line in text.split("\n"):
            self.lines.append(indent + mark + line)
            mark = " " * len(mark)

    def _gap(self) -> None:
        if self.lines and self.lines[-1] != "":
            self.lines.append("")


def _inline(tokens: list[Token]) -> str:
    out: list[str] = []
    links: list[str] = []
    for token in tokens:
        match token.type:
            case "code_inline":
                out.append(f"`{token.content}`")
            case "text" | "html_inline":
                out.append(token.content)
            case "softbreak" | "hardbreak":
                out.append("\n")
            case "link_open":
                links.append(str(token.attrs.get("href", "")))
                out.append("\0")
            case "link_close":
                start = len(out) - 1 - out[::-1].index("\0")
                label = "".join(out[start + 1 :])
                href = links.pop()
                out[start:] = [label if label == href else f"{label} ({href})"]
            case "image":
                out.append(token.content)
            case _:
                pass
    return "".join(out)
