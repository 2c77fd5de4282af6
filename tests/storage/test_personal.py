"""What the store holds about people: all of it is declared, shown to them, and erased with them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from bot.core.refs import Community, Direct, Member
from bot.core.turn import Plan
from storage.buddies import Buddies
from storage.charter import CharterRows
from storage.communities import Communities
from storage.contributions import Contributions
from storage.conversations import Conversations, OpenQuestion, Questions
from storage.crypto import KeyFile
from storage.erasing import Erasing, Held
from storage.greetings import Greetings
from storage.hunts import HuntRows
from storage.lexicon import Lexicon
from storage.members import Members
from storage.notebook import Harvest, HarvestVersion, Notebook
from storage.opening import Opened
from storage.outbox import Deliveries, Fresh
from storage.prompts import Prompt, PromptRows
from storage.proposals import CharterQuestion, Proposal, Proposals
from storage.reflection import Thoughts
from storage.registry import METADATA, PERSONAL
from storage.schedules import Schedules
from storage.store import Store
from storage.suggestions import Suggestions
from storage.tables import Subject
from storage.transaction import Transaction

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def fill(tx: Transaction, name: str) -> None:
    """Let somebody leave a row in every table that knows people."""
    member = Member("memory", f"@{name}")
    members = Members(tx)
    members.ensure(member, name)
    members.save_settings(name, {"zone": "Europe/Paris"})
    members.ensure(Member("memory", f"@{name}-friend"), f"{name}-friend")
    members.enter(name, "garden")
    Conversations(tx).keep(name, "garden", "hunts", {"step": "wave"})
    Questions(tx).ask(OpenQuestion(f"q-{name}", "hunts.wave", "post", name, "garden", {}))
    CharterRows(tx).acknowledge(name, "garden", "listen", 2, NOW)
    Thoughts(tx).keep(f"t-{name}", name, "garden", {"text": f"thought of {name}"})
    Schedules(tx).save(
        Plan(
            id=f"s-{name}",
            kind="check-in",
            community="garden",
            subject=name,
            next_due=NOW,
            payload={"about": f"plan of {name}"},
        )
    )
    row = Prompt(
        id=f"p-{name}",
        community_id="garden",
        author_id=name,
        kind="own",
        state="approved",
        position=0,
        texts=b"",
    )
    PromptRows(tx).add(row, {"title": "Hm", "text": f"prompt of {name}"})
    HuntRows(tx).leave_clue(f"c-{name}", "garden", name, "first-footsteps", f"clue of {name}")
    Buddies(tx).offer(name, "garden", "welcomer", name)
    Greetings(tx).wish(name, "garden", f"greeting of {name}")
    Buddies(tx).pair(f"b-{name}", "garden", name, f"{name}-friend", NOW)
    proposals = Proposals(tx)
    proposal = Proposal(
        id=f"v-{name}",
        community_id="garden",
        clause_id="listen",
        lane="consent",
        state="consent",
        round=0,
        author_id=name,
        since=NOW,
        body=b"",
    )
    proposals.save(proposal, {"text": f"proposal of {name}"})
    question = CharterQuestion(
        id=f"a-{name}",
        community_id="garden",
        clause_id="listen",
        clause_version=1,
        asker_id=name,
        answerer_id=name,
        body=b"",
    )
    proposals.ask(question, {"text": f"question of {name}", "answer": "Hm."})
    words = Lexicon(tx)
    words.add(f"w-{name}", "garden", f"word of {name}")
    words.explain(
        f"e-{name}", f"w-{name}", name, {"language": "en", "meaning": "Hm.", "credit": name}
    )
    words.save(name, f"w-{name}")
    Suggestions(tx).add(f"g-{name}", name, "garden", {"text": f"suggestion of {name}"})
    harvest = Harvest(
        id=f"h-{name}",
        community_id="garden",
        talk_id=f"k-{name}",
        delivery_key=f"k-{name}",
        state="gathering",
        since=NOW,
        steward_id=name,
        body=b"",
    )
    notebook = Notebook(tx)
    notebook.save(harvest, {"title": "Hm", "remarks": []})
    version = HarvestVersion(
        harvest_id=harvest.id, version=1, author_id=name, at=NOW, kept=False, body=b""
    )
    parts = {"heard": f"harvest of {name}", "differ": "", "question": "", "stance": "peer"}
    notebook.write(version, parts, f"name of {name}")
    said = {"text": f"words of {name}", "name": "", "outside": False}
    Contributions(tx).keep_words(f"n-{name}", harvest.id, name, f"m-{name}", said)
    Contributions(tx).doubt(f"d-{name}", harvest, name, f"doubt of {name}")
    Deliveries(tx).put(
        Fresh(
            key=f"o-{name}",
            account="memory",
            to=Direct(member),
            lane=0,
            kind="say",
            recovery="readable",
            body="{}",
            subject=name,
            flow="hunts",
            not_before=NOW,
            created_at=NOW,
        )
    )


def rows_of(tx: Transaction, subject: str) -> dict[str, int]:
    """Count somebody's rows, by table, in every table that refers to people."""
    found = {}
    for table in METADATA.sorted_tables:
        for column in table.columns:
            refers = any(key.target_fullname == "subject.id" for key in column.foreign_keys)
            if refers or (table.name, column.name) == ("subject", "id"):
                query = select(func.count()).select_from(table).where(column == subject)
                found[f"{table.name}.{column.name}"] = tx.session.exec(query).one()
    return found


@pytest.fixture
def populated(store: Store) -> Store:
    """A store in which two people left rows everywhere."""

    def work(tx: Transaction) -> None:
        Communities(tx).add(Community("memory", "garden"), "Garden", "garden", "en", "UTC")
        for name in ("ana", "tom"):
            fill(tx, name)

    store.run(work)
    return store


