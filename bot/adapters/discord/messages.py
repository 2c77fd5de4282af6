"""What a message, a form and their components look like: actions become payloads. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from bot.adapters.discord import custom_ids
from bot.adapters.discord.markdown import plain, to_discord
from bot.core import actions
from bot.core.actions import AskChoice, AskForm, Choice, Field, OpenThread, Say
from bot.core.markup import to_plain

JSON: TypeAlias = dict[str, Any]

COMPONENTS_V2 = 1 << 15
EPHEMERAL = 1 << 6

_TEXT, _ROW, _BUTTON, _SELECT, _INPUT, _LABEL = 10, 1, 2, 3, 4, 18
_CHANNELS, _FILE, _UPLOAD = 8, 13, 19
_ROOMS = (0, 5, 15)  # text, announcements, forum: as in `guilds.rooms`
_TEXT_LIMIT = 4000
_LABEL_LIMIT = 80
_OPTION_LIMIT = 100
_BUTTONS = 5
_OPTIONS = 25
_FORM_LABEL = 45
_FORM_PARTS = 5
_INPUT_LIMIT = 4000
_SHORT = 100
_TITLE_LIMIT = 100


def mark(key: str) -> int:
    """Return the number that a delivery is known by: the id of its first component."""
    digest = hashlib.sha256(key.encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1


def is_marked(message: Mapping[str, Any], key: str) -> bool:
    """Tell whether a message is what this delivery made."""
    wanted = mark(key)
    components = message.get("components") or []
    return any(each.get("type") == _TEXT and each.get("id") == wanted for each in components)


def message(action: Say | AskChoice | AskForm | OpenThread) -> JSON:
    """Return the message for an action, without its nonce."""
    before = () if isinstance(action, OpenThread) else action.before
    components: list[JSON] = [{"type": _TEXT, "content": shown(each)} for each in before]
    ping = action.ping if isinstance(action, Say | AskChoice) else ""
    if ping:
        components.append({"type": _TEXT, "content": _mention(ping)})
    components.append(_text(action.text, action.key))
    match action:
        case AskChoice():
            components += _rows(action.question, action.choices, action.opener)
        case AskForm():
            components += _rows(action.question, action.choices, action.opener)
        case _:
            pass
    flags = COMPONENTS_V2
    if isinstance(action, Say | AskChoice | AskForm) and action.aside is not None:
        flags |= EPHEMERAL
    made: JSON = {"flags": flags, "components": components, "allowed_mentions": mentions(ping)}
    if isinstance(action, Say) and action.file is not None:
        name = action.file.name
        components.append({"type": _FILE, "file": {"url": f"attachment://{name}"}})
        made["attachments"] = [{"id": "0", "filename": name}]
    return made


def with_nonce(payload: JSON, key: str) -> JSON:
    """Let Discord know a message by its key for a while, so that it is taken once."""
    return payload | {"nonce": key, "enforce_nonce": True}


def mentions(ping: str = "") -> JSON:
    """Return who may be pinged: nobody, or whom a moderator allowed for this message."""
    match ping:
        case "":
            return {"parse": []}
        case actions.EVERYONE:
            return {"parse": ["everyone"]}
        case role:
            return {"parse": [], "roles": [role]}


def _mention(ping: str) -> str:
    return "@everyone" if ping == actions.EVERYONE else f"<@&{ping}>"


def edited(components: Sequence[Mapping[str, Any]], text: str, key: str) -> JSON:
    """Return an edit that replaces a message's text and leaves the rest as it is."""
    rest = [dict(each) for each in components if each.get("type") != _TEXT]
    return {
        "flags": COMPONENTS_V2,
        "components": [_text(text, key), *rest],
        "allowed_mentions": mentions(),
    }


