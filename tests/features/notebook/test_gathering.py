"""Whoever gathers, and what the notebook then holds: pages, versions, questions, searching."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from bot.adapters.memory import Line
from bot.engine.schedule.calendar import Calendar
from bot.features.notebook.workdays import end_of
from bot.rehearsal.stage import Stage
from tests.features.notebook.thread import (
    HEARD,
    QUESTION,
    SEND,
    agreed,
    clicked,
    gathered,
    kept,
    nominated,
    talking,
    told,
    writes,
)
from tests.rehearsal.community import DAY, WEEK, arrived, opened, passes, private, prompts, welcomed


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[tuple[Stage, Line]]:
    stage, card = await talking("ana", "noa")
    yield stage, card
    stage.close()


async def test_what_is_kept_is_told_where_the_conversation_was(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage, "mira", "With my name, as peer")
    said = await passes(stage, 8 * DAY)
    (announced,) = [each for each in said if "What was said about" in each.text]
    assert card.ref is not None
    assert announced.thread == card.ref.id
    assert HEARD in announced.text
    assert QUESTION in announced.text
    assert "Gathered by Mira, as peer" in announced.text
    assert "Ana's words." not in announced.text


async def test_the_notebook_rests_alone_and_goes_on_where_it_was(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    assert "Paused: the notebook" in await told(stage, "mira", "keeper pause notebook")
    assert "paused here for now" in await told(stage, "noa", "notebook read")
    said = await passes(stage, 15 * DAY)
    assert not [each for each in said if HEARD in each.text]
    assert len(prompts(said)) == 2  # everything else goes on
    assert "Ana's words." in await told(stage, "ana", "my data")
    stage.restart()
    await told(stage, "mira", "keeper resume notebook")
    said = await passes(stage, DAY)
    assert len([each for each in said if HEARD in each.text]) == 1


async def test_nothing_to_gather_and_nothing_kept(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    assert "nothing to gather" in await told(stage, "noa", "notebook gather")
    assert "The notebook is empty" in await told(stage, "noa", "notebook read")
    assert "The notebook is empty" in await told(stage, "noa", "notebook read 4")
    assert "No page holds" in await told(stage, "noa", "notebook search sentence")
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    asked = await told(stage, "noa", "notebook gather")
    assert "A sentence that stayed with me" in asked
    assert "with those whose words are in them" in asked


async def test_who_gathers_may_leave_off_and_go_on_after_a_restart(
    scene: tuple[Stage, Line],
) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await stage.says("mira", "notebook gather")
    await stage.says("mira", HEARD)
    stage.restart()
    await stage.says("mira", "Some would rather forget them.")
    shown = await told(stage, "mira", QUESTION)
    assert "Some would rather forget them." in shown
    assert "kept for you alone" in await clicked(stage, "mira", "Later")
    stage.restart()
    shown = await told(stage, "mira", "notebook gather")
    assert "Some would rather forget them." in shown
    await clicked(stage, "mira", "Choose among the words", "Take out: Ana's words.")
    assert "Ana's words." not in stage.last("mira").text
    await clicked(stage, "mira", "Choose among the words", "Put in: Ana's words.")
    assert "Ana's words." in stage.last("mira").text


async def test_two_do_not_gather_the_same(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await stage.says("mira", "notebook gather")
    assert "nothing to gather" in await told(stage, "noa", "notebook gather")
    await clicked(stage, "mira", "Give it back")
    assert "Gathering" in await told(stage, "noa", "notebook gather")
    await passes(stage, 15 * DAY)
    assert "Gathering" in await told(stage, "mira", "notebook gather"), "it was held for too long"
    assert "Somebody else gathers" in await clicked(stage, "noa", "Give it back")


async def test_a_steward_who_leaves_lets_go_of_it(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await welcomed(stage, "mira")
    await agreed(stage, "ana", "Ana's words.", card)
    await stage.says("noa", "notebook gather")
    assert "nothing to gather" in await told(stage, "mira", "notebook gather")
    await stage.chat.leave("noa")
    assert "wait for somebody to gather them: 1" in await told(stage, "mira", "keeper status")
    assert "Waiting for you: 1" in await told(stage, "mira", "start")
    assert "Gathering" in await told(stage, "mira", "notebook gather")


async def test_a_steward_who_is_erased_while_it_is_looked_at(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage, "noa", "With my name, as peer")
    await stage.says("noa", "my forget")
    await clicked(stage, "noa", "Erase everything")
    page = await kept(stage)
    assert "Gathered by a peer" in page
    assert "Noa" not in page
    assert HEARD in page


async def test_a_dash_is_enough_and_nothing_is_not(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await stage.says("mira", "notebook gather")
    for text in ("-", "-", "-"):
        await stage.says("mira", text)
    assert "needs a sentence" in "\n".join(
        each.text for each in private(stage.chat.lines, "mira")[-3:]
    )
    for text in (HEARD, "–", "-"):
        await stage.says("mira", text)
    shown = stage.last("mira").text
    assert HEARD in shown
    assert "Where we differ" not in shown
    assert "An open question" not in shown


async def test_questioned_and_written_anew(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    assert "Version 1" in await kept(stage)
    await stage.says("ana", "notebook read 1")
    await clicked(stage, "ana", "I would question this")
    assert "without your name" in await told(stage, "ana", "Do they all last?")
    page = await told(stage, "noa", "notebook read 1")
    assert "questioned" in page
    assert "Do they all last?" in page
    assert "(questioned)" in await told(stage, "noa", "notebook read")
    await stage.says("noa", "notebook read 1")
    assert "Do they all last?" in await clicked(stage, "noa", "Write a new version")
    await clicked(stage, "noa", "Write it anew")
    for text in ("Some small sentences last.", "-", "-"):
        await stage.says("noa", text)
    await clicked(stage, "noa", SEND, "Without my name")
    assert HEARD in await told(stage, "mira", "notebook read 1"), "the old one counts meanwhile"
    page = await kept(stage)
    assert "Version 2" in page
    assert "current" in page
    assert "Some small sentences last." in page
    await clicked(stage, "mira", "Earlier versions", "Version 1")
    assert "an earlier version" in stage.last("mira").text
    assert HEARD in stage.last("mira").text


async def test_a_new_version_that_nobody_writes_leaves_all_as_it_is(
    scene: tuple[Stage, Line],
) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    await kept(stage)
    await stage.says("noa", "notebook read 1")
    await clicked(stage, "noa", "Write a new version", "Write it anew", "Give it back")
    assert "nothing to gather" in await told(stage, "mira", "notebook gather")
    assert "current" in await told(stage, "mira", "notebook read 1")


async def test_a_question_can_be_taken_back(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    await kept(stage)
    await stage.says("ana", "notebook read 1")
    await clicked(stage, "ana", "I would question this")
    await stage.says("ana", "Do they all last?")
    assert "I would question this" in (await shown(stage, "noa")).choices
    page = await shown(stage, "ana")
    assert "Take my question back" in page.choices
    await clicked(stage, "ana", "Take my question back")
    assert "current" in await told(stage, "noa", "notebook read 1")


async def shown(stage: Stage, name: str) -> Line:
    await stage.says(name, "notebook read 1")
    return stage.last(name)


async def test_words_that_come_later_ask_for_a_new_version(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    await kept(stage)
    assert "nothing to gather" in await told(stage, "mira", "notebook gather")
    await agreed(stage, "noa", "Noa comes late.", card)
    again = await told(stage, "mira", "notebook gather")
    assert HEARD in again
    assert "Noa comes late." in again
    assert "Noa comes late." not in await told(stage, "ana", "notebook read 1")


async def test_searching_finds_what_was_said_and_what_was_written(
    scene: tuple[Stage, Line],
) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Le café du matin.", card)
    await gathered(stage)
    await kept(stage)
    second = prompts(stage.chat.lines)[-1]
    await agreed(stage, "noa", "A café, too.", second)
    await gathered(stage)
    await passes(stage, 8 * DAY)
    both = await told(stage, "ana", "notebook search CAFE")
    assert "Pages with “CAFE”" in both
    assert "Le café du matin." in await told(stage, "ana", "notebook search matin")
    await stage.says("ana", "notebook search")
    assert "Le café du matin." in await told(stage, "ana", "du matin")
    assert "No page holds “tea”" in await told(stage, "ana", "notebook search tea")
    assert "the last one is 2" in await told(stage, "ana", "notebook read 9")
    assert "Harvests kept: 2" in await told(stage, "mira", "keeper numbers")


async def test_in_french(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await stage.joins("luc")
    for label in ("Start", "Français", "Par message privé", "Continuer"):
        await stage.clicks("luc", label)
    await nominated(stage, await writes(stage, "luc", "Le café du matin.", card))
    assert "Quelqu’un aimerait garder" in stage.last("luc").text
    assert "peuvent maintenant entrer" in await clicked(stage, "luc", "Oui, sans mon nom")
    await gathered(stage)
    (draft,) = private(await passes(stage, DAY / 24), "luc")
    assert "Un projet de page avec tes mots" in draft.text
    assert "Ce que nous avons entendu" in draft.text
    await kept(stage)
    assert "actuelle" in await told(stage, "luc", "notebook read 1")


async def test_prompts_show_the_last_harvest_and_words_of_the_lexicon(
    scene: tuple[Stage, Line],
) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    await kept(stage)
    await stage.says("ana", "word add compost: what is left over and useful")
    await clicked(stage, "ana", "Keep it without my name")
    await stage.says("mira", "keeper prompt add We kept: {{ harvest }} Our words: {{ words }}.")
    assert f"We kept: {HEARD} Our words: compost." in stage.last("mira").text
    (posted,) = prompts(await passes(stage, WEEK))
    assert f"We kept: {HEARD} Our words: compost." in posted.text


MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "quiet", "end"),
    [
        (MONDAY, [], datetime(2026, 3, 9, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 7, 9, 0, tzinfo=UTC), [], datetime(2026, 3, 13, 8, 0, tzinfo=UTC)),
        (
            MONDAY,
            [(date(2026, 3, 4), date(2026, 3, 8))],
            datetime(2026, 3, 12, 8, 0, tzinfo=UTC),
        ),
    ],
    ids=["over a weekend, and a summer time", "begun on a Saturday", "quiet days"],
)
def test_working_days_are_those_of_the_wall_clock(
    start: datetime, quiet: list[tuple[date, date]], end: datetime
) -> None:
    """New York puts its clocks forward on 8 March 2026, so the time of day comes an hour sooner."""
    assert end_of(Calendar("America/New_York", quiet), start, 5) == end


async def test_it_waits_for_whoever_signed_the_prompt(scene: tuple[Stage, Line]) -> None:
    """Others may gather it, too; after the signer has left, it waits for the moderators."""
    stage, _ = scene
    stage.chat.moderators.add("tom")
    for name in ("mira", "tom"):
        await welcomed(stage, name)
    await told(stage, "mira", "keeper prompt list")
    await clicked(stage, "mira", "Sign the next one", "With my name, as host")
    await told(stage, "mira", "Mira")
    (card,) = prompts(await passes(stage, 7 * DAY))
    assert "Brought by Mira, as host" in card.text
    await agreed(stage, "ana", "Ana's words.", card)
    assert "Waiting for you: 1" in await told(stage, "mira", "start")
    assert "Waiting for you" not in await told(stage, "tom", "start")
    await stage.chat.leave("mira")
    assert "Waiting for you: 1" in await told(stage, "tom", "start")


async def test_whoever_gathers_hears_how_the_show_of_hands_stands_and_nobody_else() -> None:
    stage = await arrived()
    await opened(stage)
    stage.chat.affordances = replace(stage.chat.affordances, polls=True)
    for name in ("ana", "noa"):
        await welcomed(stage, name)
    await stage.says("mira", "keeper prompt add Which hour?\n( ) First\n( ) *Second*\n( ) Third")
    (card,) = prompts(await passes(stage, 2 * DAY))
    (poll,) = [line for line in stage.chat.lines if line.text == "Which hour?" and line.hands]
    await agreed(stage, "ana", "Ana's words.", card)
    before = len(stage.chat.lines)
    await stage.says("mira", "notebook gather")
    assert "as everybody sees it there" not in "".join(
        each.text for each in stage.chat.lines[before:]
    )  # nobody has raised a hand yet
    await stage.clicks("mira", "Give it back")
    poll.hands[:] = [2, 0, 1]
    await stage.says("noa", "notebook gather")
    told = stage.last("noa", "as everybody sees it there")
    assert "• First: 2\n• Third: 1" in told.text
    assert "Second" not in told.text
    assert [line for line in stage.chat.lines if "as everybody sees" in line.text] == [told]
    # The question that was asked is still the open one.
    await stage.says("noa", HEARD)
    assert "Where we differ" in stage.last("noa").text
    stage.close()
