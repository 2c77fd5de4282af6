"""What lies on the disk: a whole community's life, and not one word or name of anybody in it.

Every person's name and every word that a person types has a zebra in it.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.adapters.memory import BOT
from bot.core.content import Folders
from bot.core.refs import Member
from bot.rehearsal.stage import Stage
from storage.members import Members
from storage.outbox import Deliveries

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MODERATOR, MEMBER, LEAVER = "moderator-zebra-1", "member-zebra-1", "member-zebra-2"
FORMS = ("utf-8", "utf-16-le", "utf-16-be")


class Life:
    """A community of three; questions are answered by the ids of their choices."""

    def __init__(self) -> None:
        """Set the stage."""
        self.stage = Stage(Folders((ROOT / "prompts",), ROOT / "charter.yaml"), START, seed=7)
        self.database = Path(str(self.stage.opened.store.engine.url.database))

    async def picks(self, person: str, choice: str) -> None:
        """Let somebody click a choice of the last question that has it."""
        for line in reversed(self.stage.chat.seen_by(person)):
            if choice in line.choice_ids:
                await self.stage.clicks(person, line.choices[line.choice_ids.index(choice)])
                return
        raise LookupError(f"{person} sees no choice {choice!r}.")

    async def set_up(self) -> None:
        """Let the moderator open the community, with a prompt of their own."""
        stage = self.stage
        stage.chat.moderators.add(MODERATOR)
        await stage.chat.add_bot("Garden", {"hall": "hall"})
        await stage.settle()
        await stage.says(MODERATOR, "!keeper setup", "hall")
        await self.picks(MODERATOR, "en")
        await stage.says(MODERATOR, "Ljubljana")
        for choice in ("ten", "weekly", "yes", "open"):
            await self.picks(MODERATOR, choice)
        await stage.says(MODERATOR, "keeper prompt add What did the zebras leave out this week?")

    async def newcomer(self, person: str) -> None:
        """Let somebody come in, be shown around, read the charter and keep thoughts."""
        stage = self.stage
        await stage.joins(person)
        for choice in ("start", "en", "direct", "on"):
            await self.picks(person, choice)
        await stage.says(person, "hunt")
        await self.picks(person, "first-footsteps")
        await stage.says(person, "Good morning from the zebra house.", "hall")
        await stage.says(person, "is it the word zebra?")
        await stage.says(person, "charter read")
        await self.picks(person, "ack")
        await stage.says(person, "reflect now")
        await stage.says(person, "I asked the zebras and answered it myself.")
        await stage.says(person, "reflect now A second zebra did it differently.")
        await stage.says(person, "something about a zebra that the bot does not understand")
        await stage.says(person, "suggest What would a zebra like to be asked?")
        await self.picks(person, "named")
        await stage.says(person, "A zebra of the hall")
        await stage.says(person, "reflect share")
        await stage.says(person, "A zebra shared this.")
        await self.picks(person, "share")
        await stage.says(person, "reflect now")  # this question stays open

    def bytes(self) -> dict[str, bytes]:
        """Return the store's files as they are at this moment."""
        found = self.database.parent.glob(f"{self.database.name}*")
        return {path.name.removeprefix(self.database.name): path.read_bytes() for path in found}

    def live(self) -> str:
        """Return every row of every table, as text."""
        with closing(sqlite3.connect(self.database)) as connection:
            tables = connection.execute("select name from sqlite_master where type = 'table'")
            return "\n".join(
                repr(row)
                for (table,) in tables.fetchall()
                for row in connection.execute(f'select * from "{table}"')
            )

    def subject(self, person: str) -> str:
        """Return somebody's subject id."""
        found = self.stage.opened.store.run(lambda tx: Members(tx).find(Member("memory", person)))
        assert found is not None
        return found


def places(files: dict[str, bytes], word: str) -> list[tuple[str, str]]:
    """Return in which files, and how written, a word stands."""
    return [
        (name, form)
        for name, held in files.items()
        for form in FORMS
        if word.encode(form) in held.lower()
    ]


@pytest_asyncio.fixture
async def life() -> AsyncIterator[Life]:
    """A community in which everybody has done everything."""
    lived = Life()
    try:
        await lived.set_up()
        for person in (MEMBER, LEAVER):
            await lived.newcomer(person)
        yield lived
    finally:
        lived.stage.close()


async def test_no_word_and_no_name_of_anybody_is_on_the_disk(life: Life) -> None:
    files = life.bytes()
    assert set(files) >= {"", "-wal", "-shm"}
    assert places(files, "garden"), "the search finds what is not sealed"
    assert places(files, "zebra") == []
    await life.stage.until(START + timedelta(days=16))
    said = [line.text for line in life.stage.chat.lines if line.author == BOT]
    assert any("zebras leave out" in text for text in said), "the prompt was posted meanwhile"
    await life.stage.says(MEMBER, "!reflect look-back")
    await life.stage.says(MEMBER, "!my data json")
    life.stage.last(MEMBER, "I asked the zebras")
    sent = [line.file for line in life.stage.chat.seen_by(MEMBER) if line.file is not None]
    assert f'"account": "{MEMBER}"' in sent[-1].text
    assert places(life.bytes(), "zebra") == []


async def test_what_waits_to_be_sent_is_sealed(life: Life) -> None:
    """What was typed is shown again; here the answer still lies in the outbox."""
    await life.stage.chat.says(MODERATOR, "keeper prompt add A zebra that nobody has read yet")
    account = life.stage.chat.account
    assert life.stage.opened.store.run(lambda tx: Deliveries(tx).waiting(account)) > 0
    assert places(life.bytes(), "zebra") == []


async def test_whoever_is_forgotten_is_in_no_row_and_the_others_are(life: Life) -> None:
    gone, stays = life.subject(LEAVER), life.subject(MEMBER)
    assert gone in life.live()
    before = life.live().count(stays)
    await life.stage.says(LEAVER, "my forget")
    await life.picks(LEAVER, "forget")
    assert gone not in life.live()
    assert life.live().count(stays) == before
    assert places(life.bytes(), "zebra") == []
    assert life.stage.opened.key_file.erased() == {gone}


async def test_a_moderators_prompt_outlives_them(life: Life) -> None:
    gone = life.subject(MODERATOR)
    posted = "zebras leave out"
    already = sum(posted in line.text for line in life.stage.chat.lines if line.author == BOT)
    await life.stage.says(MODERATOR, "my forget")
    await life.picks(MODERATOR, "forget")
    assert gone not in life.live()
    await life.stage.until(START + timedelta(days=16))
    now = sum(posted in line.text for line in life.stage.chat.lines if line.author == BOT)
    assert now > already
    assert places(life.bytes(), "zebra") == []


@pytest.mark.parametrize("form", FORMS)
def test_the_search_would_find_it(form: str) -> None:
    assert ("-wal", form) in places({"-wal": "A Zebra".encode(form)}, "zebra")
