"""The engine on a store of its own, with a test's own features, and a platform that can fail."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app import App, Content, SeededIds
from bot.core.actions import Action, Affordances
from bot.core.events import Chose, Commanded, Event, Joined, Posted, Reacted, Submitted
from bot.core.features import Feature
from bot.core.refs import Community, Destination, Direct, Member, MessageRef, Room, Standing
from bot.core.turn import Plan
from bot.engine.own import engine_feature
from bot.engine.running import Wanted
from bot.engine.words import Words
from bot.engine.writing import write
from bot.rehearsal.clock import SimulatedClock
from bot.testing import FakePlatform, Stands
from storage.communities import Communities
from storage.members import Members
from storage.opening import open_store
from storage.outbox import Deliveries
from storage.schedules import Schedules
from storage.transaction import Transaction

PROMPTS = Path(__file__).parents[2] / "prompts"
START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
FAKE = "fake"
ROOM = Room(FAKE, "garden")
TEXT_ONLY = Affordances(quiescence=10.0, direct_unasked=True, prefix="!")
WORDS = """
{% block said %}{{ text }}{% endblock %}
{% block ask %}Which one?{% endblock %}
{% block form %}Tell me.{% endblock %}
{% block refused %}That cannot be: {{ what }}.{% endblock %}
"""


def direct(person: str) -> Direct:
    """Return the private conversation with somebody."""
    return Direct(Member(FAKE, person))


class Circle:
    """A community named *circle* with one room, the bot in it, and time that is told to pass.

    Args:
        folder: where the store lies; another circle on the same folder is the bot started again.
        features: a test's own.
        can: what the platform can show.
        platform: one that stands already.
        patience: seconds that a call of the adapter may take.
    """

    def __init__(
        self,
        folder: Path,
        features: Sequence[Feature] = (),
        *,
        can: Affordances = TEXT_ONLY,
        platform: FakePlatform | None = None,
        start: datetime = START,
        patience: float = 1.0,
        communities: Mapping[str, str] | None = None,
    ) -> None:
        """Open the store; the communities are made at the first time."""
        words = folder / "prompts" / "probe"
        words.mkdir(parents=True, exist_ok=True)
        (words / "words.md.j2").write_text(WORDS)
        self.opened = open_store(f"sqlite:///{folder / 'circle.db'}", folder / "key")
        self.store = self.opened.store
        clock = platform.clock if platform is not None else None
        self.clock = clock if isinstance(clock, SimulatedClock) else SimulatedClock(start)
        self.platform = platform or FakePlatform(self.clock, can)
        starts = len(list(folder.glob("started-*")))
        (folder / f"started-{starts}").touch()
        content = Content([engine_feature(), *features], Words([PROMPTS, folder / "prompts"]))
        app = App(self.store, content, [self.platform], clock=self.clock, ids=SeededIds(starts))
        self.running, self.tick = app.running, app.tick
        (self.outbox,), (self.platform.host,) = app.outboxes, app.hosts
        self.outbox.attempts.patience = patience
        self.dispatcher = app.dispatchers[FAKE]
        self._count = itertools.count(starts * 1000)
        if starts == 0:
            self.store.run(lambda tx: self._found(tx, communities or {"circle": "open"}))

    def close(self) -> None:
        """Close the store, as a stopped or killed process does."""
        self.opened.close()

    # What people do

    async def types(
        self,
        person: str,
        text: str | None,
        place: Destination | None = None,
        *,
        moderates: Sequence[str] = (),
        shares: Sequence[str] = ("circle",),
        event_id: str | None = None,
    ) -> None:
        """Let somebody write, privately without a place, and the bot answer."""
        place = place or direct(person)
        await self.happens(
            Posted(
                event_id=event_id or self.event_id(),
                member=Member(FAKE, person),
                standing=standing(shares, moderates),
                community=Community(FAKE, "circle") if isinstance(place, Room) else None,
                place=place,
                message=MessageRef(Room(FAKE, "any"), f"typed-{next(self._count)}"),
                text=text,
            )
        )

    async def clicks(
        self,
        person: str,
        question: str,
        choice: str,
        *,
        place: Destination | None = None,
        moderates: Sequence[str] = (),
        shares: Sequence[str] = ("circle",),
    ) -> None:
        """Let somebody click, and the bot answer."""
        await self.happens(
            Chose(
                event_id=self.event_id(),
                member=Member(FAKE, person),
                standing=standing(shares, moderates),
                place=place or direct(person),
                question=question,
                choice=choice,
            )
        )

    async def submits(self, person: str, question: str, values: Mapping[str, str]) -> None:
        """Let somebody fill in a form, and the bot answer."""
        await self.happens(
            Submitted(
                event_id=self.event_id(),
                member=Member(FAKE, person),
                standing=standing(),
                place=direct(person),
                question=question,
                values=values,
            )
        )

    async def commands(self, person: str, path: str, options: Mapping[str, str]) -> None:
        """Let somebody use a command of the platform's own."""
        await self.happens(
            Commanded(
                event_id=self.event_id(),
                member=Member(FAKE, person),
                standing=standing(),
                place=direct(person),
                command=path,
                options=options,
            )
        )

    async def reacts(self, person: str, emoji: str, to: Stands) -> None:
        """Let somebody react to what the bot said, and the bot answer."""
        assert to.ref is not None
        await self.happens(
            Reacted(
                event_id=self.event_id(),
                member=Member(FAKE, person),
                standing=standing(),
                community=Community(FAKE, "circle") if isinstance(to.place, Room) else None,
                place=to.place,
                message=to.ref,
                emoji=emoji,
            )
        )

    async def joins(self, person: str) -> None:
        """Let somebody come in."""
        await self.happens(
            Joined(
                event_id=self.event_id(),
                member=Member(FAKE, person),
                standing=standing(),
                community=Community(FAKE, "circle"),
            )
        )

    async def happens(self, event: Event) -> None:
        """Let something happen, and the bot send what it has to say."""
        await self.dispatcher.receive(event)
        await self.outbox.settle()

    async def passes(self, **by: float) -> None:
        """Let time pass: what comes due is handled, and what waited is sent."""
        self.clock.advance(timedelta(**by))
        await self.tick.once()
        await self.outbox.settle()

    async def wants(
        self,
        *actions: Action,
        person: str | None = None,
        gate: str | None = None,
        expires: timedelta | None = None,
        after: timedelta = timedelta(),
    ) -> None:
        """Write actions into the outbox, without sending."""
        now = self.clock.now()

        def work(tx: Transaction) -> None:
            subject = None
            if person is not None:
                subject = Members(tx).ensure(Member(FAKE, person), f"subject{person}")
            for action in actions:
                wanted = Wanted(action, "probe", subject, "circle", gate)
                wanted = replace(wanted, expires_at=now + expires if expires else None)
                write(tx, self.platform.account, wanted, action, now, now + after)

        await self.store.transact(work)

    # What can be seen

    def told(self, person: str) -> list[str]:
        """Return what the bot said to somebody in private."""
        return self.platform.texts(direct(person))

    def read(self) -> list[str]:
        return self.platform.texts(ROOM)

    async def plans(self, *plans: Plan) -> None:
        """Keep schedules of the community."""

        def work(tx: Transaction) -> None:
            for plan in plans:
                Schedules(tx).save(plan)

        await self.store.transact(work)

    async def state(self, key: str) -> str | None:
        """Return what became of a delivery."""
        return await self.store.transact(lambda tx: Deliveries(tx).state(key))

    async def set(self, person: str, **settings: object) -> None:
        """Let somebody have set this."""

        def work(tx: Transaction) -> None:
            subject = Members(tx).ensure(Member(FAKE, person), f"subject{person}")
            Members(tx).save_settings(subject, settings)

        await self.store.transact(work)

    # Inner parts

    def event_id(self) -> str:
        """Return an event's id that no other has."""
        return f"event {next(self._count)}"

    def _found(self, tx: Transaction, communities: Mapping[str, str]) -> None:
        for name, state in communities.items():
            row = Communities(tx).add(Community(FAKE, name), name.title(), name, "en", "UTC")
            row.state = state
            Communities(tx).save(row)


def standing(
    shares: Sequence[str] = ("circle",), moderates: Sequence[str] = ()
) -> tuple[Standing, ...]:
    """Return what the platform says of somebody: communities shared, and those moderated."""
    return tuple(Standing(Community(FAKE, name), name in moderates) for name in shares)
