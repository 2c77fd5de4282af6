"""A community on the stage, brought to where a test begins."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.memory import BOT, Line
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.support.shipped import shipped
from tests.support.stage import ReadyStage

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
ROOM = "garden"
REACH = {
    "direct": "By direct message",
    "return": "Only when I come back: it waits under Start",
    "never": "Never",
}


async def arrived(store: tuple[str, Path] | None = None) -> Stage:
    stage = Stage(shipped(), START, store=store) if store else ReadyStage(shipped(), START)
    stage.chat.moderators.add("mira")
    stage.chat.people.update({"mira", "tom"})
    await stage.chat.add_bot("Garden", {ROOM: ROOM})
    await stage.settle()
    return stage


async def prepared(stage: Stage, zone: str = "Ljubljana") -> None:
    """Set the community up, as far as the question whether to open it."""
    await stage.says("mira", "!keeper setup", ROOM)
    await stage.clicks("mira", "English")
    await stage.says("mira", zone)
    await stage.clicks("mira", "Start from the 10 clauses")
    await stage.clicks("mira", "Every Tuesday at 9")
    await stage.clicks("mira", "Yes")


async def opened(stage: Stage, zone: str = "Ljubljana") -> None:
    await prepared(stage, zone)
    await stage.clicks("mira", "Open now")


async def welcomed(stage: Stage, name: str, reach: str = "direct") -> None:
    await stage.joins(name)
    for label in ("Start", "English", REACH[reach], "Go on", "I look around by myself"):
        await stage.clicks(name, label)


async def rhythm(stage: Stage, name: str) -> None:
    """Keep two thoughts, and ask for a question every week."""
    await stage.says(name, "reflect now")
    await stage.says(name, "A first thought.")
    await stage.says(name, "reflect now A second thought.")
    for label in ("Yes", "Every week", "Three beats"):
        await stage.clicks(name, label)


async def passes(stage: Stage, by: timedelta) -> list[Line]:
    """Let time pass; return what the bot said meanwhile."""
    count = len(stage.chat.lines)
    await stage.until(stage.clock.now() + by)
    return [line for line in stage.chat.lines[count:] if line.author == BOT]


def private(lines: list[Line], name: str) -> list[Line]:
    return [
        line
        for line in lines
        if isinstance(line.place, Direct) and line.place.member.id == name and line.author == BOT
    ]


def prompts(lines: list[Line]) -> list[Line]:
    return [line for line in lines if "keep" in line.choice_ids]
