"""A stock maubot command; runs in the environment that matrix_commands.py makes for it."""

from __future__ import annotations

import os

from maubot import MessageEvent, Plugin  # type: ignore[import-not-found]
from maubot.handlers import command  # type: ignore[import-not-found]

REPLY = os.environ["BENCHMARK_REPLY"]


class HelpPlugin(Plugin):  # type: ignore[misc]
    """Answers `!help`."""

    @command.new("help")  # type: ignore[untyped-decorator]
    async def help(self, event: MessageEvent) -> None:
        """Answer with as many characters as Circlekeeper does."""
        relation = {"m.in_reply_to": {"event_id": event.event_id}}
        await event.respond(REPLY, markdown=False, extra_content={"m.relates_to": relation})
