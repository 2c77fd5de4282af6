"""Polls (MSC3381): sent under the unstable name, which clients know; read under both. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bot.adapters.matrix.outbound import KEY, in_thread
from bot.adapters.matrix.transport import JSON
from bot.core.actions import Poll

POLL = "org.matrix.msc3381.poll.start"
RESPONSES = ("org.matrix.msc3381.poll.response", "m.poll.response")
_TEXT = "org.matrix.msc1767.text"


def poll(action: Poll, thread: str) -> JSON:
    """Return the content of a poll in the thread with this root; each may pick one answer."""
    answers = [
        {"id": str(number), _TEXT: answer} for number, answer in enumerate(action.options, 1)
    ]
    lines = [f"{number}. {answer}" for number, answer in enumerate(action.options, 1)]
    return {
        POLL: {
            "question": {_TEXT: action.question, "body": action.question, "msgtype": "m.text"},
            "kind": "org.matrix.msc3381.poll.disclosed",
            "max_selections": 1,
            "answers": answers,
        },
        _TEXT: "\n".join((action.question, *lines)),
        "m.mentions": {},
        "m.relates_to": in_thread(thread, thread),
        KEY: action.key,
    }


def hands(responses: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[int, ...]:
    """Return how many picked each option: of each person the last response counts.

    Args:
        responses: who sent each, and its content; the newest first.
    """
    last: dict[str, str] = {}
    for sender, content in responses:
        last.setdefault(sender, _picked(content))
    found = Counter(int(each) for each in last.values() if each.isdecimal() and len(each) < 3)
    return tuple(found[number] for number in range(1, max(found, default=0) + 1))


def _picked(content: Mapping[str, Any]) -> str:
    """Return the option that was picked; "" for none."""
    picked = content.get("m.selections")
    for name in RESPONSES:
        told = content.get(name)
        if isinstance(told, Mapping):
            picked = told.get("answers")
    first = picked[0] if isinstance(picked, list) and picked else ""
    return first if isinstance(first, str) and first.isascii() else ""
