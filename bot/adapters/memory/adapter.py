"""A small chat platform in memory: people type, click and react, and one reads along.

By default it has buttons, so a question keeps its choices; with `buttons=False` it shows what a
text platform shows. Forms are asked one question a message.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.core.actions import (
    Affordances,
    AskChoice,
    AskForm,
    Edit,
    Enter,
    File,
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
from bot.core.events import Added, Chose, Event, Joined, Left, Looked, Posted, Reacted
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

PLATFORM = "memory"
BOT = "Circlekeeper"
_EARLIER = 1_000_000  # more than was ever said in an earlier process, so that no id comes twice


@dataclass(slots=True)
class Line:
    """One message as everybody would see it; `choices` are what can be answered by a click."""

    at: datetime
    place: Destination
    author: str
    text: str
    choices: tuple[str, ...] = ()
    ref: MessageRef | None = None
    key: str = ""
    question: str = ""
    choice_ids: tuple[str, ...] = ()
    thread: str | None = None
    pinned: bool = False
    reactions: list[str] = field(default_factory=list)
    ping: str = ""
    file: File | None = None
    hands: list[int] = field(default_factory=list)  # how many picked each option of a poll


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
        self.lines: list[Line] = []
        self.watch: Callable[[Line], None] = lambda _line: None
        self._host: Host | None = None
        self._count = 0

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
                on = self._line(delivery.on)
                line = self._append(action.to, BOT, to_plain(action.text))
                line.key, line.thread = delivery.key, on.ref.id if on.ref else None
                self.watch(line)
                return line.ref
            case Poll():
                on = self._line(delivery.on)
                line = self._append(action.to, BOT, action.question)
                line.key, line.thread = delivery.key, on.ref.id if on.ref else None
                line.choices, line.hands = action.options, [0] * len(action.options)
                return line.ref
            case Edit():
                self._line(delivery.on).text = to_plain(action.text)
            case Retract():
                self.lines = [each for each in self.lines if each.ref != delivery.on]
            case Pin():
                self._line(delivery.on).pinned = True
            case Look():
                await self._look(action)
            case Enter():
                self.entered.append(action.to.id)
            case Forget():
                self.forgotten.append(action.to.member.id)
            case SetRole():
                pass
        return None

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back by the delivery's key."""
        return next((line.ref for line in self.lines if line.key == delivery.key), None)

    async def _look(self, look: Look) -> None:
        lines = [each for each in self.lines if each.ref is not None]
        line = next((each for each in lines if each.ref == look.message), None)
        await self._receive(
            Looked(
                event_id=f"looked {look.key}",
                key=look.key,
                found=line is not None,
                author=Member(PLATFORM, line.author) if line and line.author != BOT else None,
                thread=MessageRef(look.message.room, line.thread) if line and line.thread else None,
                answered=any(
                    each.thread == look.message.id and each.author != BOT for each in self.lines
                ),
                text=line.text if line and look.words else None,
                hands=tuple(line.hands) if line and look.hands else (),
            )
        )

    async def close(self) -> None:
        """Nothing to let go of."""

    def _show(self, delivery: Delivery, action: Say | AskChoice | AskForm) -> MessageRef | None:
        if isinstance(action.to, Direct) and action.to.member.id in self.closed:
            raise Unreachable("direct messages are closed")
        if isinstance(action.to, Room) and action.to.id not in self.rooms:
            raise Undeliverable("the room is gone")
        line = self._append(action.to, BOT, to_plain(action.text))
        line.key = delivery.key
        if not isinstance(action, Say):
            line.choices = tuple(choice.label for choice in action.choices)
            line.choice_ids = tuple(choice.id for choice in action.choices)
            line.question = action.question
        else:
            line.reactions = list(action.reactions)
            line.file = action.file
        if not isinstance(action, AskForm):
            line.ping = action.ping
            if action.in_thread and delivery.on is not None:
                line.thread = delivery.on.id
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
        self._count += _EARLIER

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
        line = self._append(place, person, text)
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
        line = self._append(Direct(member), person, "[a file]")
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
        found = line or self._choosable(person, label)
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
        return [line for line in self.lines if self._reads(person, line.place)]

    def _choosable(self, person: str, label: str) -> Line:
        for line in reversed(self.seen_by(person)):
            if label in line.choices:
                return line
        raise LookupError(f"{person} sees no choice {label!r}.")

    def _reads(self, person: str, place: Destination) -> bool:
        return not isinstance(place, Direct) or place.member.id == person

    def _standing(self, person: str) -> tuple[Standing, ...]:
        return (Standing(self.community, person in self.moderators),)

    def _append(self, place: Destination, author: str, text: str) -> Line:
        self._count += 1
        match place:
            case Direct(member):
                room = Room(PLATFORM, f"direct-{member.id}")
            case Room(_, id_, _):
                room = Room(PLATFORM, id_)
        line = Line(self.clock.now(), place, author, text, ref=MessageRef(room, f"m{self._count}"))
        self.lines.append(line)
        return line

    def _line(self, ref: MessageRef | None) -> Line:
        for line in self.lines:
            if ref is not None and line.ref == ref:
                return line
        raise Undeliverable("the message is gone")

    def _event_id(self) -> str:
        self._count += 1
        return f"e{self._count}"

    async def _receive(self, event: Event) -> None:
        assert self._host is not None, "connect a host first"
        await self._host.receive(event)
