"""What is changed besides a clause's words; what is urgent; and what comes of it with time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from bot.adapters.memory import Line
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.features.charter.deciding import (
    ACK,
    NEW,
    WORTH,
    adds,
    aloud,
    answers,
    consents,
    proposes,
    takes_out,
)
from tests.rehearsal.community import DAY, arrived, opened, passes, private, prompts, welcomed

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an opened community with two members, who have acknowledged the whole charter."""
    stage = await arrived()
    await opened(stage)
    for name in ("ana", "eva"):
        await welcomed(stage, name)
        await stage.says(name, "charter read")
        for _ in range(4):
            await stage.clicks(name, ACK)
    yield stage
    stage.close()


async def waits(stage: Stage, name: str) -> bool:
    await stage.says(name, "start")
    return "Waiting for you" in stage.last(name).text


def posted(stage: Stage, text: str) -> Line:
    lines = [each for each in stage.chat.lines if not isinstance(each.place, Direct)]
    return next(each for each in lines if text in each.text)


async def read(stage: Stage, name: str) -> str:
    await stage.says(name, "charter read")
    return stage.last(name).text


async def test_a_new_clause_is_shown_to_those_who_had_acknowledged_the_whole(stage: Stage) -> None:
    await welcomed(stage, "tina")
    await stage.says("tina", "charter read")
    await stage.clicks("tina", ACK)
    await adds(stage, "ana")
    assert any("A new clause is proposed: “Slow is fine”" in text for text in aloud(stage)) is False
    await answers(stage, "eva", WORTH, "New: Slow is fine")
    assert any("A new clause is proposed: “Slow is fine”" in text for text in aloud(stage))
    await consents(stage, "New: Slow is fine")
    assert any("“Slow is fine” is new in the charter" in text for text in aloud(stage))
    assert not await waits(stage, "tina")  # who left the rest for later is not asked for more
    assert await waits(stage, "ana")
    await stage.clicks("ana", "The charter: a clause is new")
    asked = stage.last("ana").text
    assert "Slow is fine is new in the charter." in asked
    assert "Before:" not in asked
    await stage.clicks("ana", ACK)
    assert "Slow is fine (version 1)" in await history(stage, "ana")
    assert not await waits(stage, "ana")
    assert "Nobody has to answer at once." in await read(stage, "ana")


async def history(stage: Stage, name: str) -> str:
    await stage.says(name, "charter history")
    return stage.last(name).text


async def test_a_clause_with_an_open_question_is_taken_out(stage: Stage) -> None:
    for text in ("May I write Basque?", "And who translates?"):
        await stage.says("eva", "charter ask")
        await stage.clicks("eva", "Many languages")
        await stage.says("eva", text)
        await stage.clicks("eva", "Carry it without my name")
    line = posted(stage, "And who translates?")
    await stage.chat.clicks("ana", "I have an answer", line)
    await stage.settle()
    await stage.says("ana", "Whoever likes to.")
    await takes_out(stage, "ana")
    await answers(stage, "eva", WORTH, "Without: Many languages")
    await consents(stage, "Without: Many languages")
    assert any("“Many languages” was taken out" in text for text in aloud(stage))
    told = [text for text in aloud(stage) if "needs no answer any more" in text]
    assert ["Basque" in text for text in told] == [True]
    line = posted(stage, "May I write Basque?")
    await stage.chat.clicks("ana", "I have an answer", line)
    await stage.settle()
    assert "That clause is not there any more" in stage.last("ana").text
    assert not await waits(stage, "ana")  # what is gone is not asked again
    await stage.says("ana", "charter change")
    assert "Many languages" not in stage.last("ana").choices
    assert "Many languages (version 1)" in await history(stage, "ana")
    assert "Without: Many languages" in stage.last("ana", "How the charter has changed").text


async def test_another_purpose_line_is_consented_to_and_asks_nobody_again(stage: Stage) -> None:
    await stage.says("ana", "charter change")
    await stage.clicks("ana", "The purpose line")
    assert "We learn from one another’s practice" in stage.last("ana").text
    await stage.says("ana", "To dare something.")
    await stage.says("ana", "It is what we do.")
    await stage.clicks("ana", "Propose it")
    await answers(stage, "eva", WORTH, "The purpose line")
    await consents(stage, "The purpose line")
    await stage.says("ana", "charter read")
    assert "To dare something." in stage.last("ana", "What people here have agreed on").text
    assert not await waits(stage, "eva")


