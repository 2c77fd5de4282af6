"""People who try whatever there is, in any order: nobody ever hears that something went wrong."""

import random
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.adapters.memory import BOT, Line
from tests.support.circle import opened, welcomed
from tests.support.memory_circle import MemoryCircle

STEPS = 250
PEOPLE = ("mira", "ana", "tom")
TYPED = (
    "help",
    "Europe/Paris",
    "09:00",
    "22:00 07:00",
    "weekly monday 18:00",
    "every 5 minutes",
    "2026-12-20 2027-01-03",
    "1",
    "2, 3",
    "none",
    "not now",
    "skip",
    "hint",
    "A sentence of my own, with {{ braces }} and <b>signs</b>.",
    "👍",
    "¿qué?",
    "x" * 3000,
)


def words(circle: MemoryCircle) -> list[str]:
    """Return every command, with a few options as people might type them."""
    running = circle.stage.app.running
    paths = sorted({*running.commands, *(path.split()[0] for path in running.commands)})
    return [path for path in paths if path != "my forget"]


def choices_of(circle: MemoryCircle, person: str) -> list[str]:
    """Return the labels of the newest choices that a person sees."""
    lines: list[Line] = [each for each in circle.stage.chat.seen_by(person) if each.author == BOT]
    return [label for line in lines[-3:] for label in line.choices]


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_that_people_try_breaks_a_turn(seed: int) -> None:
    chance = random.Random(seed)
    circle = MemoryCircle(buttons=seed % 2 == 0)
    tried: list[str] = []
    with capture_logs() as logs:
        try:
            await circle.begin()
            await opened(circle)
            await welcomed(circle, "ana")
            await circle.joins("tom")
            for _ in range(STEPS):
                tried.append(await _try(circle, chance))
                broken = [each for each in logs if each["log_level"] in ("error", "critical")]
                assert not broken, (broken, tried[-6:])
        finally:
            circle.stage.close()
    assert len(set(tried)) > STEPS / 4


async def _try(circle: MemoryCircle, chance: random.Random) -> str:
    person = chance.choice(PEOPLE)
    match chance.randrange(10):
        case 0 | 1 | 2 | 3:
            offered = choices_of(circle, person)
            label = chance.choice(offered) if offered else "start"
            if label == "Erase everything":
                label = "start"
            if offered and label != "start":
                await circle.answers(person, label)
            else:
                await circle.says(person, label)
            return f"{person}: [{label}]"
        case 4 | 5 | 6:
            word = chance.choice(words(circle))
        case 7:
            word = f"{chance.choice(words(circle))} {chance.choice(TYPED)}"
        case 8:
            word = chance.choice(TYPED)
        case _:
            days = chance.choice((0.1, 1, 7))
            await circle.stage.until(circle.stage.clock.now() + timedelta(days=days))
            return f"{days} days pass"
    await circle.says(person, word, room=chance.random() < 0.2)
    return f"{person}: {word[:40]}"
