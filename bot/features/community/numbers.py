"""Numbers for moderators: bands where they are about people, and nothing under five."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.core.features import Number
from bot.core.turn import Turn
from storage.numbers import Numbers

FEWEST = 5  # PRODUCT.md, rule 8
_SMALL = 10  # a community with fewer members shows no number about people
_BANDS = ((20, "20+"), (10, "10-19"), (FEWEST, "5-9"))


def show(turn: Turn, _options: Mapping[str, str]) -> None:
    """Show the numbers of this calendar month."""
    month = f"{turn.now.astimezone(ZoneInfo(turn.community.zone)):%Y-%m}"
    found: list[Number] = turn.gather("numbers")
    lines = [(each.label, _shown(turn, month, each)) for each in found]
    turn.say("numbers", lines=lines, month=month)


def band(count: int) -> str:
    """Return the band of a number of people; "" under five."""
    return next((name for least, name in _BANDS if count >= least), "")


def _shown(turn: Turn, month: str, number: Number) -> str:
    if not number.of_people:
        return str(number.count)
    numbers, community = turn.rows(Numbers), turn.community.id
    kept = numbers.band(community, month, number.name)
    if kept is None:
        small = numbers.members(community) < _SMALL
        kept = "" if small else band(number.count)
        numbers.keep(community, month, number.name, kept)
    return kept or turn.text("too_few")
