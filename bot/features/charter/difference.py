"""What is different between two wordings, word by word, told so that it can be read aloud."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MOST = 12
_AROUND = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `out` was taken out, `into` put in; `after` are the words before it."""

    out: str
    into: str
    after: str


def changes(before: str, now: str) -> list[Change]:
    """Return the differences in their order; where there are many, the first ones."""
    old, new = re.findall(r"\S+", before), re.findall(r"\S+", now)
    return list(_found(old, new))[:_MOST]


def _found(old: list[str], new: list[str]) -> Iterator[Change]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            after = " ".join(old[max(0, i1 - _AROUND) : i1])
            yield Change(" ".join(old[i1:i2]), " ".join(new[j1:j2]), after)
