"""A small chat platform in memory: people type, click and react, and one reads along.

By default it has buttons, so a question keeps its choices; with `buttons=False` it shows what a
text platform shows. Forms are asked one question a message.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal

from bot.adapters.memory.lines import PLATFORM, Line, Lines
from bot.adapters.memory.outbound import open_poll, open_thread, show
from bot.core.actions import (
    Affordances,
    AskChoice,
    AskForm,
    Edit,
    Enter,
    Forget,
    Look,
    OpenThread,
    Pin,
    Poll,
    Retract,
    Say,
    SetRole,
)
from bot.core.errors import Undeliverable, Unreachable
from bot.core.events import Added, Chose, Event, Joined, Left, Posted, Reacted
from bot.core.markup import to_plain
from bot.core.ports import Clock, Delivery, Host
from bot.core.refs import (
    Community,
    Destination,
    Direct,
    Member,
    MessageRef,
    Room,
    RoomFacts,
    Standing,
)


class MemoryAdapter:
    """The platform and the bot's account on it (see `core.ports.Adapter`)."""

    name = PLATFORM
    account = "memory:circlekeeper"

    def __init__(self, clock: Clock, *, buttons: bool = True) -> None:
        """Begin with nobody; `buttons` decides what questions look like."""
        self.clock = clock
        self.affordances = Affordances(
            buttons=buttons,
            quiescence=0.0,
            direct_unasked=True,
            prefix="!",
            reads=True,
            link="memory:{room}/{id}",
            link_pattern=r"memory:(?P<room>[^/\s]+)/(?P<id>\w+)",
            files=True,
        )
        self.community = Community(PLATFORM, "circle")
        self.rooms: dict[str, str] = {}
        self.moderators: set[str] = set()
        self.people: set[str] = set()
        self.closed: set[str] = set()
        self.entered: list[str] = []  # rooms that the bot was told to come into
        self.forgotten: list[str] = []  # whom the bot was told to let go of
        self.lines = Lines(clock)
        self.watch: Callable[[Line], None] = lambda _line: None
        self._host: Host | None = None

    # The bot's side

    @property
    def connected(self) -> bool:
        """Whether somebody listens."""
        return self._host is not None

    async def run(self, host: Host) -> None:
        """Listen until cancelled."""
        self._host = host
        await asyncio.Event().wait()

    def connect(self, host: Host) -> None:
        """Listen from now on, for a caller that drives the platform itself."""
        self._host = host

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Show what the bot does."""
        action = delivery.action
        known = await self.find(delivery)
        if known is not None:
            return known
        match action:
            case Say() | AskChoice() | AskForm():
                return self._show(delivery, action)
            case OpenThread():
                line = open_thread(self.lines, delivery, action)
                self.watch(line)
                return line.ref
            case Poll():
                return open_poll(self.lines, delivery, action).ref
            case Edit():
                self.lines.at(delivery.on).text = to_plain(action.text)
            case Retract():
                self.lines.take_back(delivery.on)
            case Pin():
                self.lines.at(delivery.on).pinned = True
            case Look():
                await self._receive(self.lines.look(action))
            case Enter():
                self.entered.append(action.to.id)
            case Forget():
                self.forgotten.append(action.to.member.id)
            case SetRole():
                pass
        return None

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back by the delivery's key."""
        return self.lines.sent_as(delivery.key)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _show(self, delivery: Delivery, action: Say | AskChoice | AskForm) -> MessageRef | None:
        if isinstance(action.to, Direct) and action.to.member.id in self.closed:
            raise Unreachable("direct messages are closed")
        if isinstance(action.to, Room) and action.to.id not in self.rooms:
            raise Undeliverable("the room is gone")
        line = show(self.lines, delivery, action)
        self.watch(line)
        return line.ref

    # The people's side

    async def add_bot(
        self, name: str, rooms: dict[str, str], topics: dict[str, str] | None = None
    ) -> None:
        """Bring the bot into a community with these rooms (id to name), some with a topic."""
        self.rooms, topics = dict(rooms), topics or {}
        facts = tuple(
            RoomFacts(Room(PLATFORM, id_), title, topic=topics.get(id_, ""))
            for id_, title in rooms.items()
        )
        await self._receive(
            Added(event_id="added", community=self.community, name=name, rooms=facts)
        )

    def begin_again(
        self, rooms: dict[str, str], people: Iterable[str], moderators: Iterable[str]
    ) -> None:
        """Go on, with nothing of what was said, where a bot was in an earlier process."""
        self.rooms = dict(rooms)
        self.people.update(people)
        self.moderators.update(moderators)
        self.lines.begin_again()

    async def join(self, person: str) -> None:
        """Somebody comes in."""
        self.people.add(person)
        await self._receive(
            Joined(
                event_id=self._event_id(),
                member=Member(PLATFORM, person),
                standing=self._standing(person),
                community=self.community,
            )
        )

    async def leave(self, person: str) -> None:
        """Somebody leaves."""
        self.people.discard(person)
        await self._receive(
            Left(
                event_id=self._event_id(),
                member=Member(PLATFORM, person),
                community=self.community,
            )
        )

    async def says(
        self,
        person: str,
        text: str,
        room: str | None = None,
        thread: str | None = None,
        about: Line | None = None,
    ) -> None:
        """Somebody types in a room or its thread, or (without one) privately to the bot; perhaps
        in answer to a message (`about`).
        """
        member = Member(PLATFORM, person)
        place: Destination = Room(PLATFORM, room, thread) if room else Direct(member)
        line = self.lines.say(place, person, text)
        line.thread = thread
        self.watch(line)
        assert line.ref is not None
        addressed = room is None or text.startswith(("!", "/"))
        if not addressed:
            assert self._host is not None
            kind: Literal["post", "reply"] = "reply" if thread else "post"
            if not await self._host.awaits(kind, Room(PLATFORM, room or "", thread), member):
                return
        await self._receive(
            Posted(
                event_id=self._event_id(),
                member=member,
                standing=self._standing(person),
                community=self.community if room else None,
                place=place,
                message=line.ref,
                text=text if addressed else None,
                reply=thread is not None,
                about=about.ref if about and addressed else None,
            )
        )

    async def gives(self, person: str, text: str) -> None:
        """Somebody sends a text file to the bot, in private; it is read where one was asked for."""
        member = Member(PLATFORM, person)
        line = self.lines.say(Direct(member), person, "[a file]")
        self.watch(line)
        assert line.ref is not None
        assert self._host is not None
        if await self._host.awaits("file", line.ref.room, member):
            await self._receive(
                Posted(
                    event_id=self._event_id(),
                    member=member,
                    standing=self._standing(person),
                    place=Direct(member),
                    message=line.ref,
                    text=text,
                    file=True,
                )
            )

    async def clicks(self, person: str, label: str, line: Line | None = None) -> None:
        """Somebody clicks a choice of the last message that has it."""
        found = line or self.lines.choosable(person, label)
        member = Member(PLATFORM, person)
        shown = Line(self.clock.now(), found.place, person, f"[{label}]")
        self.watch(shown)
        direct = isinstance(found.place, Direct)
        await self._receive(
            Chose(
                event_id=self._event_id(),
                member=member,
                standing=self._standing(person),
                community=None if direct else self.community,
                place=Direct(member) if direct else found.place,
                question=found.question,
                choice=found.choice_ids[found.choices.index(label)],
            )
        )

    async def reacts(self, person: str, emoji: str, line: Line) -> None:
        """Somebody reacts to a message of the bot's."""
        member = Member(PLATFORM, person)
        assert line.ref is not None
        assert self._host is not None
        self.watch(Line(self.clock.now(), line.place, person, f"[reacts with {emoji}]"))
        room = line.ref.room
        if await self._host.awaits("react", room, member, line.ref):
            await self._receive(
                Reacted(
                    event_id=self._event_id(),
                    member=member,
                    standing=self._standing(person),
                    community=None if isinstance(line.place, Direct) else self.community,
                    place=line.place,
                    message=line.ref,
                    emoji=emoji,
                )
            )

    def seen_by(self, person: str) -> list[Line]:
        """Return what somebody can read."""
        return self.lines.seen_by(person)

    def _standing(self, person: str) -> tuple[Standing, ...]:
        return (Standing(self.community, person in self.moderators),)

    def _event_id(self) -> str:
        return f"e{self.lines.next_id()}"

    async def _receive(self, event: Event) -> None:
        assert self._host is not None, "connect a host first"
        await self._host.receive(event)
