"""The moderator's side: several schedules, other prompts, arcs, notes the day before, mending."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio

from bot.adapters.memory import BOT
from bot.core.events import Added
from bot.core.refs import Room, RoomFacts
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import (
    DAY,
    ROOM,
    WEEK,
    arrived,
    opened,
    passes,
    private,
    prompts,
    welcomed,
)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community; it is Monday, 2 March 2026, and prompts come on Tuesdays at 9."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def told(stage: Stage, text: str, person: str = "mira") -> str:
    await stage.says(person, text)
    return stage.last(person).text


async def clicked(stage: Stage, label: str) -> str:
    await stage.clicks("mira", label)
    return stage.last("mira").text


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


async def another_room(stage: Stage) -> None:
    stage.chat.rooms["library"] = "library"
    facts = tuple(RoomFacts(Room("memory", each), each) for each in (ROOM, "library"))
    community = stage.chat.community
    event = Added(event_id="rooms", community=community, name="", rooms=facts, new=False)
    await stage.app.hosts[0].receive(event)


# --- what comes next, and why ------------------------------------------------------------------


async def test_the_list_says_why_each_is_next(stage: Stage) -> None:
    shown = await told(stage, "keeper prompt list")
    assert shown.count("drawn from those that were not there yet") >= 3
    await stage.says("mira", "keeper prompt add What did you leave out?")
    shown = await told(stage, "keeper prompt list")
    assert "What did you leave out? – your own, which go first" in shown


async def test_another_prompt_for_the_next_date(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Another one for the next date")
    chosen = stage.last("mira").choices[1]
    await stage.clicks("mira", chosen)
    assert chosen in stage.last("mira").text
    stage.restart()
    assert f"{chosen} – chosen for this date" in await told(stage, "keeper prompt list")
    (posted,) = prompts(await passes(stage, WEEK))
    assert posted.text.startswith(chosen)
    again = prompts(await passes(stage, 50 * WEEK))
    assert not any(line.text.startswith(chosen) for line in again)


async def test_an_arc_comes_in_its_order(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Begin an arc of four")
    said = await clicked(stage, "Finding each other")
    assert said.index("An object within reach") < said.index("Our first days here")
    assert "the next one of “Finding each other”" in await told(stage, "keeper prompt list")
    stage.restart()
    titles = [line.text.split("\n")[0] for line in prompts(await passes(stage, 4 * WEEK))]
    assert titles == [
        "An object within reach",
        "A question for a very patient friend",
        "A visitor who knows nothing of our work",
        "Our first days here",
    ]
    await stage.says("mira", "keeper prompt list")
    assert "Begin an arc of four" in stage.last("mira").choices


async def test_an_arc_can_be_ended(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Begin an arc of four")
    await stage.clicks("mira", "With other ears")
    await stage.says("mira", "keeper prompt list")
    assert "The arc is ended" in await clicked(stage, "End the arc")
    assert "With other ears" not in await told(stage, "keeper prompt list")


# --- words ---------------------------------------------------------------------------------------


async def test_an_edit_keeps_what_it_said_before(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt add What is *old*?")
    await stage.says("mira", "keeper prompt edit 1")
    assert "What is *old*?" in stage.last("mira").text
    await stage.says("mira", "What is new?")
    shown = await told(stage, "keeper prompt edit 1")
    assert shown.index("What is new?") < shown.index("What is *old*?")


async def test_two_moderators_at_once_lose_nothing(stage: Stage) -> None:
    stage.chat.moderators.add("noa")
    stage.chat.people.add("noa")
    await stage.says("mira", "keeper prompt add What is old?")
    for name in ("mira", "noa"):
        await stage.says(name, "keeper prompt edit 1")
    await stage.says("noa", "What would Noa ask?")
    await stage.says("mira", "What would Mira ask?")
    assert "Somebody else changed it" in stage.last("mira").text
    shown = await told(stage, "keeper prompt edit 1")
    assert all(words in shown for words in ("Mira ask?", "Noa ask?", "old?"))


async def test_words_for_a_prompt_that_was_posted_meanwhile_are_given_back(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt add What is old?")
    await stage.says("mira", "keeper prompt edit 1")
    await passes(stage, 2 * DAY)
    assert "Much better words" in await told(stage, "Much better words")
    assert "does not wait any more" in stage.last("mira").text


async def test_a_later_edit_changes_the_message_in_the_room(stage: Stage) -> None:
    (posted,) = prompts(await passes(stage, 2 * DAY))
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Mend the words of the last one")
    await stage.says("mira", "What did {{ nobody }} say?")
    assert "nothing called “nobody”" in stage.last("mira").text
    await stage.says("mira", "What did you see in {{ community }}?")
    assert "What did you see in Garden?" in stage.last("mira").text
    assert posted.text == "What did you see in Garden?"
    assert "keep" in posted.choice_ids


# --- several schedules -----------------------------------------------------------------------


async def test_each_schedule_posts_to_its_room(stage: Stage) -> None:
    await another_room(stage)
    await stage.says("mira", "keeper prompt schedule")
    await stage.clicks("mira", "Another one, for another room")
    await stage.clicks("mira", "library")
    await stage.clicks("mira", "Another time")
    await stage.says("mira", "weekly thursday 17:00")
    stage.restart()
    await stage.clicks("mira", "Yes")
    status = await told(stage, "keeper status")
    assert "library – Next prompt: Thursday 5 March, 17:00" in status
    posted = prompts(await passes(stage, 3 * WEEK))
    where = [(line.place.id, line.at) for line in posted if isinstance(line.place, Room)]
    assert where[:4] == [
        ("garden", at("03-03 08:00")),
        ("library", at("03-05 16:00")),
        ("garden", at("03-10 08:00")),
        ("library", at("03-12 16:00")),
    ]
    assert len({line.text for line in posted}) == len(posted)


async def test_one_of_several_schedules_is_changed_or_taken_away(stage: Stage) -> None:
    await test_each_schedule_posts_to_its_room(stage)
    await stage.says("mira", "keeper prompt schedule monthly first monday 10:00")
    mine = next(each for each in stage.last("mira").choices if each.startswith("garden"))
    await stage.clicks("mira", mine)
    await stage.clicks("mira", "Yes")
    await stage.says("mira", "keeper prompt schedule")
    other = next(each for each in stage.last("mira").choices if each.startswith("library"))
    await stage.clicks("mira", other)
    assert "the others stay" in await clicked(stage, "No prompts for now")
    posted = prompts(await passes(stage, 5 * WEEK))
    assert [line.at for line in posted] == [at("04-06 08:00")]


# --- the day before ----------------------------------------------------------------------------


async def notes(stage: Stage) -> None:
    await stage.says("mira", "my settings")
    reach = next(each for each in stage.last("mira").choices if "reach" in each.casefold())
    await stage.clicks("mira", reach)
    await stage.clicks("mira", "By direct message")
    await passes(stage, 2 * DAY)  # the first prompt is over
    await stage.says("mira", "keeper prompt note")
    assert "Monday 9 March, 09:00" in await clicked(stage, "Yes, show me")


async def test_a_note_comes_the_day_before_and_a_date_is_left_out(stage: Stage) -> None:
    await notes(stage)
    stage.restart()
    (note,) = private(await passes(stage, 5 * DAY), "mira")
    assert (note.at, note.choices[0]) == (at("03-09 08:00"), "Fine")
    assert "For whoever looks after it" in note.text
    assert "17 March" in await clicked(stage, "Leave this date out")
    said = await passes(stage, 8 * DAY)
    assert [line.at for line in private(said, "mira")] == [at("03-16 08:00")]
    assert [line.at for line in prompts(said)] == [at("03-17 08:00")]


async def test_other_words_for_one_time(stage: Stage) -> None:
    await notes(stage)
    (note,) = private(await passes(stage, 5 * DAY), "mira")
    await stage.clicks("mira", "Change its words")
    await stage.says("mira", "What would you say in one word?")
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert posted.text == "What would you say in one word?"
    assert "starters" in posted.choice_ids
    assert note.text.split("\n")[2] not in posted.text


async def test_without_an_answer_it_comes_as_it_is(stage: Stage) -> None:
    await notes(stage)
    (note,) = private(await passes(stage, 5 * DAY), "mira")
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert posted.text.split("\n")[0] in note.text


async def test_who_does_not_moderate_any_more_changes_nothing(stage: Stage) -> None:
    await notes(stage)
    await passes(stage, 5 * DAY)
    stage.chat.moderators.discard("mira")
    assert "for this community’s moderators" in await clicked(stage, "Leave this date out")
    assert len(prompts(await passes(stage, 2 * DAY))) == 1
    assert private(await passes(stage, 3 * WEEK), "mira") == []


async def test_a_note_waits_under_start_for_who_is_not_written_to(stage: Stage) -> None:
    await welcomed(stage, "mira", "return")
    await passes(stage, 2 * DAY)
    await stage.says("mira", "keeper prompt note")
    assert "it waits under `start`" in await clicked(stage, "Yes, show me")
    assert private(await passes(stage, 5 * DAY), "mira") == []
    assert "Waiting for you: 1" in await told(stage, "start")
    assert "This comes on Tuesday 10 March" in await clicked(stage, "The prompt of tomorrow")


async def test_a_note_goes_by_a_schedule_that_changes(stage: Stage) -> None:
    await notes(stage)
    await stage.says("mira", "keeper prompt schedule weekly friday 12:00")
    await stage.clicks("mira", "Yes")
    said = await passes(stage, 9 * DAY)
    shown = [line.at for line in private(said, "mira") if "Fine" in line.choices]
    assert shown == [at("03-05 11:00"), at("03-12 11:00")]


# --- pausing one thing ---------------------------------------------------------------------------


async def test_prompts_alone_are_paused(stage: Stage) -> None:
    assert "The rest goes on" in await told(stage, "keeper pause prompts")
    assert "Paused: weekly prompts" in await told(stage, "keeper status")
    await stage.joins("ana")
    assert "welcome to" in stage.last("ana").text
    assert prompts(await passes(stage, 3 * WEEK)) == []
    assert "Going on" in await told(stage, "keeper resume prompts")
    assert len(prompts(await passes(stage, WEEK))) == 1
    assert "not paused" in await told(stage, "keeper resume prompts")
    assert "I know these words" in await told(stage, "keeper pause everything else")


async def test_no_room_hears_of_what_moderators_do(stage: Stage) -> None:
    count = len(stage.chat.lines)
    for words in ("keeper prompt list", "keeper prompt note", "keeper pause prompts"):
        await stage.says("mira", words)
    aloud = [x for x in stage.chat.lines[count:] if isinstance(x.place, Room) and x.author == BOT]
    assert aloud == []
    assert stage.clock.now() - at("03-02 08:00") < timedelta(hours=1)
