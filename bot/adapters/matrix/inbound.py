"""Read what people do: Matrix events become plain answers to "what is this to us?". Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.adapters.matrix.commands import read_invocation
from bot.adapters.matrix.rooms import previous_membership

TEXT_LIMIT = 65_000

_MESSAGES = frozenset({"m.room.message", "m.sticker"})
_SHOWN = ("m.image", "m.audio", "m.video")


@dataclass(frozen=True, slots=True)
class Heard:
    """A message; `text` only where it is addressed to us.

    `answers` names the message that `answer` replies to while mentioning us, as clients do by
    themselves: it is addressed to us only if that message is a question of ours.
    """

    text: str | None
    thread: str | None = None
    answers: str | None = None
    answer: str | None = None
    command: str = ""  # where a client wrote it down besides the text, with its options
    options: tuple[tuple[str, str], ...] = ()
    reply: bool = False  # in a thread, or in answer to another message
    file: Mapping[str, Any] | None = None  # how a file is named that somebody sent in private
    wordless: bool = False  # a picture, a recording or a file that was sent in private
    about: str | None = None  # the message that one to us answers


@dataclass(frozen=True, slots=True)
class Listener:
    """By what we know that a text is meant for us."""

    me: str
    name: str
    prefix: str

    def _names(self) -> str:
        localpart = self.me[1:].partition(":")[0]
        link = rf"(?:\[[^\]\n]*\]\()?https://matrix\.to/#/{re.escape(self.me)}\)?"
        plain = [re.escape(name) for name in (self.me, self.name or localpart)]
        return rf"(?:{link}|@?(?:{'|'.join(plain)}))"

    def after_mention(self, text: str, *, mentioned: bool) -> str | None:
        """Return what follows our name at the start of a text; None if it does not start so."""
        end = r"(?:\s*[:,]|(?=\s)|$)" if mentioned else r"\s*[:,]"
        found = re.match(self._names() + end, text, re.IGNORECASE)
        return None if found is None else text[found.end() :].strip()

    def after_name_within(self, text: str) -> str | None:
        """Return what follows our name somewhere in a text, if that can be a command."""
        found = re.search(self._names() + r"\s*[:,]?(?=\s)", text, re.IGNORECASE)
        after = "" if found is None else text[found.end() :].strip()
        return after if after[:1].isalpha() else None

    def is_command(self, text: str) -> bool:
        """Tell whether a text begins with the prefix and a letter."""
        after = text.removeprefix(self.prefix)
        return after != text and after[:1].isalpha()

    def as_command(self, text: str) -> str:
        """Return the text as a command: a bare mention asks for help."""
        if self.is_command(text):
            return text
        if text[:1] == "/" and text[1:2].isalpha():
            text = text[1:]
        return self.prefix + (text or "help")


def read_message(event: Mapping[str, Any], listener: Listener, *, direct: bool) -> Heard | None:
    """Return what a message is to us; None for notices, edits, redacted and other events."""
    content = event.get("content")
    if event.get("type") not in _MESSAGES or not isinstance(content, dict) or is_redacted(event):
        return None
    relation = _dict(content.get("m.relates_to"))
    kind = content.get("msgtype")
    if relation.get("rel_type") == "m.replace" or kind == "m.notice":
        return None
    thread = _id(relation) if relation.get("rel_type") == "m.thread" else None
    reply = thread is not None or _id(_dict(relation.get("m.in_reply_to"))) is not None
    heard = _text_of(content, listener, relation, thread, direct=direct)
    fallback = relation.get("is_falling_back") is True
    about = None if fallback or heard.text is None else _id(_dict(relation.get("m.in_reply_to")))
    return replace(heard, reply=reply, about=about)


def _text_of(
    content: Mapping[str, Any],
    listener: Listener,
    relation: Mapping[str, Any],
    thread: str | None,
    *,
    direct: bool,
) -> Heard:
    body = content.get("body")
    invoked = read_invocation(content)
    if invoked is not None and (direct or listener.me in _mentioned(content)):
        return Heard(None, thread, command=invoked[0], options=tuple(invoked[1].items()))
    if direct and content.get("msgtype") == "m.file":
        sealed = _dict(content.get("file"))
        file = sealed or {"url": content.get("url")}
        return Heard(None, thread, file=file, wordless=True)
    if direct and content.get("msgtype") in _SHOWN:
        name = content.get("filename", body)  # the body is a caption where it is not the name
        text = body[:TEXT_LIMIT].strip() if isinstance(body, str) and body != name else ""
        return Heard(text or None, thread, wordless=not text)
    if content.get("msgtype") != "m.text" or not isinstance(body, str):
        return Heard(None, thread)
    fallback = relation.get("is_falling_back") is True
    replied = None if fallback else _id(_dict(relation.get("m.in_reply_to")))
    text = (without_fallback(body) if replied else body)[:TEXT_LIMIT].strip()
    if direct:
        return Heard(text or None, thread)
    return _in_room(text, content, listener, thread, replied)


def _in_room(
    text: str, content: Mapping[str, Any], listener: Listener, thread: str | None, to: str | None
) -> Heard:
    if listener.is_command(text):
        return Heard(text, thread)
    mentioned = listener.me in _mentioned(content)
    after = listener.after_mention(text, mentioned=mentioned)
    if after is None and mentioned:
        after = listener.after_name_within(text)
    if after is not None:
        return Heard(listener.as_command(after), thread)
    if mentioned and to is not None:
        return Heard(None, thread, to, text)
    return Heard(None, thread)


def read_reaction(event: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the message and the symbol of a reaction."""
    relation = _dict(_dict(event.get("content")).get("m.relates_to"))
    message, key = _id(relation), relation.get("key")
    if event.get("type") != "m.reaction" or relation.get("rel_type") != "m.annotation":
        return None
    if message is None or not isinstance(key, str) or is_redacted(event):
        return None
    return message, key


def read_membership(
    event: Mapping[str, Any], before: str | None
) -> tuple[str, Literal["joined", "left"]] | None:
    """Return who came or went.

    `before`: the membership that we knew, for an event that does not tell what it replaced.
    """
    who, membership = event.get("state_key"), _dict(event.get("content")).get("membership")
    if event.get("type") != "m.room.member" or not isinstance(who, str):
        return None
    previous = previous_membership(event)
    was_in = (before if previous is None else previous) == "join"
    if membership == "join" and not was_in:
        return who, "joined"
    if membership in ("leave", "ban") and was_in:
        return who, "left"
    return None


def is_redacted(event: Mapping[str, Any]) -> bool:
    """Tell whether an event's content was taken back."""
    return "redacted_because" in _dict(event.get("unsigned"))


def without_fallback(body: str) -> str:
    """Strip the quotation that older clients put before a reply."""
    if not body.startswith("> "):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith(">"):
        lines.pop(0)
    return "\n".join(lines)


def _mentioned(content: Mapping[str, Any]) -> list[object]:
    users = _dict(content.get("m.mentions")).get("user_ids")
    return users if isinstance(users, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(relation: Mapping[str, Any]) -> str | None:
    value = relation.get("event_id")
    return value if isinstance(value, str) and value else None