async def test_what_is_urgent_counts_for_thirty_days_and_lapses(stage: Stage) -> None:
    await proposes(stage, "ana", "It is urgent: let it count for now")
    assert NEW not in await read(stage, "ana")  # not by one person's word
    await answers(stage, "eva", WORTH)
    assert any("Two members call it urgent." in text for text in aloud(stage))
    assert await waits(stage, "eva")
    await stage.clicks("eva", "The charter: a clause has changed")
    assert "lapses on Wednesday 1 April" in stage.last("eva").text
    await stage.clicks("eva", ACK)
    assert "Come freely (counts for now, until Wednesday 1 April)" in await read(stage, "eva")
    await passes(stage, 13 * DAY + HOUR)
    assert any("each can consent" in text for text in aloud(stage))
    assert any("This change is parked" in text for text in aloud(stage))  # silence is no consent
    assert NEW not in await read(stage, "eva")
    assert not await waits(stage, "eva")
    assert not await waits(stage, "ana")  # her receipt is for these very words
    await history(stage, "eva")
    assert "urgent; lapsed on" in stage.last("eva", "How the charter has changed").text


async def test_an_urgent_change_lapses_while_it_is_talked_about(stage: Stage) -> None:
    await takes_out(stage, "ana", "It is urgent: let it count for now")
    await answers(stage, "eva", WORTH, "Without: Many languages")
    await passes(stage, 6 * DAY + HOUR)
    await objects(stage, "eva", "Without: Many languages")
    await passes(stage, 13 * DAY)
    await answers(stage, "ana", "Offer other words", "Without: Many languages")
    for words in ("Write in yours.", "Shorter."):
        await stage.says("ana", words)
    await stage.clicks("ana", "Propose it")
    await objects(stage, "eva", "Many languages")
    await passes(stage, 7 * DAY + HOUR)
    assert "Many languages" not in await clauses(stage, "ana")
    stage.restart()
    (lapsed,) = [each.text for each in await passes(stage, 5 * DAY) if "has lapsed" in each.text]
    assert "Talking about it goes on." in lapsed
    assert "Many languages" in await clauses(stage, "ana")
    await answers(stage, "ana", "Offer other words", "Many languages")
    for words in ("Write in yours, or mine.", "It is what we do."):
        await stage.says("ana", words)
    await stage.clicks("ana", "Propose it")
    for name in ("ana", "eva"):
        await answers(stage, name, "I consent", "Many languages")
    await passes(stage, 7 * DAY + HOUR)
    assert await waits(stage, "eva")
    await stage.clicks("eva", "The charter: a clause has changed")
    assert "Now: Write in yours, or mine." in stage.last("eva").text


async def objects(stage: Stage, name: str, title: str) -> None:
    await answers(stage, name, "I object", title)
    for words in ("People fall silent.", "To be many.", "Say it shorter."):
        await stage.says(name, words)


async def clauses(stage: Stage, name: str) -> tuple[str, ...]:
    await stage.says(name, "charter ask")
    return stage.last(name).choices


async def test_an_urgent_change_that_is_consented_to_stays_and_is_looked_at_again(
    stage: Stage,
) -> None:
    await proposes(stage, "ana", "It is urgent: let it count for now")
    await answers(stage, "eva", WORTH)
    await stage.says("eva", "charter read")
    await stage.clicks("eva", ACK)
    await consents(stage)
    assert not await waits(stage, "eva")  # the same words, consented to
    said = [each.text for each in await passes(stage, 179 * DAY)]
    assert not any("lapsed" in text or "look again" in text for text in said)
    await stage.says("mira", "keeper charter status")
    assert "“Come freely” is looked at again on 11 September 2026" in stage.last("mira").text
    review = next(each for each in await passes(stage, 2 * DAY) if "look again" in each.text)
    assert NEW in review.text
    await stage.chat.clicks("eva", "Propose a change", review)
    await stage.settle()
    assert stage.last("eva").text.startswith("Changing the charter.")
    assert not any("look again" in each.text for each in await passes(stage, 300 * DAY))


