"""One's own receipts, how the charter has changed, and asking again for what has changed alone."""

from collections.abc import Mapping
from typing import Any

from bot.core.content import in_locale
from bot.core.markup import Markdown
from bot.core.turn import Answer, Turn
from bot.features.charter.deciding import shown_changes
from storage.charter import CharterClause, CharterRows


def changed(turn: Turn) -> list[tuple[CharterClause, CharterClause | None]]:
    """Return the clauses that a member acknowledged in an older version, with that version."""
    rows = turn.rows(CharterRows)
    receipts: dict[str, int] = {}
    for each in rows.receipts(turn.subject, turn.community.id):
        known = receipts.get(each.clause_id, 0)
        receipts[each.clause_id] = max(known, each.clause_version)
    now = rows.clauses(turn.community.id) if receipts else []
    fresh = [each for each in now if 0 < receipts.get(each.clause_id, 0) < each.version]
    versions = rows.versions(turn.community.id) if fresh else []
    old = {(each.clause_id, each.version): each for each in versions}
    return [(each, old.get((each.clause_id, receipts[each.clause_id]))) for each in fresh]


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
    titles = {each.clause_id: each for each in rows.clauses(turn.community.id)}
    receipts = rows.receipts(turn.subject, turn.community.id)
    order = list(titles)
    receipts = [each for each in receipts if each.clause_id in titles]
    receipts.sort(key=lambda each: (each.at, order.index(each.clause_id), each.clause_version))
    shown = [
        (
            in_locale(titles[each.clause_id].texts["title"], turn.locale),
            each.clause_version,
            each.at,
        )
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
    versions = turn.rows(CharterRows).versions(turn.community.id)
    before = {(each.clause_id, each.version): each for each in versions}
    found: list[dict[str, Any]] = []
    for each in versions:
        old = before.get((each.clause_id, each.version - 1))
        if old is None:
            continue
        language = next(iter(each.texts["text"]), turn.locale)
        found.append(
            {
                "title": in_locale(each.texts["title"], turn.locale),
                "version": each.version,
                "at": each.adopted_at,
                "why": in_locale(each.texts["why"], turn.locale),
                "changes": shown_changes(
                    in_locale(old.texts["text"], language), in_locale(each.texts["text"], language)
                ),
            }
        )
    return sorted(found, key=lambda each: each["at"])
