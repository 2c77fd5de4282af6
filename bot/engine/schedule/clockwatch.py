"""Watching the machine's clock: a time that jumped is not believed at once.

The time of day is held against the monotonic clock, which nobody can set. When they part by more
than `JUMP`, either way, somebody set the clock, or the machine slept; which, cannot be known. So
nothing is handled until the clock has run steadily for `SETTLES`: a mistake that is mended by then
does no harm, and a machine that woke up is a few minutes late, which no policy minds.
"""

from datetime import datetime, timedelta

JUMP = timedelta(minutes=1)
SETTLES = timedelta(minutes=2)  # less than the grace of `catchup`


class ClockWatch:
    """Tells whether the clock can be relied on, and when it has become so anew.

    Args:
        settles: how long it must have run steadily after a jump.
    """

    def __init__(self, settles: timedelta = SETTLES) -> None:
        """Begin to watch; until a jump is seen, the clock is relied on."""
        self.settles = settles
        self._seen: tuple[datetime, float] | None = None
        self._steady_since = 0.0
        self._jumped = False
        self._settled = False

    def reliable(self, now: datetime, monotonic: float) -> bool:
        """Look at both clocks; tell whether what is due by the first may be handled."""
        if self._seen is None:
            self._steady_since = monotonic
        else:
            seen, then = self._seen
            apart = (now - seen) - timedelta(seconds=monotonic - then)
            if abs(apart) > JUMP:
                self._steady_since, self._jumped, self._settled = monotonic, True, False
        self._seen = now, monotonic
        if monotonic - self._steady_since >= self.settles.total_seconds():
            self._jumped = False
        return not self._jumped

    def settled(self) -> bool:
        """Tell, once for the start and once for each jump, that the clock runs steadily since."""
        if self._settled or self._seen is None:
            return False
        self._settled = self._seen[1] - self._steady_since >= self.settles.total_seconds()
        return self._settled
