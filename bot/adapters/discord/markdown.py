"""CommonMark to the Markdown that Discord shows, in which nothing that was plain becomes a mark or
a mention.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

_COMMONMARK = MarkdownIt("commonmark", {"html": False, "breaks": True})
_SPECIAL = re.compile(r"([\\`*_~|<>@:\[\]()#])")
_LIST_LIKE = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\\]+")


def to_discord(text: str) -> str:
    """Render CommonMark for Discord."""
    return _Blocks().render(_COMMONMARK.parse(text))


def plain(text: str) -> str:
    """Return what Discord shows as exactly this text; an address stays one."""
    parts: list[str] = []
    end = 0
    for address in _ADDRESS.finditer(text):
        parts += [_escaped(text[end : address.start()]), address[0]]
        end = address.end()
    parts.append(_escaped(text[end:]))
    return _LIST_LIKE.sub(_no_list, "".join(parts))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _no_list(match: re.Match[str]) -> str:
    mark = match[2]
    return f"{match[1]}{mark[:-1]}\\{mark[-1]}"


class _Blocks:
    """Walks the blocks and writes lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lists: list[int | None] = []
        self.quotes = 0
        self.heading = ""
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
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1
                self._gap()
            case "heading_open":
                self.heading = "#" * min(int(token.tag[1:]), 3) + " "
            case "inline":
                self._write(_inline(token.children or []))
            case "fence" | "code_block":
                # A fence cannot hold a fence: three of the sign are kept apart.
                inside = token.content.rstrip("\n").replace("```", "`\u200b`\u200b`")
                self._write(f"```\n{inside}\n```")
                self._gap()
            case "hr":
                self._write("—")
                self._gap()
            case "heading_close":
                self.heading = ""
                self._gap()
            case "paragraph_close" if not self.lists:
                self._gap()
            case _:
                pass

    def _write(self, text: str) -> None:
        quote = "> " if self.quotes else ""
        mark, indent = self.heading, ""
        if self.lists:
            indent, mark = "  " * (len(self.lists) - 1), "  "
            if self.first_in_item:
                number = self.lists[-1]
                mark = "- " if number is None else f"{number}. "
                if number is not None:
                    self.lists[-1] = number + 1
                self.first_in_item = False
        for line in text.split("\n"):
            self.lines.append(f"{quote}{indent}{mark}{line}")
            mark = " " * len(mark) if self.lists else ""

    def _gap(self) -> None:
        if self.quotes:
            return
        if self.lines and self.lines[-1] != "":
            self.lines.append("")


def _inline(tokens: list[Token]) -> str:
    out: list[str] = []
    text: list[str] = []
    links: list[tuple[str, int]] = []

    def flush() -> None:
        # Marks that stand in one token may make a list or a mention with those of the next.
        if text:
            out.append(plain("".join(text)))
            text.clear()

    for token in tokens:
        if token.type in ("text", "html_inline", "image"):
            text.append(token.content)
            continue
        if token.type in ("softbreak", "hardbreak"):
            text.append("\n")
            continue
        flush()
        match token.type:
            case "code_inline":
                out.append(_code(token.content))
            case "strong_open" | "strong_close":
                out.append("**")
            case "em_open" | "em_close":
                out.append("*")
            case "link_open":
                links.append((str(token.attrs.get("href", "")), len(out)))
            case "link_close":
                href, start = links.pop()
                label = "".join(out[start:])
                out[start:] = [_link(label, href)]
            case _:
                pass
    flush()
    return "".join(out)


def _code(text: str) -> str:
    return f"`{text}`" if "`" not in text else f"``{text}``"


def _link(label: str, href: str) -> str:
    if label == href or not href.startswith(("http://", "https://")):
        return label if label == href else f"{label} ({plain(href)})"
    return f"[{label}](<{href}>)"
