"""A fake platform at the `Adapter` port: what stands there is a log, and every delivery can fail as
real platforms do.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.actions import Action, Affordances, AskChoice, AskForm, Edit, OpenThread, Say
from bot.core.errors import Doubt, TryLater, Undeliverable, Unreachable, Unreadable
from bot.core.events import Event
from bot.core.ports import Clock, Delivery, Host
from bot.core.refs import Destination, Direct, MessageRef, Room


class Fault(StrEnum):
    """What may happen to one delivery, or to reading it back."""

    TRY_LATER = "refused for now"
    LOST = "doubt: it was not carried out"
    UNHEARD = "doubt: it was carried out, and the answer was lost"
    LATE = "doubt: it is carried out some seconds later"
    UNDELIVERABLE = "refused for ever"
    UNREACHABLE = "the person cannot be written to"
    SLOW = "the answer takes a tenth of a second"
    HANG = "no answer, until somebody gives up"
    CRASH = "the adapter itself is broken"


@dataclass(frozen=True, slots=True)
class Stands:
    """Something that stands on the platform.

    Args:
        key: the delivery's.
        action: what was done.
        ref: the message that it made; None for what makes none.
        on: the message that it hangs on.
        at: when the platform took it.
    """

    key: str
    action: Action
    ref: MessageRef | None
    on: MessageRef | None
    at: datetime

    @property
    def text(self) -> str:
        """Return the text; "" for what has none."""
        return str(getattr(self.action, "text", ""))

    @property
    def place(self) -> Destination:
        """Return where it stands."""
        return self.action.to


@dataclass(slots=True)
class _Planned:
    fault: Fault
    containing: str
    after: float


class FakePlatform:
    """An account on a platform that keeps whatever comes, in the order in which it came.

    Args:
        clock: where the platform's time comes from.
        can: what it can show.
        name: the platform's name, as in `Member.platform`.
        window: for so many seconds a key that came already is known again.
    """

    def __init__(
        self,
        clock: Clock,
        can: Affordances | None = None,
        *,
        name: str = "fake",
        window: float = 300.0,
    ) -> None:
        """Begin empty, and without faults."""
        self.clock = clock
        self.affordances = can or Affordances(quiescence=10.0, direct_unasked=True)
        self.connected = True
        self.name = name
        self.account = f"{name}:bot"
        self.window = timedelta(seconds=window)
        self.readable = True
        self.stands: list[Stands] = []
        self.tried: list[str] = []
        self.read: list[str] = []
        self.gone: set[str] = set()
        self.host: Host | None = None
        self.called = asyncio.Event()
        self._faults: list[_Planned] = []
        self._read_faults: list[Fault] = []
        self._late: list[tuple[datetime, Delivery]] = []

    # What a test arranges and looks at

    def fail(self, *faults: Fault, containing: str = "", after: float = 5.0) -> None:
        """Let the next deliveries fail, one fault each.

        Args:
            faults: what happens, in this order.
            containing: only to deliveries with this text.
            after: seconds, of `TRY_LATER` and `LATE`.
        """
        self._faults += [_Planned(fault, containing, after) for fault in faults]

    def fail_reading(self, *faults: Fault) -> None:
        """Let the next readings fail: `TRY_LATER`, `LOST` or `HANG`."""
        self._read_faults += faults

    def texts(self, place: Destination | None = None) -> list[str]:
        """Return the texts as they are read now, in their order; of one place where it is named."""
        self._land()
        edited = {each.on: each.text for each in self.stands if isinstance(each.action, Edit)}
        return [
            edited.get(each.ref, each.text) if each.ref else each.text
            for each in self.stands
            if place in (None, each.place) and not isinstance(each.action, Edit)
        ]

    def last(self, place: Destination) -> Stands:
        """Return the newest of a place."""
        self._land()
        return next(each for each in reversed(self.stands) if each.place == place)

    async def hear(self, event: Event) -> None:
        """Let something happen on the platform."""
        if self.host is None:
            raise RuntimeError("Nobody listens yet.")
        await self.host.receive(event)

    # The port

    async def run(self, host: Host) -> None:
        """Listen until cancelled."""
        self.host = host
        await asyncio.Event().wait()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Let it stand, or fail as it was arranged."""
        self._land()
        self.tried.append(delivery.key)
        self.called.set()
        to = delivery.action.to
        if isinstance(to, Room) and to.id in self.gone:
            raise Undeliverable("the room is gone")
        planned = self._planned(delivery)
        match planned.fault if planned else None:
            case Fault.TRY_LATER:
                raise TryLater(planned.after if planned else 0.0)
            case Fault.LOST:
                raise Doubt
            case Fault.UNHEARD:
                self._commit(delivery)
                raise Doubt
            case Fault.LATE:
                wait = timedelta(seconds=planned.after if planned else 0.0)
                self._late.append((self.clock.now() + wait, delivery))
                raise Doubt
            case Fault.UNDELIVERABLE:
                raise Undeliverable("not allowed to post here")
            case Fault.UNREACHABLE:
                raise Unreachable("direct messages are closed")
            case Fault.SLOW:
                await asyncio.sleep(0.1)
            case Fault.HANG:
                await asyncio.Event().wait()
            case Fault.CRASH:
                raise RuntimeError("a mistake in the adapter")
            case None:
                pass
        return self._commit(delivery)

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back by the key."""
        self._land()
        self.read.append(delivery.key)
        match self._read_faults.pop(0) if self._read_faults else None:
            case Fault.TRY_LATER:
                raise TryLater(5.0)
            case Fault.HANG:
                await asyncio.Event().wait()
            case None:
                pass
            case _:
                raise Doubt
        if not self.readable:
            raise Unreadable
        return next((each.ref for each in self.stands if each.key == delivery.key), None)

    async def close(self) -> None:
        """Nothing to let go of."""

    # Inner parts

    def _planned(self, delivery: Delivery) -> _Planned | None:
        text = str(getattr(delivery.action, "text", ""))
        for planned in self._faults:
            if planned.containing in text:
                self._faults.remove(planned)
                return planned
        return None

    def _land(self) -> None:
        now = self.clock.now()
        landed = [each for each in self._late if each[0] <= now]
        self._late = [each for each in self._late if each[0] > now]
        for _, delivery in landed:
            self._commit(delivery)

    def _commit(self, delivery: Delivery) -> MessageRef | None:
        now = self.clock.now()
        for each in self.stands:
            if each.key == delivery.key and now - each.at <= self.window:
                return each.ref
        ref = None
        if isinstance(delivery.action, Say | AskChoice | AskForm | OpenThread):
            ref = MessageRef(self._room(delivery.action.to), f"m{len(self.stands) + 1}")
        self.stands.append(Stands(delivery.key, delivery.action, ref, delivery.on, now))
        return ref

    def _room(self, to: Destination) -> Room:
        match to:
            case Direct(member):
                return Room(self.name, f"direct-{member.id}")
            case Room(_, id_, _):
                return Room(self.name, id_)
