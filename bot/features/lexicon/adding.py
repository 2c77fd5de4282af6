"""Adding a sense to a word; a second sense joins the first, and nobody's is the official one."""

from collections.abc import Mapping
from typing import Any

from babel import Locale, UnknownLocaleError

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.features import WordSaved
from bot.core.turn import Answer, Turn
from bot.engine.reading import fold
from bot.engine.words import language_name
from storage.lexicon import Lexicon

TERM_LIMIT, MEANING_LIMIT = 60, 500
_NAME_LIMIT = 60


def add(turn: Turn, options: Mapping[str, str]) -> None:
    """Take `word: what it means`, or ask for both."""
    term, colon, meaning = options.get("text", "").partition(":")
    if colon and term.strip() and meaning.strip():
        _preview(turn, {"term": _term(term), "meaning": _meaning(meaning)})
    else:
        ask(turn, term if not colon else "")


def ask(turn: Turn, term: str = "") -> None:
    """Ask for a word and a meaning; the word may be known already."""
    fields = [Field("meaning", turn.text("field_meaning"), limit=MEANING_LIMIT)]
    known = " ".join(term.split())
    if not known:
        fields.insert(0, Field("term", turn.text("field_term"), limit=TERM_LIMIT))
    choices = [turn.choice("no", "choice_not_now")]
    about = {"term": _term(term) if known else ""}
    turn.ask_form("lexicon.add", "ask_word", fields, choices=choices, about=about, term=known)


def written(turn: Turn, answer: Answer) -> None:
    """Show what would be kept."""
    if answer.choice:
        turn.say("left")
        return
    term = str(answer.about.get("term") or answer.values.get("term", ""))
    meaning = answer.values.get("meaning", "")
    _preview(turn, {"term": _term(term), "meaning": _meaning(meaning)})


def _preview(turn: Turn, sense: Mapping[str, Any]) -> None:
    language_ = str(sense.get("language") or turn.locale)
    choices = [
        turn.choice("unnamed", "choice_unnamed"),
        turn.choice("named", "choice_named"),
        turn.choice("language", "choice_other_language", language=_called(turn, language_)),
        turn.choice("no", "choice_not_now"),
    ]
    about = {**sense, "language": language_}
    turn.ask(
        "lexicon.credit",
        "preview",
        choices,
        about=about,
        term=sense["term"],
        meaning=sense["meaning"],
        language=_called(turn, language_),
    )


def credited(turn: Turn, answer: Answer) -> None:
    """Keep the sense with or without a name, or change its language first."""
    match answer.choice:
        case "no":
            turn.say("left")
        case "language":
            field = Field("language", turn.text("field_language"), limit=40)
            turn.ask_form("lexicon.language", "ask_language", [field], about=answer.about)
        case "named" if turn.settings.get("called"):
            _keep(turn, answer.about, str(turn.settings["called"]))
        case "named":
            field = Field("called", turn.text("field_called"), limit=_NAME_LIMIT)
            turn.ask_form("lexicon.called", "ask_called", [field], about=answer.about)
        case _:
            _keep(turn, answer.about, "")


def language(turn: Turn, answer: Answer) -> None:
    """Take the language that was named, by its tag or its own name."""
    _preview(turn, {**answer.about, "language": _language(answer.text)})


def called(turn: Turn, answer: Answer) -> None:
    """Keep the name for the next time, and the sense under it."""
    name = " ".join(answer.text.split())
    if not name:
        raise BadInput("name_empty")
    turn.save_settings({**turn.settings, "called": name})
    _keep(turn, answer.about, name)


def _keep(turn: Turn, sense: Mapping[str, Any], credit: str) -> None:
    words, here = turn.rows(Lexicon), turn.community.id
    term = str(sense["term"])
    known = [each for each in words.entries(here) if fold(each.term) == fold(term)]
    word = known[0].id if known else words.add(turn.new_id(), here, term)
    body = {"language": str(sense["language"]), "meaning": str(sense["meaning"]), "credit": credit}
    words.explain(turn.new_id(), word, turn.subject, body)
    words.save(turn.subject, word)
    turn.say("joined" if known else "added", term=term, count=len(known[0].senses) if known else 0)
    turn.tell(WordSaved(event_id=turn.new_id(), term=term))


def _term(text: str) -> str:
    term = " ".join(text.split())
    if not term or len(term) > TERM_LIMIT:
        raise BadInput("term_wrong", limit=TERM_LIMIT)
    return term


def _meaning(text: str) -> str:
    meaning = text.strip()
    if not meaning or len(meaning) > MEANING_LIMIT:
        raise BadInput("meaning_wrong", limit=MEANING_LIMIT)
    return meaning


def _called(turn: Turn, tag: str) -> str:
    """Return what a language is called in the one that is spoken, as within a sentence."""
    return Locale.parse(turn.locale).languages.get(tag) or language_name(tag)


def _language(text: str) -> str:
    """Return the tag of a language that somebody names: `fr`, `français` or `French`."""
    typed = fold(text)
    try:
        return str(Locale.parse(typed.replace("-", "_")).language)
    except (UnknownLocaleError, ValueError):
        pass
    for shown_in in ("en", "fr"):
        for tag, name in Locale(shown_in).languages.items():
            if fold(name) == typed:
                return str(tag)
    for tag in Locale("en").languages:
        if fold(language_name(str(tag))) == typed:
            return str(tag)
    raise BadInput("language_unknown", typed=text[:40])
