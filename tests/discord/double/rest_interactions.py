"""Answers to interactions over REST: the callback, follow-ups, and the original answer."""

from __future__ import annotations

from typing import Any

from tests.discord.double import bodies, messages, modals
from tests.discord.double.calls import Call, Routes
from tests.discord.double.errors import Refused, invalid
from tests.discord.double.guilds import EPHEMERAL, LOADING, Json, Message
from tests.discord.double.interactions import (
    ANSWERED,
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    DEFERRED,
    MODAL,
    Interaction,
    as_message,
)
from tests.discord.double.mistakes import Mistakes
from tests.discord.double.permissions import Permission, in_channel
from tests.discord.double.rest_messages import keep_attachments

SAY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, ASK = 4, 5, 6, 7, 8, 9
_TYPES = {
    COMMAND: {SAY, DEFER, ASK},
    COMPONENT: {SAY, DEFER, DEFER_UPDATE, UPDATE, ASK},
    AUTOCOMPLETE: {CHOICES},
    MODAL: {SAY, DEFER, DEFER_UPDATE, UPDATE},
}
_HOOK = "/webhooks/{webhook_id}/{webhook_token}"


def callback(call: Call) -> Json | None:
    """Take the first answer."""
    it = call.interactions.to_answer(call.id("interaction_id"), call.path["interaction_token"])
    body = call.body if isinstance(call.body, dict) else {}
    kind, data = body.get("type"), body.get("data") or {}
    allowed = _TYPES[it.kind]
    if it.source is None and (it.cause is None or it.cause.source is None):
        allowed = allowed - {DEFER_UPDATE, UPDATE}
    if kind not in allowed:
        message = f"Value must be one of {sorted(allowed)}."
        raise invalid("type", code="BASE_TYPE_CHOICES", message=message)
    inner = Call(
        call.world, call.commands, call.interactions, call.path, call.query, data, call.files
    )
    inner.base = call.base
    message = _ANSWERS[kind](inner, it)
    if call.query.get("with_response", "").casefold() not in ("1", "true"):
        return None
    return _with_response(it, kind, message)


def _say(call: Call, it: Interaction) -> Message:
    body = {**call.body, "files": call.files}
    bodies.check(body, within=("data",))
    it.original = _post(call, it, body, _kind(it))
    call.interactions.first(it, SAY, ANSWERED)
    return it.original


def _defer(call: Call, it: Interaction) -> Message:
    flags = bodies.flags_of(call.body, EPHEMERAL)
    it.original = _post(call, it, {"flags": flags}, _kind(it), loading=True)
    call.interactions.first(it, DEFER, DEFERRED)
    return it.original


def _defer_update(call: Call, it: Interaction) -> Message | None:
    it.original = _source(it)
    call.interactions.first(it, DEFER_UPDATE, DEFERRED)
    return it.original


def _update(call: Call, it: Interaction) -> Message:
    source = _source(it)
    bodies.check({**call.body, "files": call.files}, source, ("data",))
    it.original = messages.edit(call.world, source, call.body)
    call.interactions.first(it, UPDATE, ANSWERED)
    return source


def _source(it: Interaction) -> Message:
    source = it.source or (it.cause.source if it.cause is not None else None)
    if source is None or source.id not in source.channel.messages:
        raise Refused(404, 10008)
    return source


def _choose(call: Call, it: Interaction) -> None:
    found = Mistakes(("data",))
    choices = found.several(("choices",), call.body.get("choices"), 25)
    for index, each in enumerate(choices):
        found.text(("choices", index, "name"), each.get("name"), 100, 1)
        if isinstance(each.get("value"), str):
            found.text(("choices", index, "value"), each["value"], 100)
    found.raise_any()
    it.choices = choices
    call.interactions.first(it, CHOICES, ANSWERED)


def _ask(call: Call, it: Interaction) -> None:
    found = Mistakes(("data",))
    modals.check(call.body, found)
    found.raise_any()
    it.modal = modals.shown(call.body)
    call.interactions.first(it, ASK, ANSWERED)


_ANSWERS: dict[int, Any] = {
    SAY: _say,
    DEFER: _defer,
    DEFER_UPDATE: _defer_update,
    UPDATE: _update,
    CHOICES: _choose,
    ASK: _ask,
}


def _kind(it: Interaction) -> int:
    if it.kind == COMMAND:
        return 20
    standing = it.source is not None and not it.source.ephemeral
    return messages.REPLY if it.kind == COMPONENT and standing else messages.DEFAULT


