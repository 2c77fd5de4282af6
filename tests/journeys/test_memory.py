"""The dialogues on the memory adapter: with buttons, and as a text platform shows them."""

from collections.abc import Awaitable, Callable

import pytest

from tests.journeys.dialogues import JOURNEYS
from tests.support.circle import Circle
from tests.support.memory_circle import MemoryCircle


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "text"])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
async def test_journey(journey: Callable[[Circle], Awaitable[None]], buttons: bool) -> None:
    circle = MemoryCircle(buttons=buttons)
    try:
        await circle.begin()
        await journey(circle)
    finally:
        circle.stage.close()
