"""Whose words may be kept: nominating, an author's yes, no and silence, and taking back."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlmodel import delete

from bot.adapters.memory import BOT, Line
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from storage.prompts import Posting
from storage.registry import METADATA
from storage.transaction import Transaction
from tests.features.notebook.thread import (
    HERE,
    NAMED,
    SEND,
    UNNAMED,
    agreed,
    clicked,
    gathered,
    kept,
    nominated,
    talking,
    told,
    writes,
)
from tests.rehearsal.community import DAY, ROOM, passes, private, welcomed

SENTENCE = "You *could* have said <b>nothing</b>. {{ 7 * 7 }} @room"


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[tuple[Stage, Line]]:
    stage, card = await talking("ana", "noa")
    yield stage, card
    stage.close()


async def test_a_no_and_a_silence_leave_nothing(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await welcomed(stage, "tina", "return")
    await agreed(stage, "ana", SENTENCE, card, NAMED)
    no = await writes(stage, "noa", "Not for keeping.", card)
    silent = await writes(stage, "tina", "Mine is short.", card)
    await nominated(stage, no)
    await nominated(stage, silent)
    assert "nobody hears of it" in await clicked(stage, "noa", "No")
    assert "Waiting for you: 1" in await told(stage, "tina", "start")
    stage.restart()
    await gathered(stage)
    page = await kept(stage)
    assert SENTENCE in page
    assert "(Ana)" in page
    assert "Not for keeping" not in page
    assert "Mine is short" not in page
    said = [each.text for each in stage.chat.lines if each.author == BOT]
    assert not any("Not for keeping" in text or "Mine is short" in text for text in said)


async def test_who_said_no_is_not_asked_again(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    line = await writes(stage, "noa", "Not for keeping.", card)
    await nominated(stage, line)
    await clicked(stage, "noa", "No")
    count = len(private(stage.chat.lines, "noa"))
    await nominated(stage, line, by="ana")
    assert len(private(stage.chat.lines, "noa")) == count
    assert "nothing waits for your word" in await told(stage, "noa", "notebook mine")


async def test_nominated_twice_it_is_asked_once(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    line = await writes(stage, "noa", "A short one.", card)
    await nominated(stage, line)
    count = len(private(stage.chat.lines, "noa"))
    await nominated(stage, line, by="ana")
    other = await writes(stage, "noa", "Another one.", card)
    await nominated(stage, other)
    assert len(private(stage.chat.lines, "noa")) == count, "what is not answered is not followed"
    assert "One more waits after this one" in await told(stage, "noa", "notebook mine")
    assert "One more message waits" in await clicked(stage, "noa", UNNAMED)
    assert "“A short one.”" not in await told(stage, "noa", "notebook mine")
    await clicked(stage, "noa", "Later")
    assert "A short one." in stage.last("noa").text


async def test_edited_before_the_answer_it_is_read_as_it_is_then(
    scene: tuple[Stage, Line],
) -> None:
    stage, card = scene
    line = await writes(stage, "noa", "The first words.", card)
    await nominated(stage, line)
    line.text = "Better words."
    assert "Better words." in await clicked(stage, "noa", UNNAMED)


async def test_deleted_before_the_answer_nothing_is_kept(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    line = await writes(stage, "noa", "Gone soon.", card)
    await nominated(stage, line)
    stage.chat.lines.remove(line)
    assert "Which name" in await clicked(stage, "noa", NAMED)
    await stage.says("noa", "Noa")
    assert "The message is not there any more" in stage.last("noa").text
    assert "nothing waits for your word" in await told(stage, "noa", "notebook mine")
    assert "nothing to gather" in await told(stage, "mira", "notebook gather")


async def test_what_is_too_long_is_chosen_from_by_its_author(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await nominated(stage, await writes(stage, "noa", "word " * 400, card))
    assert "choose a part" in await clicked(stage, "noa", UNNAMED)
    stage.restart()
    assert "These words may now" in await told(stage, "noa", "Only this part.")
    await nominated(stage, await writes(stage, "noa", "words " * 400, card))
    await clicked(stage, "noa", UNNAMED, "Rather not")
    assert "left out" in stage.last("noa").text


@pytest.mark.parametrize(
    "text",
    ["notebook nominate", "notebook nominate nonsense", "notebook nominate memory:elsewhere/m1"],
)
async def test_a_link_that_leads_nowhere(scene: tuple[Stage, Line], text: str) -> None:
    stage, _ = scene
    await stage.says("ana", text)
    if text.endswith("nominate"):
        assert "copy link" in stage.last("ana").text
        await stage.says("ana", "that one there")
    said = [each.text for each in private(stage.chat.lines, "ana")[-2:]]
    assert any("no link to a message" in text or "is not there" in text for text in said)


async def test_a_link_is_as_good_as_an_answer(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    line = await writes(stage, "noa", "A short one.", card)
    assert line.ref is not None
    await stage.says("ana", f"notebook nominate memory:{ROOM}/{line.ref.id}")
    assert "I tell nobody who nominated it" in stage.last("ana").text
    (asked,) = private(await passes(stage, DAY / 24), "noa")
    assert f"memory:{ROOM}/{line.ref.id}" in asked.text
    assert "A short one" not in asked.text, "it is not read before the yes"


async def test_a_message_of_the_bots_own_is_nobodys(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    assert card.ref is not None
    await stage.says("ana", f"notebook nominate memory:{ROOM}/{card.ref.id}")
    assert "written by a program" in stage.last("ana").text


async def test_before_the_first_prompt_nothing_can_be_nominated() -> None:
    stage, _ = await talking("ana")
    try:
        stage.opened.store.run(_forget_postings)
        await stage.says("ana", "Hello.", ROOM)
        await nominated(stage, stage.chat.lines[-1], by="ana")
        assert "There was no prompt here yet" in stage.last("ana").text
    finally:
        stage.close()


def _forget_postings(tx: Transaction) -> None:
    tx.session.exec(delete(Posting))


async def test_taken_out_they_stand_nowhere(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await agreed(stage, "noa", "Noa's words.", card)
    await gathered(stage)
    page = await kept(stage)
    assert "Ana's words." in page
    assert "Noa's words." in page
    await told(stage, "ana", "notebook mine")
    assert "taken out" in await clicked(stage, "ana", "Take out: Ana's words.")
    page = await told(stage, "mira", "notebook read 1")
    assert "Ana's words." not in page
    assert "Noa's words." in page


async def test_erasing_takes_the_words_along_and_leaves_the_rest(
    scene: tuple[Stage, Line],
) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card, NAMED)
    await agreed(stage, "noa", "Noa's words.", card, NAMED)
    await gathered(stage, "noa", "With my name, as coach")
    page = await kept(stage)
    assert "Gathered by Noa, as coach" in page
    assert "Noa's words." in await told(stage, "noa", "my data")
    assert "Small sentences last." in stage.last("noa").text
    asked = await told(stage, "noa", "my forget")
    assert "what you gathered for the notebook" in asked
    await clicked(stage, "noa", "Erase everything")
    page = await told(stage, "mira", "notebook read 1")
    for gone in ("Noa's words.", "Noa"):
        assert gone not in page
    for left in ("Ana's words.", "Small sentences last.", "Gathered by a coach"):
        assert left in page


async def test_outside_nobody_is_named_who_did_not_agree_to_that(
    scene: tuple[Stage, Line],
) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card, NAMED)
    await agreed(stage, "noa", "Noa's words.", card, HERE)
    await gathered(stage, "mira", "With my name, as host")
    page = await kept(stage)
    for name in ("(Ana)", "(Noa)", "Gathered by Mira, as host"):
        assert name in page
    outside = await clicked(stage, "mira", "A page to show outside")
    assert "(Ana)" in outside
    assert "Noa's words." in outside
    assert "(Noa)" not in outside
    assert "Mira" not in outside
    file = stage.last("mira").file
    assert file is not None
    assert file.name == "notebook-page-1.txt"
    assert "(Ana)" in file.text
    assert "Noa's words." in file.text
    for left in ("(Noa)", "Mira", "may be shown outside", "**"):
        assert left not in file.text


async def test_the_draft_is_its_contributors_too(scene: tuple[Stage, Line]) -> None:
    """They change their words, their name, or take them out; somebody else sees none of it."""
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card, NAMED)
    await agreed(stage, "noa", "Noa's words.", card)
    await gathered(stage)
    said = await passes(stage, DAY / 24)
    assert "A draft with your words" in private(said, "ana")[0].text
    assert "(Ana)" in private(said, "noa")[0].text
    await clicked(stage, "ana", "Change my words")
    assert "changed" in await told(stage, "ana", "Ana's better words.")
    await clicked(stage, "noa", "Put my name to them, here")
    assert "with the name Noa" in await told(stage, "noa", "Noa")
    page = await kept(stage)
    assert "Ana's better words. (Ana)" in page
    assert "Noa's words. (Noa)" in page
    assert "(Noa)" not in await clicked(stage, "mira", "A page to show outside")


async def test_too_late_for_a_draft(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    await passes(stage, 9 * DAY)
    assert "not with you any more" in await clicked(stage, "ana", "Change my words")
    assert "Ana's words." in await told(stage, "ana", "notebook mine")


async def test_nothing_is_kept_before_a_remark_was_looked_at(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await welcomed(stage, "mira")
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)
    await passes(stage, DAY / 24)
    await clicked(stage, "ana", "Something else should change")
    assert "without your name" in await told(stage, "ana", "It leaves out the quiet ones.")
    stage.restart()
    await passes(stage, 20 * DAY)
    assert "The notebook is empty" in await told(stage, "ana", "notebook read")
    assert "Waiting for you" in await told(stage, "mira", "start")
    shown = await told(stage, "mira", "notebook gather")
    assert "It leaves out the quiet ones." in shown
    assert "Ana" not in shown.replace("Ana's words.", "")
    await clicked(stage, "mira", "Write it anew")
    for text in ("The quiet ones were heard, too.", "-", "-"):
        await stage.says("mira", text)
    await clicked(stage, "mira", SEND, "Without my name")
    assert (
        "The quiet ones were heard, too." in private(await passes(stage, DAY / 24), "ana")[0].text
    )
    assert "The quiet ones" in await kept(stage)


async def test_no_words_of_anybody_lie_in_the_store_unsealed(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's very own words.", card, NAMED)
    await nominated(stage, await writes(stage, "noa", "Noa's very own words.", card))
    await gathered(stage, "mira", "With my name, as host")

    def everything(tx: Transaction) -> str:
        found = []
        for table in METADATA.sorted_tables:
            found += [repr(tuple(row)) for row in tx.session.execute(table.select())]
        return "\n".join(found)

    held = stage.opened.store.run(everything)
    for word in ("very own words", "Small sentences", "Mira", "Ana"):
        assert word not in held


async def test_quiet_days_stop_the_five_working_days(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await agreed(stage, "ana", "Ana's words.", card)
    await gathered(stage)  # on a Wednesday
    await stage.says("mira", "keeper quiet add 2026-03-09 2026-03-13")
    await passes(stage, 9 * DAY)
    assert "The notebook is empty" in await told(stage, "ana", "notebook read")
    await passes(stage, 5 * DAY)
    assert "current" in await told(stage, "ana", "notebook read 1")


async def test_who_left_is_not_asked(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    line = await writes(stage, "noa", "A short one.", card)
    await stage.chat.leave("noa")
    count = len(stage.chat.lines)
    await nominated(stage, line)
    private_ = [
        each
        for each in stage.chat.lines[count:]
        if isinstance(each.place, Direct) and each.place.member.id == "noa"
    ]
    assert private_ == []


async def test_what_waits_for_an_answer_lapses(scene: tuple[Stage, Line]) -> None:
    stage, card = scene
    await nominated(stage, await writes(stage, "noa", "A short one.", card))
    await stage.says("mira", "keeper pause prompts")
    await passes(stage, 61 * DAY)
    assert "nothing waits for your word" in await told(stage, "noa", "notebook mine")
    assert "does not wait for you" in await clicked(stage, "noa", UNNAMED)
