"""Any flow can be paused at once: by moderators for their community, by the host for all."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.core.turn import PAUSABLE
from tests.support.circle import opened, welcomed
from tests.support.memory_circle import MemoryCircle

PAUSED = "That is paused here for now."


@pytest_asyncio.fixture
async def circle() -> AsyncIterator[MemoryCircle]:
    """An open community."""
    made = MemoryCircle(buttons=True)
    await made.begin()
    await opened(made)
    yield made
    made.stage.close()


async def test_a_paused_welcome_greets_nobody_and_the_way_in_stays(circle: MemoryCircle) -> None:
    await circle.says("mira", "/keeper pause welcome")
    await circle.hears("mira", "Paused: the welcome")
    await circle.joins("ana")
    await circle.hears_nothing("ana")
    await circle.says("ana", "/start")
    await circle.hears("ana", "Good to have you in garden")
    await circle.says("mira", "/keeper resume welcome")
    await welcomed(circle, "tom")


@pytest.mark.parametrize(
    ("flow", "command"),
    [
        ("hunts", "hunt"),
        ("charter", "charter read"),
        ("lexicon", "word list"),
        ("prompts", "suggest"),
        ("notebook", "notebook read"),
    ],
)
async def test_nobody_begins_what_is_paused(circle: MemoryCircle, flow: str, command: str) -> None:
    await welcomed(circle, "ana")
    await circle.says("mira", f"/keeper pause {flow}")
    await circle.says("ana", f"/{command}")
    await circle.hears("ana", PAUSED)
    await circle.says("mira", f"/keeper resume {flow}")
    await circle.says("ana", f"/{command}")
    last = [line.text for line in circle.stage.chat.seen_by("ana")][-1]
    assert PAUSED not in last


async def test_ones_own_stays_within_reach(circle: MemoryCircle) -> None:
    await welcomed(circle, "ana")
    await circle.says("mira", "/keeper pause reflection")
    for command in ("/reflect stop", "/reflect look-back", "/my data"):
        await circle.says("ana", command)
    told = [line.text for line in circle.stage.chat.seen_by("ana")][-3:]
    assert not any(PAUSED in text for text in told)


async def test_the_doors_of_what_is_paused_are_not_shown(circle: MemoryCircle) -> None:
    await welcomed(circle, "ana")
    await circle.answers("ana", "I look around by myself")
    await circle.says("ana", "/start")
    doors = circle.stage.last("ana").choices
    assert any("hunt" in door.lower() for door in doors)
    await circle.says("mira", "/keeper pause hunts")
    await circle.says("ana", "/start")
    assert not any("hunt" in door.lower() for door in circle.stage.last("ana").choices)


async def test_the_host_pauses_for_all(circle: MemoryCircle) -> None:
    circle.stage.app.running.off = frozenset({"hunts", "prompts"})
    await welcomed(circle, "ana")
    await circle.says("ana", "/hunt")
    await circle.hears("ana", PAUSED)
    count = len(circle.stage.chat.lines)
    await circle.stage.until(circle.stage.clock.now() + timedelta(days=15))
    assert circle.stage.chat.lines[count:] == []  # no prompt came
    await circle.says("mira", "/keeper status")
    await circle.hears("mira", "Paused: treasure hunts, weekly prompts")
    circle.stage.app.running.off = frozenset()
    await circle.stage.until(circle.stage.clock.now() + timedelta(days=8))
    assert len(circle.stage.chat.lines) > count + 2


async def test_what_is_under_way_is_not_sent_any_more(circle: MemoryCircle) -> None:
    stage = circle.stage
    stage.clock.move_to(stage.clock.now() + timedelta(days=15))
    await stage.app.tick.once()  # a prompt lies in the outbox
    count = len(stage.chat.lines)
    stage.app.running.off = frozenset({"prompts"})
    await stage.settle()
    assert len(stage.chat.lines) == count


async def test_what_comes_once_waits_for_the_end_of_the_pause(circle: MemoryCircle) -> None:
    """A newcomer's hopes are given back in week eight, or when the welcome goes on."""
    await welcomed(circle, "ana")
    await circle.answers("ana", "First, what I hope for")
    for _ in range(4):
        await circle.says("ana", "To find courage")
    await circle.says("mira", "/keeper pause welcome")
    count = len(circle.stage.chat.lines)
    await circle.stage.until(circle.stage.clock.now() + timedelta(weeks=9))
    assert not any("courage" in line.text for line in circle.stage.chat.lines[count:])
    await circle.says("mira", "/keeper resume welcome")
    await circle.stage.until(circle.stage.clock.now() + timedelta(days=2))
    given_back = [line for line in circle.stage.chat.lines[count:] if "courage" in line.text]
    assert len(given_back) == 1


def test_every_flow_has_a_name_to_be_told_by(circle: MemoryCircle) -> None:
    words = circle.stage.app.words
    names = {
        words.render(locale, f"community/pausable_{each}", {})
        for each in PAUSABLE
        for locale in words.languages
    }
    assert len(names) == 2 * len(PAUSABLE)


async def test_what_is_paused_already_is_told_as_such(circle: MemoryCircle) -> None:
    await circle.says("mira", "/keeper pause")
    await circle.hears("mira", "Nothing comes by itself until")
    await circle.says("mira", "/keeper pause")
    await circle.hears("mira", "Everything is paused already")
