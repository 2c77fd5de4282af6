"""A platform in memory: for rehearsals and tests, with the same words and no network."""

from bot.adapters.memory.adapter import MemoryAdapter
from bot.adapters.memory.lines import BOT, Line

__all__ = ["BOT", "Line", "MemoryAdapter"]
