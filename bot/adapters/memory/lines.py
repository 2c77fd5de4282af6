"""What was said: the platform's messages, in their order."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.core.actions import File, Look
from bot.core.errors import Undeliverable
from bot.core.events import Looked
from bot.core.ports import Clock
from bot.core.refs import Destination, Direct, Member, MessageRef, Room

PLATFORM = "memory"
BOT = "Circlekeeper"
_EARLIER = 1_000_000  # more than was ever said in an earlier process


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


class Lines(list[Line]):
    """All messages that stand."""

    def __init__(self, clock: Clock) -> None:
        """Begin with none."""
        super().__init__()
        self._clock = clock
        self._count = 0

    def next_id(self) -> str:
        """Return an id that nothing here had before."""
        self._count += 1
        return str(self._count)

    def begin_again(self) -> None:
        """Give no id that an earlier process may have given."""
        self._count += _EARLIER

    def say(self, place: Destination, author: str, text: str) -> Line:
        """Let somebody's message stand."""
        room = f"direct-{place.member.id}" if isinstance(place, Direct) else place.id
        ref = MessageRef(Room(PLATFORM, room), f"m{self.next_id()}")
        line = Line(self._clock.now(), place, author, text, ref=ref)
        self.append(line)
        return line

    def at(self, ref: MessageRef | None) -> Line:
        """Return a message; raise `Undeliverable` where it is gone."""
        found = next((each for each in self if ref is not None and each.ref == ref), None)
        if found is None:
            raise Undeliverable("the message is gone")
        return found

    def take_back(self, ref: MessageRef | None) -> None:
        """Let a message stand no more."""
        self[:] = [each for each in self if each.ref != ref]

    def sent_as(self, key: str) -> MessageRef | None:
        """Return the message that a delivery of this key made."""
        return next((line.ref for line in self if line.key == key), None)

    def seen_by(self, person: str) -> list[Line]:
        """Return what somebody can read."""
        return [
            line
            for line in self
            if not isinstance(line.place, Direct) or line.place.member.id == person
        ]

    def choosable(self, person: str, label: str) -> Line:
        """Return the last message with a choice that somebody sees."""
        for line in reversed(self.seen_by(person)):
            if label in line.choices:
                return line
        raise LookupError(f"{person} sees no choice {label!r}.")

    def look(self, look: Look) -> Looked:
        """Return what there is to find of a message (see `core.actions.Look`)."""
        line = next((each for each in self if each.ref == look.message), None)
        return Looked(
            event_id=f"looked {look.key}",
            key=look.key,
            found=line is not None,
            author=Member(PLATFORM, line.author) if line and line.author != BOT else None,
            thread=MessageRef(look.message.room, line.thread) if line and line.thread else None,
            answered=any(each.thread == look.message.id and each.author != BOT for each in self),
            text=line.text if line and look.words else None,
            hands=tuple(line.hands) if line and look.hands else (),
        )