async def test_the_next_prompt_says_once_what_is_reconsidered(stage: Stage) -> None:
    await proposes(stage, "ana")
    assert not any("reconsidered" in each.text for each in prompts(await passes(stage, 2 * DAY)))
    await answers(stage, "eva", WORTH)
    first, second = prompts(await passes(stage, 14 * DAY))
    assert first.text.endswith(
        "In the charter something is being reconsidered, “Come freely”: `charter changes`."
    )
    assert "reconsidered" not in second.text


async def test_without_a_second_it_ends_quietly_also_when_its_author_left(stage: Stage) -> None:
    await proposes(stage, "ana")
    await stage.chat.leave("ana")
    await stage.says("eva", "charter change")
    await stage.clicks("eva", "Come freely")
    assert "A change of that clause is under way already" in stage.last("eva", "A change of").text
    said = await passes(stage, 31 * DAY)
    assert not any("parked" in each.text for each in said)
    await proposes(stage, "eva")
    assert "It waits for one more member" in stage.last("eva").text


async def test_a_community_of_three(stage: Stage) -> None:
    """Two of three are enough, and one alone is not, however few joined."""
    await stage.says("mira", "start")
    await proposes(stage, "ana")
    await answers(stage, "eva", WORTH)
    await consents(stage, "Come freely", "ana")
    assert any("This change is parked" in text for text in aloud(stage))
    await proposes(stage, "ana")
    await answers(stage, "mira", WORTH)
    await consents(stage, "Come freely", "mira", "eva")
    assert any("has changed, by consent" in text for text in aloud(stage))
    told = "\n".join(aloud(stage))
    assert not any(f" {number} " in told for number in ("two of", "2 of", "three", "3 of"))
    assert private(stage.chat.lines, "tom") == []


async def test_erased_in_the_middle_of_objecting(stage: Stage) -> None:
    await proposes(stage, "ana")
    await answers(stage, "eva", WORTH)
    await passes(stage, 6 * DAY + HOUR)
    await answers(stage, "eva", "I object")
    await stage.says("eva", "Zwiebelkuchen.")
    await stage.says("eva", "my forget")
    await stage.clicks("eva", "Erase everything")
    await stage.says("eva", "To learn.")
    await passes(stage, 7 * DAY + HOUR)
    assert not any("Zwiebelkuchen" in text for text in aloud(stage))
    assert any("This change is parked" in text for text in aloud(stage))


async def test_a_correction_of_what_was_changed_meanwhile_cannot_be_undone(stage: Stage) -> None:
    await proposes(stage, "ana", "It is only spelling, a link or a translation")
    await answers(stage, "eva", "It is a correction")
    line = posted(stage, "was corrected")
    await proposes(stage, "ana", "It is urgent: let it count for now", "Come, or not.")
    await answers(stage, "eva", WORTH)
    await stage.chat.clicks("eva", "This changes the meaning", line)
    await stage.settle()
    assert "The seven days for that are over" in stage.last("eva").text
    assert (
        "Come, or not." in await read(stage, "ana")
        or "Now: Come, or not." in stage.last("ana").text
    )


async def test_what_changes_while_it_is_read_is_shown_again_before_it_counts(stage: Stage) -> None:
    await welcomed(stage, "tina")
    await proposes(stage, "ana")
    await answers(stage, "eva", WORTH)
    await passes(stage, 6 * DAY + HOUR)
    for name in ("ana", "eva"):
        await answers(stage, name, "I consent")
    await stage.says("tina", "charter read")
    await passes(stage, 7 * DAY + HOUR)
    await stage.clicks("tina", ACK)
    assert "changed while you were reading" in stage.last("tina", "while you were").text
    assert NEW in stage.last("tina").text
    assert "You have not acknowledged anything" in await history(stage, "tina")
    await stage.says("tina", "charter read")
    await stage.clicks("tina", ACK)
    assert "Come freely (version 2)" in await history(stage, "tina")


async def test_a_long_history_comes_in_pages(stage: Stage) -> None:
    for number in range(7):
        way = "It is only spelling, a link or a translation"
        await proposes(stage, "ana", way, f"Nobody has to be here. {number}")
        await answers(stage, "eva", "It is a correction")
    await history(stage, "ana")
    newest = stage.last("ana", "How the charter has changed").text
    assert newest.count("Corrected: Come freely") == 5
    assert newest.index("became “6”") < newest.index("became “5”")
    await stage.clicks("ana", "Earlier changes")
    assert stage.last("ana", "How the charter has changed").text.count("Corrected") == 2
    assert "Earlier changes" not in stage.last("ana").choices
