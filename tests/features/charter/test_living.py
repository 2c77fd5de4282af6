"""A charter lives: asked about, changed by consent, and asked again for what has changed alone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.rehearsal.stage import Stage
from tests.features.charter.deciding import ACK, NEW, aloud, answers, proposes
from tests.rehearsal.community import DAY, arrived, opened, passes, private, welcomed

PEOPLE = ("ana", "eva", "tina", "uma", "vera", "will", "xena", "yara", "zoe", "bea", "cleo")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an opened community with one member."""
    stage = await arrived()
    await opened(stage)
    await welcomed(stage, "ana")
    yield stage
    stage.close()


async def to_consent(stage: Stage) -> None:
    """Propose, second, and let the windows for questions and reactions pass."""
    await welcomed(stage, "eva")
    await proposes(stage, "ana")
    await answers(stage, "eva", "It is worth talking about")
    await passes(stage, 6 * DAY + timedelta(hours=1))


async def test_from_draft_to_adoption_and_only_that_clause_is_asked_again(stage: Stage) -> None:
    await stage.says("ana", "charter read")
    await stage.clicks("ana", ACK)
    await to_consent(stage)
    assert any("each can consent, object or stay aside" in text for text in aloud(stage))
    for name in ("ana", "eva"):
        await answers(stage, name, "I consent")
    stage.restart()
    await passes(stage, 7 * DAY)
    assert any("“Come freely” has changed, by consent." in text for text in aloud(stage))
    await stage.says("ana", "start")
    assert "Waiting for you: 1" in stage.last("ana").text
    await stage.clicks("ana", "The charter: a clause has changed")
    again = stage.last("ana").text
    assert again.startswith("Come freely has changed since you read it.")
    assert f"Now: {NEW}" in again
    assert "Why: Somebody asked whether silence is fine." in again
    assert "Nothing else is asked again." in again
    await stage.clicks("ana", ACK)
    await stage.says("ana", "charter history")
    receipt = stage.last("ana").text
    assert "Come freely (version 1)" in receipt
    assert "Come freely (version 2)" in receipt
    assert "became “speak, ever.”" in stage.last("ana", "How the charter has changed").text
    await stage.says("eva", "start")
    assert "Waiting for you" not in stage.last("eva").text
    whole = "\n".join(aloud(stage))
    assert "ana" not in whole.casefold().replace("can ", "")
    assert "eva" not in whole.casefold()


async def test_an_objection_is_carried_integrated_and_then_adopted(stage: Stage) -> None:
    await to_consent(stage)
    await answers(stage, "ana", "I consent")
    await answers(stage, "eva", "I object")
    for words in ("People leave.", "To learn together.", "Say that asking is fine."):
        await stage.says("eva", words)
    await passes(stage, 7 * DAY + timedelta(hours=1))
    told = next(text for text in aloud(stage) if "There is an objection" in text)
    assert "People leave." in told
    assert "eva" not in told.casefold()
    await answers(stage, "ana", "Offer other words")
    await stage.says("ana", NEW + " Asking is fine.")
    await stage.says("ana", "It says so now.")
    await stage.clicks("ana", "Propose it")
    for name in ("ana", "eva"):
        await answers(stage, name, "I consent")
    await passes(stage, 7 * DAY + timedelta(hours=1))
    assert any("has changed, by consent" in text for text in aloud(stage))


async def test_two_rounds_at_most_then_it_is_parked(stage: Stage) -> None:
    await to_consent(stage)
    for round_ in range(3):
        await answers(stage, "eva", "I object")
        for words in (f"Harm {round_}.", "Purpose.", "Nothing."):
            await stage.says("eva", words)
        await passes(stage, 7 * DAY + timedelta(hours=1))
        if round_ < 2:
            await answers(stage, "ana", "Offer other words")
            await stage.says("ana", f"{NEW} {round_}")
            await stage.says("ana", "Better.")
            await stage.clicks("ana", "Propose it")
    assert any("This change is parked" in text for text in aloud(stage))
    await stage.says("ana", "charter changes")
    assert "No change is under way" in stage.last("ana").text


async def test_silence_is_neither_consent_nor_refusal(stage: Stage) -> None:
    await to_consent(stage)
    await answers(stage, "ana", "I consent")
    await passes(stage, 7 * DAY + timedelta(hours=1))
    assert any("This change is parked" in text for text in aloud(stage))


@pytest.mark.parametrize(("consents", "told"), [(4, "is parked"), (5, "by consent.")])
async def test_in_a_community_of_ten_it_takes_five_and_erasing_one_changes_no_count(
    stage: Stage, consents: int, told: str
) -> None:
    for name in PEOPLE[2:]:
        await welcomed(stage, name)
    await to_consent(stage)
    for name in PEOPLE[:consents]:
        await answers(stage, name, "I consent")
    await stage.says("uma", "my forget")
    await stage.clicks("uma", "Erase everything")
    await passes(stage, 7 * DAY + timedelta(hours=1))
    (end,) = [text for text in aloud(stage) if "parked" in text or "has changed, by" in text]
    assert told in end


