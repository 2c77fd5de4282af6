"""A prompt as it is shown: in one language, with what its template shows filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.core.content import in_locale
from bot.core.markup import to_plain
from bot.core.turn import Turn
from bot.engine.words import check_template, render_template
from bot.features.prompts import hands
from bot.features.prompts.choosing import Why
from bot.features.prompts.content import VARIABLES, Prompt
from storage.prompts import Prompt as Row
from storage.suggestions import Suggestions

SUGGESTED = "suggested"  # the kind of a prompt that a member suggested


@dataclass(frozen=True, slots=True)
class Card:
    """A prompt in one language.

    Args:
        id: of the library's prompt, or of the community's own.
        own: a person typed it, so that its first line is its title.
        base: the prompt of the library that it was made from.
        credit: whose question it is, if they want to be named.
        why: why it comes now.
        hands: the answers of its show of hands, if it has one.
    """

    id: str
    kind: str
    title: str
    text: str
    own: bool = False
    starters: tuple[str, ...] = ()
    easier: str = ""
    base: str = ""
    credit: str = ""
    why: Why = Why.DRAWN
    hands: tuple[str, ...] = ()


def own_card(row: Row, texts: Mapping[str, Any]) -> Card:
    """Return the card of a prompt of the community's own."""
    why = Why.SUGGESTED if row.kind == SUGGESTED else Why.OWN
    base = str(texts.get("base", ""))
    title, text = str(texts["title"]), str(texts["text"])
    # What a member wrote stands as they wrote it.
    text, asked = (text, ()) if row.kind == SUGGESTED else hands.split(text)
    return Card(row.id, row.kind, title, text, own=True, base=base, why=why, hands=asked)


def library_card(prompt: Prompt, locale: str, why: Why = Why.DRAWN) -> Card:
    """Return the card of a prompt of the library in a language."""
    starters = prompt.starters.get(locale) or prompt.starters.get("en") or ()
    return Card(
        prompt.id,
        prompt.kind,
        in_locale(prompt.title, locale),
        in_locale(prompt.text, locale),
        starters=tuple(starters),
        easier=in_locale(prompt.easier, locale),
        why=why,
        hands=tuple(prompt.hands.get(locale) or prompt.hands.get("en") or ()),
    )


def shown(turn: Turn, card: Card) -> Card:
    """Fill in what a prompt's template shows; what a moderator typed is taken as text and
    Markdown.
    """
    if card.kind == SUGGESTED:
        # Members know nothing of templates: what they write in braces stands there.
        return replace(card, credit=_credit(turn, card))
    values: dict[str, str] = {"community": turn.community.name}
    if "{" in card.text + card.easier:  # to gather them costs more than all else here
        values |= dict(turn.gather("variables"))
    known = {name: values.get(name, "") for name in VARIABLES}
    if card.own:  # the library's were looked at when they were loaded
        check_template(card.text, VARIABLES)
    easier = render_template(card.easier, known) if card.easier else ""
    text = render_template(card.text, known)
    title = title_of(text) if card.own else card.title
    return replace(card, title=title, text=text, easier=str(easier))


def _credit(turn: Turn, card: Card) -> str:
    """Return the credit that the author chose; none once they were erased."""
    suggestions = turn.rows(Suggestions)
    row = suggestions.behind(card.id)
    body = suggestions.body(row) if row else {}
    words = "credit_edited" if body.get("edited") else "credit"
    return turn.text(words, name=str(body["credit"])) if body.get("credit") else ""


def heading(card: Card) -> str:
    """Return what stands above a prompt; one that is its own title needs none."""
    return "" if to_plain(card.text).strip() == card.title else card.title


def title_of(text: str) -> str:
    """Return a thread's title for a prompt that was typed without one."""
    first = to_plain(text).strip().split("\n")[0]
    return first if len(first) <= 60 else first[:57].rsplit(" ", 1)[0] + "…"
