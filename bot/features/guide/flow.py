"""What somebody reads who does not know how to go on."""

from collections.abc import Mapping

from bot.core.features import HomeItem
from bot.core.turn import Turn
from bot.engine.reading import fold

TOPICS = ("start", "hunt", "charter", "prompts", "reflection", "data", "moderators")


def home(turn: Turn) -> list[HomeItem]:
    """Return the door to help; moderators have one more."""
    items = [HomeItem(turn.text("home"), "help", order=90)]
    if turn.moderator:
        items.append(HomeItem(turn.text("home_moderators"), "keeper", order=95))
    return items


def help_(turn: Turn, options: Mapping[str, str]) -> None:
    """Tell what to type in which situation."""
    wanted = fold(options.get("topic", ""))
    names = {fold(turn.text(f"topic_{topic}")): topic for topic in TOPICS}
    names |= {topic: topic for topic in TOPICS}
    if wanted in names:
        turn.say(f"help_{names[wanted]}")
        return
    turn.say("help", topics=[turn.text(f"topic_{topic}") for topic in TOPICS], unknown=wanted)