async def test_a_proposal_is_withdrawn_in_its_consent_window(stage: Stage) -> None:
    await to_consent(stage)
    await stage.says("eva", "charter changes")
    await stage.clicks("eva", "Come freely")
    assert "Withdraw it" not in stage.last("eva").choices
    await answers(stage, "ana", "Withdraw it")
    assert any("This change was withdrawn" in text for text in aloud(stage))
    await stage.clicks("eva", "I consent")
    assert "not where this change is now" in stage.last("eva").text
    assert not any("by consent" in each.text for each in await passes(stage, 30 * DAY))


async def test_the_proposer_leaves_and_is_erased_and_it_goes_on(stage: Stage) -> None:
    await to_consent(stage)
    await stage.says("ana", "my forget")
    await stage.clicks("ana", "Erase everything")
    await welcomed(stage, "tina")
    for name in ("eva", "tina"):
        await answers(stage, name, "I consent")
    await passes(stage, 7 * DAY + timedelta(hours=1))
    assert any("has changed, by consent" in text for text in aloud(stage))


async def test_quiet_weeks_stop_the_clock(stage: Stage) -> None:
    await to_consent(stage)
    for name in ("ana", "eva"):
        await answers(stage, name, "I consent")
    start = stage.clock.now().date()
    first, last = start + 2 * DAY, start + 8 * DAY
    await stage.says("mira", f"keeper quiet add {first} {last}")
    said = await passes(stage, 7 * DAY + timedelta(hours=1))
    assert not any("by consent" in each.text for each in said)
    said = await passes(stage, 7 * DAY)
    assert any("has changed, by consent" in each.text for each in said)


async def test_an_editorial_change_counts_at_once_and_one_voice_undoes_it(stage: Stage) -> None:
    await welcomed(stage, "eva")
    await stage.says("eva", "charter read")
    await stage.clicks("eva", ACK)
    await proposes(stage, "ana", "It is only spelling, a link or a translation")
    await answers(stage, "eva", "It is a correction")
    assert any("“Come freely” was corrected, by two members" in text for text in aloud(stage))
    await stage.says("ana", "charter read")
    assert NEW in stage.last("ana").text
    await stage.says("eva", "start")
    assert "Waiting for you" not in stage.last("eva").text  # the meaning is the same
    await welcomed(stage, "tina")
    line = next(each for each in stage.chat.lines if "was corrected" in each.text)
    await stage.chat.clicks("tina", "This changes the meaning", line)
    await stage.settle()
    await stage.says("ana", "charter read")
    assert NEW not in stage.last("ana").text
    await stage.says("tina", "charter changes")
    assert "Come freely: questions" in stage.last("tina").text


async def test_what_is_no_correction_goes_the_way_of_any_change(stage: Stage) -> None:
    """Whoever is asked first hears that it would count at once, and can say that it must not."""
    await welcomed(stage, "eva")
    await proposes(stage, "ana", "It is only spelling, a link or a translation")
    await stage.says("eva", "charter changes")
    assert "waits for one more who finds that it is a correction" in stage.last("eva").text
    await stage.clicks("eva", "Come freely")
    assert "When you find so, too, it counts at once" in stage.last("eva").text
    stage.restart()
    await stage.clicks("eva", "This changes the meaning")
    assert "it is talked about, and counts only by consent" in stage.last("eva", "Then it").text
    assert not any("was corrected" in text for text in aloud(stage))
    await stage.clicks("eva", "It is worth talking about")
    assert any("“Come freely” is being reconsidered" in text for text in aloud(stage))
    await stage.says("ana", "charter read")
    assert NEW not in stage.last("ana").text


async def test_a_question_is_carried_answered_once_and_stays(stage: Stage) -> None:
    await welcomed(stage, "eva")
    await stage.says("ana", "charter ask")
    await stage.clicks("ana", "Come freely")
    await stage.says("ana", "May I read for a year?")
    await stage.clicks("ana", "Carry it without my name")
    line = next(each for each in stage.chat.lines if "carried for somebody" in each.text)
    assert "May I read for a year?" in line.text
    for text in ("Yes, and longer.", "Never."):
        await stage.chat.clicks("eva", "I have an answer", line)
        await stage.settle()
        await stage.says("eva", text)
    assert any("Yes, and longer." in text for text in aloud(stage))
    assert not any("Never." in text for text in aloud(stage))
    await stage.says("ana", "charter read")
    await stage.clicks("ana", "One clause at a time")
    await stage.clicks("ana", "Not this one")
    assert "The answer: Yes, and longer." in stage.last("ana").text
    await stage.says("eva", "my data")
    assert "Yes, and longer." in stage.last("eva").text


@pytest.mark.parametrize("command", ["keeper charter status", "keeper charter proposals"])
async def test_moderators_see_changes_and_nobodys_voice(stage: Stage, command: str) -> None:
    await to_consent(stage)
    await answers(stage, "eva", "I object")
    for words in ("Zwiebel.", "Purpose.", "Nothing."):
        await stage.says("eva", words)
    await stage.says("mira", command)
    assert "consent" in stage.last("mira").text
    await stage.says("mira", "keeper status")
    said = "\n".join(each.text for each in private(stage.chat.lines, "mira"))
    assert "Zwiebel" not in said
    assert "eva" not in said
