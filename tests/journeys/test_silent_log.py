"""Marked secrets go through every flow, and the log at its most talkative holds none of them."""

import io
import json
import random
from datetime import timedelta

import structlog

from bot.core.commands import Command, Option
from bot.core.features import Feature
from bot.core.turn import Turn
from bot.logs import configure_logs
from tests.journeys.test_wandering import choices_of, words
from tests.support.circle import opened, welcomed
from tests.support.memory_circle import MemoryCircle

MARK = "Zwiebelkuchen"
PEOPLE = ("mirabella", "xanthippe", "theodosius")
ANSWERS = 4


def broken() -> Feature:
    """Return a feature whose error quotes what somebody wrote."""

    def run(_turn: Turn, options: object) -> None:
        raise ValueError(f"cannot work with {options}")

    return Feature(name="broken", commands=[Command("help", run, (Option("text"),))])


async def test_no_secret_of_any_flow_reaches_the_log() -> None:
    """Every command with options, and a few answers to each, in own words and by click."""
    told, chance = io.StringIO(), random.Random(9)
    configure_logs("debug", "json", told)
    circle = MemoryCircle(buttons=True)
    feature = broken()
    circle.stage.app.running.commands["help"] = (feature, feature.commands[0])
    try:
        await circle.begin()
        await opened(circle)
        for name in PEOPLE:
            await welcomed(circle, name)
        for path in words(circle):
            for name in ("mira", chance.choice(PEOPLE)):
                await circle.says(name, f"{path} {MARK} {name}", room=chance.random() < 0.2)
                await _goes_on(circle, name, chance)
        for name in PEOPLE[1:]:
            circle.stage.chat.closed.add(name)
            await circle.says(name, f"!reflect now {MARK}", room=True)
        await circle.stage.until(circle.stage.clock.now() + timedelta(weeks=3))
        await circle.says(PEOPLE[0], "my forget")
        await circle.answers(PEOPLE[0], "Erase everything")
    finally:
        circle.stage.close()
        structlog.reset_defaults()
    said = "\n".join(line.text for line in circle.stage.chat.lines)
    assert said.count(MARK) > 50  # the bot heard it, and said it again where it may
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    turns = [line for line in lines if line["event"] == "turn"]
    there = set(circle.stage.app.running.counted_as.values()) - {"guide"}
    assert there <= {line["feature"] for line in turns}
    failed = [line for line in lines if line["event"] == "turn failed"]
    assert {line["error"] for line in failed} == {"ValueError"}
    assert {line["event"] for line in lines} >= {"not delivered", "turn"}
    log = told.getvalue().casefold()
    for word in (MARK, *PEOPLE, '"mira'):
        assert word.casefold() not in log, word
    # Lines of one turn are known by its mark, and no two turns have the same.
    by_mark = {line["turn"] for line in turns}
    assert len(by_mark) == len(turns)
    assert {line["turn"] for line in failed} <= by_mark


async def _goes_on(circle: MemoryCircle, name: str, chance: random.Random) -> None:
    for _ in range(ANSWERS):
        offered = [each for each in choices_of(circle, name) if each != "Erase everything"]
        if offered and chance.random() < 0.6:
            await circle.answers(name, chance.choice(offered))
        else:
            await circle.says(name, f"{MARK} {chance.randrange(1000)}")
