"""Three changes of a charter on a simulated clock: adopted after an objection, parked, undone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.circle import opened, welcomed
from tests.support.memory_circle import MemoryCircle

ACK = "I have read it and will try"


@pytest_asyncio.fixture(params=[True, False], ids=["buttons", "text"])
async def circle(request: pytest.FixtureRequest) -> AsyncIterator[MemoryCircle]:
    """Return an opened community of three who have acknowledged the whole charter."""
    circle = MemoryCircle(buttons=request.param)
    await circle.begin()
    await opened(circle)
    for name in ("ana", "eva", "tina"):
        await welcomed(circle, name)
        await circle.answers(name, "I look around by myself")
        await circle.says(name, "charter read")
        for part in range(1, 5):
            await circle.hears(name, f"Part {part} of 4")
            await circle.answers(name, ACK)
        await circle.hears(name, "Your receipt")
    yield circle
    circle.stage.close()


async def proposes(
    circle: MemoryCircle, name: str, clause: str, text: str, how: str = "Propose it"
) -> None:
    await circle.says(name, "charter change")
    await circle.hears(name, "Changing the charter.")
    await circle.answers(name, clause)
    await circle.hears(name, f"{clause} says now")
    await circle.says(name, text)
    await circle.says(name, "It is clearer.")
    await circle.hears(name, "the difference")
    await circle.answers(name, how)
    await circle.hears(name, "It waits for one more member")


async def looks(circle: MemoryCircle, name: str, clause: str, answer: str) -> None:
    await circle.says(name, "charter changes")
    await circle.hears(name, "Changes under way")
    await circle.answers(name, clause)
    await circle.hears(name, "Silence is neither a yes nor a no.")
    await circle.answers(name, answer)


async def objects(circle: MemoryCircle, name: str, clause: str, *words: str) -> None:
    await looks(circle, name, clause, "I object")
    await circle.hears(name, "without your name")
    for text in words:
        await circle.says(name, text)
    await circle.hears(name, "I carry it without your name")


async def test_one_adopted_one_parked_one_undone_and_one_clause_is_asked_again(
    circle: MemoryCircle,
) -> None:
    # Three proposals; the third says of itself that it is a correction.
    await proposes(circle, "ana", "Come freely", "Nobody has to be here.")
    await proposes(circle, "eva", "Challenge with care", "Say what you think.")
    how = "It is only spelling, a link or a translation"
    await proposes(circle, "tina", "Many languages", "Write in English, please.", how)
    await looks(circle, "eva", "Come freely", "It is worth talking about")
    await circle.hears("tom", "“Come freely” is being reconsidered", room=True)
    await looks(circle, "tina", "Challenge with care", "It is worth talking about")
    await circle.hears("tom", "“Challenge with care” is being reconsidered", room=True)
    await looks(circle, "ana", "Many languages", "It is a correction")
    await circle.hears("tom", "“Many languages” was corrected, by two members", room=True)

    # Two days later somebody finds that the correction is none.
    await circle.days_pass(2)
    await looks(circle, "eva", "Corrected: Many languages", "This changes the meaning")
    await circle.hears("eva", "The old words are back")
    await circle.hears("tom", "The old words of “Many languages” are back", room=True)
    await looks(circle, "tina", "Many languages", "Withdraw it")
    await circle.hears("tina", "the charter stays as it was")

    # Questions, reactions, consent; each of the two meets an objection.
    await circle.days_pass(5)
    await circle.hears("tom", "each can consent, object or stay aside", room=True)
    await looks(circle, "tina", "Come freely", "I consent")
    await objects(circle, "eva", "Come freely", "Some feel sent away.", "Welcome.", "Say come.")
    await objects(circle, "ana", "Challenge with care", "It hurts.", "Safety.", "Nothing.")
    await circle.days_pass(7)
    told = await circle.hears("tom", "Some feel sent away.", room=True)
    assert "eva" not in told.casefold()

    # One is integrated and consented to; for the other nobody offers words.
    await looks(circle, "eva", "Come freely", "Offer other words")
    await circle.hears("eva", "Come freely says now")
    await circle.says("eva", "Come when you like; nobody has to be here.")
    await circle.says("eva", "It says come.")
    await circle.answers("eva", "Propose it")
    await circle.hears("eva", "for everybody anew")
    await circle.restarts()
    for name in ("ana", "tina"):
        await looks(circle, name, "Come freely", "I consent")
    await circle.days_pass(8)
    await circle.hears("tom", "This change is parked", room=True)
    await circle.hears("tom", "“Come freely” has changed, by consent.", room=True)

    # Whoever had read all of it is shown exactly that one clause, when they come.
    for name in ("ana", "eva", "tina"):
        await circle.says(name, "start")
        await circle.hears(name, "Waiting for you: 1")
        await circle.answers(name, "The charter: a clause has changed")
        shown = await circle.hears(name, "Come freely has changed since you read it.")
        assert "Before: Nobody has to be here, and nobody has to speak." in shown
        assert "Now: Come when you like; nobody has to be here." in shown
        assert "Why: It says come." in shown
        assert "Nothing else is asked again." in shown
        await circle.answers(name, ACK)
        await circle.hears(name, "That was all that has changed.")
    await circle.says("ana", "charter history")
    history = await circle.hears("ana", "How the charter has changed")
    assert "Come freely" in history
    assert "Many languages" not in history
    await circle.says("ana", "charter changes")
    await circle.hears("ana", "No change is under way")
    public = [line.text for line in circle.stage.chat.seen_by("tom")]
    assert not any(name in text for text in public for name in ("Ana", "Eva", "Tina"))
