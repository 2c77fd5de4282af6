"""A charter's life on Discord: words in forms, and a question with its thread."""

from tests.discord.double import Double
from tests.support.circle import opened, welcomed
from tests.support.discord_circle import DiscordCircle


async def test_a_question_is_carried_and_answered(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.says("ana", "charter ask")
        await circle.answers("ana", "Come freely")
        await circle.hears("ana", "No question is too simple")
        await circle.says("ana", "May I read for a year?")
        await circle.answers("ana", "Carry it without my name")
        await circle.hears("ana", "May I read for a year?", room=True)
        await circle.answers("mira", "I have an answer")
        await circle.hears("mira", "stays attached to the clause")
        await circle.says("mira", "Yes, and longer.")
        await circle.hears("mira", "It stands in the thread")
        await circle.says("ana", "charter change")
        await circle.hears("ana", "Changing the charter.")
        await circle.answers("ana", "Come freely")
        await circle.hears("ana", "Come freely says now")
