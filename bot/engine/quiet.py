"""Quiet hours: nothing comes by itself while they last."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def quiet_until(hours: Sequence[str] | None, zone: str, now: datetime) -> datetime:
    """Return when somebody may be written to: now, or when their quiet hours end.

    Args:
        hours: from and to as HH:MM on the wall clock of `zone`; None for no quiet hours.
        now: in UTC.
    """
    if not hours:
        return now
    first, last = (time.fromisoformat(each) for each in hours)
    here = now.astimezone(ZoneInfo(zone))
    clock = here.time()
    inside = first <= clock < last if first < last else clock >= first or clock < last
    if not inside:
        return now
    day = here.date() + timedelta(days=1 if clock >= last else 0)
    # Of an end that the clock shows twice, the one that is still to come.
    end = datetime.combine(day, last, ZoneInfo(zone)).replace(fold=here.fold)
    return end.astimezone(UTC)
