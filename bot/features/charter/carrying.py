"""The charter's words, carried to a community that has none yet, as its founding draft.

Who acknowledged it, its questions and its decisions stay where they are, and so does what a host
keeps for law or safety. A charter that stands is changed by its members alone.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from bot.core.errors import BadInput
from bot.core.features import Carry
from bot.core.turn import Turn
from bot.features.charter.content import Amendment
from bot.features.charter.pasting import MOST_CLAUSES
from storage.charter import Charter, CharterClause, CharterRows

_PARTS = ("title", "text", "intent", "why")
_ID = re.compile(r"[a-z][a-z0-9-]{0,59}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LIMITS = {"title": 60}
_LIMIT = 3000


def out(turn: Turn) -> Mapping[str, Any]:
    """Return the charter as it stands."""
    rows = turn.rows(CharterRows)
    charter = rows.get(turn.community.id)
    if charter is None:
        return {}
    clauses = rows.clauses(turn.community.id)
    sections = [
        {
            "id": section["id"],
            "title": dict(section["title"]),
            "clauses": [
                {"id": row.clause_id, **{part: dict(row.texts.get(part) or {}) for part in _PARTS}}
                for row in clauses
                if row.section_id == section["id"]
            ],
        }
        for section in charter.sections
    ]
    amendment = {"amendment": dict(charter.amendment)} if charter.amendment else {}
    return {"purpose": dict(charter.purpose), "sections": sections, **amendment}


def look(turn: Turn, part: Mapping[str, Any]) -> list[str]:
    """Say what would be founded; a charter that stands stays."""
    clauses = list(_clauses(turn, part))
    _rules(part)
    if not clauses:
        return []
    if turn.rows(CharterRows).get(turn.community.id) is None:
        return [turn.text("charter/import_charter", count=len(clauses))]
    return [] if out(turn) == part else [turn.text("charter/import_charter_stays")]


def take(turn: Turn, part: Mapping[str, Any]) -> None:
    """Found the charter, where there is none."""
    clauses, rows = list(_clauses(turn, part)), turn.rows(CharterRows)
    if not clauses or rows.get(turn.community.id) is not None:
        return
    sections = [{"id": each["id"], "title": dict(each["title"])} for each in part["sections"]]
    charter = Charter(
        community_id=turn.community.id,
        version="1.0.0",
        purpose=_texts(part, "purpose"),
        sections=sections,
        amendment=_rules(part),
        adopted_at=turn.now,
    )
    rows.found(charter, clauses)


def _clauses(turn: Turn, part: Mapping[str, Any]) -> Iterator[CharterClause]:
    _known(part, ("purpose", "sections", "amendment"))
    _texts(part, "purpose")
    taken, position = set[str](), 0
    for section in _listed(part, "sections"):
        _known(section, ("id", "title", "clauses"))
        name = _id(section, taken)
        _texts(section, "title", needed=True)
        for clause in _listed(section, "clauses"):
            _known(clause, ("id", *_PARTS))
            needed = {each: each in ("title", "text") for each in _PARTS}
            yield CharterClause(
                community_id=turn.community.id,
                clause_id=_id(clause, taken),
                version=1,
                section_id=name,
                position=position,
                texts={each: _texts(clause, each, needed=needed[each]) for each in _PARTS},
                floor=False,
                current=True,
                adopted_at=turn.now,
            )
            position += 1
    if position > MOST_CLAUSES:
        raise _wrong("sections", position)


def _rules(part: Mapping[str, Any]) -> dict[str, Any] | None:
    if part.get("amendment") is None:
        return None
    try:
        return Amendment.model_validate(part["amendment"]).model_dump()
    except ValidationError as error:
        raise _wrong("amendment", error.errors()[0]["input"]) from error


def _known(part: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in part:
        if key not in keys:
            raise BadInput("community/import_key", key=str(key)[:40], known=list(keys))


def _listed(part: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = part.get(key) or []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise _wrong(key, value)
    return value


def _id(part: Mapping[str, Any], taken: set[str]) -> str:
    value = part.get("id")
    if not isinstance(value, str) or not _ID.fullmatch(value) or value in taken:
        raise _wrong("id", value)
    taken.add(value)
    return value


def _texts(part: Mapping[str, Any], key: str, *, needed: bool = False) -> dict[str, str]:
    value = part.get(key) or {}
    if not isinstance(value, Mapping) or (needed and not value):
        raise _wrong(key, value)
    for language, text in value.items():
        fits = isinstance(text, str) and text.strip() and len(text) <= _LIMITS.get(key, _LIMIT)
        if not fits or not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise _wrong(key, text)
    return dict(value)


def _wrong(key: str, value: object) -> BadInput:
    return BadInput("community/import_value", key=key, value=str(value)[:40])


CARRY = Carry("charter", out, look, take)
