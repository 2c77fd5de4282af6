"""Somebody who has nothing follows the documents, and has a bot on Discord's double."""

import asyncio
import tempfile
from base64 import b64encode
from pathlib import Path

from tests.discord.double import Double
from tests.support.circle import welcomed
from tests.support.discord_circle import DiscordCircle
from tests.support.reader import ADDRESS, OURS, ROOT, FollowedBot, Reader, moderators_answers

DOCS = ROOT / "docs"


class FollowedCircle(DiscordCircle):
    """A circle whose host follows the page on connecting Discord."""

    followed: FollowedBot
    reader: Reader

    async def _begin(self) -> None:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="reader-")))
        home = folder / "home"
        home.mkdir()
        self.reader = Reader(
            home,
            {ADDRESS: OURS},
            secret=self.double.token,
            # No reader can give these: only the double is elsewhere.
            extra={
                "CIRCLEKEEPER_DISCORD__API_URL": self.double.api_url,
                "CIRCLEKEEPER_DISCORD__GATEWAY_URL": self.double.gateway_url,
            },
        )
        self.bot = self._runs = self.followed = FollowedBot(
            DOCS / "connecting" / "discord.md", self.reader
        )
        self._stack.push_async_callback(asyncio.to_thread, self.followed.close)
        await asyncio.to_thread(self.followed.start)  # it speaks to the double, which is here
        await super()._begin()


async def test_from_nothing_to_a_bot_that_welcomes(platform: Double) -> None:
    bot = str(platform.world.bot.id)
    platform.world.token = f"{b64encode(bot.encode()).decode().rstrip('=')}.made.up"
    async with FollowedCircle(platform) as circle:
        assert f"https://discord.com/oauth2/authorize?client_id={bot}&" in circle.reader.printed
        assert "Everything is in order." in circle.reader.printed
        for text in circle.followed.in_the_room:
            await circle.says("mira", text.removeprefix("/"))
        for answer in moderators_answers(DOCS / "quickstart.md"):
            if answer == "Ljubljana":
                await circle.hears("mira", "Time zone")
                await circle.says("mira", answer)
            else:
                await circle.answers("mira", answer)
        await circle.hears("mira", "The community is open")
        await circle.hears("mira", "Start here", room=True)
        await welcomed(circle, "ana")
