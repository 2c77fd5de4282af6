"""Thoughts shared without a name: five people's together, shuffled, and back by a code before."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlmodel import select

from bot.adapters.memory import BOT, Line
from bot.core.refs import Direct, Room
from bot.rehearsal.stage import Stage
from storage.sharing import SharedThought
from storage.transaction import Transaction
from tests.rehearsal.community import DAY, WEEK, arrived, opened, passes

PEOPLE = ("ana", "tina", "jo", "kim", "lou", "max")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community of six; it is Monday, 2 March 2026."""
    stage = await arrived()
    await opened(stage)
    for name in PEOPLE:
        await stage.joins(name)
    yield stage
    stage.close()


async def shared(stage: Stage, name: str, words: str = "") -> str:
    """Let somebody share a thought; return the code."""
    await stage.says(name, "reflect share")
    await stage.says(name, words or f"A thought that is {name}’s.")
    assert "as somebody who knows you would" in stage.last(name).text
    await stage.clicks(name, "Share it like this")
    found = re.search(r"until then: (\w+),", stage.last(name).text)
    assert found is not None
    return found[1]


def released(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.text.startswith("Some of us share")]


def staged(stage: Stage) -> list[SharedThought]:
    def read(tx: Transaction) -> list[SharedThought]:
        return list(tx.session.exec(select(SharedThought)).all())

    return stage.opened.store.run(read)


async def test_five_come_together_next_week_and_not_in_their_order(stage: Stage) -> None:
    for name in PEOPLE[:4]:
        await shared(stage, name)
    assert released(await passes(stage, 2 * WEEK)) == []
    await shared(stage, "lou")
    stage.restart()
    (line,) = released(await passes(stage, WEEK + DAY))
    assert line.place == Room("memory", "garden")
    assert line.at == datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
    order = sorted(PEOPLE[:5], key=lambda name: line.text.index(f"{name}’s"))
    assert order != list(PEOPLE[:5])
    assert staged(stage) == []


async def test_what_is_staged_tells_nobody_who_and_when(stage: Stage) -> None:
    for name in PEOPLE[:3]:
        await shared(stage, name)
        stage.clock.advance(DAY)
    rows = staged(stage)
    assert {row.week.isoformat() for row in rows} == {"2026-03-02"}
    columns = set(SharedThought.__table__.columns.keys())  # type: ignore[attr-defined]
    assert columns == {"code", "community_id", "week", "text"}

    def numbered(tx: Transaction) -> bool:
        query = text("select sql from sqlite_master where name = 'shared_thought'")
        return "WITHOUT ROWID" not in str(tx.session.connection().execute(query).scalar())

    assert not stage.opened.store.run(numbered)


async def test_one_person_cannot_be_five(stage: Stage) -> None:
    code = await shared(stage, "ana")
    await stage.says("ana", "reflect share")
    assert "One of yours is waiting already" in stage.last("ana").text
    await stage.says("ana", "wrong-code")
    assert "Nothing waits under this code" in stage.last("ana").text
    await stage.says("ana", "reflect share")
    await stage.says("ana", code.upper())
    assert "nothing of it is kept" in stage.last("ana").text
    assert staged(stage) == []
    await shared(stage, "ana")
    assert len(staged(stage)) == 1


async def test_one_that_is_taken_back_holds_up_the_others(stage: Stage) -> None:
    codes = {name: await shared(stage, name) for name in PEOPLE[:5]}
    await stage.says("kim", "reflect share")
    await stage.says("kim", codes["kim"])
    assert released(await passes(stage, 3 * WEEK)) == []
    await shared(stage, "max")
    (line,) = released(await passes(stage, 2 * WEEK))
    assert "kim’s" not in line.text
    assert "max’s" in line.text


async def test_after_a_release_all_may_share_again(stage: Stage) -> None:
    for name in PEOPLE[:5]:
        await shared(stage, name)
    await passes(stage, WEEK + DAY)
    await shared(stage, "ana")
    assert len(staged(stage)) == 1


async def test_after_sixty_days_what_could_not_be_shared_is_deleted(stage: Stage) -> None:
    await shared(stage, "ana")
    stage.clock.advance(timedelta(days=59))
    await stage.app.retention.once()
    assert len(staged(stage)) == 1
    stage.clock.advance(timedelta(days=10))
    await stage.app.retention.once()
    assert staged(stage) == []
    await shared(stage, "ana")


