"""A stock matrix-nio bot, as its documentation shows: the peer of matrix_commands.py."""

from __future__ import annotations

import asyncio
import os

from nio import InviteMemberEvent, MatrixRoom, RoomMessageText
from nio.client.async_client import AsyncClient

REPLY = os.environ["BENCHMARK_REPLY"]


async def main() -> None:
    """Answer `!help` until ended."""
    client = AsyncClient(os.environ["BENCHMARK_HOMESERVER"])
    client.restore_login(
        os.environ["BENCHMARK_USER_ID"],
        os.environ["BENCHMARK_DEVICE_ID"],
        os.environ["BENCHMARK_ACCESS_TOKEN"],
    )

    async def answer(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender == client.user_id or event.body != "!help":
            return
        relation = {"m.in_reply_to": {"event_id": event.event_id}}
        content = {"msgtype": "m.notice", "body": REPLY, "m.relates_to": relation}
        await client.room_send(room.room_id, "m.room.message", content)

    async def accept(room: MatrixRoom, event: InviteMemberEvent) -> None:
        if event.state_key == client.user_id and event.membership == "invite":
            await client.join(room.room_id)

    client.add_event_callback(answer, RoomMessageText)  # type: ignore[arg-type]
    client.add_event_callback(accept, InviteMemberEvent)  # type: ignore[arg-type]
    try:
        await client.sync_forever(timeout=30_000)
    finally:
        await client.close()


if __name__ == "__main__":
    asyncio.run(main())
