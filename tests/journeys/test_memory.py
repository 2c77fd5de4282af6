"""The dialogues on the memory adapter: with buttons, and as a text platform shows them."""

from collections.abc import Awaitable, Callable

import pytest

from tests.journeys.dialogues import JOURNEYS
from tests.journeys.notebook import from_a_nomination_to_the_notebook
from tests.journeys.suggestion import from_a_suggestion_to_its_posting
from tests.support.circle import Circle
from tests.support.memory_circle import FrenchMemoryCircle, MemoryCircle


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "text"])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
async def test_journey(journey: Callable[[Circle], Awaitable[None]], buttons: bool) -> None:
    circle = MemoryCircle(buttons=buttons)
    try:
        await circle.begin()
        await journey(circle)
    finally:
        circle.stage.close()


async def _on(circle: MemoryCircle) -> None:
    try:
        await circle.begin()
        await from_a_nomination_to_the_notebook(circle)
    finally:
        circle.stage.close()


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "text"])
async def test_from_a_nomination_to_the_notebook(buttons: bool) -> None:
    await _on(MemoryCircle(buttons=buttons))


async def test_from_a_nomination_to_the_notebook_in_french() -> None:
    await _on(FrenchMemoryCircle())


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "text"])
async def test_from_a_suggestion_to_its_posting(buttons: bool) -> None:
    circle = MemoryCircle(buttons=buttons)
    try:
        await circle.begin()
        await from_a_suggestion_to_its_posting(circle)
    finally:
        circle.stage.close()
