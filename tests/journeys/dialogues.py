"""The dialogues. Each begins with a bot that has just come into a community of one room."""

from collections.abc import Awaitable, Callable

from tests.journeys.arriving import (
    a_newcomer_pauses_for_nine_days,
    somebody_comes_back,
    somebody_hears_and_types,
)
from tests.support.circle import Circle, begins_first_hunt, opened, welcomed


async def a_newcomer_finds_their_feet(circle: Circle) -> None:
    """Welcome, the whole hunt, the charter with its receipt."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.answers("ana", "The treasure hunt")
    await begins_first_hunt(circle, "ana")
    await circle.reacts("ana", "🌱", "Step 2 of 6")
    await circle.hears("ana", "Step 3 of 6")
    await circle.answers("ana", "Hint")
    await circle.hears("ana", "Talking and listening")
    await circle.says("ana", "Sketches")
    await circle.hears("ana", "not the word")
    await circle.says("ana", "  DRAFT. ")
    await circle.hears("ana", "Step 4 of 6")
    await circle.says("ana", "Hello, everybody.", room=True)
    await circle.hears("ana", "Step 5 of 6")
    await circle.answers("ana", "Introduce myself")
    await circle.hears("ana", "nothing is posted that you have not seen")
    await circle.answers("ana", "Not now")
    await circle.hears("ana", "a complete answer")
    await circle.hears("ana", "Step 6 of 6")
    await circle.says("ana", "Drafts are wanted here.")
    celebration = await circle.hears("ana", "First footsteps")
    assert "the charter, which is yours to question" in celebration
    assert "Drafts are wanted here." in celebration
    await circle.says("ana", "charter read")
    await circle.hears("ana", "Part 1 of 4")
    await circle.answers("ana", "I have read it and will try")
    await circle.hears("ana", "Part 2 of 4")
    await circle.answers("ana", "One clause at a time")
    await circle.hears("ana", "Speak from practice")
    await circle.answers("ana", "Not this one")
    await circle.hears("ana", "Listen to understand")
    await circle.answers("ana", "I have read it and will try")
    await circle.hears("ana", "Unfinished is welcome")
    await circle.answers("ana", "Later")
    await circle.hears("ana", "opens it again")
    await circle.says("ana", "charter history")
    receipt = await circle.hears("ana", "Your receipt")
    assert "Why we gather (version 1)" in receipt
    assert "Listen to understand (version 1)" in receipt
    assert "Speak from practice" not in receipt


async def a_shy_newcomer_skips_everything(circle: Circle) -> None:
    """Skipping through ends in the same celebration, and nobody hears of it."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.answers("ana", "The treasure hunt")
    await circle.answers("ana", "First footsteps")
    for step in range(1, 7):
        await circle.hears("ana", f"Step {step} of 6")
        await circle.answers("ana", "Skip")
    celebration = await circle.hears("ana", "all the way through")
    assert "the reactions, for answering without words" in celebration
    assert "skip" not in celebration.casefold()


async def a_newcomer_says_later(circle: Circle) -> None:
    """One message, a real no, and the door stays; coming back, nobody is welcomed twice."""
    await opened(circle)
    await circle.joins("ana")
    await circle.hears("ana", "welcome to")
    await circle.answers("ana", "Later")
    await circle.hears("ana", "I will not write again")
    await circle.says("ana", "start")
    await circle.hears("ana", "1 of 4")
    await circle.restarts()
    await circle.says("ana", "start")
    await circle.hears("ana", "Your place was kept")
    await circle.hears("ana", "1 of 4")


