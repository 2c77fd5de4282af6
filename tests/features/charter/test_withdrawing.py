"""What the bot posted for somebody by the charter: undone at once, or withdrawn later."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlmodel import delete

from bot.adapters.memory import Line
from bot.rehearsal.stage import Stage
from storage.tables import Outbox
from tests.features.charter.deciding import aloud
from tests.rehearsal.community import DAY, arrived, opened, passes, welcomed

QUESTION, ANSWER = "May I read for a year?", "Yes, and longer."
MINE = "What was posted for me"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an opened community with two members, one of whom has called herself Ana."""
    stage = await arrived()
    await opened(stage)
    for name in ("ana", "eva"):
        await welcomed(stage, name)
    yield stage
    stage.close()


async def asks(stage: Stage, how: str = "Carry it without my name", *, name: str = "") -> Line:
    """Let Ana ask, and return what stands in the room."""
    await stage.says("ana", "charter ask")
    await stage.clicks("ana", "Come freely")
    await stage.says("ana", QUESTION)
    await stage.clicks("ana", how)
    if name:
        await stage.says("ana", name)
    return next(each for each in stage.chat.lines if "A question about" in each.text)


async def gives_answer(stage: Stage, line: Line) -> None:
    await stage.chat.clicks("eva", "I have an answer", line)
    await stage.settle()
    await stage.says("eva", ANSWER)


async def withdraws(stage: Stage, name: str) -> None:
    """Withdraw by the door that stays."""
    await stage.says(name, "charter ask")
    await stage.clicks(name, MINE)
    await stage.clicks(name, "1. Come freely")
    await stage.clicks(name, "Withdraw it")


def said(stage: Stage, text: str) -> bool:
    return any(text in each for each in aloud(stage))


async def with_the_clause(stage: Stage) -> str:
    await stage.says("mira", "charter ask")
    await stage.clicks("mira", "Come freely")
    return stage.last("mira").text


@pytest.mark.parametrize(
    ("how", "name"), [("Carry it without my name", ""), ("With my name", "Ana Rose")]
)
async def test_a_question_is_undone_within_ten_minutes(stage: Stage, how: str, name: str) -> None:
    line = await asks(stage, how, name=name)
    assert said(stage, QUESTION)
    assert said(stage, "Ana Rose") is bool(name)
    await stage.chat.clicks("eva", "I have an answer", line)
    await stage.settle()
    stage.restart()
    await stage.clicks("ana", "Take it back")
    assert "taken out of the room" in stage.last("ana").text
    assert not said(stage, QUESTION)
    assert not said(stage, "Ana Rose")
    await stage.says("eva", ANSWER)
    assert "That question was taken back" in stage.last("eva").text
    assert not said(stage, ANSWER)
    await stage.says("ana", "my data json")
    assert QUESTION not in stage.last("ana").text
    await stage.says("ana", "charter ask")
    assert MINE not in stage.last("ana").choices


async def test_after_ten_minutes_it_is_shown_first(stage: Stage) -> None:
    await asks(stage)
    await passes(stage, timedelta(minutes=11))
    await stage.clicks("ana", "Take it back")
    assert "as it stands" in stage.last("ana").text
    await stage.clicks("ana", "Let it stand")
    assert said(stage, QUESTION)
    await withdraws(stage, "ana")
    assert not said(stage, QUESTION)


async def test_an_answered_question_goes_and_the_answer_stays(stage: Stage) -> None:
    await gives_answer(stage, await asks(stage))
    await passes(stage, 3 * DAY)
    await withdraws(stage, "ana")
    assert not said(stage, QUESTION)
    assert said(stage, ANSWER)
    told = await with_the_clause(stage)
    assert f"The answer: {ANSWER}" in told
    assert "Somebody asked" not in told
    await withdraws(stage, "eva")
    assert not said(stage, ANSWER)
    assert ANSWER not in await with_the_clause(stage)


async def test_an_answer_is_undone_and_the_question_is_open_again(stage: Stage) -> None:
    line = await asks(stage)
    await gives_answer(stage, line)
    await stage.clicks("eva", "Take it back")
    assert not said(stage, ANSWER)
    assert said(stage, QUESTION)
    assert ANSWER not in await with_the_clause(stage)
    await gives_answer(stage, line)
    assert ANSWER in await with_the_clause(stage)


async def test_a_message_that_is_not_known_any_more_is_left_to_a_moderator(stage: Stage) -> None:
    await gives_answer(stage, await asks(stage))
    stage.opened.store.run(lambda tx: tx.session.exec(delete(Outbox)))
    await withdraws(stage, "eva")
    assert "a moderator can delete it for you" in stage.last("eva").text
    assert ANSWER not in await with_the_clause(stage)


async def test_in_french_and_nobody_elses_is_offered(stage: Stage) -> None:
    await asks(stage)
    for words in ("my settings", "language", "Français"):
        await stage.says("ana", words)
    await stage.says("ana", "charter ask")
    await stage.clicks("ana", "Ce qui est publié pour moi")
    assert (
        f"Ta question sur «\u00a0Venir librement\u00a0»\u00a0: {QUESTION}" in stage.last("ana").text
    )
    await stage.clicks("ana", "1. Venir librement")
    await stage.clicks("ana", "Le retirer")
    assert "C’est retiré du salon" in stage.last("ana").text
    assert not said(stage, QUESTION)
    await stage.says("eva", "charter ask")
    assert MINE not in stage.last("eva").choices
