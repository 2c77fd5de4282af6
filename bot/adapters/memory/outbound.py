"""What the bot says, as it stands on the platform."""

from bot.adapters.memory.lines import BOT, Line, Lines
from bot.core.actions import AskChoice, AskForm, OpenThread, Poll, Say
from bot.core.markup import to_plain
from bot.core.ports import Delivery
from bot.core.refs import Destination


def show(lines: Lines, delivery: Delivery, action: Say | AskChoice | AskForm) -> Line:
    """Let a message stand, with its choices or its file."""
    line = lines.say(action.to, BOT, to_plain(action.text))
    line.key = delivery.key
    if not isinstance(action, Say):
        line.choices = tuple(choice.label for choice in action.choices)
        line.choice_ids = tuple(choice.id for choice in action.choices)
        line.question = action.question
    else:
        line.reactions = list(action.reactions)
        line.file = action.file
    if not isinstance(action, AskForm):
        line.ping = action.ping
        if action.in_thread and delivery.on is not None:
            line.thread = delivery.on.id
    return line


def open_thread(lines: Lines, delivery: Delivery, action: OpenThread) -> Line:
    """Let a thread begin under a message."""
    return _under(lines, delivery, action.to, to_plain(action.text))


def open_poll(lines: Lines, delivery: Delivery, action: Poll) -> Line:
    """Let a show of hands stand in a message's thread."""
    line = _under(lines, delivery, action.to, action.question)
    line.choices, line.hands = action.options, [0] * len(action.options)
    return line


def _under(lines: Lines, delivery: Delivery, place: Destination, text: str) -> Line:
    on = lines.at(delivery.on)
    line = lines.say(place, BOT, text)
    line.key, line.thread = delivery.key, on.ref.id if on.ref else None
    return line
