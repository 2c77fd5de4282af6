"""Matrix: one account on one homeserver, through matrix-nio."""

from bot.adapters.matrix.adapter import MatrixAdapter
from bot.adapters.matrix.hosting import Asking, Credentials, LoggedIn, log_in, look
from bot.adapters.matrix.profile import Profile

__all__ = ["Asking", "Credentials", "LoggedIn", "MatrixAdapter", "Profile", "log_in", "look"]
