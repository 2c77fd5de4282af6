"""A time zone as people name it: by its IANA name, or by a city."""

import re
from functools import cache
from zoneinfo import available_timezones

from bot.core.errors import BadInput
from bot.engine.reading import fold
from bot.engine.schedule.recurrence import valid_zone

_OFFSET = re.compile(r"(?:etc/)?(?:utc|gmt|z)?\s*[+\-\u2212–]\s*\d{1,2}(?:[:.]?\d\d)?")
_OF_NONE = "Etc/"  # zones of no place; of these, `Etc/GMT+1` is what people call GMT-1


def zone_meant(text: str) -> str:
    """Return the IANA zone that somebody typed.

    Raises: `BadInput` with the nearest ones, or since an offset is no zone.
    """
    if _OFFSET.fullmatch(text.strip().casefold()):
        raise BadInput("engine/zone_is_offset")
    if valid_zone(text.strip()):
        return text.strip()
    places = _places()
    typed = fold(text.split("/")[-1].replace("_", " "))
    if typed in places:
        return places[typed]
    from rapidfuzz import process  # only where somebody mistyped: it is large

    near = [places[found[0]] for found in process.extract(typed, list(places), limit=3)]
    raise BadInput("engine/zone_unknown", near=near)


@cache
def _places() -> dict[str, str]:
    names = sorted(name for name in available_timezones() if "/" in name)
    return {
        fold(name.split("/")[-1].replace("_", " ")): name
        for name in names
        if not name.startswith(_OF_NONE)
    }
