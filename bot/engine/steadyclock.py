"""A clock that is not led astray: one that jumps by years is not followed.

A jump of some hours or weeks may be a machine that slept, and `schedule.clockwatch` sees to it. But
a clock that shows another year would let every window close and every period of keeping end, which
cannot be undone. So from the moment of such a jump the time is counted on from the last that was
believed, until the clock comes near it again. At a start, `storage.seen` compares.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from storage.clock import steady
from storage.seen import is_plausible

log = structlog.get_logger(__name__)


class SteadyClock:
    """Tells the time of a clock, or goes on by itself while that is out of its mind.

    Args:
        source: the machine's clock, or the database's.
        elapsed: seconds that nobody can set, going on while the machine sleeps.
    """

    def __init__(
        self,
        source: Callable[[], datetime],
        elapsed: Callable[[], float] = steady,
    ) -> None:
        """Believe it for now."""
        self._source = source
        self._elapsed = elapsed
        self._told = source(), elapsed()
        self.shows: datetime | None = None  # what the clock shows while it is not believed

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        await asyncio.sleep(seconds)

    def now(self) -> datetime:
        """Return the time in UTC."""
        told, at = self._told
        here, wall = self._elapsed(), self._source()
        expected = told + timedelta(seconds=here - at)
        if is_plausible(wall, expected):
            if self.shows is not None:
                log.info("the clock is right again")
            self.shows, expected = None, wall
        elif self.shows is None:
            self.shows = wall
            log.error(
                "the clock jumped and is not believed: set it right; time is counted on meanwhile",
                shows=f"{wall:%Y-%m-%d %H:%M} UTC",
                believed=f"{expected:%Y-%m-%d %H:%M} UTC",
            )
        self._told = expected, here
        return expected
