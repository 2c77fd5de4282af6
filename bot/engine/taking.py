"""Turns under way that may have taken rows to send: theirs lie in nobody's hands only in between.

When the database goes away while it commits, nobody knows whether it did. The work is done again,
and finds its event handled; then what it took the first time is held by this process, and sent by
nobody. So it is looked for, and told from what a turn has taken and is about to begin.
"""

from datetime import datetime, timedelta

_LEEWAY = timedelta(seconds=1)  # a clock may be put right between two looks at it


class Taking:
    """Since when turns are under way, by their events."""

    def __init__(self) -> None:
        """Begin with none."""
        self._since: dict[str, datetime] = {}

    def opens(self, event_id: str, now: datetime) -> None:
        """Note that a turn is about to take rows, perhaps once more; from any thread."""
        self._since.setdefault(event_id, now)

    def closes(self, event_id: str) -> None:
        """Note that a turn is over: what it took is being sent."""
        self._since.pop(event_id, None)

    def before(self, now: datetime, lease: timedelta) -> datetime:
        """Return the time before which no row was taken by a turn that is still under way."""
        for event_id, since in list(self._since.items()):
            if now - since > lease:
                self.closes(event_id)  # it was cancelled; its lease says the rest
        return min([now, *self._since.values()]) - _LEEWAY
