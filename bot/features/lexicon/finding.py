"""Finding words, and bookmarking them for oneself."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.features import HomeItem, WordSaved
from bot.core.turn import Answer, Turn
from bot.engine.reading import fold
from bot.engine.words import language_name
from bot.features.lexicon import adding
from storage.lexicon import Entry, Lexicon

_SHOWN, _LISTED = 5, 12


def home(turn: Turn) -> list[HomeItem]:
    """Return the door to the words."""
    return [HomeItem(turn.text("home"), "word", order=45)]


def variables(turn: Turn) -> list[tuple[str, str]]:
    """Return some words of this place, for prompts to show."""
    terms = [entry.term for entry in turn.rows(Lexicon).entries(turn.community.id)]
    return [("words", ", ".join(terms[:_LISTED]))]


def find(turn: Turn, options: Mapping[str, str]) -> None:
    """Show the words that a text occurs in, or ask for it."""
    if options.get("word", "").strip():
        _find(turn, options["word"])
        return
    field = Field("word", turn.text("field_term"), limit=adding.TERM_LIMIT)
    turn.ask_form("lexicon.find", "ask_find", [field])


def typed(turn: Turn, answer: Answer) -> None:
    """Show the words that the text occurs in."""
    _find(turn, answer.text)


def _find(turn: Turn, text: str) -> None:
    wanted = fold(text)
    entries = turn.rows(Lexicon).entries(turn.community.id)
    exact = [each for each in entries if fold(each.term) == wanted]
    near = [each for each in entries if wanted in fold(each.term) and each not in exact]
    inside = [
        each
        for each in entries
        if each not in exact
        and each not in near
        and any(wanted in fold(sense.meaning) for sense in each.senses)
    ]
    found = [*exact, *near, *inside]
    if not found:
        choices = [
            turn.choice("add", "choice_add_this", term=" ".join(text.split())),
            turn.choice("no", "choice_not_now"),
        ]
        about = {"term": " ".join(text.split())[: adding.TERM_LIMIT]}
        turn.ask("lexicon.shown", "not_found", choices, about=about, term=text[:60])
        return
    _show(turn, found[:_SHOWN], more=len(found) - _SHOWN)


def _show(turn: Turn, entries: Sequence[Entry], more: int = 0) -> None:
    saved = turn.rows(Lexicon).saved(turn.subject)
    choices = [
        turn.choice(f"save:{each.id}", "choice_save", term=each.term)
        for each in entries
        if each.id not in saved
    ]
    if len(entries) == 1:
        choices.append(turn.choice(f"sense:{entries[0].id}", "choice_add_sense"))
        may = [each for each in entries[0].senses if _may_take_back(turn, each.author)]
        if may:
            choices.append(turn.choice(f"back:{entries[0].id}", "choice_take_back"))
    choices.append(turn.choice("no", "choice_enough"))
    shown = [_shown(each, saved) for each in entries]
    turn.ask("lexicon.shown", "words", choices, entries=shown, more=max(0, more))


def _may_take_back(turn: Turn, author: str | None) -> bool:
    return turn.moderator or author == turn.subject


def _shown(entry: Entry, saved: set[str]) -> dict[str, Any]:
    senses = [(language_name(each.language), each.meaning, each.credit) for each in entry.senses]
    return {"term": entry.term, "senses": senses, "saved": entry.id in saved}


def list_(turn: Turn, _options: Mapping[str, str]) -> None:
    """List the words by the alphabet, one's own bookmarks first."""
    entries = turn.rows(Lexicon).entries(turn.community.id)
    saved = turn.rows(Lexicon).saved(turn.subject)
    if not entries:
        choices = [turn.choice("add", "choice_add"), turn.choice("no", "choice_not_now")]
        turn.ask("lexicon.shown", "no_words", choices)
        return
    own = [each.term for each in entries if each.id in saved]
    choices = [Choice(f"word:{each.id}", each.term, None, ()) for each in entries[:_LISTED]]
    choices.append(turn.choice("add", "choice_add"))
    choices.append(turn.choice("no", "choice_enough"))
    terms = [each.term for each in entries]
    turn.ask("lexicon.shown", "list", choices, terms=terms, own=own)


def save(turn: Turn, options: Mapping[str, str]) -> None:
    """Bookmark a word by its name; without one, show which there are."""
    wanted = fold(options.get("word", ""))
    if not wanted:
        list_(turn, {})
        return
    entries = turn.rows(Lexicon).entries(turn.community.id)
    found = next((each for each in entries if fold(each.term) == wanted), None)
    if found is None:
        _find(turn, options["word"])
    else:
        _save(turn, found)


def _save(turn: Turn, entry: Entry) -> None:
    turn.rows(Lexicon).save(turn.subject, entry.id)
    turn.say("saved", term=entry.term)
    turn.tell(WordSaved(event_id=turn.new_id(), term=entry.term))


def chosen(turn: Turn, answer: Answer) -> None:
    """Save, explain, show or take back what was chosen; it may be gone meanwhile."""
    what, _, id_ = answer.choice.partition(":")
    entries = turn.rows(Lexicon).entries(turn.community.id)
    entry = next((each for each in entries if each.id == id_), None)
    match what:
        case "add":
            adding.ask(turn, str(answer.about.get("term", "")))
        case "no":
            turn.say("left")
        case _ if entry is None:
            turn.say("word_gone")
        case "save":
            _save(turn, entry)
        case "sense":
            adding.ask(turn, entry.term)
        case "back":
            _ask_back(turn, entry)
        case _:
            _show(turn, [entry])


def _ask_back(turn: Turn, entry: Entry) -> None:
    senses = [each for each in entry.senses if _may_take_back(turn, each.author)][:9]
    choices = [Choice(each.id, each.meaning[:70], None, ()) for each in senses]
    choices.append(turn.choice("no", "choice_not_now"))
    turn.ask("lexicon.back", "ask_take_back", choices, about={"word": entry.id}, term=entry.term)


def taken_back(turn: Turn, answer: Answer) -> None:
    """Delete a sense, if it is one's own still, or a moderator does it."""
    entries = turn.rows(Lexicon).entries(turn.community.id)
    senses = [sense for each in entries if each.id == answer.about["word"] for sense in each.senses]
    sense = next((each for each in senses if each.id == answer.choice), None)
    if answer.choice == "no":
        turn.say("left")
    elif sense is None:
        turn.say("word_gone")
    elif not _may_take_back(turn, sense.author):
        raise BadInput("not_yours")
    else:
        turn.rows(Lexicon).take_back(sense.id)
        turn.say("taken_back")
