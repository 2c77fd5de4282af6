"""Telling the community what a change is about, and what it comes to.

Numbers are never told, nor who consented or objected; an objection's words are carried.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import OpenThread
from bot.core.content import in_locale
from bot.core.markup import to_plain
from bot.core.turn import Turn
from bot.features.charter import windows
from bot.features.charter.difference import changes
from bot.features.charter.enacting import kind_of
from storage.charter import CharterClause, CharterRows
from storage.outbox import Deliveries
from storage.proposals import Proposal, Proposals

TITLE_LIMIT = 60


def clause_title(turn: Turn, clause: CharterClause) -> str:
    """Return a clause's title in the language that is spoken."""
    return in_locale(clause.texts["title"], turn.locale)


def title(turn: Turn, proposal: Proposal) -> str:
    """Return the title of the clause that a proposal is about, also of one that is not there."""
    body = turn.rows(Proposals).body(proposal)
    match kind_of(body):
        case "purpose":
            return to_plain(turn.text("purpose_line"))
        case "add":
            return str(body["title"])
        case _:
            rows = turn.rows(CharterRows).versions(turn.community.id)
            found = [each for each in rows if each.clause_id == proposal.clause_id]
            return clause_title(turn, found[-1]) if found else proposal.clause_id


def heading(turn: Turn, proposal: Proposal) -> str:
    """Return by what a proposal is known where several stand together."""
    kind = kind_of(turn.rows(Proposals).body(proposal))
    if proposal.lane == "editorial" and proposal.state == "adopted":
        kind = "corrected"
    whole = title(turn, proposal)
    if kind not in ("add", "remove", "corrected"):
        return whole
    return to_plain(turn.text(f"heading_{kind}", title=whole))


def values(turn: Turn, proposal: Proposal) -> dict[str, Any]:
    """Return what words show of a proposal."""
    body = turn.rows(Proposals).body(proposal)
    return {
        "kind": kind_of(body),
        "title": title(turn, proposal),
        "changes": shown_changes(body["before"], body["text"]),
        "before": body["before"],
        "now": body["text"],
        "why": body["why"],
        "until": windows.until(turn, proposal),
        "for_now": for_now(turn, body),
    }


def for_now(turn: Turn, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a moment or nothing
    """Return until when an urgent change counts without consent; None where none does."""
    if "counts" not in body:
        return None
    return windows.after(turn, windows.moment(body["counts"]["at"]), windows.URGENT)


def for_now_of(turn: Turn, clause: str) -> Any:  # noqa: ANN401 - a moment or nothing
    """Return until when a clause's words count without consent; None where they simply count."""
    rows = turn.rows(Proposals)
    proposal = rows.about(turn.community.id, clause)
    return for_now(turn, rows.body(proposal)) if proposal else None


def announce(turn: Turn, proposal: Proposal, words: str, **more: Any) -> str:  # noqa: ANN401 - what words show
    """Say it in the charter's room, with a thread to talk in; return its key."""
    room = turn.community.rooms.get("charter")
    if room is None:
        return ""
    with turn.in_language(turn.community.locale):
        # A window begins, or ends: it goes out on a full day, too.
        key = turn.say(words, to=room, timely=True, **{**values(turn, proposal), **more})
        thread = OpenThread(
            key=turn.new_id(),
            to=room,
            after=key,
            title=title(turn, proposal),
            text=turn.text("thread_of_change"),
        )
    turn.do(thread)
    return key


def in_thread(turn: Turn, proposal: Proposal, words: str, **more: Any) -> None:  # noqa: ANN401 - what words show
    """Say it in the thread of the change, or in the room where that is not there any more."""
    room = turn.community.rooms.get("charter")
    if room is None:
        return
    card = str(turn.rows(Proposals).body(proposal).get("card", ""))
    stands = bool(card) and turn.rows(Deliveries).state(card) is not None
    with turn.in_language(turn.community.locale):
        shown = {**values(turn, proposal), **more}
        base = card if stands else None
        turn.say(words, to=room, after=base, in_thread=stands, timely=True, **shown)


def shown_changes(before: str, now: str) -> list[Mapping[str, str]]:
    """Return the differences as the words show them."""
    return [
        {"out": each.out, "into": each.into, "after": each.after} for each in changes(before, now)
    ]
