"""From a suggestion to its posting: other words, their author’s yes, and the credit."""

from tests.support.circle import TalkingCircle, opened, welcomed


async def from_a_suggestion_to_its_posting(circle: TalkingCircle) -> None:
    """A moderator proposes other words; nothing is taken in before its author says yes, and it
    comes with the name that they chose.
    """
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.says("ana", "suggest What did you *not* say to @everyone today?")
    await circle.hears("ana", "shall your name stand below it")
    await circle.answers("ana", "With my name")
    await circle.hears("ana", "How shall I name you")
    await circle.says("ana", "Ana")
    await circle.hears("ana", "It waits for a moderator")
    await circle.says("mira", "keeper prompt list")
    await circle.hears("mira", "Suggestions of members that wait for you: 1")
    await circle.answers("mira", "Look at the suggestions")
    shown = await circle.hears("mira", "A member suggests")
    assert "Ana" in shown
    await circle.answers("mira", "Propose other words")
    await circle.hears("mira", "Write the question as you would post it")
    await circle.says("mira", "What stayed unsaid to @everyone today?")
    await circle.hears("mira", "add a word to the author")
    await circle.says("mira", "Shorter, I think.")
    await circle.hears("mira", "Its author is asked")
    await circle.restarts()
    await circle.says("ana", "suggest")
    asked = await circle.hears("ana", "Nothing happens without your yes")
    assert "Shorter, I think." in asked
    await circle.answers("ana", "Yes, with my name")
    await circle.hears("ana", "comes like this")
    await circle.says("mira", "keeper prompt preview")
    await circle.hears("mira", "What stayed unsaid to @everyone today?")
    await circle.comes_due("prompts.weekly")
    posted = await circle.hears("ana", "Question by Ana, edited with a moderator", room=True)
    assert "What stayed unsaid to @everyone today?" in posted