async def a_member_keeps_thoughts(circle: Circle) -> None:
    """The first question tells who can see it; a rhythm is offered after the second thought."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.says("ana", "reflect now")
    first = await circle.hears("ana", "What would you like to keep")
    assert "the host who runs me holds the key" in first
    await circle.says("ana", "I waited <b>ten</b> seconds. {{ 7 * 7 }}")
    await circle.hears("ana", "Kept, for you alone")
    await circle.says("ana", "reflect now Somebody quiet spoke first.")
    await circle.hears("ana", "You have kept a second thought")
    await circle.answers("ana", "Yes")
    await circle.hears("ana", "How often")
    await circle.answers("ana", "Every other week")
    await circle.hears("ana", "Every other week, then")
    await circle.answers("ana", "Three beats")
    await circle.hears("ana", "one question at a time")
    await circle.says("ana", "reflect look-back")
    words = await circle.hears("ana", "Your own words")
    assert "I waited <b>ten</b> seconds. {{ 7 * 7 }}" in words
    assert words.index("Somebody quiet") < words.index("I waited")
    await circle.says("ana", "reflect stop")
    await circle.hears("ana", "Stopped")


async def a_private_word_in_a_room(circle: Circle) -> None:
    """It is not carried out there, not quoted, and goes on in private."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.says("ana", "!reflect now my boss shouted at me", room=True)
    said = await circle.hears("ana", "private one", room=True)
    assert "boss" not in said
    await circle.hears("ana", "What would you like to keep")
    await circle.answers("ana", "Nothing this time")
    await circle.hears("ana", "complete answer")
    await circle.says("ana", "reflect look-back")
    await circle.hears("ana", "You have not kept any thoughts")


async def a_moderator_adds_a_prompt(circle: Circle) -> None:
    """A mistake in a template is told while its author is there; a preview shows the rest."""
    await opened(circle)
    await circle.says("mira", "keeper prompt add What helped {{ name }} today?")
    await circle.hears("mira", "nothing called “name”")
    await circle.says("mira", "keeper prompt add {{ 'a' * 10 }}")
    await circle.hears("mira", "this does more")
    await circle.says("mira", "keeper prompt add What did you *leave out* in {{ community }}?")
    await circle.hears("mira", "number 1")
    await circle.hears("mira", "What did you leave out in garden?")
    await circle.says("mira", "keeper prompt list")
    coming = await circle.hears("mira", "These come next")
    assert "your own" in coming
    await circle.says("mira", "keeper prompt schedule every blue moon at 9")
    await circle.hears("mira", "I do not understand “blue”")
    await circle.says("mira", "keeper prompt schedule cron */10 * * * *")
    await circle.hears("mira", "once an hour is the most")
    await circle.says("mira", "keeper quiet list")
    await circle.hears("mira", "No quiet days are planned")
    await circle.says("mira", "keeper quiet add 2026-02-30")
    await circle.hears("mira", "There is no such day: “2026-02-30”")
    await circle.says("mira", "keeper prompt remove 7")
    await circle.hears("mira", "your own prompts that wait: 1")
    await circle.says("mira", "keeper status")
    status = await circle.hears("mira", "Next prompt")
    assert "Nothing is wrong" in status


async def a_member_suggests_a_question(circle: Circle) -> None:
    """A moderator proposes other words; nothing is taken in before its author says yes."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.says("ana", "suggest What did you *not* say today?")
    await circle.hears("ana", "shall your name stand below it")
    await circle.answers("ana", "Without a name")
    await circle.hears("ana", "It waits for a moderator")
    await circle.says("mira", "keeper prompt list")
    await circle.hears("mira", "Suggestions of members that wait for you: 1")
    await circle.answers("mira", "Look at the suggestions")
    shown = await circle.hears("mira", "A member suggests")
    assert "does not wish to be named" in shown
    await circle.answers("mira", "Propose other words")
    await circle.hears("mira", "Write the question as you would post it")
    await circle.says("mira", "What stayed unsaid today?")
    await circle.hears("mira", "add a word to the author")
    await circle.says("mira", "Shorter, I think.")
    await circle.hears("mira", "Its author is asked")
    await circle.restarts()
    await circle.says("ana", "suggest")
    asked = await circle.hears("ana", "Nothing happens without your yes")
    assert "Shorter, I think." in asked
    await circle.answers("ana", "Yes, without a name")
    await circle.hears("ana", "comes like this")
    await circle.says("mira", "keeper prompt preview")
    await circle.hears("mira", "What stayed unsaid today?")


async def what_is_mine(circle: Circle) -> None:
    """Seen, exported, and erased at once; afterwards the bot meets a stranger."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.says("ana", "reflect now")
    await circle.says("ana", "A sentence to find again.")
    await circle.hears("ana", "Kept")
    await circle.says("ana", "my data")
    shown = await circle.hears("ana", "All that I keep of you")
    assert "A sentence to find again" in shown
    await circle.answers("ana", "The same as JSON")
    exported = await circle.hears("ana", '"thoughts"')
    assert "A sentence to find again" in exported
    await circle.says("ana", "my forget")
    await circle.hears("ana", "What stays")
    await circle.answers("ana", "Erase everything")
    await circle.hears("ana", "Everything is erased")
    await circle.says("ana", "reflect look-back")
    await circle.hears("ana", "You have not kept any thoughts")
    await circle.says("ana", "start")
    await circle.hears("ana", "1 of 4")


