"""A store in which much was written and deleted, people who leave it, and a search for what is
left of them.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from benchmarks import population
from bot.core.refs import Member
from bot.core.turn import Plan
from storage.conversations import Conversations
from storage.erasing import Erasing
from storage.members import Members
from storage.reflection import Thoughts
from storage.registry import METADATA
from storage.schedules import Schedules
from storage.store import Store
from storage.suggestions import Suggestions
from storage.transaction import Transaction

CIRCLES, ROUNDS = 3, 3
_SEALED = "thought.body"
_AT_ONCE = 50
_NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Leaving:
    """Who leaves and who stays, and words of theirs as they were sealed, such as an old copy
    holds.
    """

    gone: list[str]
    stays: str
    kept: dict[str, bytes]


def lived_in(store: Store, count: int, leaving: int) -> Leaving:
    """Let so many people write, and write over what they wrote; so many of them will leave."""
    chance = random.Random(8)
    population.found_circles(store, CIRCLES)
    everybody = _people(count, chance)
    for turn in range(ROUNDS):
        order = list(enumerate(everybody))
        chance.shuffle(order)
        for first in range(0, count, _AT_ONCE):
            store.run(partial(_live_all, some=order[first : first + _AT_ONCE], turn=turn))
    gone = chance.sample(everybody, leaving)
    there = set(gone)
    stays = next(person for person in everybody if person not in there)
    kept = store.run(lambda tx: {who: tx.seal(_SEALED, f"{who} says", who) for who in gone})
    return Leaving(gone, stays, kept)


def erase(store: Store, people: Sequence[str]) -> None:
    """Erase these people, each as `my forget` does."""
    for first in range(0, len(people), _AT_ONCE // 2):
        store.run(partial(_erase, people=people[first : first + _AT_ONCE // 2]))


def rewrite(store: Store) -> str | None:
    """Do what the retention does afterwards; return how many traces it was about."""
    seen = store.run(lambda tx: Erasing(tx).remove_traces())
    if seen is not None:
        store.run(lambda tx: Erasing(tx).note_removed(seen))
    return seen


def in_files(store: Store, people: Leaving) -> Iterator[tuple[str, str]]:
    """Yield who is found in which file: SQLite's database, its log, and a backup made now."""
    database = Path(str(store.engine.url.database))
    backup = database.with_name("backup.db")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("vacuum into ?", (str(backup),))
    files = {path.name: path.read_bytes() for path in database.parent.glob(f"{database.name}*")}
    files[backup.name] = backup.read_bytes()
    if people.stays.encode() not in files[database.name] or len(files) < 2:
        raise AssertionError("The search does not find who is there.")
    for name, held in files.items():
        yield from ((name, person) for person in people.gone if person.encode() in held)


def in_rows(store: Store, people: Leaving) -> Iterator[tuple[str, str]]:
    """Yield who is found in which table's live rows, in clear or as bytes."""
    found_who_stays = False
    with store.engine.connect() as connection:
        for table in METADATA.sorted_tables:
            rows = connection.execute(text(f'select * from "{table.name}"'))  # noqa: S608
            held = "\n".join(repr(tuple(row)) for row in rows)
            found_who_stays |= people.stays in held
            yield from ((table.name, person) for person in people.gone if person in held)
    if not found_who_stays:
        raise AssertionError("The search does not find who is there.")


def opens(store: Store, people: Leaving) -> list[str]:
    """Return whose sealed words can still be opened."""

    def look(tx: Transaction) -> list[str]:
        return [who for who, sealed in people.kept.items() if _opens(tx, who, sealed)]

    return store.run(look)


def _opens(tx: Transaction, who: str, sealed: bytes) -> bool:
    try:
        tx.open(_SEALED, sealed, who)
    except (LookupError, ValueError, InvalidTag):
        return False
    return True


def _people(count: int, chance: random.Random) -> list[str]:
    """Return ids as the bot makes them: nobody can guess one, and no other row contains it."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return ["".join(chance.choices(letters, k=20)) for _ in range(count)]


def _live_all(tx: Transaction, some: list[tuple[int, str]], turn: int) -> None:
    for number, person in some:
        _live(tx, person, number, turn)


def _live(tx: Transaction, person: str, number: int, turn: int) -> None:
    """Let somebody write a few things, and write over others."""
    community = population.community_id(number % CIRCLES)
    members, thoughts = Members(tx), Thoughts(tx)
    if turn == 0:
        members.ensure(Member("memory", f"@{person}:example.org"), person)
        members.enter(person, community)
    members.save_settings(person, {"zone": "Europe/Paris", "note": f"{person} {turn}"})
    Conversations(tx).keep(person, community, "hunts", {"step": f"{turn} " * (number % 40)})
    body = {"text": f"{person} thinks. " * (1 + number % 30), "at": _NOW.isoformat()}
    thoughts.keep(f"{person}-{turn}", person, community, body)
    row = Suggestions(tx).add(f"s-{turn}-{person}", person, community, {"text": f"{person} asks"})
    Suggestions(tx).save(row, {"text": f"{person} asks again " * (number % 9)})
    due = _NOW + timedelta(days=number % 50, hours=turn)
    plan = Plan(
        id=f"plan {person}", kind="check-in", community=community, subject=person, next_due=due
    )
    Schedules(tx).save(plan)


def _erase(tx: Transaction, people: Sequence[str]) -> None:
    for person in people:
        Erasing(tx).erase(person)
