"""Killed between any two steps, the bot goes on: whatever is still on the screen works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.discord.double import Double, Interaction
from tests.journeys import dialogues
from tests.support.circle import Circle
from tests.support.discord_circle import DiscordCircle

Journey = Callable[[Circle], Awaitable[None]]


class KilledCircle(DiscordCircle):
    """The bot is killed before each click, and while each form is open."""

    def __init__(self, double: Double) -> None:
        super().__init__(double)
        self.kills = 0

    async def restarts(self) -> None:
        self.kills += 1
        await super().restarts()

    async def answers(self, name: str, label: str) -> None:
        if name != "mira":  # the setup is another's affair
            await self.sees(name, label)
            await self.restarts()
        await super().answers(name, label)

    async def form_opened(self, name: str, opened: Interaction) -> None:
        if name != "mira":
            await self.restarts()


@pytest.mark.parametrize(
    "journey",
    [dialogues.a_newcomer_finds_their_feet, dialogues.a_member_keeps_thoughts],
    ids=lambda journey: journey.__name__,
)
async def test_each_button_menu_and_form_works_after_a_kill(
    journey: Journey, platform: Double
) -> None:
    async with KilledCircle(platform) as circle:
        await journey(circle)
    assert circle.kills >= 9
    assert not [each for each in platform.interactions.all.values() if each.failed]
