"""What a hunt waits for on Matrix: an answer in a thread counts, a post beside it does not."""

from tests.support.circle import opened, welcomed
from tests.support.matrix_circle import MatrixCircle
from tests.support.synapse import MakeAccount


async def test_finding_voices_is_walked_to_its_end(account: MakeAccount) -> None:
    async with MatrixCircle(account) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.says("ana", "hunt choose")
        await circle.hears("ana", "Which hunt")
        await circle.says("ana", "Finding voices")
        await circle.hears("ana", "Step 1 of 6")
        ana, mira = await circle.person("ana"), await circle.person("mira")
        said = await mira.say(circle.room, "What do you think?")
        await ana.say(circle.room, "Beside it.")
        await ana.say(circle.room, "The same here.", thread=said)
        await circle.hears("ana", "Step 2 of 6")
        await circle.says("ana", "Posting!")
        await circle.hears("ana", "Step 3 of 6")
        await circle.says("ana", "Find me somebody")
        await circle.hears("ana", "Under which name")
        await circle.says("ana", "Ana")
        await circle.hears("ana", "Step 4 of 6")
        await circle.says("ana", "Show me the words")
        await circle.hears("ana", "no word here yet")
        await circle.says("ana", "Add a word")
        await circle.says("ana", "harvest")
        await circle.says("ana", "What we keep of a talk.")
        await circle.hears("ana", "Shall your name stand with it")
        await circle.says("ana", "Keep it without my name")
        await circle.hears("ana", "Step 5 of 6")
        await circle.says("ana", "What do you do with silence?")
        await circle.hears("ana", "Step 6 of 6")
        await circle.says("ana", "Skip")
        told = await circle.hears("ana", "all the way through")
        assert "harvest" in told
        assert "What do you do with silence?" in told
