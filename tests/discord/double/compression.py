"""How the gateway's frames are packed: one stream a connection, flushed after each frame."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard


class Stream(Protocol):
    """One connection's packing."""

    def compress(self, data: bytes) -> bytes:
        """Return one frame, packed and whole."""
        ...


class Zlib:
    """`compress=zlib-stream`."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def compress(self, data: bytes) -> bytes:
        """End each frame with the four bytes that clients look for."""
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class Zstd:
    """`compress=zstd-stream`."""

    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor().compressobj()

    def compress(self, data: bytes) -> bytes:
        """End each frame at a block."""
        packed = self._stream.compress(data)
        return packed + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


STREAMS: dict[str, Callable[[], Stream]] = {"zlib-stream": Zlib, "zstd-stream": Zstd}