async def odd_things_are_typed(circle: Circle) -> None:
    """Unknown words, wrong options, long, odd and hostile texts are answered as text."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.says("ana", "/strat")
    await circle.hears("ana", "Did you mean start?")
    await circle.says("ana", "/🌻🌻🌻")
    await circle.hears("ana", "I do not know that word")
    await circle.says("ana", "/مرحبا")
    await circle.hears("ana", "I do not know that word")
    await circle.says("ana", "reflect how-often hourly")
    await circle.hears("ana", "weekly, fortnightly, monthly, off")
    await circle.says("ana", "reflect now " + "x" * 20_000)
    await circle.hears("ana", "4000 characters at most")
    await circle.says("ana", "/{{ 7 * 7 }} <script>alert(1)</script> @room")
    said = await circle.hears("ana", "I do not know that word")
    assert "49" not in said
    await circle.says("ana", "keeper status")
    await circle.hears("ana", "for this community’s moderators")
    await circle.says("ana", "charter")
    await circle.hears("ana", "charter: which of these")
    await circle.says("ana", "history")
    await circle.hears("ana", "You have not acknowledged anything")


async def en_francais(circle: Circle) -> None:
    """The same in French, for one member of an English community."""
    await opened(circle)
    await circle.joins("ana")
    await circle.hears("ana", "welcome to")
    await circle.answers("ana", "Start")
    await circle.hears("ana", "1 of 4")
    await circle.answers("ana", "Français")
    await circle.hears("ana", "2 sur 4")
    await circle.says("ana", "charter read")
    await circle.hears("ana", "Se réunir")
    await circle.says("ana", "help")
    await circle.hears("ana", "`start`")


async def setup_is_left_and_resumed(circle: Circle) -> None:
    """A moderator goes away in the middle, the bot is restarted, and the setup goes on."""
    await circle.says("mira", "!keeper setup", room=True)
    await circle.hears("mira", "Language")
    await circle.answers("mira", "English")
    await circle.hears("mira", "Time zone")
    await circle.says("mira", "Atlantis")
    await circle.hears("mira", "I do not know that place")
    await circle.restarts()
    await circle.says("mira", "keeper setup")
    await circle.hears("mira", "where you left it")
    await circle.hears("mira", "Time zone")
    await circle.says("mira", "Europe/Paris")
    await circle.hears("mira", "Times are those of Europe/Paris")
    await circle.answers("mira", "Not yet")
    await circle.hears("mira", "How often shall a question come")
    await circle.answers("mira", "Every Tuesday at 9")
    await circle.hears("mira", "next three dates")
    await circle.answers("mira", "Yes")
    await circle.hears("mira", "Opening")
    await circle.answers("mira", "Open now")
    await circle.hears("mira", "The community is open")
    await circle.hears("mira", "Start here", room=True)


Journey = Callable[[Circle], Awaitable[None]]

# Those that are played on both stores, too.
BASIC: tuple[Journey, ...] = (
    a_newcomer_finds_their_feet,
    a_shy_newcomer_skips_everything,
    a_newcomer_says_later,
    a_member_keeps_thoughts,
    a_private_word_in_a_room,
    a_moderator_adds_a_prompt,
    a_member_suggests_a_question,
    what_is_mine,
    odd_things_are_typed,
    en_francais,
    setup_is_left_and_resumed,
)

JOURNEYS: tuple[Journey, ...] = (
    *BASIC,
    a_newcomer_pauses_for_nine_days,
    somebody_comes_back,
    somebody_hears_and_types,
)
