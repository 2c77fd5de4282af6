"""Matrix: one account on one homeserver, through matrix-nio."""

from bot.adapters.matrix.adapter import MatrixAdapter
from bot.adapters.matrix.hosting import Credentials, LoggedIn, log_in, look

__all__ = ["Credentials", "LoggedIn", "MatrixAdapter", "log_in", "look"]
