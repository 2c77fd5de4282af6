"""Random bytes from the system, fetched many at a time.

Each call to the system lets go of the interpreter's lock, and a thread that does so for every
sealed column waits for all the others every time.
"""

import os
from collections import deque

_AT_ONCE = 256


class RandomBytes:
    """Random bytes of one length; safe with threads, and never the same in a forked process.

    Args:
        length: bytes that each call returns.
    """

    def __init__(self, length: int) -> None:
        """Fetch nothing yet."""
        self.length = length
        self._ready: deque[bytes] = deque()
        os.register_at_fork(after_in_child=self._ready.clear)

    def next(self) -> bytes:
        """Return bytes that nobody was given before."""
        try:
            return self._ready.pop()
        except IndexError:
            many = os.urandom(self.length * _AT_ONCE)
        parts = [many[at : at + self.length] for at in range(0, len(many), self.length)]
        last = parts.pop()
        self._ready.extend(parts)
        return last
