"""What people do in a decision, for the tests of how a charter lives."""

from datetime import timedelta

from bot.adapters.memory import BOT
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import DAY, passes

NEW = "Nobody has to be here, and nobody has to speak, ever."
WHY = "Somebody asked whether silence is fine."
ACK = "I have read it and will try"
WORTH = "It is worth talking about"


def aloud(stage: Stage) -> list[str]:
    """Return what the bot said in rooms."""
    lines = [each for each in stage.chat.lines if not isinstance(each.place, Direct)]
    return [each.text for each in lines if each.author == BOT]


async def proposes(stage: Stage, name: str, how: str = "Propose it", text: str = NEW) -> None:
    """Propose other words for a clause."""
    await stage.says(name, "charter change")
    await stage.clicks(name, "Come freely")
    await stage.says(name, text)
    await stage.says(name, WHY)
    await stage.clicks(name, how)


async def adds(stage: Stage, name: str, how: str = "Propose it") -> None:
    """Propose a new clause."""
    await stage.says(name, "charter change")
    await stage.clicks(name, "A new clause")
    await stage.clicks(name, "Coming together")
    for words in ("Slow is fine", "Nobody has to answer at once.", "People live in many zones."):
        await stage.says(name, words)
    await stage.clicks(name, how)


async def takes_out(stage: Stage, name: str, how: str = "Propose it") -> None:
    """Propose to take a clause out."""
    await stage.says(name, "charter change")
    await stage.clicks(name, "Many languages")
    await stage.clicks(name, "Propose to take it out")
    await stage.says(name, "We all speak one.")
    await stage.clicks(name, how)


async def answers(stage: Stage, name: str, label: str, title: str = "Come freely") -> None:
    """Look at a change and answer it."""
    await stage.says(name, "charter changes")
    await stage.clicks(name, title)
    await stage.clicks(name, label)


async def consents(stage: Stage, title: str = "Come freely", *names: str) -> None:
    """Let the windows pass, with the consent of these people in the last one."""
    await passes(stage, 6 * DAY + timedelta(hours=1))
    for name in names or ("ana", "eva"):
        await answers(stage, name, "I consent", title)
    await passes(stage, 7 * DAY + timedelta(hours=1))
