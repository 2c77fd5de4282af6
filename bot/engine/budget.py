"""How much of the bot a room takes in a day, of what nobody there asked for.

It is looked at in one place, just before sending. What a room did not ask for counts: what comes by
itself, and what a member has posted for them. An answer in a room, a line in a thread, an edit and
a pinned message do not. What is over the budget waits until the next day, in its order; what would
be of no use then is let go, and said to be.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.actions import Action, AskChoice, Pin, Say
from bot.core.refs import Room
from bot.core.turn import USUAL_BUDGET
from bot.engine.running import Running
from bot.engine.schedule.calendar import Calendar
from storage.communities import Communities
from storage.outbox import Claimed, Deliveries
from storage.quiet import QuietPeriods
from storage.room_days import LAST, RoomDays
from storage.tables import Community
from storage.transaction import Transaction

WAITS, COUNTS = "waits", "counts"
LET_GO = "the room had enough for the day"
_FROM = time(10)  # so that what is planned for the morning comes before what was left over


def budget_of(row: Community) -> int:
    """Return how many posts a day each room of a community takes."""
    return USUAL_BUDGET if row.room_budget is None else row.room_budget


def weighs(action: Action, others: Sequence[Action]) -> bool:
    """Tell whether an action that nobody in the room asked for stands there for all to see."""
    if not isinstance(action, Say | AskChoice) or not isinstance(action.to, Room):
        return False
    pinned = any(isinstance(each, Pin) and each.after == action.key for each in others)
    return not (action.to.thread or action.in_thread or pinned)


def is_full(tx: Transaction, row: Community, room: Room, now: datetime) -> bool:
    """Tell whether what a room is told now, unasked, waits until tomorrow."""
    here = Deliveries(tx).destination(room)
    return RoomDays(tx).meant(here, _midnight(row, now)) >= budget_of(row)


def later(tx: Transaction, row: Claimed, running: Running) -> datetime | None:
    """Return until when a claimed post has to wait; None where it may go now."""
    if row.unasked != WAITS or row.community is None:
        return None
    now = running.clock.now()
    community = Communities(tx).get(row.community)
    room, lane, _ = row.line
    # What was left over from another day begins nothing in a pause or on a quiet day.
    paused = community.state == "paused" or running.is_off(row.flow, community)
    silent = lane == LAST and (paused or _is_quiet(tx, community, now))
    midnight = _midnight(community, now)
    if not silent and RoomDays(tx).posted(room, midnight, row.key) < budget_of(community):
        return None
    return _tomorrow(community, now)


def _is_quiet(tx: Transaction, row: Community, now: datetime) -> bool:
    periods = [(each.first_day, each.last_day) for each in QuietPeriods(tx).of(row.id)]
    return Calendar(row.zone, periods).quiet(now)


def _midnight(row: Community, now: datetime) -> datetime:
    here = now.astimezone(ZoneInfo(row.zone))
    return datetime.combine(here.date(), time(), ZoneInfo(row.zone)).astimezone(UTC)


def _tomorrow(row: Community, now: datetime) -> datetime:
    day = now.astimezone(ZoneInfo(row.zone)).date() + timedelta(days=1)
    return datetime.combine(day, _FROM, ZoneInfo(row.zone)).astimezone(UTC)
