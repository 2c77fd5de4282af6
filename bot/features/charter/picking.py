"""Choosing a clause, page by page where a charter has many."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.actions import Choice
from bot.core.turn import Answer, Turn
from bot.features.charter.telling import clause_title
from storage.charter import CharterClause

PAGE = 18  # with the other choices as many as one menu holds
_MORE = "more"


def choices(turn: Turn, clauses: Sequence[CharterClause], page: int) -> list[Choice]:
    """Return the clauses of a page as choices, and a way to the next page."""
    shown = clauses[page * PAGE : (page + 1) * PAGE]
    found = [
        Choice(f"clause:{each.clause_id}", clause_title(turn, each), None, ()) for each in shown
    ]
    if len(clauses) > PAGE:
        found.append(turn.choice(_MORE, "choice_more_clauses"))
    return found


def turned(answer: Answer, clauses: Sequence[CharterClause]) -> int | None:
    """Return the page that was asked for; after the last one the first; None: something else."""
    if answer.choice != _MORE:
        return None
    pages = -(-len(clauses) // PAGE)
    return (page_of(answer.about) + 1) % max(1, pages)


def page_of(about: Mapping[str, Any]) -> int:
    """Return the page that a question showed."""
    return int(about.get("page", 0))


def chosen(answer: Answer) -> str:
    """Return the id of the clause that was chosen; "" for anything else."""
    what, _, id_ = answer.choice.partition(":")
    return id_ if what == "clause" else ""