def _post(
    call: Call, it: Interaction, body: Json, kind: int = 0, *, loading: bool = False
) -> Message:
    _demand_attaching(call, it)
    flags = bodies.flags_of(body) | (LOADING if loading else 0)
    more: dict[str, Any] = {**as_message(it), "type": kind, "flags": flags}
    if flags & EPHEMERAL:
        more["seen_by"] = it.user.id
    if kind == messages.REPLY and it.source is not None:
        more["reference"] = messages.reference_to(it.source)
        more["replied_to"] = it.source
    if not loading:
        more["attachments"] = call.attached()
    return messages.post(call.world, it.channel, call.world.bot, body, **more)


def _demand_attaching(call: Call, it: Interaction) -> None:
    """Refuse a file where the app may attach none (`app_permissions` of the interaction)."""
    allowed = in_channel(it.channel, call.world.bot.id)
    if call.files and not allowed & Permission.ATTACH_FILES:
        raise Refused(403, 50013)


def _with_response(it: Interaction, kind: int, message: Message | None) -> Json:
    shown: Json = {"id": str(it.id), "type": it.kind, "channel_id": str(it.channel.id)}
    if it.channel.guild is not None:
        shown["guild_id"] = str(it.channel.guild.id)
    made: Json = {"interaction": shown}
    if message is not None:
        shown |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(message.flags & LOADING),
            "response_message_ephemeral": message.ephemeral,
        }
        if kind in (SAY, DEFER, UPDATE):
            told = SAY if kind == DEFER else kind  # the document has no other
            made["resource"] = {"type": told, "message": messages.shown(it.world, message)}
    return made


# After the first answer


def follow_up(call: Call) -> Json:
    """Say more; the first time after a deferral, it is what was waited for."""
    it = _interaction(call)
    body = {**call.body, "files": call.files}
    bodies.check(body)
    if it.first == DEFER and it.original is not None and it.original.flags & LOADING:
        return messages.shown(call.world, _fill(call, it, it.original, body))
    made = _post(call, it, body)
    it.followups.append(made)
    it.goes_on(ANSWERED)
    return messages.shown(call.world, made)


def _fill(call: Call, it: Interaction, message: Message, body: Json) -> Message:
    """Turn "thinking" into an answer; whether it is private was decided when it was deferred."""
    _demand_attaching(call, it)
    message.flags &= ~LOADING
    message.attachments = call.attached()
    messages.edit(call.world, message, {**body, "flags": body.get("flags") or 0})
    message.edited = None
    it.goes_on(ANSWERED)
    return message


def original(call: Call) -> Json:
    """Return the original answer."""
    return messages.shown(call.world, _original(call))


def edit_original(call: Call) -> Json:
    """Change the original answer, or give it after a deferral."""
    it, message = _interaction(call), _original(call)
    loading = bool(message.flags & LOADING)
    bodies.check({**call.body, "files": call.files}, message)
    if loading:
        return messages.shown(call.world, _fill(call, it, message, call.body))
    return _edited(call, it, message)


def _edited(call: Call, it: Interaction, message: Message) -> Json:
    keep_attachments(call, message)
    messages.edit(call.world, message, call.body)
    it.goes_on(ANSWERED)
    return messages.shown(call.world, message)


def delete_original(call: Call) -> None:
    """Take the original answer away."""
    messages.delete(call.world, _original(call))


def _interaction(call: Call) -> Interaction:
    return call.interactions.by_token(call.id("webhook_id"), call.path["webhook_token"])


def _original(call: Call) -> Message:
    found = _interaction(call).original
    if found is None or found.id not in found.channel.messages:
        raise Refused(404, 10008)
    return found


def _followup(call: Call) -> Message:
    it = _interaction(call)
    own = [each for each in (*it.followups, it.original) if each is not None]
    found = next((each for each in own if each.id == call.id("message_id")), None)
    if found is None or found.id not in found.channel.messages:
        raise Refused(404, 10008)
    return found


def one(call: Call) -> Json:
    """Return a follow-up."""
    return messages.shown(call.world, _followup(call))


def edit(call: Call) -> Json:
    """Change a follow-up."""
    message = _followup(call)
    bodies.check({**call.body, "files": call.files}, message)
    return _edited(call, _interaction(call), message)


def delete(call: Call) -> None:
    """Take a follow-up away."""
    messages.delete(call.world, _followup(call))


ROUTES: Routes = [
    ("POST", "/interactions/{interaction_id}/{interaction_token}/callback", callback),
    ("POST", _HOOK, follow_up),
    ("GET", _HOOK + "/messages/@original", original),
    ("PATCH", _HOOK + "/messages/@original", edit_original),
    ("DELETE", _HOOK + "/messages/@original", delete_original),
    ("GET", _HOOK + "/messages/{message_id}", one),
    ("PATCH", _HOOK + "/messages/{message_id}", edit),
    ("DELETE", _HOOK + "/messages/{message_id}", delete),
]