def test_every_table_that_knows_people_is_declared_once_with_what_erasing_does() -> None:
    known = {
        (table.name, column.name): key.ondelete
        for table in METADATA.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "subject.id"
    }
    declared = [(each.table.__tablename__, each.column) for each in PERSONAL]
    assert sorted(declared) == sorted([*known, ("subject", "id")])
    for each in PERSONAL:
        if each.table is not Subject:
            wanted = "SET NULL" if each.keep == "unnamed" else "CASCADE"
            assert known[str(each.table.__tablename__), each.column] == wanted, each.heading


def test_a_member_is_shown_all_that_is_held_about_them_and_nobody_else(populated: Store) -> None:
    assert all(populated.run(lambda tx: rows_of(tx, "ana")).values()), "a table is not in the test"
    held = populated.run(lambda tx: Erasing(tx).export("ana"))
    assert set(held) == {personal.heading for personal in PERSONAL}
    assert held["identity"] == [
        {"platform": "memory", "account": "@ana", "settings": {"zone": "Europe/Paris"}}
    ]
    assert held["thoughts"] == [{"community": "garden", "text": "thought of ana"}]
    assert held["conversations"] == [
        {"community": "garden", "flow": "hunts", "state": {"step": "wave"}}
    ]
    assert held["schedules"][0]["about"] == {"about": "plan of ana"}
    assert held["prompts"][0]["text"] == "prompt of ana"
    assert held["acknowledgements"] == [
        {"community": "garden", "clause": "listen", "version": 2, "at": NOW.isoformat()}
    ]
    assert "tom" not in str(held)


def test_erasing_leaves_no_row_of_the_member_and_all_of_the_others(populated: Store) -> None:
    before = populated.run(lambda tx: rows_of(tx, "tom"))
    populated.run(lambda tx: Erasing(tx).erase("ana"))
    assert not any(populated.run(lambda tx: rows_of(tx, "ana")).values())
    assert populated.run(lambda tx: rows_of(tx, "tom")) == before
    assert populated.run(lambda tx: Erasing(tx).export("ana")) == {}


def test_what_is_held_is_counted_as_erasing_will_find_it(populated: Store) -> None:
    def rows(tx: Transaction) -> int:
        # In `meta` it is noted that somebody was erased.
        tables = [table for table in METADATA.sorted_tables if table.name != "meta"]
        found = [tx.session.execute(select(func.count()).select_from(each)) for each in tables]
        return sum(int(each.scalar_one()) for each in found)

    before, held = populated.run(rows), populated.run(lambda tx: Erasing(tx).held("ana"))
    assert held.unnamed > 0
    assert (held.communities, held.here) == (1, 1)
    populated.run(lambda tx: Erasing(tx).erase("ana"))
    assert populated.run(rows) == before - held.rows
    assert populated.run(lambda tx: Erasing(tx).held("ana")) == Held(0, 0, 0, 0)


def test_what_was_given_to_the_community_stays_without_a_name(populated: Store) -> None:
    populated.run(lambda tx: Erasing(tx).erase("ana"))

    def prompts(tx: Transaction) -> list[tuple[str | None, str]]:
        rows = PromptRows(tx)
        return [(row.author_id, rows.texts(row)["text"]) for row in rows.own("garden")]

    assert populated.run(prompts) == [(None, "prompt of ana"), ("tom", "prompt of tom")]


def test_an_erasure_is_in_the_journal(populated: Store, key_file: KeyFile) -> None:
    populated.run(lambda tx: Erasing(tx).erase("ana"))
    assert key_file.erased() == {"ana"}


def test_an_erasure_that_cannot_be_journalled_changes_nothing(
    populated: Store, key_file: KeyFile
) -> None:
    key_file.journal.mkdir()
    with pytest.raises(IsADirectoryError):
        populated.run(lambda tx: Erasing(tx).erase("ana"))
    assert all(populated.run(lambda tx: rows_of(tx, "ana")).values())


def test_whoever_comes_back_is_a_stranger(populated: Store) -> None:
    member = Member("memory", "@ana")
    populated.run(lambda tx: Erasing(tx).erase("ana"))
    assert populated.run(lambda tx: Members(tx).find(member)) is None
    assert populated.run(lambda tx: Members(tx).ensure(member, "fresh")) == "fresh"
    assert populated.run(lambda tx: Members(tx).settings("fresh")) == {}


def test_sealed_words_that_survived_somewhere_do_not_open(populated: Store) -> None:
    """Such as in a copy of one row; the data key was the only one that opens them."""
    kept = populated.run(lambda tx: tx.seal("thought.body", "zebra", "ana"))
    populated.run(lambda tx: Erasing(tx).erase("ana"))
    with pytest.raises(LookupError, match="erased"):
        populated.run(lambda tx: tx.open("thought.body", kept, "ana"))
    assert populated.run(lambda tx: Members(tx).ensure(Member("memory", "@ana"), "ana")) == "ana"
    with pytest.raises(Exception, match="does not open"):
        populated.run(lambda tx: tx.open("thought.body", kept, "ana"))


def test_an_erased_data_key_is_in_no_file(opened: Opened, database: Path) -> None:
    """The write-ahead log would keep the page as it was, the page what was in it."""

    def work(tx: Transaction) -> bytes:
        Communities(tx).add(Community("memory", "garden"), "Garden", "garden", "en", "UTC")
        for name in ("tom", "ana", "eva"):
            fill(tx, name)
        tx.session.flush()
        return tx.session.exec(select(Subject.data_key).where(col(Subject.id) == "ana")).one()

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))

    data_key = opened.store.run(work)
    assert data_key in files()
    opened.store.run(lambda tx: Erasing(tx).erase("ana"))
    assert data_key not in files()
