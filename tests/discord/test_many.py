"""Many people at once, everything checked against Discord's own document."""

from __future__ import annotations

import asyncio

import pytest

from tests.discord.double import Double
from tests.support.circle import opened
from tests.support.discord_circle import DiscordCircle

INTERACTIONS, AT_ONCE = 2000, 50
COMMANDS = ("start", "help", "charter history", "my settings", "hunt", "charter read", "my data")


@pytest.mark.alone
async def test_two_thousand_interactions_are_answered_in_time(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        people = [circle.person(f"person-{number}") for number in range(AT_ONCE)]
        for person in people:
            person.joins(circle.guild)

        async def use(number: int) -> None:
            asked = people[number].uses(COMMANDS[number % len(COMMANDS)], circle.room)
            for turn in range(INTERACTIONS // AT_ONCE):
                await asked.answered()
                if turn % 3 == 0:
                    asked = people[number].uses(COMMANDS[(number + turn) % 7], circle.room)
                    continue
                message = asked.messages[-1]
                labels = [
                    str(each["label"])
                    for row in message.components
                    for each in row.get("components", ())
                    if each["type"] == 2 and not str(each.get("custom_id")).startswith("1:f:")
                ]
                if labels:
                    asked = people[number].clicks(message, labels[turn % len(labels)])
                else:
                    asked = people[number].uses("start", circle.room)
            await asked.answered()

        await asyncio.gather(*(use(number) for number in range(AT_ONCE)))
        asked = list(platform.interactions.all.values())
    assert len(asked) >= INTERACTIONS
    assert [each for each in asked if each.failed] == []
