"""A show of hands beside a prompt: short answers of which anybody may pick one, in public.

It is a first step, and no vote: nothing follows from it, and the bot keeps nobody's choice. Where a
person types a prompt, the lines at its end that begin with `( )` are the answers.
"""

import re
from collections.abc import Sequence

from bot.core.errors import BadInput
from bot.engine.content import TITLE_LIMIT
from bot.engine.reading import fold

FEWEST, MOST = 2, 6
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_LINE = re.compile(r"\s*\(\s*\)\s*(.*?)\s*")


def split(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a typed prompt without its show of hands, and the answers of that."""
    lines, hands = text.rstrip().split("\n"), list[str]()
    while lines:
        found = _LINE.fullmatch(lines[-1])
        if found is None and lines[-1].strip():
            break
        hands += [found[1]] if found is not None else []
        lines.pop()
    return "\n".join(lines).rstrip(), tuple(reversed(hands))


def check(text: str) -> None:
    """Refuse a show of hands that cannot be shown, while its author is there to mend it."""
    question, hands = split(text)
    if not hands:
        return
    if not question.strip():
        raise BadInput("prompts/hands_alone")
    if not FEWEST <= len(hands) <= MOST:
        raise BadInput("prompts/hands_count", count=len(hands), fewest=FEWEST, most=MOST)
    for each in hands:
        if not each or len(each) > TITLE_LIMIT:
            raise BadInput("prompts/hands_length", answer=each[:TITLE_LIMIT], most=TITLE_LIMIT)
        if _TEMPLATE.search(each):
            raise BadInput("prompts/hands_template", answer=each)
    if twice := repeated(hands):
        raise BadInput("prompts/hands_twice", answer=twice)


def repeated(hands: Sequence[str]) -> str:
    """Return an answer that stands there twice; "" where none does."""
    folded = [fold(each) for each in hands]
    return next(
        (each for each, name in zip(hands, folded, strict=True) if folded.count(name) > 1), ""
    )
