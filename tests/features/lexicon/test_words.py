"""The lexicon: a second sense joins the first, and a name stands there only if wished."""

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.rehearsal.stage import Stage
from tests.rehearsal.community import arrived, opened, welcomed


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return a community with two members."""
    stage = await arrived()
    await opened(stage)
    for name in ("ana", "eva"):
        await welcomed(stage, name)
    yield stage
    stage.close()


async def added(stage: Stage, name: str, text: str, how: str = "Keep it without my name") -> None:
    await stage.says(name, f"word add {text}")
    await stage.clicks(name, how)


async def test_a_second_sense_joins_the_first_in_another_language(stage: Stage) -> None:
    await added(stage, "ana", "harvest: What we keep of a talk.")
    await stage.says("eva", "word add HARVEST: La récolte, ce qui reste.")
    await stage.clicks("eva", "It is not in English")
    await stage.says("eva", "Klingonisch")
    assert "I do not know a language" in stage.last("eva").text
    await stage.says("eva", "français")
    await stage.clicks("eva", "Keep it with my name")
    await stage.says("eva", "Eva @room <b>")
    assert "your sense stands beside the other one" in stage.last("eva").text
    await stage.says("ana", "word find récolte")
    shown = stage.last("ana").text
    assert "harvest (saved)" in shown
    assert "What we keep of a talk. (English)" in shown
    assert "La récolte, ce qui reste. (Français, Eva @room <b>)" in shown
    stage.restart()
    await stage.says("ana", "word list")
    assert stage.last("ana").choices == ("harvest", "Add a word", "That is enough")


async def test_saving_is_private_and_what_is_unknown_can_be_explained(stage: Stage) -> None:
    await added(stage, "ana", "slow: Not late.")
    await stage.says("eva", "word save Slow")
    assert "slow is saved, for you alone" in stage.last("eva").text
    await stage.says("eva", "word save quick")
    assert "Nobody has explained “quick” yet" in stage.last("eva").text
    await stage.clicks("eva", "Explain quick")
    await stage.says("eva", "Before one has thought.")
    assert "quick: Before one has thought." in stage.last("eva").text
    await stage.clicks("eva", "Not now")
    await stage.says("eva", "my data")
    assert "Words that you saved: slow" in stage.last("eva").text


async def test_only_its_author_or_a_moderator_takes_a_sense_back(stage: Stage) -> None:
    await added(stage, "ana", "slow: Not late.")
    await stage.says("eva", "word find slow")
    assert "Take a sense back" not in stage.last("eva").choices
    await stage.says("mira", "word find slow")
    await stage.clicks("mira", "Take a sense back")
    await stage.says("ana", "word find slow")
    await stage.clicks("ana", "Take a sense back")
    await stage.clicks("ana", "Not late.")
    await stage.clicks("mira", "Not late.")
    assert "not there any more" in stage.last("mira").text
    await stage.says("ana", "word list")
    assert "There is no word here yet" in stage.last("ana").text


async def test_words_outlive_their_author_without_a_link(stage: Stage) -> None:
    await added(stage, "ana", "slow: Not late.")
    await stage.says("ana", "my forget")
    await stage.clicks("ana", "Erase everything")
    await stage.says("eva", "word find slow")
    assert "Not late." in stage.last("eva").text
