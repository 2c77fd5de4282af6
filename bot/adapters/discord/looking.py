"""Looking at a message: whether it stands, and whose it is.

Without the intent for messages' content, which we never ask for, Discord gives no words.
"""

from typing import Any, TypeAlias

from bot.adapters.discord.guilds import PLATFORM, Guilds, community
from bot.adapters.discord.inbound import is_person, is_talk
from bot.adapters.discord.rest import Refused, Rest
from bot.core.actions import Look
from bot.core.events import Looked
from bot.core.refs import Member, MessageRef, Room

JSON: TypeAlias = dict[str, Any]

_THREADS = (10, 11, 12)
_FIRST = "50"


async def look(rest: Rest, guilds: Guilds, action: Look) -> Looked:
    """Return what there is to find.

    Raises: `DiscordError`.
    """
    nothing = Looked(event_id=f"looked {action.key}", key=action.key)
    place = action.message.room.thread or action.message.room.id
    try:
        channel = await rest.call("GET", f"/channels/{place}")
        if community(str(channel.get("guild_id"))) != action.community:
            return nothing
        found = await rest.call("GET", f"/channels/{place}/messages/{action.message.id}")
        answered = await _is_answered(rest, action.message.id)
    except Refused as error:
        if error.status in (403, 404):
            return nothing
        raise
    threaded = channel.get("type") in _THREADS and channel.get("parent_id")
    text = str(found.get("content") or "").strip() if action.words else ""
    return Looked(
        event_id=nothing.event_id,
        key=action.key,
        found=True,
        author=Member(PLATFORM, str(found["author"]["id"])) if is_talk(found) else None,
        # A thread has the id of the message that it hangs on.
        thread=MessageRef(Room(PLATFORM, str(channel["parent_id"])), place) if threaded else None,
        answered=answered,
        text=text or None,
    )


async def _is_answered(rest: Rest, message: str) -> bool:
    """Tell whether people wrote in the thread that hangs on a message."""
    try:
        there = await rest.read_list(f"/channels/{message}/messages", query={"limit": _FIRST})
    except Refused as error:
        if error.status in (403, 404):
            return False
        raise
    return any(is_person(each) for each in there)
