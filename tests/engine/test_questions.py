"""Open questions: every way to answer them, by whom, how often, and after a restart."""

import pytest

from bot.core.actions import Affordances
from tests.engine.circle import ROOM, direct
from tests.engine.conftest import MakeCircle
from tests.engine.probe import Probe

NOT_OPEN = "That question is not open any more."
BUTTONS = Affordances(buttons=True, forms=True, quiescence=10.0, direct_unasked=True)


@pytest.mark.parametrize("typed", ["1", "1.", "yes", "YES, please", "yes please", "👍", "1️⃣"])
async def test_a_question_is_answered_by_number_label_word_or_sign(
    circle: MakeCircle, typed: str
) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "pick")
    await here.types("ana", typed)
    expected = "picked yes in circle"
    if typed == "yes please":
        expected = here.told("ana")[-1]
        assert "takes one of these answers" in expected
        assert "1. Yes, please" in expected
    assert here.told("ana")[-1] == expected


@pytest.mark.parametrize(("sign", "picked"), [("👍", "yes"), ("2️⃣", "no"), ("1⃣", "yes")])
async def test_a_question_is_answered_by_a_reaction(
    circle: MakeCircle, sign: str, picked: str
) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "pick")
    await here.reacts("ana", sign, here.platform.last(direct("ana")))
    assert here.told("ana")[-1] == f"picked {picked} in circle"


async def test_a_reaction_that_means_nothing_is_no_answer(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "pick")
    await here.reacts("ana", "🎉", here.platform.last(direct("ana")))
    assert len(here.told("ana")) == 1
    await here.types("ana", "2")
    assert here.told("ana")[-1] == "picked no in circle"


async def test_a_question_is_answered_once(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], can=BUTTONS)
    await here.types("ana", "pick")
    question = here.platform.last(direct("ana"))
    await here.clicks("ana", question.key, "yes")
    await here.clicks("ana", question.key, "no")
    assert [each[:20] for each in here.told("ana")[1:]] == ["picked yes in circle", NOT_OPEN[:20]]
    await here.reacts("ana", "👍", question)
    assert len(here.told("ana")) == 3


async def test_a_newer_question_of_the_same_flow_takes_the_place(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], can=BUTTONS)
    await here.types("ana", "pick")
    older = here.platform.last(direct("ana")).key
    await here.types("ana", "pick")
    await here.clicks("ana", older, "yes")
    assert here.told("ana")[-1].startswith(NOT_OPEN)
    await here.types("ana", "1")
    assert here.told("ana")[-1] == "picked yes in circle"


async def test_somebody_elses_question_stays_theirs(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], can=BUTTONS)
    await here.types("ana", "pick")
    question = here.platform.last(direct("ana"))
    await here.clicks("tom", question.key, "yes")
    assert here.told("tom")[-1].startswith("That question is for somebody else.")
    await here.reacts("tom", "👍", question)
    assert len(here.told("ana")) == 1
    await here.clicks("ana", question.key, "yes")
    assert here.told("ana")[-1] == "picked yes in circle"


@pytest.mark.parametrize("key", ["unknown", ""])
async def test_a_click_on_what_was_never_asked_is_answered(circle: MakeCircle, key: str) -> None:
    here = circle([Probe().feature()])
    await here.clicks("ana", key, "yes")
    assert here.told("ana")[-1].startswith(NOT_OPEN)


async def test_a_choice_that_was_not_offered_is_not_taken(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], can=BUTTONS)
    await here.types("ana", "pick")
    await here.clicks("ana", here.platform.last(direct("ana")).key, "delete everything")
    assert here.told("ana")[-1].startswith(NOT_OPEN)


async def test_a_form_is_asked_one_question_a_message(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "fill")
    await here.types("ana", "It rained.")
    assert here.told("ana")[-1] == "**When was that?**"
    await here.types("ana", "On 1 May.")
    assert here.told("ana")[-1] == "filled It rained\\. / On 1 May\\."


async def test_a_form_is_filled_in_at_once_where_there_are_forms(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], can=BUTTONS)
    await here.types("ana", "fill")
    key = here.platform.last(direct("ana")).key
    await here.submits("ana", key, {"what": "Rain", "when": "May"})
    assert here.told("ana")[-1] == "filled Rain / May"
    await here.submits("ana", key, {"what": "Rain", "when": "May"})
    assert here.told("ana")[-1].startswith(NOT_OPEN)


async def test_what_is_too_long_for_a_form_can_be_sent_again(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "fill")
    await here.types("ana", "x" * 21)
    assert "That has 21 characters, and 20 fit here." in here.told("ana")[-1]
    await here.types("ana", "Rain")
    await here.types("ana", "2")
    assert here.told("ana")[-1] == "filled Rain / 2"


async def test_a_form_can_be_answered_without_words(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "fill")
    await here.types("ana", "no")
    assert here.told("ana")[-1] == "filled no"


async def test_a_word_leads_out_of_a_form(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "fill")
    await here.types("ana", "count")
    assert here.told("ana")[-1] == "count 1"
    await here.types("ana", "/echo out")
    assert here.told("ana")[-1] == "out"
    await here.types("ana", "Rain")
    assert here.told("ana")[-1] == "**When was that?**"


async def test_a_restart_in_the_middle_goes_on(circle: MakeCircle) -> None:
    probe = Probe()
    here = circle([probe.feature()])
    await here.types("ana", "fill")
    await here.types("ana", "Rain")
    again = circle([probe.feature()], platform=here.platform)
    await again.types("ana", "In May")
    assert again.told("ana")[-1] == "filled Rain / In May"


async def test_what_everybody_may_answer_is_answered_in_private(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("mira", "card")
    card = here.platform.stands[-2]
    assert card.place == ROOM
    for person in ("ana", "tom", "ana"):
        await here.reacts(person, "👍", card)
    assert here.told("ana") == ["carded yes"] * 2
    assert here.told("tom") == ["carded yes"]
    assert len(here.read()) == 2  # the card and its pin: no answer is read by others


async def test_other_questions_do_not_disturb_each_other(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "pick")
    await here.types("tom", "pick")
    await here.types("tom", "no")
    await here.types("ana", "yes")
    assert here.told("ana")[-1] == "picked yes in circle"
    assert here.told("tom")[-1] == "picked no in circle"
