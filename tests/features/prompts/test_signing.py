"""A prompt that its steward signs as host, coach or peer."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.adapters.memory import Line
from bot.core.refs import Room
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, WEEK, arrived, opened, passes, private, prompts

OFFER = "room for a first voice"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community with a prompt each Tuesday."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def signs(stage: Stage, label: str, name: str = "") -> None:
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Sign the next one")
    await stage.clicks("mira", label)
    if name:
        await stage.says("mira", name)


async def next_prompt(stage: Stage) -> Line:
    (card,) = prompts(await passes(stage, WEEK))
    return card


@pytest.mark.parametrize("stance", ["host", "coach", "peer"])
async def test_the_next_one_is_signed_and_no_other(stage: Stage, stance: str) -> None:
    await signs(stage, f"With my name, as {stance}", "Mira @everyone")
    line = f"Brought by Mira @everyone, as {stance}"
    assert line in stage.last("mira").text  # previewed exactly as it will look
    stage.restart()
    card = await next_prompt(stage)
    assert line in card.text
    assert not card.ping
    assert "Brought by" not in (await next_prompt(stage)).text


async def test_the_name_is_asked_for_once_and_the_signature_can_be_taken_away(
    stage: Stage,
) -> None:
    await signs(stage, "With my name, as host", "Mira")
    await signs(stage, "With my name, as peer")
    assert "Brought by Mira, as peer" in stage.last("mira").text
    await signs(stage, "Without a name")
    assert "Brought by" not in (await next_prompt(stage)).text


async def test_with_another_prompt_it_is_void(stage: Stage) -> None:
    await signs(stage, "With my name, as host", "Mira")
    await stage.says("mira", "keeper prompt add What did you try?")
    card = await next_prompt(stage)
    assert card.text.startswith("What did you try?")
    assert "Brought by" not in card.text


async def test_other_words_leave_it_there(stage: Stage) -> None:
    await signs(stage, "With my name, as host", "Mira")
    card = await next_prompt(stage)
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Mend the words of the last one")
    await stage.says("mira", "What stayed with you?")
    assert card.text.startswith("What stayed with you?")
    assert "Brought by Mira, as host" in card.text


async def test_it_stands_in_the_language_of_the_community(stage: Stage) -> None:
    await stage.says("mira", "my settings")
    await stage.clicks("mira", "Language: English")
    await stage.clicks("mira", "Français")
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Signer la prochaine")
    await stage.clicks("mira", "Avec mon nom, comme pair")
    await stage.says("mira", "Mira")
    assert "Brought by Mira, as peer" in (await next_prompt(stage)).text


async def test_who_is_erased_has_signed_nothing(stage: Stage) -> None:
    await signs(stage, "With my name, as host", "Mira")
    await stage.says("mira", "my forget")
    await stage.clicks("mira", stage.last("mira").choices[0])
    assert "Brought by" not in (await next_prompt(stage)).text


async def test_who_moderates_no_more_signs_nothing(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Sign the next one")
    stage.chat.moderators.discard("mira")
    await stage.clicks("mira", "With my name, as host")
    assert "moderators" in stage.last("mira").text
    assert "Brought by" not in (await next_prompt(stage)).text


async def test_from_the_note_of_the_day_before(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt note")
    await stage.clicks("mira", "Yes, show me")
    await passes(stage, 7.5 * DAY)
    await stage.says("mira", "keeper prompt note")
    await stage.clicks("mira", "Sign it")
    await stage.clicks("mira", "With my name, as coach")
    await stage.says("mira", "Mira")
    (card,) = prompts(await passes(stage, 2 * DAY))
    assert "Brought by Mira, as coach" in card.text


async def test_whoever_signed_hears_of_an_empty_thread_and_nobody_else(stage: Stage) -> None:
    stage.chat.moderators.add("tom")
    for name in ("mira", "tom"):
        await stage.says(name, "my settings")
        await stage.clicks(name, "How I may reach you: Only when I come back")
        await stage.clicks(name, "By direct message")
    await stage.says("tom", "keeper prompt note")
    await stage.clicks("tom", "Yes, show me")
    await passes(stage, 7 * DAY)  # Tom has the note of the second Tuesday
    await signs(stage, "With my name, as peer", "Mira")
    said = await passes(stage, 5 * DAY)
    assert [each for each in private(said, "mira") if OFFER in each.text]
    assert not [each for each in private(said, "tom") if OFFER in each.text]
    assert not [each for each in said if OFFER in each.text and isinstance(each.place, Room)]
