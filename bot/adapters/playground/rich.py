"""CommonMark as a tree that the page builds elements from: no HTML is ever made of anybody's text.

A node is a text, or a list of a tag, its one attribute ("" for none) and the nodes within.
"""

from typing import TypeAlias

from markdown_it.token import Token

from bot.core.blocks import COMMONMARK

Node: TypeAlias = "str | list[str | list[Node]]"

_LEAVES = {"softbreak": "br", "hardbreak": "br", "hr": "hr"}
_ATTRIBUTES = ("href", "start")


def tree(text: str) -> list[Node]:
    """Return the nodes of a text."""
    top: list[Node] = []
    _grow(COMMONMARK.parse(text), [top])
    return top


def _grow(tokens: list[Token], open_: list[list[Node]]) -> None:
    """Add what these tokens say to the innermost of the open nodes."""
    for token in tokens:
        match token.type:
            case "inline":
                _grow(token.children or [], open_)
            case "code_inline":
                open_[-1].append(["code", "", [token.content]])
            case "fence" | "code_block":
                open_[-1].append(["pre", "", [token.content.rstrip("\n")]])
            case "softbreak" | "hardbreak" | "hr":
                open_[-1].append([_LEAVES[token.type], "", []])
            case _ if token.hidden:
                pass  # the paragraphs of a list whose items stand close together
            case _ if token.nesting > 0:
                within: list[Node] = []
                values = (token.attrs.get(name) for name in _ATTRIBUTES)
                attribute = next((str(value) for value in values if value is not None), "")
                open_[-1].append([token.tag, attribute, within])
                open_.append(within)
            case _ if token.nesting < 0:
                open_.pop()
            case _ if token.content:
                open_[-1].append(token.content)
