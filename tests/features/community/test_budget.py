"""A room gets so many posts a day that nobody there asked for; only moderators let more through."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from sqlmodel import select

from bot.adapters.memory import BOT
from bot.core.refs import Direct
from storage.reporting import Watcher
from storage.tables import Outbox
from tests.support.circle import opened, welcomed
from tests.support.memory_circle import MemoryCircle

INTRODUCED = ("ana", "ben", "cleo", "dan")


@pytest_asyncio.fixture
async def circle() -> AsyncIterator[MemoryCircle]:
    """An open community in which a room takes two posts a day, on the day after its opening."""
    made = MemoryCircle(buttons=True)
    await made.begin()
    await opened(made)
    await made.says("mira", "/keeper pause prompts")
    await made.days_pass(1)
    await made.says("mira", "/keeper budget 2")
    await made.hears("mira", "without being asked there: 2. Before it was 10.")
    yield made
    made.stage.close()


async def introduce(circle: MemoryCircle, name: str) -> None:
    """Let somebody introduce themselves."""
    await welcomed(circle, name)
    await circle.says(name, "hunt")
    await circle.answers(name, "First footsteps")
    for _ in range(4):
        await circle.answers(name, "Skip")
    await circle.answers(name, "Introduce myself")
    await circle.answers(name, "An object on my desk")
    await circle.says(name, f"A pen of {name}")
    await circle.says(name, name)
    await circle.answers(name, "Post it")


def posts(circle: MemoryCircle) -> list[str]:
    """Return what the bot posted in the room, introductions only, by whose they are."""
    return [
        name
        for line in circle.stage.chat.lines
        if line.author == BOT and not isinstance(line.place, Direct)
        for name in INTRODUCED
        if f"A pen of {name}" in line.text
    ]


async def next_morning(circle: MemoryCircle) -> None:
    """Go to half past ten of the next day."""
    tomorrow = circle.stage.clock.now() + timedelta(days=1)
    await circle.stage.until(tomorrow.replace(hour=10, minute=30))


async def test_what_is_over_the_budget_comes_the_next_day(circle: MemoryCircle) -> None:
    for name in INTRODUCED[:2]:
        await introduce(circle, name)
        await circle.hears(name, "It is posted.")
    for name in INTRODUCED[2:]:
        await introduce(circle, name)
        await circle.hears(name, "so yours comes tomorrow after ten")
    assert posts(circle) == ["ana", "ben"]
    await circle.says("mira", "/keeper status")
    await circle.hears("mira", "garden had as much of me as it takes in a day (2), so 2 wait until")
    circle.stage.restart()
    await circle.stage.until(circle.stage.clock.now().replace(hour=23, minute=59))
    assert posts(circle) == ["ana", "ben"]
    await next_morning(circle)
    assert posts(circle) == list(INTRODUCED)
    await circle.says("mira", "/keeper status")
    assert "wait until" not in circle.stage.last("mira").text


async def test_a_moderator_lets_more_through_and_nobody_else_can(circle: MemoryCircle) -> None:
    for name in INTRODUCED:
        await introduce(circle, name)
    await circle.says("ana", "/keeper budget 9")
    assert len(posts(circle)) == 2
    await circle.says("mira", "/keeper budget 3")
    await circle.hears("mira", "What waits goes out now, as far as there is room.")
    assert posts(circle) == ["ana", "ben", "cleo"]
    await circle.says("mira", "/keeper budget")
    await circle.hears("mira", "so one waits until")
    assert "(the welcome)" in circle.stage.last("mira").text


async def test_what_is_taken_back_while_it_waits_is_never_posted(circle: MemoryCircle) -> None:
    for name in INTRODUCED[:3]:
        await introduce(circle, name)
    await circle.answers("cleo", "Take it back")
    await circle.hears("cleo", "taken out of the room")
    await next_morning(circle)
    assert posts(circle) == ["ana", "ben"]


async def test_who_is_gone_is_not_introduced_the_next_day(circle: MemoryCircle) -> None:
    for name in INTRODUCED:
        await introduce(circle, name)
    await circle.says("ana", "/charter ask")
    for answer in ("Why we gather", "Carry it without my name"):
        if answer.startswith("Carry"):
            await circle.says("ana", "Who is it for?")
        await circle.answers("ana", answer)
    await circle.hears("ana", "so your question comes tomorrow")
    await circle.leaves("cleo")
    for name in ("dan", "ana"):
        await circle.says(name, "/my forget")
        await circle.answers(name, "Erase everything")
    await next_morning(circle)
    assert posts(circle) == ["ana", "ben"]
    aloud = [line for line in circle.stage.chat.lines if not isinstance(line.place, Direct)]
    assert not any("Who is it for?" in line.text for line in aloud)


async def test_a_name_taken_out_of_a_welcome_that_waits_is_never_read(
    circle: MemoryCircle,
) -> None:
    stage = circle.stage
    await circle.says("mira", "/keeper budget 1")
    for name in ("eve", "fay", "gus"):
        await welcomed(circle, name)
        await circle.answers(name, "Be welcomed by name")
        await circle.says(name, name.upper())
        await circle.answers(name, "I look around by myself")
    await introduce(circle, "ana")
    seen: list[str] = []
    stage.chat.watch = lambda line: seen.append(line.text)
    await stage.until(stage.clock.now().replace(hour=20))
    await circle.says("fay", "/start")
    await circle.answers("fay", "Take my welcome by name back")
    await circle.says("gus", "/my forget")
    await circle.answers("gus", "Erase everything")
    await next_morning(circle)
    (said,) = (text for text in seen if "glad to be greeted" in text)
    assert "EVE" in said
    assert "FAY" not in said
    assert "GUS" not in said


async def test_a_prompt_comes_the_next_day_with_its_thread_and_holds_up_nobody(
    circle: MemoryCircle,
) -> None:
    stage = circle.stage
    await circle.says("mira", "/keeper resume")
    await circle.says("mira", "/keeper budget 1")
    await stage.until((stage.clock.now() + timedelta(days=7)).replace(hour=7))  # a Tuesday
    await introduce(circle, "ana")
    await stage.until(stage.clock.now().replace(hour=12))
    await circle.answers("ana", "I look around by myself")  # somebody goes on meanwhile
    cards = [line for line in stage.chat.lines if "Keep a thought" in line.choices]
    assert cards == []
    watcher = Watcher(stage.opened.store)
    assert watcher.figures(stage.clock.now()).oldest == 0  # nothing is late, whatever waits
    watcher.close()
    await next_morning(circle)
    (card,) = [line for line in stage.chat.lines if "Keep a thought" in line.choices]
    assert card.ref is not None
    threads = {line.thread for line in stage.chat.lines if line.thread}
    assert threads == {card.ref.id}


async def test_a_pause_and_quiet_days_put_it_off_further(circle: MemoryCircle) -> None:
    for name in INTRODUCED[:3]:
        await introduce(circle, name)
    await circle.says("mira", "/keeper pause welcome")
    await next_morning(circle)
    assert posts(circle) == ["ana", "ben"]
    await circle.says("mira", "/keeper resume")
    day = circle.stage.clock.now().date() + timedelta(days=1)
    await circle.says("mira", f"/keeper quiet add {day}")
    await next_morning(circle)
    assert posts(circle) == ["ana", "ben"]
    await next_morning(circle)
    assert posts(circle) == ["ana", "ben", "cleo"]


async def test_answers_in_the_room_are_given_on_a_full_day(circle: MemoryCircle) -> None:
    for name in INTRODUCED[:3]:
        await introduce(circle, name)
    await circle.says("ana", "!help", room=True)
    await circle.hears("ana", "keeper", room=True)
    newest = circle.stage.chat.lines[-1]
    assert (newest.author, isinstance(newest.place, Direct)) == (BOT, False)
    await circle.joins("eve")
    await circle.hears("eve", "Circlekeeper")


async def test_a_prompt_for_which_the_next_day_is_too_late_is_not_used_up(
    circle: MemoryCircle,
) -> None:
    stage = circle.stage
    await circle.says("mira", "/keeper resume")
    await circle.says("mira", "/keeper prompt lateness 6")
    await circle.says("mira", "/keeper budget 1")
    now = stage.clock.now()
    for days in (6, 7):  # prompts come on Tuesdays at nine
        await stage.until((now + timedelta(days=days)).replace(hour=7, minute=0))
        await introduce(circle, f"n{days}")
    await stage.until(now + timedelta(days=8))
    await circle.says("mira", "/keeper status")
    await circle.hears("mira", "something of prompts was let go")

    def kept(tx: object) -> list[str | None]:
        query = select(Outbox.reason).where(Outbox.flow == "prompts", Outbox.state == "dead")
        return list(tx.session.exec(query))  # type: ignore[attr-defined]

    assert set(stage.opened.store.run(kept)) == {"the room had enough for the day"}


async def test_a_number_that_cannot_be_is_refused(circle: MemoryCircle) -> None:
    for typed in ("0", "-3", "101", "many", "2.5"):
        await circle.says("mira", f"/keeper budget {typed}")
    await circle.says("mira", "/keeper budget")
    await circle.hears("mira", "so often a day in each room: 2.")
