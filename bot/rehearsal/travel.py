"""Moving the clock of the playground: what becomes due happens, in its order, and is told of."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from bot.adapters.playground import Refused, World
from bot.app import App
from bot.core.events import CameDue
from bot.core.turn import Plan
from bot.rehearsal.clock import SimulatedClock
from storage.communities import Communities
from storage.members import Members
from storage.outbox import Deliveries
from storage.schedules import Schedules
from storage.transaction import Transaction

JSON: TypeAlias = dict[str, Any]

FARTHEST = timedelta(days=5 * 366)
_STEPS = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=28)}
_TOLD = 300  # lines that a page is told of, the newest
_SHOWN = 3  # places in which something was said
_RETENTION = timedelta(days=1)


@dataclass(slots=True)
class _Next:
    """What comes next: when, what (a schedule's kind; "held": messages that wait), and why."""

    at: datetime
    kind: str
    rule: Mapping[str, Any] | None = None
    zone: str = "UTC"
    person: str = ""


class Travel:
    """Moves one clock, with one bot living by it."""

    def __init__(self, app: App, world: World, clock: SimulatedClock, zone: str) -> None:
        """Stand still; `zone` is meant until the community has one of its own."""
        self.app = app
        self.world = world
        self.clock = clock
        self.zone = zone
        self.travelling = False
        self._stop = False
        self._lines = 0
        self._there = 0  # messages that were there before what is due happened
        self._cleaned = clock.now()
        self._happened: dict[str, JSON] = {}
        self._handle = app.tick.handle
        app.tick.handle = self._note

    # What came due

    def _note(self, tx: Transaction, event: CameDue, plan: Plan) -> None:
        """Handle a schedule as ever, and note what it was and why it came."""
        self._handle(tx, event, plan)
        self._happened[event.event_id] = {
            "kind": plan.kind,
            "due": event.due.isoformat(),
            "rule": dict(plan.rule) if plan.rule else None,
            "zone": plan.zone,
            "person": _name(tx, plan.subject),
        }

    async def settle(self) -> None:
        """Let the bot do all that it has to do now."""
        await self.app.settle()
        self._there = self.world.messages_so_far
        if await self.app.tick.once():
            await self.app.settle()
        self._tell_lines()

    def _tell_lines(self, *, held: bool = False) -> None:
        """Tell the pages what happened, and which messages came of it."""
        lines, self._happened = list(self._happened.values()), {}
        if held and not lines:
            lines = [{"kind": "held", "due": self.clock.now().isoformat()}]
        made = self._made()
        if lines and made:
            lines[-1]["made"] = made
        for line in lines:
            self._lines += 1
            self.world.changed(
                f"line {self._lines % _TOLD}", {"line": {**line, "number": self._lines}}
            )

    def _made(self) -> list[JSON]:
        """Return where the bot has said something of what was due."""
        places: dict[tuple[str, str], JSON] = {}
        for message in reversed(self.world.messages.values()):
            if int(message.id[1:]) <= self._there:
                break
            if not message.author:
                place = {"message": message.id, "room": message.room, "person": message.person}
                places[message.room, message.person] = place
        return list(places.values())[:_SHOWN]

    # What comes next

    async def tell_clock(self) -> bool:
        """Tell the pages the time, and what comes next; tell whether that is still to come."""
        coming = await self.next()
        zone = self.zone
        told: JSON = {"now": self.clock.now().isoformat(), "zone": zone}
        if self.travelling:
            told["travelling"] = True
        if coming is not None:
            told["next"] = {
                "at": coming.at.isoformat(),
                "kind": coming.kind,
                "rule": dict(coming.rule) if coming.rule else None,
                "zone": coming.zone,
                "person": coming.person,
            }
        self.world.changed("clock", {"clock": told})
        return coming is None or coming.at > self.clock.now()

    async def next(self) -> _Next | None:
        """Return what comes next, if anything does."""
        (adapter,) = self.app.adapters
        now = self.clock.now()

        def look(tx: Transaction) -> _Next | None:
            row = Communities(tx).find(self.world.community)
            if row is not None and row.zone != "UTC":
                self.zone = row.zone
            schedules, platforms = Schedules(tx), [adapter.name]
            due = schedules.earliest(platforms)
            held = Deliveries(tx).next_due(adapter.account)
            if held is not None and held > now and (due is None or held < due):
                return _Next(held, "held")
            if due is None:
                return None
            plan = schedules.due(due, 1, platforms)[0]
            return _Next(due, plan.kind, plan.rule, plan.zone, _name(tx, plan.subject))

        return await self.app.store.transact(look, urgent=False)

    # Moving

    async def target(self, to: str, date: str) -> datetime:
        """Return the moment that is meant.

        Raises: `Refused`, for one that has passed above all.
        """
        now = self.clock.now()
        if to == "next":
            coming = await self.next()
            if coming is None:
                raise Refused("refused_nothing_due")
            return max(coming.at, now)
        await self.next()
        zone = ZoneInfo(self.zone)
        if to in _STEPS:
            # The same time on the clock, whatever that has done in between.
            return (now.astimezone(zone) + _STEPS[to]).astimezone(UTC)
        try:
            moment = datetime.fromisoformat(date)
            local = moment.replace(tzinfo=moment.tzinfo or zone)
        except ValueError:
            raise Refused("refused_date") from None
        if local.year < now.year - 1 or (moment := local.astimezone(UTC)) < now:
            raise Refused("refused_back", now=now.isoformat())
        if moment > now + FARTHEST:
            raise Refused("refused_far")
        return moment

    def stop(self) -> None:
        """Stay at the next moment at which something is due."""
        self._stop = True

    async def to(self, moment: datetime) -> int:
        """Move on; return how many moments there were at which something was due."""
        self.travelling, self._stop, count = True, False, 0
        try:
            while not self._stop and await self._step(moment):
                count += 1
                await self.tell_clock()
            if not self._stop:
                self.clock.move_to(moment)
                await self._clean()
                await self.settle()
        finally:
            self.travelling = False
            await self.tell_clock()
        return count

    async def _clean(self) -> None:
        """Let go of what has been kept long enough, about once a day."""
        if self.clock.now() - self._cleaned >= _RETENTION:
            self._cleaned = self.clock.now()
            await self.app.retention.once()

    async def _step(self, moment: datetime) -> bool:
        """Go to the next thing due, if it comes by this moment, and let it happen."""
        coming = await self.next()
        if coming is None or coming.at > moment:
            return False
        self.clock.move_to(coming.at)
        await self._clean()
        self._there = self.world.messages_so_far
        await self.app.tick.once()
        await self.app.settle()
        self._tell_lines(held=coming.kind == "held")
        await asyncio.sleep(0)
        return True


def _name(tx: Transaction, subject: str | None) -> str:
    if subject is None:
        return ""
    try:
        return Members(tx).who(subject).id
    except LookupError:
        return ""
