"""The seams: what an adapter offers, what it may ask of us, and where time and chance come from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from bot.core.actions import Action, Affordances, Field
from bot.core.commands import Declared
from bot.core.content import Mistake
from bot.core.events import Event
from bot.core.refs import Community, Member, MessageRef, Room


class Clock(Protocol):
    """Where the time comes from; simulated in rehearsals and tests."""

    def now(self) -> datetime:
        """Return the time in UTC, with its zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


class Ids(Protocol):
    """Where identifiers come from; seeded in rehearsals."""

    def new(self) -> str:
        """Return a fresh identifier of 20 characters, `[a-z0-9]`."""
        ...

    def pick(self, upto: int) -> int:
        """Return a number from 0 to `upto` - 1."""
        ...


class Meter(Protocol):
    """Who counts what happens: by feature, never by whom, where, or in what words.

    What concerns oneself alone (a feature with private commands) goes by one name, `private`.
    """

    def turned(self, feature: str, outcome: str, seconds: float) -> None:
        """Count an event that was handled, refused, known, or that failed."""
        ...

    def delivered(self, platform: str, outcome: str) -> None:
        """Count an attempt at sending, by what came of it."""
        ...

    def late(self, feature: str, seconds: float) -> None:
        """Count a moment of a schedule, by how late it was handled."""
        ...


@dataclass(frozen=True, slots=True)
class FormFacts:
    """A question's form, to be shown at once to somebody who wants to answer in own words."""

    question: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An action on its way: its key, and the message that it hangs on (`after`), where it names
    one.
    """

    key: str
    action: Action
    on: MessageRef | None = None
    first_attempt: datetime | None = None


class Memory(Protocol):
    """What is kept for an adapter, by kind and key."""

    async def recall(self, kind: str, keys: Collection[str] | None = None) -> Mapping[str, str]:
        """Return what the adapter remembered under this kind, by key: all of it, or these keys."""
        ...

    async def remember(self, kind: str, values: Mapping[str, str | None]) -> None:
        """Keep values by key, all or none, sealed at rest; None forgets the key."""
        ...


class Host(Memory, Protocol):
    """What an adapter may ask of us."""

    async def receive(self, event: Event) -> None:
        """Take an event; when this returns, the event is committed (or was known already)."""
        ...

    async def awaits(
        self,
        kind: Literal["post", "reply", "react", "file"],
        room: Room,
        member: Member,
        message: MessageRef | None = None,
    ) -> bool:
        """Tell whether somebody waits for this member's post in this room, or for a reaction to
        this message. A `reply` is a post in a thread, or in answer to another message; a `file` is
        one that the bot asked for in private.

        An adapter drops, unread, whatever is neither addressed to the bot nor awaited.
        """
        ...

    async def suggest(
        self, command: str, option: str, typed: str, locale: str | None = None
    ) -> Sequence[str]:
        """Return what could complete the option, for autocomplete."""
        ...

    async def form(self, question: str, member: Member) -> FormFacts | None:
        """Return the form of an open question of this member's; None where there is none any more.

        It reads and changes nothing, so that a form can open at once.
        """
        ...

    async def communities(self, member: Member) -> Collection[Community]:
        """Return where this member was welcomed or came in and, as far as we heard, has not left.

        It may be out of date: a platform that can be asked is to be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Equipment:
    """What an adapter of another package is made with: its maker, found by the entry-point group
    `circlekeeper.adapters`, is called with this alone.

    Args:
        settings: what the host set for it, under `adapters.<name>`.
        declared: every command, for platforms that are told of them.
    """

    settings: Mapping[str, str]
    clock: Clock
    ids: Ids
    declared: Declared


class Adapter(Protocol):
    """One account on one platform: it turns what happens there into events, and actions into
    calls.
    """

    @property
    def name(self) -> str:
        """The platform's name, as in `Member.platform`."""
        ...

    @property
    def account(self) -> str:
        """The account's name: what a lease is held on."""
        ...

    @property
    def affordances(self) -> Affordances:
        """What the platform can show."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the platform is heard now."""
        ...

    async def run(self, host: Host) -> None:
        """Listen until cancelled; raise `Misconfigured` when it can never work (revoked token)."""
        ...

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Carry the action out, with the key as the platform's idempotency key.

        Returns: the message that stands now, for an action that makes one.
        Raises: `TryLater` (definitely not done), `Undeliverable` (never), `Doubt` (unknown).
        """
        ...

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Read back whether the delivery stands already; None means that it certainly does not.

        Raises: `Unreadable` when the history cannot be read; `TryLater`.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


Recall = Callable[[str], Mapping[str, str]]
"""Reads what the process that runs as an account remembers, by kind (see `Memory`)."""


class Inspection(NamedTuple):
    """What came of asking a platform about an account.

    Args:
        mistakes: what the host has to mend; their `file` names the platform.
        hints: what is good to know, each with the platform's name.
    """

    mistakes: Sequence[Mistake] = ()
    hints: Sequence[str] = ()


@runtime_checkable
class Inspectable(Protocol):
    """Who can tell whether an account can do what it has to; an adapter may be that as well.

    It is made for this alone, and closed afterwards; another process may run as the same account.
    """

    async def inspect(self, recall: Recall) -> Inspection:
        """Ask the platform, without listening, and without a trace that people would see.

        What is returned is shown to the host, and may be kept: no secret is in it.
        """
        ...
