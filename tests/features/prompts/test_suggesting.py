"""Suggestions: from writing to posting, and every way in which one may not get there."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, ROOM, WEEK, arrived, opened, passes, private, prompts
from tests.rehearsal.community import welcomed as come

QUESTION = "What did you *not* say today?"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community with a member who may be written to; prompts come on Tuesdays."""
    stage = await arrived()
    await opened(stage)
    await come(stage, "ana")
    yield stage
    stage.close()


async def told(stage: Stage, person: str, text: str) -> str:
    await stage.says(person, text)
    return stage.last(person).text


async def suggested(stage: Stage, name: str = "") -> None:
    await stage.says("ana", f"suggest {QUESTION}")
    assert "what the moderators would read" in stage.last("ana").text
    await stage.clicks("ana", "With my name" if name else "Without a name")
    if name:
        await stage.says("ana", name)
    assert "It waits for a moderator" in stage.last("ana").text


async def reviewed(stage: Stage, *labels: str) -> str:
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Look at the suggestions")
    for label in labels:
        await stage.clicks("mira", label)
    return stage.last("mira").text


# --- the way of a suggestion -------------------------------------------------------------------


async def test_from_writing_to_posting_with_the_credit_that_its_author_chose(stage: Stage) -> None:
    await stage.says("ana", "suggest")
    assert "you are asked before anybody changes your words" in stage.last("ana").text
    await suggested(stage, "Ana of the garden")
    assert "waits for a moderator" in await told(stage, "ana", "suggest")
    assert "Suggestions of members that wait: 1" in await told(stage, "mira", "keeper status")
    stage.restart()
    shown = await reviewed(stage)
    assert "What did you *not* say today?" in shown
    assert "To be named: Ana of the garden" in shown
    assert "Its author is told" in await _clicked(stage, "Take it in")
    assert "a member’s suggestion" in await told(stage, "mira", "keeper prompt list")
    said = await passes(stage, 2 * DAY)
    (news,) = private(said, "ana")
    assert "is taken in" in news.text
    (posted,) = prompts(said)
    assert posted.text == "What did you not say today?\n\nQuestion by Ana of the garden"
    assert "was posted" in await told(stage, "ana", "suggest")


async def _clicked(stage: Stage, label: str, person: str = "mira") -> str:
    await stage.clicks(person, label)
    return stage.last(person).text


async def proposed(stage: Stage) -> None:
    await reviewed(stage, "Propose other words")
    await stage.says("mira", "What stayed unsaid today?")
    await stage.says("mira", "Shorter, I think.")
    assert "Its author is asked" in stage.last("mira").text


async def test_an_author_is_asked_before_an_edit_is_posted(stage: Stage) -> None:
    await suggested(stage)
    await proposed(stage)
    (asked,) = private(await passes(stage, DAY / 24), "ana")
    for words in ("Before:", "*not* say", "Now:", "stayed unsaid", "Shorter, I think."):
        assert words in asked.text
    assert "drawn from" in await told(stage, "mira", "keeper prompt list"), "nothing is in yet"
    stage.restart()
    await stage.clicks("ana", "Yes, with my name")
    await stage.says("ana", "Ana")
    assert "comes like this" in stage.last("ana").text
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert posted.text.endswith("Question by Ana, edited with a moderator")
    assert posted.text.startswith("What stayed unsaid today?")


async def test_an_author_who_looks_first_is_not_asked_again(stage: Stage) -> None:
    await suggested(stage)
    await proposed(stage)
    assert "Nothing happens without your yes" in await told(stage, "ana", "suggest")
    assert private(await passes(stage, DAY / 24), "ana") == []
    await stage.clicks("ana", "Yes, without a name")
    assert "comes like this" in stage.last("ana").text


async def test_ones_own_stand_in_the_order_in_which_they_were_written(stage: Stage) -> None:
    for number in range(5):
        await stage.says("ana", f"suggest Is this number {number}?")
        await stage.clicks("ana", "Without a name")
    shown = await told(stage, "ana", "suggest")
    assert re.findall(r"Is this number (\d)", shown) == list("01234")


async def test_what_was_looked_at_and_not_decided_goes_on_waiting(stage: Stage) -> None:
    await suggested(stage)
    await proposed(stage)
    for _ in range(2):
        assert "Waiting for you: 1" in await told(stage, "ana", "start")
        await stage.clicks("ana", "News of your question")
        assert "Nothing happens without your yes" in stage.last("ana").text
        stage.restart()
    await stage.clicks("ana", "Keep my own words")
    assert "Waiting for you" not in await told(stage, "ana", "start")


async def test_an_author_keeps_their_own_words(stage: Stage) -> None:
    await suggested(stage)
    await proposed(stage)
    await passes(stage, DAY / 24)
    assert "Your words stay" in await _clicked(stage, "Keep my own words", "ana")
    shown = await reviewed(stage)
    assert "the author prefers these" in shown
    assert "*not* say" in shown


