"""Names of things on a platform: who, where, and which message."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Community:
    """A group that learns together: a Discord guild, a Matrix space, or a Matrix room outside any
    space.
    """

    platform: str
    id: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person's account on a platform."""

    platform: str
    id: str


@dataclass(frozen=True, slots=True)
class Room:
    """A place where several people read; `thread` is the id of the thread's root message."""

    platform: str
    id: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Direct:
    """The private conversation between the bot and one member."""

    member: Member


Destination = Room | Direct


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message that stands on a platform; in a direct conversation `room` is the platform's room
    for it.
    """

    room: Room
    id: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """A click or a command that its platform lets us answer in its own place, for a while.

    `token` is a secret that opens the answer: it is kept sealed, and never logged.
    """

    id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the platform says now of a member in one community; never kept, asked again on every
    turn.
    """

    community: Community
    moderator: bool = False
    roles: tuple[str, ...] = ()  # ids of the roles that the member has there


class Need(StrEnum):
    """What the bot needs to be let do, or be told of, where its platform asks for that."""

    SEE = "see"
    WRITE = "write"
    HISTORY = "history"
    THREADS = "threads"
    IN_THREADS = "in_threads"
    FILES = "files"
    PIN = "pin"
    ROLES = "roles"
    ARRIVALS = "arrivals"


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """A role of a community that people give one another."""

    id: str
    name: str


class Way(StrEnum):
    """How the bot would come into a room that it is not in."""

    OPEN = "open"  # by itself
    KNOCK = "knock"  # by asking those inside
    ASKED = "asked"  # it has asked
    INVITED = "invited"  # only by an invitation
    REPLACED = "replaced"  # the same; it goes on in place of a room that the bot is in


@dataclass(frozen=True, slots=True)
class OutsideRoom:
    """A room of a community that the bot is not in; its address stands for a name not known."""

    room: Room
    name: str
    way: Way


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room of a community as the platform shows it, and what the bot may do there.

    `lacks` are the needs that are not met in this room, whatever holds elsewhere.
    """

    room: Room
    name: str
    can_post: bool = True
    can_pin: bool = True
    lacks: tuple[Need, ...] = ()
    topic: str = ""
