"""Reading back whether a delivery stands: its mark is looked for from its first attempt on."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from bot.adapters.discord.guilds import PLATFORM, Guilds
from bot.adapters.discord.messages import is_marked
from bot.adapters.discord.rest import Refused, Rest
from bot.adapters.discord.sending import Sending
from bot.core.actions import AskChoice, AskForm, OpenThread, Say
from bot.core.errors import Unreadable
from bot.core.ports import Delivery
from bot.core.refs import MessageRef, Room

JSON: TypeAlias = dict[str, Any]

_EPOCH_MS = 1_420_070_400_000
_EARLIER = timedelta(minutes=2)  # our clock and Discord's may differ
_PAGE = 100
_PAGES = 50


async def read_back(
    rest: Rest, guilds: Guilds, sending: Sending, delivery: Delivery
) -> MessageRef | None:
    """Return the message that a delivery made, else None: it certainly does not stand.

    Raises: `Unreadable`, `DiscordError`.
    """
    action = delivery.action
    if not isinstance(action, Say | AskChoice | AskForm | OpenThread):
        return None  # the others may simply be done again
    start = _snowflake(delivery.first_attempt)
    if not isinstance(action, OpenThread) and await sending.is_post(action):
        assert isinstance(action.to, Room)
        return await _post(rest, action.to.id, delivery.key, start)
    channel = await sending.place_of(action, delivery.on)
    try:
        found = await _message(rest, channel, delivery.key, start)
    except Refused as error:
        if isinstance(action, OpenThread) and error.status == 404:
            return None  # the thread is not there, so neither is its first line
        raise
    if found is None:
        return None
    if isinstance(action, OpenThread):
        assert delivery.on is not None
        return MessageRef(Room(PLATFORM, delivery.on.room.id, channel), str(found["id"]))
    if isinstance(action.to, Room) and channel in (action.to.id, action.to.thread):
        return MessageRef(action.to, str(found["id"]))
    return MessageRef(guilds.room(channel), str(found["id"]))


async def _message(rest: Rest, channel: str, key: str, start: int) -> JSON | None:
    after, read = start, 0
    for _ in range(_PAGES):
        page = await rest.read_list(
            f"/channels/{channel}/messages", query={"after": str(after), "limit": str(_PAGE)}
        )
        for each in page:
            if is_marked(each, key):
                return dict(each)
        read += len(page)
        if len(page) < _PAGE:
            break
        after = max(int(each["id"]) for each in page)
    else:
        raise Unreadable("too much was said since")
    if not read:
        await _make_sure(rest, channel)
    return None


async def _make_sure(rest: Rest, channel: str) -> None:
    """Tell a place where nothing was said from one whose history we may not read.

    Without the permission Read Message History Discord shows an empty list.
    """
    if await rest.read_list(f"/channels/{channel}/messages", query={"limit": "1"}):
        return
    facts = await rest.call("GET", f"/channels/{channel}")
    if facts.get("last_message_id"):
        raise Unreadable("the channel's history cannot be read")


async def _post(rest: Rest, forum: str, key: str, start: int) -> MessageRef | None:
    """Look for a post among a forum's newest."""
    facts = await rest.call("GET", f"/channels/{forum}")
    active = await rest.call("GET", f"/guilds/{facts['guild_id']}/threads/active")
    archived = await rest.call(
        "GET", f"/channels/{forum}/threads/archived/public", query={"limit": "50"}
    )
    for thread in [*active.get("threads", ()), *archived.get("threads", ())]:
        id_ = str(thread["id"])
        if str(thread.get("parent_id")) != forum or int(id_) < start:
            continue
        message = await rest.call("GET", f"/channels/{id_}/messages/{id_}")
        if is_marked(message, key):
            return MessageRef(Room(PLATFORM, forum, id_), id_)
    return None


def _snowflake(moment: datetime | None) -> int:
    """Return the smallest id of that time; 0 where no time is known."""
    if moment is None:
        return 0
    ms = int((moment - _EARLIER).timestamp() * 1000) - _EPOCH_MS
    return max(ms, 0) << 22
