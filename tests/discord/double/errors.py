"""How Discord says no: a status, a code, a message, and for a body the place of each mistake.

Refused(403, 50013)                    the message of the code
InvalidBody({("content",): [...]})     400, 50035, with nested errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MESSAGES = {
    0: "401: Unauthorized",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10011: "Unknown Role",
    10013: "Unknown User",
    10014: "Unknown Emoji",
    10015: "Unknown Webhook",
    10026: "Unknown Ban",
    10062: "Unknown interaction",
    10063: "Unknown application command",
    10066: "Unknown application command permissions",
    20001: "Bots cannot use this endpoint",
    30003: "Maximum number of pins reached for the channel (250)",
    30010: "Maximum number of reactions reached (20)",
    30032: "Maximum number of application commands reached (100)",
    40001: "Unauthorized",
    40058: "Cannot send messages in a forum channel",
    40060: "Interaction has already been acknowledged.",
    40067: "A tag is required to create a forum post in this channel",
    50001: "Missing Access",
    50003: "Cannot execute action on a DM channel",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50008: "Cannot send messages in a non-text channel",
    50013: "Missing Permissions",
    50021: "Cannot execute action on a system message",
    50024: "Cannot execute action on this channel type",
    50027: "Invalid Webhook Token",
    50028: "Invalid Role",
    50033: "Invalid Recipient(s)",
    50035: "Invalid Form Body",
    50083: "Thread is archived",
    50109: "The request body contains invalid JSON.",
    50278: "Cannot send messages to this user due to having no mutual guilds",
    160002: "Cannot reply without permission to read message history",
    160004: "A thread has already been created for this message",
}

Path = tuple[str | int, ...]
Mistakes = Mapping[Path, list[tuple[str, str]]]
"""By the place in a body: codes and messages, as `("BASE_TYPE_REQUIRED", "This field …")`."""


class Refused(Exception):
    """A request that Discord does not carry out."""

    def __init__(self, status: int, code: int, message: str | None = None) -> None:
        self.status = status
        self.code = code
        self.message = message if message is not None else MESSAGES[code]
        super().__init__(f"{status} {code} {self.message}")

    def body(self) -> dict[str, Any]:
        """Return the answer."""
        return {"message": self.message, "code": self.code}


class InvalidBody(Refused):
    """A body with mistakes, each at its place."""

    def __init__(self, mistakes: Mistakes) -> None:
        super().__init__(400, 50035)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return f"400 50035 {dict(self.mistakes)}"

    def body(self) -> dict[str, Any]:
        """Return the answer, with the mistakes nested as Discord nests them."""
        nested: dict[str, Any] = {}
        for path, found in self.mistakes.items():
            inner = nested
            for part in path:
                inner = inner.setdefault(str(part), {})
            inner["_errors"] = [{"code": code, "message": message} for code, message in found]
        return {**super().body(), "errors": nested}


def invalid(*path: str | int, code: str, message: str) -> InvalidBody:
    """Return the refusal of a body with one mistake."""
    return InvalidBody({path: [(code, message)]})
