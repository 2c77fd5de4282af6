"""How a change takes effect (other words, a clause more or less, another purpose), and is taken
back.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.turn import Turn
from storage.charter import CharterClause, CharterRows
from storage.proposals import Proposal

KINDS = ("reword", "add", "remove", "purpose")


def kind_of(body: Mapping[str, Any]) -> str:
    """Return what a proposal would change; the first ones could only be about a clause's words."""
    return str(body.get("kind", "reword"))


def possible(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> bool:
    """Tell whether the change still fits the charter, and is the members' to make."""
    rows = turn.rows(CharterRows)
    charter = rows.get(turn.community.id)
    match kind_of(body):
        case "purpose":
            return charter is not None
        case "add":
            sections = [each["id"] for each in charter.sections] if charter else []
            taken = rows.clause(turn.community.id, proposal.clause_id)
            return body["section"] in sections and (taken is None or not taken.floor)
        case _:
            clause = rows.clause(turn.community.id, proposal.clause_id)
            if clause is None:
                return "counts" in body  # taken out for now, by this very proposal
            return not clause.floor


def apply(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> dict[str, Any]:
    """Let a change count from now on; return the proposal's body with how it is taken back."""
    rows, here = turn.rows(CharterRows), turn.community.id
    language, text = str(body["language"]), str(body["text"])
    clause = rows.clause(here, proposal.clause_id)
    counts: dict[str, Any] = {"at": turn.now.isoformat(), "text": text}
    # Other languages said the old thing: they come back by the editorial lane.
    words = {"text": {language: text}, "why": {language: body["why"]}}
    match kind_of(body):
        case "purpose":
            charter = rows.get(here)
            counts["purpose"] = dict(charter.purpose) if charter else {}
            rows.set_purpose(here, words["text"])
        case "add" if clause is None:
            texts = {"title": {language: body["title"]}, "intent": {}, **words}
            fresh = rows.add(_clause(turn, proposal, str(body["section"]), texts))
            counts |= {"version": fresh.version, "before": None}
        case "remove" if clause is not None:
            rows.remove(clause)
            counts |= {"version": None, "before": clause.version}
        case _ if clause is not None:
            fresh = rows.adopt(clause, {**clause.texts, **words}, turn.now)
            counts |= {"version": fresh.version, "before": clause.version}
    return {**body, "counts": counts}


def take_back(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> dict[str, Any]:
    """Let what was before count again; return the proposal's body without the way back."""
    rows, here = turn.rows(CharterRows), turn.community.id
    counts = body["counts"]
    if "purpose" in counts:
        rows.set_purpose(here, counts["purpose"])
    else:
        rows.restore(here, proposal.clause_id, counts["before"])
    return {name: value for name, value in body.items() if name != "counts"}


def reword(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> dict[str, Any]:
    """Let other words count that mean the same; return what stood there, by language."""
    rows, here = turn.rows(CharterRows), turn.community.id
    old = _words(turn, proposal, body)
    words = {**old, str(body["language"]): body["text"]}
    clause = rows.clause(here, proposal.clause_id)
    if kind_of(body) == "purpose":
        rows.set_purpose(here, words)
    elif clause is not None:
        rows.reword(clause, {**clause.texts, "text": words})
    return old


def stands(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> bool:
    """Tell whether a correction still stands as it was made."""
    return bool(_words(turn, proposal, body).get(str(body["language"])) == body["text"])


def put_back(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> None:
    """Let the old words stand again in their language, after a correction that was none."""
    rows, here, language = turn.rows(CharterRows), turn.community.id, str(body["language"])
    words = {**_words(turn, proposal, body), language: body["old"].get(language)}
    words = {tag: text for tag, text in words.items() if text is not None}
    clause = rows.clause(here, proposal.clause_id)
    if kind_of(body) == "purpose":
        rows.set_purpose(here, words)
    elif clause is not None:
        rows.reword(clause, {**clause.texts, "text": words})


def _words(turn: Turn, proposal: Proposal, body: Mapping[str, Any]) -> dict[str, Any]:
    rows, here = turn.rows(CharterRows), turn.community.id
    if kind_of(body) == "purpose":
        charter = rows.get(here)
        return dict(charter.purpose) if charter else {}
    clause = rows.clause(here, proposal.clause_id)
    return dict(clause.texts["text"]) if clause else {}


def _clause(
    turn: Turn, proposal: Proposal, section: str, texts: Mapping[str, Any]
) -> CharterClause:
    rows = turn.rows(CharterRows)
    versions = rows.versions(turn.community.id)
    earlier = [each.version for each in versions if each.clause_id == proposal.clause_id]
    return CharterClause(
        community_id=turn.community.id,
        clause_id=proposal.clause_id,
        version=max(earlier, default=0) + 1,
        section_id=section,
        position=max((each.position for each in versions), default=-1) + 1,
        texts=dict(texts),
        floor=False,
        current=True,
        adopted_at=turn.now,
    )
