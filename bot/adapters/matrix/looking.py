"""Looking at a message: whether it stands, whose it is, and its words where they may be read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.adapters.matrix import outbound
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import PLATFORM
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.inbound import is_redacted, without_fallback
from bot.adapters.matrix.polls import POLL, RESPONSES
from bot.adapters.matrix.polls import hands as hands_of
from bot.adapters.matrix.transport import JSON, MatrixError, Refused
from bot.core.actions import Look
from bot.core.events import Looked
from bot.core.refs import Member, MessageRef, Room

if TYPE_CHECKING:
    from bot.adapters.matrix.encryption.machine import Encryption

LINK = "https://matrix.to/#/{room}/{id}"
LINK_PATTERN = r"https://matrix\.to/#/(?P<room>(?:!|%21)[^/?\s]+)/(?P<id>(?:\$|%24)[^/?\s)>]+)"
_PAGES = 20


async def look(
    client: Client, facts: Facts, encryption: Encryption | None, action: Look, now: datetime
) -> Looked:
    """Return what there is to find.

    Raises: what `outbound.reason` makes of a homeserver that does not answer.
    """
    nothing = Looked(event_id=f"looked {action.key}", key=action.key)
    room_id = action.message.room.id
    if facts.communities.of(room_id) != action.community:
        return nothing
    try:
        event = await client.event(room_id, action.message.id)
    except Refused as error:
        if error.status in (403, 404):
            return nothing
        raise outbound.reason(error, direct=False) from error
    except MatrixError as error:
        raise outbound.reason(error, direct=False) from error
    sender, relation = event.get("sender"), _relation(event)
    kind = event.get("type")
    if is_redacted(event) or kind not in ("m.room.message", "m.room.encrypted", POLL):
        return nothing
    root = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
    text, hands = None, tuple[int, ...]()
    if action.words:
        text = await _words(encryption, room_id, event, now)
    try:
        if action.hands and sender == facts.me:
            hands = await _hands(client, encryption, action.message, now)
    except MatrixError as error:
        raise outbound.reason(error, direct=False) from error
    return Looked(
        event_id=nothing.event_id,
        key=action.key,
        found=True,
        author=Member(PLATFORM, str(sender)) if sender != facts.me else None,
        thread=MessageRef(Room(PLATFORM, room_id), str(root)) if root else None,
        answered=_is_answered(event, facts.me),
        text=text,
        hands=hands,
    )


async def _hands(
    client: Client, encryption: Encryption | None, poll: MessageRef, now: datetime
) -> tuple[int, ...]:
    """Count a poll of ours as everybody sees it; what cannot be read counts for nothing."""
    responses: list[tuple[str, dict[str, Any]]] = []
    page: str | None = None
    for _ in range(_PAGES):
        answer = await client.referring(poll.room.id, poll.id, page)
        for event in answer.get("chunk", ()):
            sender, kind = event.get("sender"), event.get("type")
            if kind in RESPONSES or kind == "m.room.encrypted":
                content = await _content(encryption, poll.room.id, event, now)
                responses.append((str(sender), content))
        page = answer.get("next_batch")
        if not isinstance(page, str):
            break
    return hands_of(responses)


def _is_answered(event: JSON, me: str) -> bool:
    """Tell whether somebody wrote in the thread on this message; its first line is ours."""
    thread = _bundled(event).get("m.thread")
    if not isinstance(thread, dict):
        return False
    latest = thread.get("latest_event")
    return int(thread.get("count") or 0) > 1 or (
        isinstance(latest, dict) and latest.get("sender") != me
    )


async def _words(
    encryption: Encryption | None, room_id: str, event: JSON, now: datetime
) -> str | None:
    """Return the words as they are after the last edit; None where they cannot be read."""
    replaced = _bundled(event).get("m.replace")
    if isinstance(replaced, dict) and replaced.get("sender") == event.get("sender"):
        content = (await _content(encryption, room_id, replaced, now)).get("m.new_content")
    else:
        content = await _content(encryption, room_id, event, now)
    body = content.get("body") if isinstance(content, dict) else None
    readable = isinstance(content, dict) and content.get("msgtype") in ("m.text", "m.emote")
    return without_fallback(body).strip() if readable and isinstance(body, str) else None


async def _content(
    encryption: Encryption | None, room_id: str, event: JSON, now: datetime
) -> dict[str, Any]:
    if event.get("type") == "m.room.encrypted":
        opened = await encryption.open(room_id, event, now) if encryption is not None else None
        return opened.content if opened is not None else {}
    content = event.get("content")
    return content if isinstance(content, dict) else {}


def _relation(event: JSON) -> dict[str, Any]:
    content = event.get("content")
    relation = content.get("m.relates_to") if isinstance(content, dict) else None
    return relation if isinstance(relation, dict) else {}


def _bundled(event: JSON) -> dict[str, Any]:
    unsigned = event.get("unsigned")
    bundled = unsigned.get("m.relations") if isinstance(unsigned, dict) else None
    return bundled if isinstance(bundled, dict) else {}
