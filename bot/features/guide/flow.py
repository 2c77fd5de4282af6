"""What somebody reads who does not know how to go on."""

from collections.abc import Mapping

from bot.core.features import HomeItem
from bot.core.turn import Turn
from bot.engine.reading import fold

TOPICS = ("start", "hunt", "charter", "prompts", "notebook", "reflection", "data", "moderators")


def home(turn: Turn) -> list[HomeItem]:
    """Return the door to help; moderators have one more."""
    items = [HomeItem(turn.text("home"), "help", order=90)]
    if turn.moderator:
        items.append(HomeItem(turn.text("home_moderators"), "keeper", order=95))
    return items


def help_(turn: Turn, options: Mapping[str, str]) -> None:
    """Tell what to type in which situation."""
    wanted = fold(options.get("topic", ""))
    titles = {topic: turn.text(f"topic_{topic}") for topic in TOPICS}
    for topic, title in titles.items():
        if wanted in (topic, fold(title)):
            turn.say(f"help_{topic}")
            return
    turn.say("help", topics=list(titles.values()), unknown=wanted)
