"""CommonMark to the Markdown that Discord shows, in which nothing that was plain becomes a mark or
a mention.
"""

import re
from functools import lru_cache

from markdown_it.token import Token

from bot.core.blocks import Notation, write

_KEPT = 64  # texts
_SPECIAL = re.compile(r"([\\`*_~|<>@:\[\]()#])")
_LIST_LIKE = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\\]+")


@lru_cache(maxsize=_KEPT)
def to_discord(text: str) -> str:
    """Render CommonMark for Discord.

    The help, or a step of a hunt, is said to many, and rendering it is half of what sending costs:
    the last few texts are kept. `forget_texts` lets go of them.
    """
    return write(text, _DISCORD)


def shown_length(text: str) -> int:
    """Return how long Discord finds a text, with the signs that keep it plain."""
    return len(to_discord(text))


def forget_texts() -> None:
    """Let go of the texts that were rendered: somebody who stands in them was erased."""
    to_discord.cache_clear()


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


def _heading(level: int) -> str:
    return "#" * min(level, 3) + " "


def _fence(text: str) -> str:
    # A fence cannot hold a fence: three of the sign are kept apart.
    inside = text.replace("```", "`\u200b`\u200b`")
    return f"```\n{inside}\n```"


def _code(text: str) -> str:
    return f"`{text}`" if "`" not in text else f"``{text}``"


def _link(label: str, href: str) -> str:
    if label == href or not href.startswith(("http://", "https://")):
        return label if label == href else f"{label} ({plain(href)})"
    return f"[{label}](<{href}>)"


_DISCORD = Notation(_inline, _fence, bullet="- ", quote="> ", heading=_heading)
