"""The dialogues on a real homeserver, in rooms of version 11 and 12, and on both stores."""

from collections.abc import Awaitable, Callable

import pytest

from tests.journeys.dialogues import JOURNEYS
from tests.journeys.notebook import from_a_nomination_to_the_notebook
from tests.journeys.suggestion import from_a_suggestion_to_its_posting
from tests.support.circle import Circle
from tests.support.matrix_circle import MatrixCircle
from tests.support.postgres import Server, postgres_server
from tests.support.synapse import MakeAccount

__all__ = ["postgres_server"]

Journey = Callable[[Circle], Awaitable[None]]


@pytest.mark.parametrize(
    ("journey", "version"),
    [(journey, ("11", "12")[number % 2]) for number, journey in enumerate(JOURNEYS)],
    ids=lambda value: getattr(value, "__name__", f"v{value}"),
)
async def test_journey(journey: Journey, version: str, account: MakeAccount) -> None:
    async with MatrixCircle(account, version) as circle:
        await journey(circle)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
async def test_journey_on_postgresql(
    journey: Journey, account: MakeAccount, postgres_server: Server
) -> None:
    async with MatrixCircle(account, database=postgres_server.fresh_database()) as circle:
        await journey(circle)


async def test_from_a_nomination_to_the_notebook(account: MakeAccount) -> None:
    async with MatrixCircle(account) as circle:
        await from_a_nomination_to_the_notebook(circle)


async def test_from_a_suggestion_to_its_posting(account: MakeAccount) -> None:
    async with MatrixCircle(account) as circle:
        await from_a_suggestion_to_its_posting(circle)
