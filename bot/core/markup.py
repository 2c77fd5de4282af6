"""CommonMark, the one notation of our texts: to HTML, to plain text, and how to keep other
people's text plain.

HTML in a text is never passed on: it comes out as the characters that were typed.
"""

import re

from markdown_it.token import Token

from bot.core.blocks import COMMONMARK, Notation, write

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


def to_plain(text: str) -> str:
    """Render CommonMark as plain text that still reads well: lists keep their marks, links their
    address.
    """
    return write(COMMONMARK.parse(text), _PLAIN)


def to_both(text: str) -> tuple[str, str]:
    """Render CommonMark as plain text and as HTML; there, a lone line has no paragraph."""
    tokens = COMMONMARK.parse(text)
    html = str(COMMONMARK.renderer.render(tokens, COMMONMARK.options, {})).strip()
    if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
        html = html[3:-4]
    return write(tokens, _PLAIN), html


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


_PLAIN = Notation(_inline, code=str, bullet="• ")
