"""One's own receipts, how the charter has changed, and asking again for what has changed alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.core.actions import File
from bot.core.content import in_locale
from bot.core.markup import Markdown, to_plain
from bot.core.turn import Answer, Turn
from bot.features.charter import telling, windows
from storage.charter import Acknowledgement, CharterClause, CharterRows
from storage.proposals import Proposal, Proposals

_CHANGES, _SHOWN = 5, 25  # so many are shown at once


def changed(turn: Turn) -> list[tuple[CharterClause, CharterClause | None]]:
    """Return the clauses that a member acknowledged in an older version, with that version; and
    those that were added since, if they had acknowledged the whole.
    """
    rows = turn.rows(CharterRows)
    receipts: dict[str, int] = {}
    for each in rows.receipts(turn.subject, turn.community.id):
        known = receipts.get(each.clause_id, 0)
        receipts[each.clause_id] = max(known, each.clause_version)
    now = rows.clauses(turn.community.id) if receipts else []
    waiting = [each for each in now if receipts.get(each.clause_id, 0) < each.version]
    versions = rows.versions(turn.community.id) if waiting else []
    old = {(each.clause_id, each.version): each for each in versions}
    founded = {each.clause_id for each in versions if _is_founding(turn, each)}
    whole = all(each.clause_id in receipts for each in now if each.clause_id in founded)
    return [
        (each, old.get((each.clause_id, receipts.get(each.clause_id, 0))))
        for each in waiting
        if each.clause_id in receipts or (whole and each.clause_id not in founded)
    ]


def _is_founding(turn: Turn, clause: CharterClause) -> bool:
    charter = turn.rows(CharterRows).get(turn.community.id)
    return charter is not None and clause.adopted_at <= charter.adopted_at


def ask_again(turn: Turn) -> bool:
    """Show the next changed clause, before and now; False where nothing has changed."""
    waiting = changed(turn)
    if not waiting:
        return False
    clause, before = waiting[0]
    choices = [
        turn.choice("ack", "choice_acknowledge"),
        turn.choice("ask", "choice_ask"),
        turn.choice("later", "choice_later"),
    ]
    turn.ask(
        "again.clause",
        "clause_changed",
        choices,
        about={"clause": clause.clause_id, "version": clause.version},
        title=in_locale(clause.texts["title"], turn.locale),
        before=in_locale(before.texts["text"], turn.locale) if before else "",
        for_now=telling.for_now_of(turn, clause.clause_id),
        now=in_locale(clause.texts["text"], turn.locale),
        why=in_locale(clause.texts["why"], turn.locale),
        more=len(waiting) - 1,
    )
    return True


def history(turn: Turn, _options: Mapping[str, str]) -> None:
    """Show what was changed and why, the newest first, then the member's own receipts."""
    _history(turn, 0)


def _history(turn: Turn, page: int) -> None:
    told = _changes(turn)
    shown = told[page * _CHANGES : (page + 1) * _CHANGES]
    if shown:
        turn.say("history", changes=shown)
    receipts = _receipts(turn)
    choices = []
    if len(told) > (page + 1) * _CHANGES:
        choices.append(turn.choice("earlier", "choice_earlier_changes"))
    if receipts:
        choices.append(turn.choice("text", "choice_receipt_text"))
        choices.append(turn.choice("file", "choice_receipt_file"))
    if not choices:
        turn.say("no_receipt")
        return
    choices.append(turn.choice("end", "choice_that_is_all"))
    turn.ask(
        "receipt.shown",
        "receipt" if receipts else "no_receipt",
        choices,
        about={"page": page},
        receipts=receipts[-_SHOWN:],
        more=max(0, len(receipts) - _SHOWN),
        name=turn.community.name,
    )


def _receipts(turn: Turn) -> list[tuple[str, int, datetime]]:
    """Return the member's own receipts, the oldest first, in the order of the charter."""
    rows = turn.rows(CharterRows)
    titles = {each.clause_id: each for each in rows.versions(turn.community.id)}
    return [
        (telling.clause_title(turn, titles[each.clause_id]), each.clause_version, each.at)
        for each in _sorted_receipts(turn, list(titles))
    ]


def _sorted_receipts(turn: Turn, order: Sequence[str]) -> list[Acknowledgement]:
    receipts = turn.rows(CharterRows).receipts(turn.subject, turn.community.id)
    return sorted(
        receipts, key=lambda each: (each.at, order.index(each.clause_id), each.clause_version)
    )


def shown(turn: Turn, answer: Answer) -> None:
    """Give the receipts as text or as a file to keep, show earlier changes, or nothing."""
    match answer.choice:
        case "earlier":
            _history(turn, int(answer.about.get("page", 0)) + 1)
        case "text":
            text = Markdown(_lines(turn).replace("```", "'''"))
            turn.say("receipt_text", text=text, name=turn.community.name)
        case "file":
            file = File(f"{to_plain(turn.text('receipt_name'))}.txt", _lines(turn))
            turn.say("receipt_file", file=file, name=turn.community.name)
        case _:
            turn.say("receipt_end")


def _lines(turn: Turn) -> str:
    """Return a line for each receipt: the day, the clause by its title and id, the version."""
    rows = turn.rows(CharterRows)
    titles = {each.clause_id: each for each in rows.versions(turn.community.id)}
    return "\n".join(
        f"{each.at:%Y-%m-%d}\t{telling.clause_title(turn, titles[each.clause_id])}"
        f"\t{each.clause_id}\t{each.clause_version}"
        for each in _sorted_receipts(turn, list(titles))
    )


def _changes(turn: Turn) -> list[dict[str, Any]]:
    """Return what changed, the newest first: by consent, by correction, or for a while."""
    rows = turn.rows(Proposals)
    found = []
    for each in rows.of(turn.community.id):
        body = rows.body(each)
        if each.state == "adopted":
            found.append((each.since, _told(turn, each, body)))
        elif "lapsed" in body:
            begun, ended = map(windows.moment, body["lapsed"])
            found.append((begun, {**_told(turn, each, body), "at": begun, "ended": ended}))
        elif "counts" in body:
            begun = windows.moment(body["counts"]["at"])
            found.append((begun, {**_told(turn, each, body), "at": begun}))
    return [told for _, told in sorted(found, key=lambda one: one[0], reverse=True)]


def _told(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **telling.values(turn, proposal),
        "heading": telling.heading(turn, proposal),
        "version": body.get("version"),
        "at": proposal.since,
        "ended": None,
    }
