"""A rate limit: what an account does leaves no faster than its platform takes it.

At most so many actions leave within any one window, answers to people first. What nobody waits for
leaves evenly, so that all the while a place is about to be free for an answer.
"""

from bisect import insort
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.core.actions import Lane
from bot.core.ports import Clock

_SHARE = 0.96  # of the limit: what left evenly does not arrive quite so
_RANKS = {lane: rank for rank, lane in enumerate((Lane.INTERACTIVE, Lane.NORMAL, Lane.BULK))}
_NOW = timedelta(0)


class RateLimit:
    """Lets actions leave one after another."""

    def __init__(self, per_second: float | None, clock: Clock) -> None:
        """Let so many leave a second; None: as many as want to."""
        self._clock = clock
        self.limited = per_second is not None
        limit = per_second or 1.0
        self._most = max(1, int(limit))
        self._window = timedelta(seconds=max(1.0, self._most / limit) / _SHARE)
        self._apart = self._window / self._most
        self._left: deque[datetime] = deque(maxlen=self._most)
        self._evenly = datetime.min.replace(tzinfo=UTC)  # when the next that nobody waits for may
        self._waiting: list[tuple[int, int]] = []
        self._count = count()

    async def turn(self, lane: Lane) -> None:
        """Wait until an action of this lane may leave, behind those of its own and more urgent."""
        if not self.limited:
            return
        if not self._waiting:
            self._evenly = max(self._evenly, self._clock.now())
        place = (_RANKS[lane], next(self._count))
        insort(self._waiting, place)
        try:
            while (wait := self._wait(place)) > _NOW:
                await self._clock.sleep(wait.total_seconds())
            self._leave()
        finally:
            self._waiting.remove(place)

    def _wait(self, place: tuple[int, int]) -> timedelta:
        """Return how long to wait before it is worth looking again."""
        now = self._clock.now()
        if self._left and self._left[-1] > now:
            # The machine's clock went back: wait for nothing that is to come only then.
            self._left.clear()
            self._evenly = now
        free = self._left[0] + self._window if len(self._left) == self._most else now
        if place[0] > _RANKS[Lane.INTERACTIVE]:
            free = max(free, self._evenly)
        return max(free - now, _NOW) + self._waiting.index(place) * self._apart

    def _leave(self) -> None:
        now = self._clock.now()
        self._left.append(now)
        # A moment's lateness is made up for while somebody waits.
        self._evenly = max(self._evenly, now - self._window / 8) + self._apart
