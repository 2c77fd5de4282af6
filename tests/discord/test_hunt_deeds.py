"""What a hunt waits for on Discord: an answer to a message counts, a post beside it does not."""

from tests.discord.double import Double
from tests.support.circle import opened, welcomed
from tests.support.discord_circle import DiscordCircle


async def test_an_answer_to_a_message_and_a_word_that_is_pinned(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.says("ana", "hunt choose")
        await circle.answers("ana", "Finding voices")
        await circle.hears("ana", "Step 1 of 6")
        said = circle.person("mira").posts(circle.room, "What do you think?")
        ana = circle.person("ana")
        ana.posts(circle.room, "Beside it.")
        ana.posts(circle.room, "The same here.", reply_to=said)
        await circle.hears("ana", "Step 2 of 6")
        await circle.says("ana", "posting")
        await circle.hears("ana", "Step 3 of 6")
        await circle.answers("ana", "Find me somebody")
        await circle.says("ana", "ana")
        await circle.hears("ana", "Step 4 of 6")
