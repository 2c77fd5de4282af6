"""The dialogues on the double of Discord, in English and in French, with the bot as a process of
its own: each in a guild of its own, one after the other.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from tests.discord.double import Double
from tests.discord.double.schema import Schema
from tests.journeys.dialogues import JOURNEYS
from tests.journeys.notebook import from_a_nomination_to_the_notebook
from tests.journeys.suggestion import from_a_suggestion_to_its_posting
from tests.support.bot import BotProcess
from tests.support.circle import Circle
from tests.support.discord_circle import DiscordCircle, FrenchCircle, running

Journey = Callable[[Circle], Awaitable[None]]
Runner = tuple[Double, BotProcess]


@pytest_asyncio.fixture(scope="module")
async def runner(read_schema: Schema | None) -> AsyncIterator[Runner]:
    """Return a double, and the bot that runs on it."""
    async with Double(schema=read_schema) as double:
        with running(double) as bot:
            yield double, bot
        assert double.missing == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
async def test_journey(
    journey: Journey, language: str, runner: Runner, schema: Schema | None
) -> None:
    double, bot = runner
    circle = FrenchCircle(double, bot) if language == "fr" else DiscordCircle(double, bot=bot)
    async with circle:
        await journey(circle)
    assert schema is None or not schema.violations, "\n".join(map(str, schema.violations))


async def test_from_a_nomination_to_the_notebook(read_schema: Schema | None) -> None:
    async with Double(schema=read_schema) as double, DiscordCircle(double) as circle:
        await from_a_nomination_to_the_notebook(circle)
        assert double.missing == []


async def test_from_a_suggestion_to_its_posting(read_schema: Schema | None) -> None:
    async with Double(schema=read_schema) as double, DiscordCircle(double) as circle:
        await from_a_suggestion_to_its_posting(circle)
        assert double.missing == []
