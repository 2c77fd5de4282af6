"""The lexicon's words, carried to another community; whose they are stays where they were said."""

from collections.abc import Iterator, Mapping
from typing import Any

from babel import Locale

from bot.core.features import Carry
from bot.core.turn import Turn
from bot.engine.carried import known_keys, listed, text_of, unusable
from bot.engine.reading import fold
from bot.features.lexicon.adding import MEANING_LIMIT, TERM_LIMIT
from storage.lexicon import Lexicon

_KEYS = ("language", "meaning")


def out(turn: Turn) -> Mapping[str, Any]:
    """Return the words with all their senses, without a name."""
    words = [
        {
            "word": entry.term,
            "senses": [{key: getattr(sense, key) for key in _KEYS} for sense in entry.senses],
        }
        for entry in turn.rows(Lexicon).entries(turn.community.id)
    ]
    return {"words": words} if words else {}


def look(turn: Turn, part: Mapping[str, Any]) -> list[str]:
    """Say how many senses would come."""
    fresh = list(_fresh(turn, part))
    return [turn.text("lexicon/import_words", count=len(fresh))] if fresh else []


def take(turn: Turn, part: Mapping[str, Any]) -> None:
    """Keep the senses that are not there yet, each beside those of the same word."""
    words = turn.rows(Lexicon)
    for term, language, meaning in list(_fresh(turn, part)):
        known = {fold(entry.term): entry.id for entry in words.entries(turn.community.id)}
        word = known.get(fold(term)) or words.add(turn.new_id(), turn.community.id, term)
        body = {"language": language, "meaning": meaning, "credit": ""}
        words.explain(turn.new_id(), word, None, body)


def _fresh(turn: Turn, part: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    known_keys(part, ("words",))
    there = {
        (fold(entry.term), sense.language, sense.meaning)
        for entry in turn.rows(Lexicon).entries(turn.community.id)
        for sense in entry.senses
    }
    for each in listed(part, "words"):
        known_keys(each, ("word", "senses"))
        term = " ".join(text_of(each, "word", TERM_LIMIT).split())
        for sense in listed(each, "senses"):
            known_keys(sense, _KEYS)
            language, meaning = sense.get("language"), text_of(sense, "meaning", MEANING_LIMIT)
            if not isinstance(language, str) or language not in Locale("en").languages:
                raise unusable("language", language)
            if (found := (fold(term), language, meaning)) not in there:
                there.add(found)
                yield term, language, meaning


CARRY = Carry("lexicon", out, look, take)
