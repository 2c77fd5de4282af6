"""A prompt's thread in which people have written, and who is asked about it."""

from datetime import timedelta

from bot.adapters.memory import Line
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, ROOM, arrived, opened, passes, prompts, welcomed

NAMED = "Yes, with my name"
HERE = "Yes, with my name in this community only"
UNNAMED = "Yes, without my name"
SEND = "Show it to those whose words are in it"
HEARD, QUESTION = "Small sentences last.", "What do we do with them?"


async def talking(*people: str, reach: str = "direct") -> tuple[Stage, Line]:
    """Return a community in which a prompt was posted, and the prompt; people may be written to."""
    stage = await arrived()
    await opened(stage)
    for name in people:
        await welcomed(stage, name, reach)
    (card,) = prompts(await passes(stage, 2 * DAY))
    return stage, card


async def writes(stage: Stage, name: str, text: str, card: Line) -> Line:
    """Let somebody write in the prompt's thread."""
    assert card.ref is not None
    await stage.says(name, text, ROOM, card.ref.id)
    return stage.chat.lines[-1]


async def nominated(stage: Stage, line: Line, by: str = "tom") -> None:
    """Let somebody nominate a message by answering it, and its author be asked."""
    stage.clock.advance(timedelta(seconds=20))
    await stage.chat.says(by, "!notebook nominate", ROOM, line.thread, about=line)
    await stage.settle()
    await passes(stage, timedelta(minutes=1))


async def told(stage: Stage, name: str, text: str) -> str:
    await stage.says(name, text)
    return stage.last(name).text


async def clicked(stage: Stage, name: str, *labels: str) -> str:
    for label in labels:
        await stage.clicks(name, label)
    return stage.last(name).text


async def agreed(stage: Stage, name: str, text: str, card: Line, label: str = UNNAMED) -> Line:
    """Let somebody write, be nominated, and agree; under their name it is their own."""
    line = await writes(stage, name, text, card)
    await nominated(stage, line)
    await stage.clicks(name, label)
    if "Which name" in stage.last(name).text:
        await stage.says(name, name.title())
    assert "These words may now be used" in stage.last(name).text
    return line


async def gathered(stage: Stage, name: str = "mira", sign: str = "Without my name") -> None:
    """Let somebody write a harvest, and send it round."""
    await stage.says(name, "notebook gather")
    for text in (HEARD, "-", QUESTION):
        await stage.says(name, text)
    await clicked(stage, name, SEND, sign)
    if "Which name" in stage.last(name).text:
        await stage.says(name, name.title())
    assert "five working days" in stage.last(name).text


async def kept(stage: Stage) -> str:
    """Let the time for looking at it pass; return the page as a member reads it."""
    await passes(stage, 8 * DAY)
    return await told(stage, "mira", "notebook read 1")
