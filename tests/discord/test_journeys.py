"""The dialogues on the double of Discord, with the bot as a process of its own."""

from collections.abc import Awaitable, Callable

import pytest

from tests.discord.double import Double
from tests.journeys.dialogues import JOURNEYS
from tests.support.circle import Circle
from tests.support.discord_circle import DiscordCircle

Journey = Callable[[Circle], Awaitable[None]]


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
async def test_journey(journey: Journey, platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await journey(circle)
