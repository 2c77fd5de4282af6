"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta


class SimulatedClock:
    """A clock for rehearsals and tests (see `core.ports.Clock`)."""

    def __init__(self, start: datetime) -> None:
        """Begin at this time (with its zone)."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the simulated time in UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Let so many simulated seconds pass at once."""
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Move on.

        Raises: `ValueError` for a step back: time does not go there.
        """
        if by < timedelta(0):
            raise ValueError("A simulated clock goes forward only.")
        self._now += by

    def move_to(self, moment: datetime) -> None:
        """Move on to a moment; one that has passed is now."""
        self._now = max(self._now, moment.astimezone(UTC))
