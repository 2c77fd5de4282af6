"""From a nomination to the notebook: one author agrees, one says no, and one never answers."""

from tests.support.circle import TalkingCircle, opened, welcomed

KEPT, REFUSED, SILENT = "We waited, and then it came.", "Not this one.", "Mine is quiet."
HEARD, QUESTION = "Waiting is a way of listening.", "How long is long enough?"


async def from_a_nomination_to_the_notebook(circle: TalkingCircle) -> None:
    """What is kept is what its author agreed to; of the others nobody hears anything."""
    await opened(circle)
    for name in ("ana", "noa", "tina"):
        await welcomed(circle, name)
    await circle.says("mira", "keeper prompt add What was worth waiting for?")
    await circle.hears("mira", "number 1")
    await circle.comes_due("prompts.weekly")
    await circle.hears("mira", "What was worth waiting for?", room=True)
    for name, text in (("ana", KEPT), ("noa", REFUSED), ("tina", SILENT)):
        await circle.nominates("mira", await circle.writes(name, text))
        asked = await circle.hears(name, "would like to keep what you wrote")
        assert text not in asked
    await circle.answers("noa", "No")
    await circle.hears("noa", "nobody hears of it")
    await circle.restarts()
    await circle.answers("ana", "Yes, with my name in this community only")
    await circle.hears("ana", "Which name shall stand there?")
    await circle.says("ana", "Ana")
    if not circle.reads:
        await circle.hears("ana", "Which words shall stand there?")
        await circle.says("ana", KEPT)
    words = await circle.hears("ana", "These words may now be used")
    assert KEPT in words
    await circle.settles()
    await circle.says("mira", "notebook gather")
    offered = await circle.hears("mira", "These words may be kept")
    assert KEPT in offered
    await circle.fills_in("mira", HEARD, "-", QUESTION)
    await circle.hears("mira", "This is how it would look")
    await circle.answers("mira", "Show it to those whose words are in it")
    await circle.hears("mira", "As whom do you sign it?")
    await circle.answers("mira", "With my name, as peer")
    await circle.hears("mira", "Which name shall stand there?")
    await circle.says("mira", "Mira")
    await circle.hears("mira", "five working days")
    draft = await circle.hears("ana", "A draft with your words")
    assert KEPT in draft
    await circle.answers("ana", "It is fine")
    await circle.comes_due("notebook.window")
    await circle.says("tina", "notebook search listening")
    page = await circle.hears("tina", "What we heard")
    for part in (HEARD, f"{KEPT} (Ana)", QUESTION, "Mira"):
        assert part in page
    await circle.answers("tina", "A page to show outside")
    outside = await circle.hears("tina", "This may be shown outside")
    assert KEPT in outside
    for text in (REFUSED, SILENT):
        assert text not in page
    for name in ("(Ana)", "Mira"):
        assert name not in outside
