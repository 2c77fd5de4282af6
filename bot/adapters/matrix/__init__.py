"""Matrix: one account on one homeserver, through matrix-nio."""

from bot.adapters.matrix.adapter import MatrixAdapter

__all__ = ["MatrixAdapter"]
