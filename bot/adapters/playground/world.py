"""What is there: rooms, people, messages, and the changes by which a page follows them.

Every change has a number. Of each thing the newest change is kept, so whoever was away is told what
has changed since, and a new page is told all, in the same way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from bot.adapters.playground.rich import tree
from bot.core.refs import Community, Destination, Direct, Member, MessageRef, Room, Standing

PLATFORM = "playground"
JSON: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Person:
    """Somebody whom one can be. `closed`: the bot cannot write to them."""

    name: str
    moderator: bool = False
    here: bool = True
    closed: bool = False
    roles: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """A room, as its platform shows it; `apart`: for moderators alone."""

    id: str
    name: str
    topic: str = ""
    apart: bool = False


@dataclass(slots=True)
class Message:
    """One message. `author` "": the bot's. `person`: the one whose private chat it stands in, or
    who alone sees it in its room (`aside`).

    `opens` is the deed whose page shows the form at once; `chosen` is by person.
    """

    id: str
    at: datetime
    author: str
    text: str
    room: str = ""
    person: str = ""
    thread: str = ""
    question: str = ""
    choices: tuple[tuple[str, str, str], ...] = ()
    opener: str = ""
    opens: str = ""
    title: str = ""
    reply_to: str = ""
    ping: str = ""
    file: dict[str, str] = field(default_factory=dict)
    pinned: bool = False
    edited: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> MessageRef:
        """How the core knows it."""
        room = self.room or f"direct-{self.person}"
        return MessageRef(Room(PLATFORM, room, self.thread or None), self.id)

    @property
    def place(self) -> Destination:
        """Where it stands."""
        if self.room:
            return Room(PLATFORM, self.room, self.thread or None)
        return Direct(Member(PLATFORM, self.person))

    def shown(self) -> JSON:
        """What a page is told of it; a person's text is plain, the bot's is a tree."""
        told: JSON = {
            "id": self.id,
            "at": self.at.isoformat(),
            "author": self.author,
            "body": self.text if self.author else tree(self.text),
        }
        for name in ("room", "person", "thread", "question", "opener", "opens", "title", "ping"):
            if value := getattr(self, name):
                told[name] = value
        for name in ("reply_to", "file", "pinned", "edited", "reactions", "chosen", "choices"):
            if value := getattr(self, name):
                told[name] = value
        return told


class World:
    """A community of a few rooms and people."""

    def __init__(self, run: str, name: str = "") -> None:
        """Begin with nobody; `run` is unlike that of any other world."""
        self.run = run
        self.name = name
        self.community = Community(PLATFORM, "circle")
        self.rooms: dict[str, Place] = {}
        self.people: dict[str, Person] = {}
        self.roles: list[str] = []
        self.messages: dict[str, Message] = {}
        self.by_key: dict[str, str] = {}
        self.watch: Callable[[JSON], None] = lambda _change: None
        self._changes: dict[str, JSON] = {}
        self._number = 0
        self._count = 0

    # Its parts

    def add_room(self, place: Place) -> None:
        """Add a room."""
        self.rooms[place.id] = place
        self.changed(
            f"room {place.id}",
            {
                "room": {"id": place.id, "name": place.name, "topic": place.topic}
                | ({"apart": True} if place.apart else {})
            },
        )

    def save(self, person: Person) -> None:
        """Add a person, or keep what has changed about them."""
        self.people[person.name] = person
        self.changed(
            f"person {person.name}",
            {
                "person": {
                    "name": person.name,
                    "moderator": person.moderator,
                    "here": person.here,
                    "closed": person.closed,
                    "roles": person.roles,
                }
            },
        )

    def add(self, message: Message, key: str = "") -> Message:
        """Let a message stand; the delivery's key finds it again."""
        self.messages[message.id] = message
        if key:
            self.by_key[key] = message.id
        self.update(message)
        return message

    def update(self, message: Message) -> None:
        """Tell the pages of a message that has changed."""
        self.changed(f"message {message.id}", {"message": message.shown()})

    def remove(self, message: Message) -> None:
        """Take a message back."""
        self.messages.pop(message.id, None)
        self.changed(f"message {message.id}", {"gone": message.id})

    @property
    def messages_so_far(self) -> int:
        """How many messages there have been: the number in the newest one's id."""
        return self._count

    def new_id(self) -> str:
        """Return an id for a message."""
        self._count += 1
        return f"m{self._count}"

    def standing(self, person: Person) -> tuple[Standing, ...]:
        """What somebody is in the community now."""
        if not person.here:
            return ()
        return (Standing(self.community, person.moderator, tuple(person.roles)),)

    # Its changes

    @property
    def number(self) -> int:
        """The number of the newest change."""
        return self._number

    def changed(self, key: str, told: JSON) -> None:
        """Number a change, in place of an earlier one of the same thing."""
        self._number += 1
        self._changes.pop(key, None)
        self._changes[key] = change = {"n": self._number, **told}
        self.watch(change)

    def since(self, number: int) -> Iterator[JSON]:
        """Yield what has changed since a number, in order."""
        newer = []
        for change in reversed(self._changes.values()):
            if change["n"] <= number:
                break
            newer.append(change)
        return reversed(newer)
