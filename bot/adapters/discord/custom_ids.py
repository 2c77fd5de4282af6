"""What a component means stands in its id: nothing of it is held in memory.

`<version>:<kind>:<question>[:<choice>]`, at most 100 characters.
"""

import re
from dataclasses import dataclass
from typing import Literal

from bot.core.errors import Undeliverable

LIMIT = 100
_VERSION = "1"
_FORM = re.compile(r"1:([csfm]):([\w.-]{1,25})(?::(.{0,72}))?", re.DOTALL)

Kind = Literal["choose", "select", "open", "form"]
_KINDS: dict[str, Kind] = {"c": "choose", "s": "select", "f": "open", "m": "form"}
_SIGNS = {kind: sign for sign, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was clicked or sent: a question, and for a button its choice."""

    kind: Kind
    question: str
    choice: str = ""


def write(kind: Kind, question: str, choice: str = "") -> str:
    """Return a component's id; `choice` for a form is what makes it unlike any other."""
    made = f"{_VERSION}:{_SIGNS[kind]}:{question}" + (f":{choice}" if choice else "")
    if len(made) > LIMIT:
        raise Undeliverable("A choice's name is too long for a button.")
    return made


def read(custom_id: str) -> Meaning | None:
    """Return what an id means; None for one that is not ours, forged or cut off."""
    found = _FORM.fullmatch(custom_id)
    if found is None:
        return None
    return Meaning(_KINDS[found[1]], found[2], found[3] or "")
