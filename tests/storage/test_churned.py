"""Members who leave a store in which much was written and deleted: not a byte of them is left."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks import population
from bot.core.refs import Member
from bot.core.turn import Plan
from storage.conversations import Conversations
from storage.erasing import Erasing
from storage.members import Members
from storage.opening import Opened
from storage.reflection import Thoughts
from storage.schedules import Schedules
from storage.suggestions import Suggestions
from storage.transaction import Transaction

PEOPLE, LEAVING, ROUNDS = 400, 300, 3  # enough for copies to be left between the rows
CIRCLES = 3
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def people(count: int, chance: random.Random) -> list[str]:
    """Return ids as the bot makes them: nobody can guess one, and no other row contains it."""
    return [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20)) for _ in range(count)
    ]


def live(tx: Transaction, person: str, number: int, turn: int) -> None:
    """Let somebody write a few things, and write over others."""
    community = population.community_id(number % CIRCLES)
    members, thoughts = Members(tx), Thoughts(tx)
    if turn == 0:
        members.ensure(Member("memory", f"@{person}:example.org"), person)
        members.enter(person, community)
    members.save_settings(person, {"zone": "Europe/Paris", "note": f"{person} {turn}"})
    Conversations(tx).keep(person, community, "hunts", {"step": f"{turn} " * (number % 40)})
    body = {"text": f"{person} thinks. " * (1 + number % 30), "at": NOW.isoformat()}
    thoughts.keep(f"{person}-{turn}", person, community, body)
    row = Suggestions(tx).add(f"s-{turn}-{person}", person, community, {"text": f"{person} asks"})
    Suggestions(tx).save(row, {"text": f"{person} asks again " * (number % 9)})
    due = NOW + timedelta(days=number % 50, hours=turn)
    plan = Plan(
        id=f"plan {person}", kind="check-in", community=community, subject=person, next_due=due
    )
    Schedules(tx).save(plan)


def live_all(tx: Transaction, some: list[tuple[int, str]], turn: int) -> None:
    for number, person in some:
        live(tx, person, number, turn)


def erase(tx: Transaction, people: list[str]) -> None:
    for person in people:
        Erasing(tx).erase(person)


def erased_from_a_churned_store(opened: Opened, count: int, leaving: int) -> None:
    """Let so many live here and so many leave, and look for them in every file."""
    chance = random.Random(8)
    store = opened.store
    population.found_circles(store, CIRCLES)
    everybody = people(count, chance)
    for turn in range(ROUNDS):
        order = list(enumerate(everybody))
        chance.shuffle(order)
        for first in range(0, count, 50):
            store.run(partial(live_all, some=order[first : first + 50], turn=turn))
    gone = chance.sample(everybody, leaving)
    for first in range(0, leaving, 25):
        store.run(partial(erase, people=gone[first : first + 25]))
    seen = store.run(lambda tx: Erasing(tx).remove_traces())
    assert seen == str(leaving)
    store.run(lambda tx: Erasing(tx).note_removed(seen))
    assert store.run(lambda tx: Erasing(tx).remove_traces()) is None
    database = Path(str(store.engine.url.database))
    backup = database.with_name("backup.db")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("vacuum into ?", (str(backup),))
    files = {path.name: path.read_bytes() for path in database.parent.glob(f"{database.name}*")}
    files[backup.name] = backup.read_bytes()
    assert len(files) >= 3
    stays = next(person for person in everybody if person not in gone)
    assert stays.encode() in files[database.name], "the search finds who is there"
    left = [
        (person, name) for person in gone for name, held in files.items() if person.encode() in held
    ]
    assert left == []


def test_nothing_of_them_is_left_in_any_file(opened: Opened) -> None:
    erased_from_a_churned_store(opened, PEOPLE, LEAVING)
