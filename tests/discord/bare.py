"""A bot on nothing but discord.py, pointed at a double: what the double is tried with."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Protocol

import discord
import yarl
from discord import gateway, http, utils


class Place(Protocol):
    """Where Discord, or its double, is."""

    @property
    def api_url(self) -> str: ...
    @property
    def gateway_url(self) -> str: ...
    @property
    def token(self) -> str: ...


@contextmanager
def pointed_at(double: Place) -> Iterator[None]:
    """Let discord.py speak to the double, as the settings of the adapter do."""
    base, socket = http.Route.BASE, gateway.DiscordWebSocket.DEFAULT_GATEWAY
    http.Route.BASE = double.api_url
    gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(double.gateway_url)
    try:
        yield
    finally:
        http.Route.BASE, gateway.DiscordWebSocket.DEFAULT_GATEWAY = base, socket


@contextmanager
def packed_with(kind: type[utils._DecompressionContext]) -> Iterator[None]:
    """Let discord.py ask for another way of packing, as if other packages were installed."""
    before = utils._ActiveDecompressionContext
    utils._ActiveDecompressionContext = kind
    try:
        yield
    finally:
        utils._ActiveDecompressionContext = before


@asynccontextmanager
async def running(
    double: Place, client: discord.Client | None = None, *, ready: bool = True
) -> AsyncIterator[discord.Client]:
    """Let a client run on the double until the end of the block."""
    if client is None:
        client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None)
    client._connection.guild_ready_timeout = 0.05
    with pointed_at(double):
        task = asyncio.create_task(client.start(double.token))
        try:
            if ready:
                waiting = asyncio.create_task(client.wait_until_ready())
                await asyncio.wait({task, waiting}, timeout=10, return_when="FIRST_COMPLETED")
                waiting.cancel()
                if task.done():
                    await task
                assert client.is_ready()
            yield client
        finally:
            await client.close()
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


class Zlib:
    """What discord.py packs with where zstandard is not installed (copied from `discord.utils`)."""

    COMPRESSION_TYPE = "zlib-stream"

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()
        self._buffer = bytearray()

    def decompress(self, data: bytes, /) -> str | None:
        """Return a whole frame, once its end has come."""
        self._buffer.extend(data)
        if data[-4:] != b"\x00\x00\xff\xff":
            return None
        packed, self._buffer = self._buffer, bytearray()
        return self._stream.decompress(packed).decode()
