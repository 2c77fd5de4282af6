"""The bodies of messages as Discord takes them: the documented limits."""

from __future__ import annotations

from typing import Any

from tests.discord.double import components
from tests.discord.double.errors import Path, Refused
from tests.discord.double.guilds import (
    EPHEMERAL,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    V2,
    Json,
    Message,
)
from tests.discord.double.mistakes import Mistakes

_SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | V2 | EPHEMERAL
_LEGACY = ("content", "embeds")
_EMBED_TEXT = 6000


def check(
    body: Any,  # noqa: ANN401 - any JSON
    edited: Message | None = None,
    within: Path = (),
) -> None:
    """Refuse a message, or the change of one, that Discord would refuse.

    Args:
        within: where in the body that was sent the message is.
    """
    found = Mistakes(within)
    if not isinstance(body, dict):
        raise Refused(400, 50109)
    for name in ("poll", "sticker_ids"):
        if body.get(name):
            raise NotImplementedError(f"{name} in a message")
    flags = int(body.get("flags") or 0)
    was = edited.flags if edited is not None else 0
    v2 = bool((flags | was) & V2)
    found.text(("content",), body.get("content"), 2000)
    if isinstance(body.get("nonce"), str):
        found.text(("nonce",), body["nonce"], 25)
    if v2:
        for name in _LEGACY:
            if body.get(name):
                message = (
                    f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                )
                code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
                found.add((name,), code, message)
    components.check(body.get("components"), v2, found)
    _check_embeds(body, found)
    _check_mentions(body, found)
    found.several(("attachments",), body.get("attachments"), 10)
    found.raise_any()
    if not says_something(body, edited, v2):
        raise Refused(400, 50006)


def says_something(body: Json, edited: Message | None, v2: bool) -> bool:
    """Whether there is anything to see in it (then)."""
    standing: Json = {}
    if edited is not None:
        names = ("content", "embeds", "attachments", "components")
        standing = {name: getattr(edited, name) for name in names}
    then = {**standing, **{key: value for key, value in body.items() if key in _SHOWN}}
    return any(then.get(name) for name in (("components",) if v2 else _SHOWN))


_SHOWN = ("content", "embeds", "attachments", "components", "files")


def flags_of(body: Json, allowed: int = _SETTABLE) -> int:
    """Return the flags that a body may set."""
    return int(body.get("flags") or 0) & allowed


def _check_embeds(body: Json, found: Mistakes) -> None:
    total = 0
    for index, each in enumerate(found.several(("embeds",), body.get("embeds"), 10)):
        at = ("embeds", index)
        found.text((*at, "title"), each.get("title"), 256)
        found.text((*at, "description"), each.get("description"), 4096)
        footer = each.get("footer") or {}
        found.text((*at, "footer", "text"), footer.get("text"), 2048)
        fields = found.several((*at, "fields"), each.get("fields"), 25)
        for number, field in enumerate(fields):
            found.text((*at, "fields", number, "name"), field.get("name"), 256, 1)
            found.text((*at, "fields", number, "value"), field.get("value"), 1024, 1)
            total += len(field.get("name", "")) + len(field.get("value", ""))
        total += sum(len(each.get(name) or "") for name in ("title", "description"))
        total += len(footer.get("text") or "")
    if total > _EMBED_TEXT:
        message = f"Embed size exceeds maximum size of {_EMBED_TEXT}"
        found.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", message)


def _check_mentions(body: Json, found: Mistakes) -> None:
    allowed = body.get("allowed_mentions") or {}
    for name in ("users", "roles"):
        found.several(("allowed_mentions", name), allowed.get(name), 100)
        if name in (allowed.get("parse") or []) and allowed.get(name):
            message = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            path = ("allowed_mentions",)
            found.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
