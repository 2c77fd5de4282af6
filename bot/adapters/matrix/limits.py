"""Whether the homeserver lets the account speak freely: measured, since nothing tells."""

import asyncio
from urllib.parse import quote
from uuid import uuid4

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.outbound import plain_notice
from bot.adapters.matrix.rooms import DIRECT_KEY
from bot.adapters.matrix.transport import Refused

_ATTEMPTS, _PAUSE = 5, 5.0
_MESSAGES = 13  # Synapse lets ten through at once, then one in five seconds
FREE = "Matrix: the homeserver lets the account speak freely."


async def look_at_limits(client: Client, homeserver: str) -> str:
    """Return what is good to know: that there are no limits, or how an admin lifts them.

    The messages are said in a room where nobody else is, which is left again.
    Raises: `MatrixError`.
    """
    try:
        # The mark keeps the running bot from taking it for a community.
        room_id = await client.create_room(
            {"preset": "private_chat", "creation_content": {DIRECT_KEY: f"check {uuid4().hex}"}}
        )
    except Refused as error:
        if not error.limited:
            raise
        return _limited(client.user_id, homeserver, "no further room at present")
    try:
        for number in range(_MESSAGES):
            try:
                content = plain_notice(f"check {number + 1}")
                await client.send(room_id, "m.room.message", content, uuid4().hex)
            except Refused as error:
                if not error.limited:
                    raise
                wait = "a while" if error.retry_after is None else f"{error.retry_after:.0f} s"
                told = f"{number} messages at once, and then the next after {wait}"
                return _limited(client.user_id, homeserver, told)
    finally:
        await _leave(client, room_id)
    return FREE


async def _leave(client: Client, room_id: str) -> None:
    """Leave nothing behind, though leaving is under the same limit."""
    for _ in range(_ATTEMPTS):
        try:
            await client.leave(room_id)
            await client.forget(room_id)
            return
        except Refused as error:
            if not error.limited:
                raise
            await asyncio.sleep(_PAUSE if error.retry_after is None else error.retry_after)


def _limited(user_id: str, homeserver: str, allowed: str) -> str:
    path = f"/_synapse/admin/v1/users/{quote(user_id, safe='')}/override_ratelimit"
    call = (
        'curl -X POST -H "Authorization: Bearer ADMIN_TOKEN" '
        f'-d \'{{"messages_per_second": 0, "burst_count": 0}}\' {homeserver}{path}'
    )
    return (
        f"Matrix: the homeserver lets the account say {allowed}. Everything is said, in order, "
        f"but slowly. A server admin lifts that on Synapse, with the token of an admin: {call}"
    )
