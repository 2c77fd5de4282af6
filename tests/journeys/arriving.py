"""Dialogues of people who arrive in their own way: with a break, again, or with words alone."""

from tests.support.circle import Circle, begins_first_hunt, opened, welcomed


async def a_newcomer_pauses_for_nine_days(circle: Circle) -> None:
    """Paused in the middle, on another device, after a restart: the place was kept."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.answers("ana", "The treasure hunt")
    await begins_first_hunt(circle, "ana")
    await circle.answers("ana", "Pause")
    await circle.hears("ana", "Your place is kept")
    await circle.days_pass(9)
    await circle.restarts()
    await circle.takes_another_device("ana")
    await circle.hears_nothing("ana")
    await circle.says("ana", "hunt")
    await circle.hears("ana", "Step 2 of 6")
    await circle.answers("ana", "I use another way")
    await circle.hears("ana", "Step 3 of 6")
    await circle.answers("ana", "Skip")
    await circle.hears("ana", "Step 4 of 6")


async def somebody_comes_back(circle: Circle) -> None:
    """Who left and comes back is greeted as one who was here, and finds what they kept."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.answers("ana", "I look around by myself")
    await circle.hears("ana", "These doors are open")
    await circle.says("ana", "reflect now")
    await circle.hears("ana", "What would you like to keep")
    await circle.says("ana", "A sentence from before.")
    await circle.hears("ana", "Kept, for you alone")
    await circle.leaves("ana")
    await circle.days_pass(30)
    await circle.joins("ana")
    await circle.says("ana", "start")
    await circle.hears("ana", "Good to see you again in garden")
    await circle.hears("ana", "These doors are open")
    await circle.says("ana", "reflect look-back")
    await circle.hears("ana", "A sentence from before.")


async def somebody_hears_and_types(circle: Circle) -> None:
    """With a screen reader: every step is told in words, and done without a reaction."""
    await opened(circle)
    await welcomed(circle, "ana")
    await circle.says("ana", "hunt")
    task = await begins_first_hunt(circle, "ana")
    assert "I use another way" in task
    await circle.answers("ana", "I use another way")
    await circle.hears("ana", "Step 3 of 6")
    await circle.answers("ana", "Hint")
    await circle.hears("ana", "Talking and listening")
    await circle.says("ana", "draft")
    await circle.hears("ana", "Step 4 of 6")
    await circle.answers("ana", "I use another way")
    await circle.hears("ana", "Step 5 of 6")
    await circle.answers("ana", "I use another way")
    await circle.hears("ana", "Step 6 of 6")
    await circle.answers("ana", "Nothing to write down")
    celebration = await circle.hears("ana", "all the way through")
    assert "the reactions, for answering without words" in celebration
