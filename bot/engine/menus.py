"""What a word holds when it is typed alone, such as `charter` or `keeper prompt`: a menu."""

from typing import TYPE_CHECKING

from bot.core.actions import Choice
from bot.core.commands import Audience, Command
from bot.core.markup import to_plain
from bot.core.turn import Answer, Turn

if TYPE_CHECKING:
    from bot.engine.turn import EngineTurn


def offer(turn: "EngineTurn", word: str) -> bool:
    """Ask which of a word's commands is meant; False where it holds none."""
    below = [
        command
        for path, (_, command) in turn.running.commands.items()
        if path.startswith(f"{word} ")
    ]
    shown = [each for each in below if turn.moderator or each.audience is Audience.MEMBER]
    if below and turn.closed:
        turn.say("engine/not_open_yet")
    elif below and not shown:
        turn.say("engine/moderators_only", by_role=turn.has_roles)
    elif shown:
        choices = [_choice(turn, each, word) for each in shown]
        turn.ask("engine.menu", "engine/menu", choices, word=word)
    return bool(below)


def _choice(turn: "EngineTurn", command: Command, word: str) -> Choice:
    name = command.path.replace(" ", "_").replace("-", "_")
    label = to_plain(turn.text(f"guide/does_{name}"))
    rest = command.path.removeprefix(f"{word} ")
    return Choice(command.path, f"{rest}: {label}", None, (rest,))


def choose(turn: Turn, answer: Answer) -> None:
    """Carry out what was chosen from a menu."""
    turn.run(answer.choice)
