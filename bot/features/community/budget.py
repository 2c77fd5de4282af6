"""How much of the bot a room takes in a day: what waits there, and letting more through."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.core.errors import BadInput
from bot.core.turn import PAUSABLE, USUAL_BUDGET, Turn
from storage.communities import Communities
from storage.outbox import Deliveries
from storage.room_days import RoomDays

MOST = 100  # more than that a day is no limit


def show(turn: Turn, options: Mapping[str, str]) -> None:
    """Say how many posts a day a room takes and what waits, or set another number."""
    typed = options.get("posts", "").strip()
    if not typed:
        turn.say("budget", most=turn.community.budget, usual=USUAL_BUDGET, lines=status(turn))
        return
    number = int(typed) if typed.isdecimal() else 0
    if not 1 <= number <= MOST:
        raise BadInput("budget_number", typed=typed[:20], most=MOST)
    before, waits = turn.community.budget, bool(status(turn))
    keep(turn, number)
    turn.say("budget_kept", most=number, before=before, waits=waits)


def keep(turn: Turn, number: int) -> None:
    """Keep another number; where it is higher, what waits is looked at again at once."""
    before = turn.community.budget
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    row.room_budget = number
    communities.save(row)
    if number > before:
        turn.rows(RoomDays).bring_forward(row.id, turn.now)


def status(turn: Turn) -> list[str]:
    """Return what waits in each room because it had enough for the day."""
    deliveries, zone = turn.rows(Deliveries), ZoneInfo(turn.community.zone)
    names = {deliveries.destination(each.room): each.name for each in turn.community.known_rooms}
    most, lines = turn.community.budget, []
    for room, waiting in turn.rows(RoomDays).waiting(turn.community.id).items():
        flows = [flow for flow in PAUSABLE if flow in waiting.flows]
        count = waiting.flows.total()
        lines.append(
            turn.text(
                "budget_waits",
                room=names.get(room, "?"),
                most=most,
                count=count,
                what=[turn.text(f"community/pausable_{flow}") for flow in flows],
                at=waiting.until.astimezone(zone),
                more=min(most + count, MOST),
            )
        )
    return lines
