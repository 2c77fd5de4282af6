"""A host in memory: what an adapter tells is kept in lists, what it remembers in dictionaries."""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, TypeVar

from bot.core.events import Event, FromMember, Joined, Left
from bot.core.ports import FormFacts
from bot.core.refs import Community, Member, MessageRef, Room

T = TypeVar("T", bound=Event)
Reply = Callable[[Event], Awaitable[None]]

PATIENCE = 30.0


class WallClock:
    """The real time; `pauses` tells how long the adapter chose to wait, and `haste` shortens it."""

    def __init__(self, haste: float = 1.0) -> None:
        self.haste = haste
        self.pauses: list[float] = []
        self._paused = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._paused.set()
        await asyncio.sleep(seconds / self.haste)

    async def paused(self, times: int) -> None:
        """Wait until the adapter has chosen to wait so many times."""
        async with asyncio.timeout(PATIENCE):
            while len(self.pauses) < times:
                self._paused.clear()
                await self._paused.wait()


class RandomIds:
    """Identifiers that no other run has."""

    def __init__(self) -> None:
        self._random = random.Random()

    def new(self) -> str:
        return "".join(self._random.choices(string.ascii_lowercase + string.digits, k=20))

    def pick(self, upto: int) -> int:
        return self._random.randrange(upto)


class FakeHost:
    """Everything that a Host is asked, answered from memory; outlives the adapters that use it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.memory: dict[str, dict[str, str]] = {}
        self.repeated: list[Event] = []
        """Events that were told before, which a host drops."""
        self.writes: list[str] = []
        """The kinds that were remembered, in order."""
        self.waits_for_posts: set[str] = set()
        """Ids of rooms in which every post is awaited."""
        self.waits_for_reactions: set[str] = set()
        """Ids of messages to which every reaction is awaited."""
        self.forms: dict[str, FormFacts] = {}
        """Forms by the key of their question."""
        self.suggestions: list[str] = []
        self.members: dict[str, Sequence[Community]] = {}
        """Where people are, by their id."""
        self.asked: list[tuple[str, Room, Member, MessageRef | None]] = []
        self.on_event: Reply | None = None
        """Called with each new event before it counts as committed."""
        self.on_remember: Callable[[str, Mapping[str, str | None]], Awaitable[None]] | None = None
        self._seen: set[str] = set()
        self._changed = asyncio.Condition()

    async def receive(self, event: Event) -> None:
        if event.event_id in self._seen:
            async with self._changed:
                self.repeated.append(event)
                self._changed.notify_all()
            return
        if self.on_event is not None:
            await self.on_event(event)
        self._seen.add(event.event_id)
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    async def awaits(
        self,
        kind: Literal["post", "reply", "react", "file"],
        room: Room,
        member: Member,
        message: MessageRef | None = None,
    ) -> bool:
        self.asked.append((kind, room, member, message))
        if kind in ("post", "reply"):
            return room.id in self.waits_for_posts
        return message is not None and message.id in self.waits_for_reactions

    async def suggest(
        self, command: str, option: str, typed: str, locale: str | None = None
    ) -> Sequence[str]:
        return [each for each in self.suggestions if each.startswith(typed)]

    async def form(self, question: str, member: Member) -> FormFacts | None:
        return self.forms.get(question)

    async def communities(self, member: Member) -> Collection[Community]:
        return self.members.get(member.id, ())

    async def recall(self, kind: str, keys: Collection[str] | None = None) -> Mapping[str, str]:
        kept = self.memory.get(kind, {})
        return {key: value for key, value in kept.items() if keys is None or key in keys}

    async def remember(self, kind: str, values: Mapping[str, str | None]) -> None:
        if self.on_remember is not None:
            await self.on_remember(kind, values)
        kept = self.memory.setdefault(kind, {})
        for key, value in values.items():
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = value
        async with self._changed:
            self.writes.append(kind)
            self._changed.notify_all()

    def of(self, kind: type[T]) -> list[T]:
        """The events of one kind, in the order of arrival."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until something holds, looking again whenever the host was told something."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(holds)
        except TimeoutError:
            told = "\n".join(f"  {event}" for event in self.events) or "  nothing"
            raise AssertionError(f"not within {seconds} s; told:\n{told}") from None

    async def first(
        self, kind: type[T], fits: Callable[[T], bool] = lambda _: True, seconds: float = PATIENCE
    ) -> T:
        """Wait for the first event of a kind that fits."""

        def found() -> list[T]:
            return [event for event in self.of(kind) if fits(event)]

        await self.until(lambda: bool(found()), seconds)
        return found()[0]

    def events_of_people(self) -> list[FromMember]:
        """What people did, arrivals apart."""
        return [event for event in self.of(FromMember) if not isinstance(event, Joined | Left)]
