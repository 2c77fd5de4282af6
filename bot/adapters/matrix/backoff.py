"""How long to wait after a failure."""

from bot.core.ports import Clock, Ids

_FIRST, _LONGEST = 1.0, 60.0
_GRAIN = 1000


class Backoff:
    """Growing pauses, jittered so that many bots do not return at once: about 1 s, 2 s … 60 s."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        """Begin with the shortest pause."""
        self._clock = clock
        self._ids = ids
        self._next = _FIRST

    def reset(self) -> None:
        """Begin again with the shortest pause."""
        self._next = _FIRST

    def pause(self, at_least: float | None = None) -> float:
        """Return the seconds to wait now, and grow."""
        jitter = 0.5 + self._ids.pick(_GRAIN) / _GRAIN / 2
        seconds, self._next = self._next * jitter, min(self._next * 2, _LONGEST)
        return max(seconds, at_least or 0.0)

    async def rest(self, at_least: float | None = None) -> float:
        """Wait, and return for how long."""
        seconds = self.pause(at_least)
        await self._clock.sleep(seconds)
        return seconds
