"""A show of hands beside a prompt: a first step, in public, of which nothing is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.adapters.memory import Line
from bot.core.refs import Room
from bot.features.prompts.hands import split
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import ROOM, WEEK, arrived, opened, passes

TEXT = "Which hour is yours?\n\nAny will do.\n\n( ) The first\n( )  The *last*  \n"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community; prompts come on Tuesdays at 9."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def posted(stage: Stage) -> tuple[Line, list[Line]]:
    """Return the next prompt's card, and what the bot says in its thread."""
    lines = [line for line in await passes(stage, WEEK) if line.place == Room("memory", ROOM)]
    (card,) = [line for line in lines if line.thread is None]
    return card, [line for line in lines if line.thread is not None]


@pytest.mark.parametrize(
    ("text", "hands"),
    [
        ("One?", ()),
        ("One?\n( ) a\n()b\n (  ) c ", ("a", "b", "c")),
        ("One?\n\n( ) a\n\n( ) b\n", ("a", "b")),
        ("One?\n( ) a\nTwo?\n( ) b", ("b",)),
        ("A list:\n- ( ) a", ()),
    ],
)
def test_lines_at_the_end_are_the_answers(text: str, hands: tuple[str, ...]) -> None:
    assert split(text)[1] == hands


async def test_the_answers_stand_in_the_prompt_and_a_poll_in_its_thread(stage: Stage) -> None:
    stage.chat.affordances = replace(stage.chat.affordances, polls=True)
    await stage.says("mira", f"keeper prompt add {TEXT}")
    shown = stage.last("mira", "Which hour is yours?").text
    assert "• The first\n• The *last*" in shown
    assert "It decides nothing" in shown
    assert "( )" not in shown
    card, thread = await posted(stage)
    assert "• The first\n• The *last*" in card.text
    assert "( )" not in card.text
    first, poll = thread
    assert "This thread is for your answers" in first.text
    assert (poll.text, poll.choices) == ("Which hour is yours?", ("The first", "The *last*"))
    # The next one is the library's, and has none of that.
    card, thread = await posted(stage)
    assert "show of hands" not in card.text
    assert len(thread) == 1


async def test_where_there_are_no_polls_the_words_are_enough(stage: Stage) -> None:
    await stage.says("mira", f"keeper prompt add {TEXT}")
    card, thread = await posted(stage)
    assert "A show of hands, if you like" in card.text
    assert "• The first" in card.text
    assert len(thread) == 1


async def test_it_is_changed_and_carried_with_its_prompt(stage: Stage) -> None:
    await stage.says("mira", f"keeper prompt add {TEXT}")
    await stage.says("mira", "keeper prompt edit 1")
    assert "( ) The first" in stage.last("mira", "Write the whole new text").text
    await stage.says("mira", "Which hour is yours?\n( ) Six\n( ) Seven")
    assert "• Six\n• Seven" in stage.last("mira").text
    await stage.says("mira", "keeper export")
    exported = stage.last("mira").file
    assert exported is not None
    await stage.says("mira", "keeper prompt remove 1")
    await stage.says("mira", "keeper import")
    await stage.says("mira", exported.text)
    await stage.clicks("mira", "Take it in")
    card, _ = await posted(stage)
    assert "• Six\n• Seven" in card.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("( ) a\n( ) b", "write the question above them"),
        ("What?\n( ) a", "has 2 to 6 answers, and these are 1"),
        ("What?" + "\n( ) a" * 7, "and these are 7"),
        (f"What?\n( ) a\n( ) {'b' * 61}", "too long: “bbb"),
        ("What?\n( ) a\n( )", "Behind a `( )` nothing stands"),
        ("What?\n( ) a\n( ) {{ community }}", "cannot show anything in braces"),
        ("What?\n( ) Été\n( ) ete", "“Été” stands there twice"),
    ],
)
async def test_what_cannot_be_shown_is_said_while_its_author_is_there(
    stage: Stage, text: str, told: str
) -> None:
    await stage.says("mira", "keeper prompt add")
    assert "For a show of hands, end with" in stage.last("mira").text
    await stage.says("mira", text)
    assert told in stage.last("mira").text
    await stage.says("mira", "What is it?\n( ) This\n( ) That")
    assert "• This\n• That" in stage.last("mira").text


async def test_a_suggestion_stands_as_its_author_wrote_it(stage: Stage) -> None:
    await stage.joins("tom")
    await stage.says("tom", "suggest What is it?\n( ) This\n( ) That")
    await stage.clicks("tom", "Without a name")
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Look at the suggestions")
    await stage.clicks("mira", stage.last("mira").choices[0])
    card, _ = await posted(stage)
    assert "( ) This" in card.text
    assert "show of hands" not in card.text


async def test_some_of_our_own_have_one(stage: Stage) -> None:
    cards = [line.text for line in await passes(stage, 52 * WEEK) if line.thread is None]
    (shown,) = [text for text in cards if text.startswith("An object within reach")]
    assert "• It was there before me" in shown
