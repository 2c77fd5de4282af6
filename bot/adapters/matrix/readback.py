"""Look in a room's history for a message of ours, by the delivery's key in its content."""

from datetime import timedelta

from bot.adapters.matrix import outbound
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import PLATFORM
from bot.adapters.matrix.polls import POLL
from bot.adapters.matrix.rooms import timestamp
from bot.core.errors import Unreadable
from bot.core.ports import Delivery
from bot.core.refs import MessageRef, Room

_PAGES = 10
_MARGIN = timedelta(minutes=5)  # our clock and the homeserver's may differ


async def read_back(client: Client, room_id: str, delivery: Delivery) -> MessageRef | None:
    """Return the message that the delivery made, or None if it certainly made none.

    Raises: `Unreadable` when more stands after the first attempt than we read; `MatrixError`.
    """
    first = delivery.first_attempt
    oldest_ms = None if first is None else int((first - _MARGIN).timestamp() * 1000)
    types = ["m.room.message", "m.room.encrypted", POLL]
    only_ours = {"senders": [client.user_id], "types": types}
    page: str | None = None
    for _ in range(_PAGES):
        answer = await client.messages(room_id, page, event_filter=only_ours)
        chunk = [event for event in answer.get("chunk", []) if isinstance(event, dict)]
        for event in chunk:
            content = event.get("content")
            if isinstance(content, dict) and content.get(outbound.KEY) == delivery.key:
                return _reference(room_id, event["event_id"], content)
        end = answer.get("end")
        if not isinstance(end, str) or end == page:
            return None
        if oldest_ms is not None and any(timestamp(event) < oldest_ms for event in chunk):
            return None
        page = end
    raise Unreadable("too much was sent since the first attempt")


def _reference(room_id: str, event_id: str, content: dict[str, object]) -> MessageRef:
    relation = content.get("m.relates_to")
    root = None
    if isinstance(relation, dict) and relation.get("rel_type") == "m.thread":
        root = str(relation.get("event_id"))
    return MessageRef(Room(PLATFORM, room_id, root), event_id)
