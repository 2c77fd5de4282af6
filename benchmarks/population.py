"""Communities and members by the thousand, as the bot itself would have left them, written in bulk.

Everything is sealed as the store seals it, and read back by the real handlers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel

from benchmarks.common import FOLDERS, NULL
from bot.core.refs import Community as CommunityRef
from bot.engine.schedule.recurrence import Cadence, Rule
from bot.features.charter.content import load_charter
from bot.features.prompts.coming import KIND as PROMPT
from bot.features.prompts.coming import LATENESS
from bot.features.reflection.rhythm import KIND as CHECK_IN
from storage.charter import Acknowledgement, Charter, CharterClause, CharterRows
from storage.communities import Communities
from storage.reflection import ThoughtRow
from storage.store import Store
from storage.tables import Conversation, Membership, Schedule, Subject
from storage.transaction import Transaction

_AT_ONCE = 2000  # rows of a kind in one transaction
_ZONE = "Europe/Ljubljana"
_NOTE = (
    "I asked my neighbour to explain the drawing to me before I explained anything to her. "
    "She saw a river where I had drawn a road, and we talked about that for half an hour. "
)

Rows = dict[type[SQLModel], list[dict[str, Any]]]


@dataclass(frozen=True)
class Person:
    """A member: a number, in a community by its number, with a data key."""

    number: int
    circle: int
    key: bytes

    @property
    def subject(self) -> str:
        """Return the subject id."""
        return f"subject{self.number:013}"

    @property
    def community(self) -> str:
        """Return the community's id."""
        return community_id(self.circle)


Extra = Callable[[Transaction, Person, Rows], None]


def community_id(number: int) -> str:
    """Return our id of a community."""
    return f"circle{number:014}"


def weekly(due: datetime) -> dict[str, Any]:
    """Return a rule, as its row has it."""
    rule = Rule(Cadence.WEEKLY, at=due.time().replace(second=0, microsecond=0), weekday=0)
    return dict(rule.to_json())


def found_circles(store: Store, count: int, *, charter: bool = False) -> None:
    """Open so many communities that have a room for their prompts, and a charter if wanted."""

    def found(tx: Transaction, numbers: Iterable[int]) -> None:
        for number in numbers:
            ref = CommunityRef(NULL, f"circle {number}")
            row = Communities(tx).add(ref, f"Circle {number}", community_id(number), "en", _ZONE)
            row.state, row.prompts_room = "open", f"room {number}"
            row.opened_at = datetime.now(UTC) - timedelta(weeks=10)
            Communities(tx).save(row)
            if charter:
                _found_charter(tx, row.id)

    for first in range(0, count, 100):
        store.run(partial(found, numbers=range(first, min(first + 100, count))))


def _found_charter(tx: Transaction, community: str) -> None:
    draft, now = load_charter(FOLDERS).value, datetime.now(UTC)
    assert draft is not None
    charter = Charter(
        community_id=community,
        version=draft.version,
        purpose=dict(draft.purpose),
        sections=[{"id": each.id, "title": dict(each.title)} for each in draft.sections],
        adopted_at=now,
    )
    parts = ("title", "text", "intent", "why")
    clauses = [
        CharterClause(
            community_id=community,
            clause_id=clause.id,
            version=clause.version,
            section_id=section.id,
            position=draft.clauses.index(clause),
            texts={part: dict(getattr(clause, part)) for part in parts},
            floor=clause.floor,
            current=True,
            adopted_at=now,
        )
        for section in draft.sections
        for clause in section.clauses
    ]
    CharterRows(tx).found(charter, clauses)


def settle(store: Store, count: int, circles: int, *extras: Extra) -> None:
    """Let so many members be in their communities, each with the extras' rows."""

    def some(tx: Transaction, numbers: Iterable[int]) -> None:
        rows: Rows = {Subject: [], Membership: []}
        for number in numbers:
            person = _settle(tx, number, number % circles, rows)
            for extra in extras:
                extra(tx, person, rows)
        for table, values in rows.items():
            write(tx, table, values)

    for first in range(0, count, _AT_ONCE):
        store.run(partial(some, numbers=range(first, min(first + _AT_ONCE, count))))


