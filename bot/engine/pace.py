"""How long the engine waits: for a lease to end, between two looks at the store, when in doubt."""

from datetime import timedelta


class Pace:
    """The engine's waits, all in the same proportion to one another.

    Args:
        speed: how many times shorter than in life they are: tests that kill the bot a thousand
            times have no hours to wait.
    """

    def __init__(self, speed: float = 1.0) -> None:
        """Shorten every wait by this factor."""
        self.lease = timedelta(seconds=60) / speed  # a claimed row is held for so long
        self.margin = timedelta(seconds=35) / speed  # longer than an adapter's longest call
        self.look = timedelta(seconds=30) / speed  # at most, between two looks at the store
        self.after_failure = timedelta(seconds=5) / speed
        self.doubt = timedelta(seconds=1) / speed  # beyond the quiescence; doubled every time
        self.longest_doubt = timedelta(minutes=5) / speed
        self.usual = timedelta(seconds=1) / speed  # longer, and the database was away meanwhile
