"""A platform in memory: for rehearsals and tests, with the same words and no network."""

from bot.adapters.memory.adapter import BOT, Line, MemoryAdapter

__all__ = ["BOT", "Line", "MemoryAdapter"]
