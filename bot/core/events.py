"""What happened: everything that comes in, from a platform, the clock or the outbox.

`event_id` is the platform's own where it gives one, else an occurrence key that the adapter derives
(DESIGN.md, *The vocabulary*); it is unique per account, and a second event with the same id is
dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.refs import (
    Community,
    Destination,
    Interaction,
    Member,
    MessageRef,
    Need,
    OutsideRoom,
    RoleFacts,
    Room,
    RoomFacts,
    Standing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened once."""

    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Event):
    """The bot is in a community: just added (`new`), or its rooms, names, roles or what the bot
    may do there have changed. The highest roles come first; `lacks` are needs that are not met;
    `outside` are rooms of the community that the bot is not in.
    """

    community: Community
    name: str
    rooms: tuple[RoomFacts, ...] = ()
    roles: tuple[RoleFacts, ...] = ()
    lacks: tuple[Need, ...] = ()
    outside: tuple[OutsideRoom, ...] = ()
    new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Event):
    """The bot is no longer in a community."""

    community: Community


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Event):
    """What stood in one place goes on in another: a room was replaced (`rooms`: each with the one
    that it goes on in), or a room that was a community became part of one (`before`, `after`).
    """

    before: Community
    after: Community
    rooms: tuple[tuple[Room, Room], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Event):
    """Who is in a community now: the platform's ids of all of them, where an adapter was not told
    of each coming and going meanwhile. Of those whom nobody knows nothing is kept.
    """

    community: Community
    members: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FromMember(Event):
    """Something that a member did.

    `standing` lists the communities that the member shares with the bot, as the platform tells it
    at this moment. `locale` is the platform's language for the person (BCP 47), where it has one.
    `interaction` is what may be answered in its own place, where the platform has such things.
    `encrypted` tells whether the private conversation in which it happened is encrypted from end to
    end; None where it happened elsewhere.
    """

    member: Member
    standing: tuple[Standing, ...] = ()
    community: Community | None = None
    locale: str | None = None
    interaction: Interaction | None = None
    encrypted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(FromMember):
    """A person came into a community."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(FromMember):
    """A person left a community, or was removed from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted(FromMember):
    """A message; `text` only when it is addressed to the bot, else the bot knows no more than that
    it was posted, and whether that was in a thread or in answer to another message (`reply`). A
    `file` was awaited; its text is what is in it, nothing where it could not be read.

    `about` is the message that one to the bot answers.
    """

    place: Destination
    message: MessageRef
    text: str | None = None
    reply: bool = False
    file: bool = False
    about: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded(FromMember):
    """A command with its options by name; text platforms' messages become one in the engine."""

    place: Destination
    command: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chose(FromMember):
    """One of a question's choices, by the question's key and the choice's id."""

    place: Destination
    question: str
    choice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(FromMember):
    """A question's form, filled in; absent fields were left blank."""

    place: Destination
    question: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted(FromMember):
    """A reaction to one of the bot's own messages."""

    place: Destination
    message: MessageRef
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameDue(Event):
    """A schedule's moment has come; `due` is the moment that was planned, in UTC."""

    schedule: str
    kind: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Event):
    """An action of ours stands on the platform."""

    key: str
    ref: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered(Event):
    """An action of ours could not be carried out, and never will be."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked(Event):
    """What an action `Look` found.

    Args:
        key: the action's.
        found: whether the message stands, in that community.
        author: who wrote it; None for a program's.
        thread: the message on which its thread hangs, if it stands in one.
        answered: whether people wrote in the thread that hangs on it.
        text: its words as they are now, where they were asked for and can be read.
        hands: how many have picked each of a poll's options now, as everybody sees there.
    """

    key: str
    found: bool = False
    author: Member | None = None
    thread: MessageRef | None = None
    answered: bool = False
    text: str | None = None
    hands: tuple[int, ...] = ()
