"""A date that is left out: which one, which comes instead, the second time, and the way back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio

from bot.adapters.memory import Line
from bot.core.events import Added
from bot.core.refs import Room, RoomFacts
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, WEEK, arrived, opened, passes, prompts
from tests.rehearsal.community import ROOM as GARDEN


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """An open community with two moderators, in which a question comes on Tuesdays at 9."""
    stage = await arrived()
    await opened(stage)
    stage.chat.moderators.add("tom")
    yield stage
    stage.close()


async def told(stage: Stage, text: str, person: str = "mira") -> str:
    """Let a moderator type something; return what they are told then."""
    await stage.says(person, text)
    return stage.last(person).text


async def clicked(stage: Stage, label: str, person: str = "mira") -> str:
    await stage.clicks(person, label)
    return stage.last(person).text


def dates(posted: list[Line]) -> list[str]:
    return [f"{line.at:%m-%d}" for line in posted]


async def test_the_answer_names_what_is_left_out_and_what_comes(stage: Stage) -> None:
    said = await told(stage, "keeper prompt skip-next")
    assert said == (
        "Tuesday 3 March, 09:00 is left out. The prompt that was meant for it comes on "
        "Tuesday 10 March, 09:00."
    )
    assert "It stays left out." in await clicked(stage, "All right")
    assert dates(prompts(await passes(stage, 2 * WEEK))) == ["03-10"]


async def test_twice_by_mistake_leaves_out_one_date(stage: Stage) -> None:
    await told(stage, "keeper prompt skip-next")
    stage.restart()
    said = await told(stage, "keeper prompt skip-next", "tom")
    assert "Tuesday 3 March, 09:00 is left out already." in said
    assert "comes on Tuesday 10 March, 09:00. Shall that date be left out, too?" in said
    assert "Nothing was changed." in await clicked(stage, "No, that one comes", "tom")
    assert dates(prompts(await passes(stage, 2 * WEEK))) == ["03-10"]
    # What was left out is over: the next one is asked about anew.
    assert "Tuesday 17 March, 09:00 is left out." in await told(stage, "keeper prompt skip-next")


async def test_another_date_is_left_out_on_purpose(stage: Stage) -> None:
    await told(stage, "keeper prompt skip-next")
    await told(stage, "keeper prompt skip-next")
    await told(stage, "keeper prompt skip-next", "tom")
    label = "Leave out Tuesday 10 March, 09:00, too"
    said = await clicked(stage, label, "tom")
    assert "Tuesday 10 March, 09:00 is left out. The prompt" in said
    # Mira was asked about the same date, which is gone by now.
    said = await clicked(stage, label)
    assert "Tuesday 10 March, 09:00 is left out already." in said
    assert "comes on Tuesday 17 March, 09:00" in said
    assert dates(prompts(await passes(stage, 3 * WEEK))) == ["03-17"]


async def test_the_way_back_is_there_until_the_date(stage: Stage) -> None:
    await told(stage, "keeper prompt add What did you leave out?")
    await told(stage, "keeper prompt ping")
    await clicked(stage, "Everyone in the room")
    await told(stage, "keeper prompt skip-next")
    stage.restart()
    said = await clicked(stage, "Let it come after all")
    assert said == "It comes after all, on Tuesday 3 March, 09:00."
    assert "It mentions everyone" in await told(stage, "keeper prompt preview")
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert (dates([posted]), posted.text) == (["03-03"], "What did you leave out?")


async def test_the_list_tells_what_is_left_out_and_has_the_way_back(stage: Stage) -> None:
    await told(stage, "keeper prompt skip-next")
    said = await told(stage, "keeper prompt list")
    assert "Left out: Tuesday 3 March, 09:00" in said
    await clicked(stage, "Let it come after all on Tuesday 3 March, 09:00")
    assert "Left out" not in await told(stage, "keeper prompt list")
    assert dates(prompts(await passes(stage, WEEK))) == ["03-03"]


async def test_the_last_of_several_comes_back_first(stage: Stage) -> None:
    await told(stage, "keeper prompt skip-next")
    await told(stage, "keeper prompt skip-next")
    await clicked(stage, "Leave out Tuesday 10 March, 09:00, too")
    said = await told(stage, "keeper prompt list")
    assert "Left out: Tuesday 3 March, 09:00" in said
    assert "Left out: Tuesday 10 March, 09:00" in said
    await clicked(stage, "Let it come after all on Tuesday 10 March, 09:00")
    await told(stage, "keeper prompt skip-next")
    await clicked(stage, "Let it come after all on Tuesday 3 March, 09:00")
    assert dates(prompts(await passes(stage, 2 * WEEK))) == ["03-03", "03-10"]


async def test_what_has_passed_or_was_scheduled_anew_does_not_come_back(stage: Stage) -> None:
    await told(stage, "keeper prompt skip-next")
    await told(stage, "keeper prompt schedule weekly friday 10:00")
    await clicked(stage, "Yes")
    assert "cannot be taken back any more" in await clicked(stage, "Let it come after all")
    assert "Left out" not in await told(stage, "keeper prompt list")
    await told(stage, "keeper prompt skip-next")
    await passes(stage, WEEK)
    assert "cannot be taken back any more" in await clicked(stage, "Let it come after all")
    assert dates(prompts(await passes(stage, WEEK))) == ["03-13"]


async def test_another_rooms_date_is_asked_about_as_well(stage: Stage) -> None:
    rooms = tuple(RoomFacts(Room("memory", each), each) for each in (GARDEN, "library"))
    stage.chat.rooms["library"] = "library"
    await stage.app.hosts[0].receive(
        Added(event_id="more", community=stage.chat.community, name="", rooms=rooms, new=False)
    )
    await told(stage, "keeper prompt schedule")
    await clicked(stage, "Another one, for another room")
    await clicked(stage, "library")
    await clicked(stage, "Another time")
    await told(stage, "weekly wednesday 9:00")
    await clicked(stage, "Yes")
    await told(stage, "keeper prompt skip-next")
    said = await told(stage, "keeper prompt skip-next")
    assert "Tuesday 3 March, 09:00 is left out already." in said
    assert "The next prompt comes on Wednesday 4 March, 09:00." in said
    await clicked(stage, "Leave out Wednesday 4 March, 09:00, too")
    await told(stage, "keeper prompt list")
    assert [each for each in stage.last("mira").choices if each.startswith("Let it come")] == [
        "Let it come after all on Tuesday 3 March, 09:00",
        "Let it come after all on Wednesday 4 March, 09:00",
    ]
    await clicked(stage, "Let it come after all on Tuesday 3 March, 09:00")
    assert dates(prompts(await passes(stage, 5 * DAY))) == ["03-03"]


async def test_in_french_too(stage: Stage) -> None:
    await told(stage, "my settings")
    await clicked(stage, "Language: English")
    await clicked(stage, "Français")
    said = await told(stage, "keeper prompt skip-next")
    assert "La date du mardi 3 mars, 09:00 est laissée de côté." in said
    said = await told(stage, "keeper prompt skip-next")
    assert "Faut-il laisser aussi cette date de côté" in said
    await clicked(stage, "La faire venir quand même le mardi 3 mars, 09:00")
    assert dates(prompts(await passes(stage, DAY + DAY))) == ["03-03"]


async def test_who_does_not_moderate_any_more_brings_nothing_back(stage: Stage) -> None:
    await told(stage, "keeper prompt skip-next")
    stage.chat.moderators.discard("mira")
    assert "for this community’s moderators" in await clicked(stage, "Let it come after all")
    assert dates(prompts(await passes(stage, WEEK))) == []


async def test_where_nothing_is_scheduled(stage: Stage) -> None:
    await told(stage, "keeper prompt schedule off")
    assert "Nothing is scheduled" in await told(stage, "keeper prompt skip-next")
    assert stage.clock.now() < datetime(2026, 3, 3, tzinfo=UTC)
