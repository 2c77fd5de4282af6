"""What somebody who mistyped a word probably meant."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], alike: float = 60) -> str | None:
    """Return the known word that the word was probably meant to be.

    Args:
        word: what was typed.
        known: the words that there are.
        alike: how much the two have to have in common, of 100.
    """
    from rapidfuzz import fuzz, process  # only where somebody mistyped: it is large

    found = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=alike)
    return found[0] if found else None
