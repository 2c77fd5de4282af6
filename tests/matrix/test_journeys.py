"""The dialogues on a real homeserver, in a room of version 11 and in one of version 12."""

from collections.abc import Awaitable, Callable

import pytest

from tests.journeys.dialogues import JOURNEYS
from tests.support.circle import Circle
from tests.support.matrix_circle import MatrixCircle
from tests.support.synapse import MakeAccount


@pytest.mark.parametrize(
    ("journey", "version"),
    [(journey, ("11", "12")[number % 2]) for number, journey in enumerate(JOURNEYS)],
    ids=lambda value: getattr(value, "__name__", f"v{value}"),
)
async def test_journey(
    journey: Callable[[Circle], Awaitable[None]], version: str, account: MakeAccount
) -> None:
    async with MatrixCircle(account, version) as circle:
        await journey(circle)
