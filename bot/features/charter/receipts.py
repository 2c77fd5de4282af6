"""One's own receipts, how the charter has changed, and asking again for what has changed alone."""

from collections.abc import Mapping
from typing import Any

from bot.core.content import in_locale
from bot.core.markup import Markdown
from bot.core.turn import Answer, Turn
from bot.features.charter import telling, windows
from storage.charter import CharterClause, CharterRows
from storage.proposals import Proposal, Proposals


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
    """Show what was changed and why, then the member's own receipts."""
    told = _changes(turn)
    if told:
        turn.say("history", changes=told)
    rows = turn.rows(CharterRows)
    titles = {each.clause_id: each for each in rows.versions(turn.community.id)}
    order = list(titles)
    receipts = rows.receipts(turn.subject, turn.community.id)
    receipts.sort(key=lambda each: (each.at, order.index(each.clause_id), each.clause_version))
    shown = [
        (telling.clause_title(turn, titles[each.clause_id]), each.clause_version, each.at)
        for each in receipts
    ]
    if not shown:
        turn.say("no_receipt")
        return
    choices = [turn.choice("file", "choice_receipt_file"), turn.choice("end", "choice_that_is_all")]
    turn.ask("receipt.shown", "receipt", choices, receipts=shown, name=turn.community.name)


def shown(turn: Turn, answer: Answer) -> None:
    """Give the receipts as text to keep, or not."""
    if answer.choice != "file":
        turn.say("receipt_end")
        return
    lines = []
    for each in turn.rows(CharterRows).receipts(turn.subject, turn.community.id):
        lines.append(f"{each.at:%Y-%m-%d}\t{each.clause_id}\t{each.clause_version}")
    text = "\n".join(lines).replace("```", "'''")
    turn.say("receipt_file", text=Markdown(text), name=turn.community.name)


def _changes(turn: Turn) -> list[dict[str, Any]]:
    """Return what changed, the oldest first: by consent, by correction, or for a while."""
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
    return [told for _, told in sorted(found, key=lambda one: one[0])]


def _told(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **telling.values(turn, proposal),
        "heading": telling.heading(turn, proposal),
        "version": body.get("version"),
        "at": proposal.since,
        "ended": None,
    }