def _settle(tx: Transaction, number: int, circle: int, rows: Rows) -> Person:
    vault, subject = tx.vault, f"subject{number:013}"
    key, wrapped = vault.new_data_key(subject)
    name = f"member {number}"
    person = Person(number, circle, key)
    settings = json.dumps({"reach": "direct", "locale": "en"})
    rows[Subject].append(
        {
            "id": subject,
            "platform": NULL,
            "lookup": vault.digest("member", f"{NULL}\0{name}"),
            "member": vault.seal(f"subject.member:{subject}", name, key),
            "data_key": wrapped,
            "settings": vault.seal(f"subject.settings:{subject}", settings, key),
        }
    )
    rows[Membership].append(
        {
            "subject_id": subject,
            "community_id": person.community,
            "here": True,
            "greeted": True,
        }
    )
    return person


def write(tx: Transaction, table: type[SQLModel], values: Sequence[dict[str, Any]]) -> None:
    """Write rows at once."""
    if values:
        tx.session.connection().execute(insert(table), list(values))


# --- what members have -------------------------------------------------------------------------


def check_ins(due: Callable[[int], datetime]) -> Extra:
    """Give each member a weekly check-in that is due when `due` says for their number."""

    def extra(tx: Transaction, person: Person, rows: Rows) -> None:
        payload = json.dumps({"cadence": "weekly"})
        sealed = tx.vault.seal(f"schedule.payload:{person.subject}", payload, person.key)
        rows.setdefault(Schedule, []).append(
            schedule(f"check-in {person.number}", CHECK_IN, due(person.number), person.community)
            | {"subject_id": person.subject, "payload": sealed, "lateness": 3 * 86_400}
        )

    return extra


def schedule(id_: str, kind: str, due: datetime, community: str) -> dict[str, Any]:
    """Return the row of a community's schedule."""
    return {
        "id": id_,
        "kind": kind,
        "community_id": community,
        "subject_id": None,
        "rule": weekly(due),
        "zone": _ZONE,
        "next_due": due,
        "policy": "late once",
        "lateness": int(LATENESS.total_seconds()),
        "payload": None,
        "revision": 0,
    }


def plan_prompts(store: Store, circles: int, due: datetime) -> None:
    """Let every community have a weekly prompt that is due then."""
    rows = [schedule(f"prompt {n}", PROMPT, due, community_id(n)) for n in range(circles)]
    store.run(lambda tx: write(tx, Schedule, rows))


def acknowledgements() -> Extra:
    """Let each member have acknowledged every clause of the charter that ships."""
    draft = load_charter(FOLDERS).value
    assert draft is not None
    clauses = [(clause.id, clause.version) for clause in draft.clauses]
    at = datetime.now(UTC)

    def extra(_tx: Transaction, person: Person, rows: Rows) -> None:
        rows.setdefault(Acknowledgement, []).extend(
            {
                "subject_id": person.subject,
                "community_id": person.community,
                "clause_id": clause,
                "clause_version": version,
                "at": at,
            }
            for clause, version in clauses
        )

    return extra


def conversations() -> Extra:
    """Let each member have been welcomed and be on the way through a second hunt."""
    states = {
        "welcome": {"step": "done"},
        "hunts": {"finished": ["first-footsteps"]},
        "reflection": {"told": True, "offered": True},
    }

    def extra(tx: Transaction, person: Person, rows: Rows) -> None:
        place = f"conversation.state:{person.subject}"
        rows.setdefault(Conversation, []).extend(
            {
                "subject_id": person.subject,
                "community_id": person.community,
                "flow": flow,
                "state": tx.vault.seal(place, json.dumps(state), person.key),
                "revision": 1,
            }
            for flow, state in states.items()
        )

    return extra


def notes(each: int) -> Extra:
    """Let each member have so many notes, of some 170 characters."""
    at = datetime.now(UTC)

    def extra(tx: Transaction, person: Person, rows: Rows) -> None:
        place = f"thought.body:{person.subject}"
        for number in range(each):
            body = {"text": f"{number}. {_NOTE}", "at": (at - timedelta(number)).isoformat()}
            rows.setdefault(ThoughtRow, []).append(
                {
                    "id": f"{person.number:08}-{number:04}",
                    "subject_id": person.subject,
                    "community_id": person.community,
                    "body": tx.vault.seal(place, json.dumps(body), person.key),
                }
            )

    return extra
