"""A bot on nothing but discord.py, which answers `/help` with a constant: the peer of
discord_interactions.py.
"""

from __future__ import annotations

import os

import discord
import yarl
from discord.app_commands import CommandTree
from discord.gateway import DiscordWebSocket
from discord.http import Route

REPLY = os.environ["BENCHMARK_REPLY"]


class Bot(discord.Client):
    """Asks for nothing but guilds, and keeps no messages."""

    def __init__(self) -> None:
        """Have one command."""
        super().__init__(intents=discord.Intents(guilds=True), max_messages=None)
        self.tree = CommandTree(self)
        self.tree.command(name="help", description="Help")(answer)

    async def setup_hook(self) -> None:
        """Show the command."""
        await self.tree.sync()


async def answer(interaction: discord.Interaction) -> None:
    """Answer, whatever is asked."""
    await interaction.response.send_message(REPLY)


def main() -> None:
    """Answer until ended."""
    Route.BASE = os.environ["BENCHMARK_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["BENCHMARK_GATEWAY_URL"])
    Bot().run(os.environ["BENCHMARK_TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()
