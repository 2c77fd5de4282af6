"""Links to messages, as the platform makes them."""

import re
from urllib.parse import quote, unquote

from bot.core.actions import Affordances
from bot.core.refs import Community, MessageRef, Room


def link_to(can: Affordances, community: Community, message: MessageRef) -> str:
    """Return the link to a message; "" where the platform has none."""
    room = message.room.thread if can.threads_are_rooms and message.room.thread else message.room.id
    parts = {"community": community.id, "room": room, "id": message.id}
    return can.link.format(**{name: quote(part, safe="") for name, part in parts.items()})


def message_in(can: Affordances, community: Community, text: str) -> MessageRef | None:
    """Return the message that a text links to, if it is one of this community, as far as the link
    tells.
    """
    found = re.search(can.link_pattern, text) if can.link_pattern else None
    if found is None:
        return None
    parts = {name: unquote(part) for name, part in found.groupdict().items() if part}
    if parts.get("community", community.id) != community.id:
        return None
    return MessageRef(Room(community.platform, parts["room"]), parts["id"])