async def test_a_decline_comes_privately_with_the_reason(stage: Stage) -> None:
    await suggested(stage)
    await reviewed(stage, "Decline, with a reason")
    await stage.says("mira", "We had nearly the same one in spring.")
    count = len(stage.chat.lines)
    said = await passes(stage, DAY / 24)
    (news,) = private(said, "ana")
    assert "We had nearly the same one in spring." in news.text
    aloud = [line.text for line in stage.chat.lines[count:] if line.place != news.place]
    assert aloud == []
    assert "same one in spring" in await told(stage, "ana", "suggest")


async def test_news_wait_under_start_for_who_is_not_written_to(stage: Stage) -> None:
    await come(stage, "tina", "return")
    await stage.says("tina", f"suggest {QUESTION}")
    await stage.clicks("tina", "Without a name")
    await proposed(stage)
    assert private(await passes(stage, DAY), "tina") == []
    assert "Waiting for you: 1" in await told(stage, "tina", "start")
    await stage.clicks("tina", "News of your question")
    assert "What shall I do?" in stage.last("tina").text
    await stage.clicks("tina", "Take it back")
    assert "Taken back" in stage.last("tina").text


# --- what may come in between ------------------------------------------------------------------


async def test_two_moderators_at_once_lose_nothing(stage: Stage) -> None:
    stage.chat.moderators.add("noa")
    stage.chat.people.add("noa")
    await suggested(stage)
    for name in ("mira", "noa"):
        await stage.says(name, "keeper prompt list")
        await stage.clicks(name, "Look at the suggestions")
    await stage.clicks("mira", "Propose other words")
    await stage.clicks("noa", "Take it in")
    await stage.says("mira", "Other words")
    assert "Somebody else has dealt with this one" in await _clicked(stage, "No word")
    assert "is taken in" in private(await passes(stage, DAY / 24), "ana")[0].text


async def test_taken_back_before_anybody_looked(stage: Stage) -> None:
    await suggested(stage)
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Look at the suggestions")
    await stage.says("ana", "suggest")
    await stage.clicks("ana", "Take back: What did you not say today?")
    assert "Somebody else has dealt" in await _clicked(stage, "Take it in")
    assert "suggestion" not in await told(stage, "mira", "keeper status")


async def test_who_is_erased_takes_their_suggestion_along_and_their_name(stage: Stage) -> None:
    await suggested(stage, "Ana")
    await stage.says("ana", "suggest And what did you hear?")
    await stage.clicks("ana", "With my name")
    await stage.says("ana", "Ana")
    await reviewed(stage, "Take it in")
    await stage.says("ana", "my data")
    assert "And what did you hear?" in stage.last("ana", "All that I keep").text
    await stage.says("ana", "my forget")
    await stage.clicks("ana", "Erase everything")
    assert "Suggestions of members" not in await told(stage, "mira", "keeper status")
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert "Question by" not in posted.text


async def test_a_moderator_who_was_demoted_decides_nothing(stage: Stage) -> None:
    await suggested(stage)
    await reviewed(stage)
    stage.chat.moderators.discard("mira")
    assert "for this community’s moderators" in await _clicked(stage, "Take it in")
    stage.chat.moderators.add("mira")
    assert "A member suggests" in await reviewed(stage)


async def test_members_words_are_no_template_and_no_moderator_changes_them(stage: Stage) -> None:
    await stage.says("ana", "suggest What is {{ 7 * 7 }} <script>alert(1)</script> to you, @room?")
    await stage.clicks("ana", "Without a name")
    await reviewed(stage, "Take it in")
    assert "a member’s words" in await told(stage, "mira", "keeper prompt edit 1 What is mine?")
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert "{{ 7 * 7 }}" in posted.text
    await stage.says("mira", "keeper prompt list")
    await stage.clicks("mira", "Mend the words of the last one")
    assert "a member’s words" in stage.last("mira").text


@pytest.mark.parametrize("text", ["@ana @tom", "<@1234567890>", "???", "https://example.org"])
async def test_what_is_no_question(stage: Stage, text: str) -> None:
    assert "I see no question in that" in await told(stage, "ana", f"suggest {text}")


async def test_what_is_too_long_or_too_many(stage: Stage) -> None:
    assert "2000 characters at most" in await told(stage, "ana", "suggest " + "why " * 2500)
    for _ in range(5):
        await suggested(stage)
    assert "is the most" in await told(stage, "ana", f"suggest {QUESTION}")


async def test_nobody_sees_who_suggested_unless_they_wished_it(stage: Stage) -> None:
    await come(stage, "xanthippe", "return")
    await stage.says("xanthippe", f"suggest {QUESTION}")
    await stage.clicks("xanthippe", "Without a name")
    await reviewed(stage, "Take it in")
    said = await passes(stage, WEEK)
    whole = "\n".join(line.text for line in [*private(stage.chat.lines, "mira"), *said])
    assert "does not wish to be named" in whole
    assert "xanthippe" not in whole
    await stage.says("ana", f"!suggest {QUESTION}", ROOM)
    assert "our own chat" in stage.chat.seen_by("mira")[-1].text
