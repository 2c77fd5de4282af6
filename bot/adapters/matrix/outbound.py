"""Write what we want done as the contents of Matrix events. Pure."""

import json

from bot.adapters.matrix.transport import JSON, MatrixError, NotSent, Refused
from bot.core.actions import Edit, File, OpenThread, Say
from bot.core.errors import CirclekeeperError, Doubt, TryLater, Undeliverable, Unreachable
from bot.core.markup import to_html, to_plain
from bot.core.refs import MessageRef

FILE_TYPE = "text/plain"
KEY = "io.circlekeeper.key"

_BODIES_LIMIT = 56_000  # bytes; an event may have 65,536, and ours carries more than the bodies
_SEALED_LIMIT = 46_000  # what is encrypted grows by a third
_MARKS = ("format", "formatted_body")
_ROOM = "@room"  # the one mention that Matrix has for all who read a room
_LONG_PAUSE = 60.0
_PAUSE = 5.0  # seconds to wait after a 429 that does not say how long


def transaction(key: str, part: str = "") -> str:
    """Return the transaction id of a delivery: the same on every attempt."""
    return f"ck-{key}{part}"


def thread_root(on: MessageRef) -> str:
    """Return the root of a message's thread; a thread cannot hang on a threaded message."""
    return on.room.thread or on.id


def say(action: Say, on: MessageRef | None, thread: str | None) -> JSON:
    """Return the content of a message, in the thread with this root if there is one."""
    content = _message(action.text, notify=action.ask, ping=bool(action.ping))
    content[KEY] = action.key
    answered = action.reply_to
    if thread is not None:
        if answered is not None and thread_root(answered) == thread:
            relation = {**in_thread(thread, answered.id), "is_falling_back": False}
        else:
            near = on.id if on is not None and thread_root(on) == thread else thread
            relation = in_thread(thread, near)
        content["m.relates_to"] = relation
    elif answered is not None:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": answered.id}}
    return content


def with_file(content: JSON, file: File, address: JSON) -> JSON:
    """Return a message as one that has a file; its text is the caption.

    `address`: `url` where the file is in clear, `file` where it is sealed.
    """
    info = {"mimetype": FILE_TYPE, "size": len(file.text.encode())}
    return {**content, "msgtype": "m.file", "filename": file.name, "info": info, **address}


def open_thread(action: OpenThread, on: MessageRef) -> JSON:
    """Return the content of the first message of a thread."""
    content = _message(f"**{action.title}**\n\n{action.text}", notify=False)
    content[KEY] = action.key
    content["m.relates_to"] = in_thread(thread_root(on), on.id)
    return content


def edit(action: Edit, on: MessageRef) -> JSON:
    """Return the content of an event that replaces a message."""
    # What is edited are posts that people act on; servers do not notify anybody of an edit.
    new = _message(action.text, notify=True)
    return {
        **new,
        "body": f"* {new['body']}",
        KEY: action.key,
        "m.new_content": {**new, KEY: action.key},
        "m.relates_to": {"rel_type": "m.replace", "event_id": on.id},
    }


def reaction(message: str, symbol: str) -> JSON:
    """Return the content of a reaction."""
    return {
        "m.relates_to": {"rel_type": "m.annotation", "event_id": message, "key": symbol},
    }


def plain_notice(text: str) -> JSON:
    """Return the content of a notice without any marks."""
    return {"msgtype": "m.notice", "body": text, "m.mentions": {}}


def _message(text: str, *, notify: bool, ping: bool = False) -> JSON:
    # Element's default rules are silent on m.notice. An explicit m.mentions switches off the older
    # rules by which a name or "@room" in the text would ping.
    if ping:
        text = f"{_ROOM}\n\n{text}"  # who reads it sees why it rang
    content: JSON = {
        "msgtype": "m.text" if notify else "m.notice",
        "body": to_plain(text),
        "m.mentions": {"room": True} if ping else {},
    }
    html = {"format": "org.matrix.custom.html", "formatted_body": to_html(text)}
    if len(json.dumps([content, html], ensure_ascii=False).encode()) <= _BODIES_LIMIT:
        content |= html  # rather without marks than not at all
    return content


def to_seal(content: JSON) -> JSON:
    """Return a content that fits into an event when it is encrypted: rather without marks."""
    if len(json.dumps(content, ensure_ascii=False).encode()) <= _SEALED_LIMIT:
        return content
    plain = {key: value for key, value in content.items() if key not in _MARKS}
    new = plain.get("m.new_content")
    if isinstance(new, dict):
        plain["m.new_content"] = {key: value for key, value in new.items() if key not in _MARKS}
    return plain


def in_thread(root: str, near: str) -> JSON:
    """Return the relation of a message in a thread, near another one in it."""
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": near},
    }


def reason(error: MatrixError, *, direct: bool) -> CirclekeeperError:
    """Say what a failed call means for the action."""
    if isinstance(error, NotSent):
        return TryLater(_PAUSE, "the homeserver cannot be reached")
    if not isinstance(error, Refused):
        return Doubt(f"the homeserver gave no answer ({error})")
    if error.limited:
        return TryLater(_PAUSE if error.retry_after is None else error.retry_after, "too fast")
    if error.signed_out:
        return TryLater(30.0, "signed out")  # the sync loop ends with the clear sentence
    if error.for_now:
        return TryLater(_LONG_PAUSE, f"the account may do nothing at present ({error})")
    if error.errcode == "M_TOO_LARGE" or error.status == 413:
        return Undeliverable("The message is too long for Matrix.")
    if error.status in (403, 404):
        if direct:
            return Unreachable("This member cannot be written to on Matrix.")
        return Undeliverable("The bot may not post in this room, or is not in it.")
    return Undeliverable(f"The homeserver refused it: {error}.")