def form(question: str, fields: Sequence[Field], unique: str, text: str = "") -> JSON:
    """Return a form that opens over the chat; `unique` makes it unlike any other."""
    components: list[JSON] = []
    if text and len(fields) < _FORM_PARTS:
        components.append({"type": _TEXT, "content": shown(text)})
    components += [_input(field, alone=len(fields) == 1) for field in fields[:_FORM_PARTS]]
    return {
        "title": _cut(fields[0].label, _FORM_LABEL),
        "custom_id": custom_ids.write("form", question, unique),
        "components": components,
    }


def door(question: str, label: str, key: str) -> JSON:
    """Return a message that holds nothing but the button that opens a form."""
    return {
        "flags": COMPONENTS_V2 | EPHEMERAL,
        "components": [_text("…", key), *_rows(question, (), label or "…")],
        "allowed_mentions": mentions(),
    }


def title(text: str) -> str:
    """Return a thread's or a post's title for a text."""
    first = next((line for line in to_plain(text).split("\n") if line.strip()), "…")
    return _cut(first.strip(), _TITLE_LIMIT)


def shown(text: str) -> str:
    """Return a text as Discord shows it, within its limit."""
    rendered = to_discord(text)
    if len(rendered) <= _TEXT_LIMIT:
        return rendered or "\u200b"
    bare = plain(to_plain(text))  # rather without marks than not at all
    return bare if len(bare) <= _TEXT_LIMIT else bare[: _TEXT_LIMIT - 1].rstrip("\\") + "…"


def _text(text: str, key: str) -> JSON:
    return {"type": _TEXT, "id": mark(key), "content": shown(text)}


def _rows(question: str, choices: Sequence[Choice], opener: str) -> list[JSON]:
    rows: list[JSON] = []
    if len(choices) <= _BUTTONS:
        if choices:
            rows.append(_row([_button(question, each) for each in choices]))
    else:
        rows += [
            _row([_select(question, choices[start : start + _OPTIONS], start)])
            for start in range(0, len(choices), _OPTIONS)
        ]
    if opener:
        button = {
            "type": _BUTTON,
            "style": 2,
            "label": _cut(opener, _LABEL_LIMIT),
            "custom_id": custom_ids.write("open", question),
        }
        rows.insert(0, _row([button]))
    return rows


def _row(components: list[JSON]) -> JSON:
    return {"type": _ROW, "components": components}


def _button(question: str, choice: Choice) -> JSON:
    made: JSON = {
        "type": _BUTTON,
        "style": 2,  # one style for all: no answer is pushed by its colour
        "label": _cut(choice.label, _LABEL_LIMIT),
        "custom_id": custom_ids.write("choose", question, choice.id),
    }
    if choice.emoji:
        made["emoji"] = {"name": choice.emoji}
    return made


def _select(question: str, choices: Sequence[Choice], start: int) -> JSON:
    return {
        "type": _SELECT,
        "custom_id": custom_ids.write("select", question, str(start)),
        "options": [_option(choice) for choice in choices],
    }


def _option(choice: Choice) -> JSON:
    made: JSON = {"label": _cut(choice.label, _OPTION_LIMIT), "value": choice.id}
    if choice.emoji:
        made["emoji"] = {"name": choice.emoji}
    return made


def _input(field: Field, *, alone: bool) -> JSON:
    required = field.required or alone
    made: JSON = {"custom_id": field.id, "required": required}
    match field.kind:
        case "room":
            made |= {"type": _CHANNELS, "channel_types": list(_ROOMS), "max_values": 1}
            made["min_values"] = int(required)
        case "file":
            made |= {"type": _UPLOAD, "min_values": int(required), "max_values": 1}
        case _:
            made |= {
                "type": _INPUT,
                "style": 1 if field.limit <= _SHORT else 2,
                "max_length": min(field.limit, _INPUT_LIMIT),
            }
            if field.value:
                made["value"] = field.value[: made["max_length"]]
    return {"type": _LABEL, "label": _cut(field.label, _FORM_LABEL), "component": made}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
