"""A bot on nothing but discord.py, which answers `/help` with a constant: the peer of
discord_interactions.py.

With BENCHMARK_DATABASE it first commits one row to that SQLite file, as safely as Circlekeeper does
(WAL, `synchronous=FULL`): what nobody can save who wants to lose nothing.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3

import discord
import yarl
from discord.app_commands import CommandTree
from discord.gateway import DiscordWebSocket
from discord.http import Route

REPLY = os.environ["BENCHMARK_REPLY"]
DATABASE = os.environ.get("BENCHMARK_DATABASE")


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


class Kept:
    """Rows on disk, written one after another on a thread."""

    def __init__(self, path: str) -> None:
        """Open the file."""
        self._one = asyncio.Lock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY)")

    async def keep(self, number: int) -> None:
        """Commit a row."""
        async with self._one:
            await asyncio.to_thread(
                self._database.execute, "INSERT INTO kept VALUES (?)", (number,)
            )


kept = Kept(DATABASE) if DATABASE else None


async def answer(interaction: discord.Interaction) -> None:
    """Answer, whatever is asked."""
    if kept is not None:
        await kept.keep(interaction.id)
    await interaction.response.send_message(REPLY)


def main() -> None:
    """Answer until ended."""
    Route.BASE = os.environ["BENCHMARK_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["BENCHMARK_GATEWAY_URL"])
    Bot().run(os.environ["BENCHMARK_TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()
