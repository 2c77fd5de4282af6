"""A bad day: calls fail, the gateway drops, and still everybody is answered, once."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.testing.faults import Trouble
from tests.discord.double import Double, Interaction, Message
from tests.support.circle import opened
from tests.support.discord_circle import DiscordCircle

PEOPLE, ROUNDS, DROPS = 12, 12, 10
RATES = {Trouble.BUSY: 0.0125, Trouble.UNHEARD: 0.0125, Trouble.CUT: 0.0125, Trouble.SILENT: 0.0125}
COMMANDS = ("start", "help", "charter history", "my settings", "hunt", "charter read")
PATIENCE = 90.0


@pytest.mark.alone
async def test_every_message_stands_once_and_every_interaction_is_answered(
    platform: Double,
) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        people = [circle.person(f"person-{number}") for number in range(PEOPLE)]
        for person in people:
            person.joins(circle.guild)
        platform.faults.rates, platform.faults.held, platform.faults.after = RATES, 8.0, 1.0
        asked: list[Interaction] = []
        written = 0
        for number in range(ROUNDS):
            for position, person in enumerate(people):
                path = COMMANDS[(number + position) % len(COMMANDS)]
                place = circle.room if position % 3 else person.direct
                asked.append(person.uses(path, place))
                if position % 4 == 0:
                    person.posts(person.direct, "charter history")
                    written += 1
            if number < DROPS:
                platform.gateway.drop((4000, None)[number % 2])
            await asyncio.sleep(0.5)
        await platform.world.until(lambda: all(_done(each) for each in asked), PATIENCE)
        await platform.world.until(lambda: len(_plain(platform)) >= written, PATIENCE)
        platform.faults.rates = {}
        await asyncio.sleep(1)
        assert len(_plain(platform)) == written
    assert sum(platform.faults.happened.values()) > 10
    assert [each for each in asked if each.failed] == []
    assert [each for each in asked if not each.messages] == []
    told = [each.text for each in _standing(platform)]
    assert [each for each in told if "do not share a community" in each] == []
    marks = Counter(_mark(message) for message in _standing(platform))
    assert [mark for mark, times in marks.items() if times > 1] == []


def _done(asked: Interaction) -> bool:
    return asked.failed or bool(asked.messages)


def _standing(platform: Double) -> list[Message]:
    bot = platform.world.bot
    return [
        each
        for channel in platform.world.channels.values()
        for each in channel.messages.values()
        if each.author is bot and each.components
    ]


def _plain(platform: Double) -> list[Message]:
    """Return what answers no interaction, in private."""
    return [
        each for each in _standing(platform) if each.metadata is None and each.channel.guild is None
    ]


def _mark(message: Message) -> int:
    texts = [each for each in message.components if each["type"] == 10]
    return int(texts[-1]["id"])
