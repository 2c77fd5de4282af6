"""Violations of Discord's OpenAPI document that are known and harmless, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol


class Found(Protocol):
    """What `schema.Violation` is."""

    @property
    def where(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def message(self) -> str: ...


@dataclass(frozen=True)
class Allowed:
    """Where (patterns with `*`), what is said there, and why it may."""

    where: str
    place: str
    message: str
    reason: str

    def covers(self, violation: Found) -> bool:
        """Whether this is about the violation."""
        return (
            fnmatchcase(violation.where, self.where)
            and fnmatchcase(violation.place, self.place)
            and self.message in violation.message
        )


ALLOWED = (
    Allowed(
        "answer * 400",
        "errors",
        "is not valid under any of the given schemas",
        "The codes of nested errors are words (BASE_TYPE_REQUIRED), as the prose documents them.",
    ),
    Allowed(
        "request PUT /applications/{application_id}/commands",
        "*",
        "('nsfw' was unexpected)",
        "discord.py always sends it; Discord documents it for commands, only this list lacks it.",
    ),
    Allowed(
        "request PATCH *messages/*",
        "",
        "('tts' was unexpected)",
        "discord.py always sends it, also when it edits; Discord ignores it.",
    ),
    Allowed(
        "request POST /interactions/{interaction_id}/{interaction_token}/callback",
        "data",
        "('tts' was unexpected)",
        "The same, where a callback changes the message (type 7).",
    ),
    Allowed(
        "request POST /users/@me/channels",
        "recipient_id",
        "is not of type 'string'",
        "discord.py sends ids as numbers here; Discord takes both.",
    ),
    Allowed(
        "request *",
        "*attachments/*/id",
        "is not of type 'string'",
        "The same: discord.py numbers the files that it sends along.",
    ),
    Allowed(
        "request *",
        "*embeds/*",
        "('flags' was unexpected)",
        "discord.py sends back what it knows of an embed; Discord ignores it.",
    ),
    Allowed(
        "answer POST /channels/{channel_id}/threads 201",
        "",
        "('message' was unexpected)",
        "Discord documents the first message in the answer to a forum post; discord.py needs it.",
    ),
)
