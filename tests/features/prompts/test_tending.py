"""An empty thread: nobody remarks on it, and whoever looks after the prompt may do something."""

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.adapters.memory import BOT, Line
from bot.core.refs import Direct
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

OFFER = "room for a first voice"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community; Mira is shown each prompt the day before, by direct message."""
    stage = await arrived()
    await opened(stage)
    await welcomed(stage, "mira")
    await stage.says("mira", "keeper prompt note")
    await stage.clicks("mira", "Yes, show me")
    yield stage
    stage.close()


async def posted(stage: Stage) -> Line:
    """Let the prompt of the second Tuesday come, of which the note came the day before."""
    (card,) = prompts(await passes(stage, WEEK + DAY))[-1:]
    return card


async def test_nobody_remarks_on_it_and_its_steward_is_offered_three_things(stage: Stage) -> None:
    await posted(stage)
    stage.restart()
    said = await passes(stage, 3 * DAY)
    (offer,) = [each for each in said if OFFER in each.text]
    assert isinstance(offer.place, Direct)
    assert offer.place.member.id == "mira"
    assert offer.choices == ("Answer first", "Other words", "Let it rest", "Leave it as it is")
    aloud = [each for each in said if not isinstance(each.place, Direct)]
    assert aloud == []
    await stage.clicks("mira", "Answer first")
    assert "an unfinished sentence" in stage.last("mira").text
    assert stage.last("mira").text.count("•") == 3


async def test_where_somebody_wrote_there_is_nothing_to_offer(stage: Stage) -> None:
    card = await posted(stage)
    assert card.ref is not None
    await stage.says("tom", "A line.", ROOM, card.ref.id)
    assert not [each for each in await passes(stage, 3 * DAY) if OFFER in each.text]


async def test_other_words_are_an_edit_of_the_post(stage: Stage) -> None:
    card = await posted(stage)
    await passes(stage, 3 * DAY)
    await stage.clicks("mira", "Other words")
    await stage.says("mira", "What stayed with you?")
    assert card.text.startswith("What stayed with you?")


async def test_what_rests_is_not_drawn_again(stage: Stage) -> None:
    card = await posted(stage)
    await passes(stage, 3 * DAY)
    await stage.clicks("mira", "Let it rest")
    assert "not drawn again" in stage.last("mira").text
    title = card.text.split("\n")[0]
    again = prompts(await passes(stage, 110 * WEEK))
    assert len(again) > 100
    assert not [each for each in again if each.text.startswith(title)]


async def test_who_is_not_written_to_finds_it_under_start(stage: Stage) -> None:
    await stage.says("mira", "my settings")
    await stage.clicks("mira", "How I may reach you: By direct message")
    await stage.clicks("mira", "Only when I come back")
    await posted(stage)
    said = await passes(stage, 3 * DAY)
    assert private(said, "mira") == []
    await stage.says("mira", "start")
    await stage.clicks("mira", "The prompt that stands in its room")
    await stage.clicks("mira", "Leave it as it is")
    assert "stays as it is" in stage.last("mira").text
    await stage.says("mira", "start")
    assert "Waiting for you" not in stage.last("mira").text or OFFER not in stage.last("mira").text


async def test_who_moderates_no_more_is_told_so(stage: Stage) -> None:
    await posted(stage)
    await passes(stage, 3 * DAY)
    stage.chat.moderators.discard("mira")
    await stage.clicks("mira", "Let it rest")
    assert "moderators" in stage.last("mira").text


async def test_after_notes_are_ended_no_thread_is_looked_at(stage: Stage) -> None:
    await posted(stage)
    await stage.says("mira", "keeper prompt note")
    await stage.clicks("mira", "No")
    said = [each for each in await passes(stage, 3 * DAY) if each.author == BOT]
    assert not [each for each in said if OFFER in each.text]


async def test_the_words_of_a_member_are_not_reworded(stage: Stage) -> None:
    await passes(stage, 2 * DAY)
    await stage.says("tom", "suggest What did you learn from a mistake of this week?")
    await stage.clicks("tom", "Without a name")
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Look at the suggestions")
    await stage.clicks("mira", "Take it in")
    (offer,) = [each for each in await passes(stage, WEEK + 2 * DAY) if OFFER in each.text]
    assert offer.choices == ("Answer first", "Leave it as it is")