async def test_markup_and_mentions_stay_words(stage: Stage) -> None:
    await shared(stage, "ana", "@room **all** [here](https://example.org)\n> or `there`")
    for name in PEOPLE[1:5]:
        await shared(stage, name)
    (line,) = released(await passes(stage, WEEK + DAY))
    assert "@room **all** [here](https://example.org)" in line.text


async def test_the_newest_thought_or_none(stage: Stage) -> None:
    await stage.says("ana", "reflect now")
    await stage.says("ana", "I waited ten seconds.")
    await stage.says("ana", "reflect share")
    await stage.clicks("ana", "My newest thought")
    assert "I waited ten seconds." in stage.last("ana").text
    await stage.clicks("ana", "Not now")
    assert "Nothing is shared" in stage.last("ana").text
    assert staged(stage) == []


# --- numbers -----------------------------------------------------------------------------------


async def rhythms(stage: Stage, count: int) -> None:
    """Let so many members ask for a question now and then."""
    for number in range(count):
        name = f"member{number}"
        await stage.joins(name)
        await stage.says(name, "reflect how-often weekly 7:30")


async def numbers(stage: Stage) -> str:
    await stage.says("mira", "keeper numbers")
    return stage.last("mira").text


async def test_numbers_are_bands_and_stay_for_their_month(stage: Stage) -> None:
    await rhythms(stage, 4)
    assert "questions of their own: too few to show" in await numbers(stage)
    await rhythms(stage, 6)
    assert "questions of their own: too few to show" in await numbers(stage)
    stage.clock.move_to(datetime(2026, 4, 1, 9, 0, tzinfo=UTC))
    assert "questions of their own: 5-9" in await numbers(stage)
    await rhythms(stage, 12)
    assert "questions of their own: 5-9" in await numbers(stage)
    stage.clock.move_to(datetime(2026, 5, 1, 9, 0, tzinfo=UTC))
    assert "questions of their own: 10-19" in await numbers(stage)


async def test_what_is_public_is_exact(stage: Stage) -> None:
    await passes(stage, 15 * DAY)
    assert "Prompts posted: 3" in await numbers(stage)


async def test_ones_own_hour(stage: Stage) -> None:
    await stage.says("ana", "reflect how-often weekly 7:30")
    assert "07:30" in stage.last("ana", "The first one comes on").text
    await stage.says("ana", "reflect how-often monthly")
    assert "07:30" in stage.last("ana", "The first one comes on").text
    await stage.says("ana", "reflect how-often weekly 25:00")
    assert "I do not understand “25:00”" in stage.last("ana").text


@pytest.mark.parametrize("count", [1, 8])
async def test_ones_words_as_a_file(stage: Stage, count: int) -> None:
    await stage.says("ana", "reflect now")
    for number in range(count):
        text = f"Thought {number}: so *plain*."
        await stage.says("ana", text if not number else f"reflect now {text}")
    await stage.says("ana", "reflect look-back")
    await stage.clicks("ana", "All of it as a file, to keep")
    file = stage.last("ana", "all that you have kept here").file
    assert file is not None
    assert file.name == "my-own-words.txt"
    places = [file.text.index(f"Thought {n}: so *plain*.") for n in range(count)]
    assert places == sorted(places)
    aloud = [x for x in stage.chat.lines if x.author == BOT and not isinstance(x.place, Direct)]
    assert not any("Thought" in line.text or line.file for line in aloud)


async def test_moderators_say_which_sets_are_offered(stage: Stage) -> None:
    await stage.says("mira", "keeper reflect sets")
    await stage.clicks("mira", "No longer offer “Moments”")
    assert "Moments (not offered)" in stage.last("mira").text
    stage.restart()
    await stage.says("ana", "reflect how-often weekly")
    sets = stage.last("ana", "Which questions").choices
    assert "Moments" not in sets
    assert "Three beats" in sets
    await stage.says("mira", "keeper reflect sets")
    while label := next((x for x in stage.last("mira").choices if x.startswith("No ")), None):
        await stage.clicks("mira", label)
    assert stage.last("mira").text.count("(offered)") == 1
