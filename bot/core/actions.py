"""What the bot wants done: questions with answers, not looks.

Texts are CommonMark. Every action has a `key` of at most 25 characters, unique for ever: it is the
idempotency key of the delivery. `after` names the key of another action that must stand first; an
action dies with the one that it waits for. `before` are texts that stand first in the same message,
where what answers one interaction goes together. `encrypted_text` is said in place of the text
where the conversation turns out to be encrypted from end to end, if the two differ.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from bot.core.refs import Community, Destination, Direct, Interaction, Member, MessageRef, Room

FILE_LIMIT = 256 * 1024  # bytes of a file that somebody gives as an answer
EVERYONE = "everyone"  # a `ping` for all who read the room; any other one is a role's id


class Lane(StrEnum):
    """Order is kept within (destination, lane); earlier lanes overtake later ones."""

    INTERACTIVE = "interactive"
    NORMAL = "normal"
    BULK = "bulk"


class Recovery(StrEnum):
    """What may be done when nobody knows whether an action was carried out."""

    IDEMPOTENT = "idempotent"
    READABLE = "readable"
    AT_MOST_ONCE = "at most once"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question; `words` are other words that mean the same on text platforms."""

    id: str
    label: str
    emoji: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `limit` in characters.

    `kind`: a text; a `room` of the community, whose answer is the room's id where it was picked and
    its name or number where it was typed; or a `file`, whose answer is the text in it. `value` is
    what a text begins with, where it can be shown.
    """

    id: str
    label: str
    limit: int = 2000
    required: bool = False
    kind: Literal["text", "room", "file"] = "text"
    value: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A text that comes as a file to keep; `name` is of ASCII letters and has an ending."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A message. `aside`: for the eyes of one person only. `ask`: a person is expected to act on
    it, so it may notify. `ping`: whom it mentions (see `EVERYONE`); nobody, unless a moderator
    allowed that.
    """

    recovery: ClassVar[Recovery] = Recovery.READABLE
    kind: Literal["say"] = "say"
    key: str
    to: Destination
    text: str
    encrypted_text: str = ""
    lane: Lane = Lane.INTERACTIVE
    after: str | None = None
    aside: Member | None = None
    ask: bool = False
    answers: Interaction | None = None  # said in answer to it, in its own place
    before: tuple[str, ...] = ()
    in_thread: bool = False  # inside the thread of the message that `after` names
    reactions: tuple[str, ...] = ()
    reply_to: MessageRef | None = None  # the message in the same room that this answers
    ping: str = ""
    file: File | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskChoice:
    """A question with a few answers; `question` is the key under which the answer is awaited.

    `opener` labels a button that opens the question's form, where own words are an answer, too.
    """

    recovery: ClassVar[Recovery] = Recovery.READABLE
    kind: Literal["ask choice"] = "ask choice"
    key: str
    to: Destination
    text: str
    encrypted_text: str = ""
    question: str
    choices: tuple[Choice, ...]
    hint: str = ""  # how to answer where there are no buttons
    lane: Lane = Lane.INTERACTIVE
    after: str | None = None
    aside: Member | None = None
    ask: bool = True
    answers: Interaction | None = None
    before: tuple[str, ...] = ()
    in_thread: bool = False
    opener: str = ""
    ping: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForm:
    """A question answered in the person's own words, or by one of the choices without any.

    `opener` labels the button that opens it, where it cannot be shown at once.
    """

    recovery: ClassVar[Recovery] = Recovery.AT_MOST_ONCE
    kind: Literal["ask form"] = "ask form"
    key: str
    to: Destination
    text: str
    encrypted_text: str = ""
    question: str
    fields: tuple[Field, ...]
    choices: tuple[Choice, ...] = ()
    hint: str = ""  # how to choose where there are no buttons
    lane: Lane = Lane.INTERACTIVE
    after: str | None = None
    aside: Member | None = None
    ask: bool = True
    answers: Interaction | None = None
    before: tuple[str, ...] = ()
    opener: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenThread:
    """A thread on the message that `after` names, with a first line in it."""

    recovery: ClassVar[Recovery] = Recovery.READABLE
    kind: Literal["open thread"] = "open thread"
    key: str
    to: Destination
    after: str
    title: str
    text: str
    lane: Lane = Lane.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A show of hands in the thread of the message that `after` names, where everybody sees who
    picked what. Its answers stand in that message, too, so it goes where a platform has none.
    """

    recovery: ClassVar[Recovery] = Recovery.READABLE
    kind: Literal["poll"] = "poll"
    key: str
    to: Destination
    after: str
    question: str
    options: tuple[str, ...]
    lane: Lane = Lane.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replace the text of the message that `after` names; its choices stay as they are, and are
    said again in the text where there are no buttons.
    """

    recovery: ClassVar[Recovery] = Recovery.IDEMPOTENT
    kind: Literal["edit"] = "edit"
    key: str
    to: Destination
    after: str
    text: str
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    lane: Lane = Lane.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """Take the message back that `after` names: its words are to be read no longer."""

    recovery: ClassVar[Recovery] = Recovery.IDEMPOTENT
    kind: Literal["retract"] = "retract"
    key: str
    to: Destination
    after: str
    lane: Lane = Lane.INTERACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Pin the message that `after` names."""

    recovery: ClassVar[Recovery] = Recovery.IDEMPOTENT
    kind: Literal["pin"] = "pin"
    key: str
    to: Destination
    after: str
    lane: Lane = Lane.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRole:
    """Give a member a role (a platform without roles leaves it)."""

    recovery: ClassVar[Recovery] = Recovery.IDEMPOTENT
    kind: Literal["set role"] = "set role"
    key: str
    to: Destination
    member: Member
    role: str
    lane: Lane = Lane.NORMAL
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Let go of what an adapter remembers of a member who was erased."""

    recovery: ClassVar[Recovery] = Recovery.IDEMPOTENT
    kind: Literal["forget"] = "forget"
    key: str
    to: Direct
    lane: Lane = Lane.INTERACTIVE  # right behind the last word to them, delivered or not
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Look whether a message of a community stands, whose it is and whether others wrote in its
    thread; its words are read only where `words` says that its author agreed, and `hands` asks how
    many have picked what in a poll of ours. What was found comes as `Looked`, on behalf of the one
    whom it is `to`.
    """

    recovery: ClassVar[Recovery] = Recovery.IDEMPOTENT
    kind: Literal["look"] = "look"
    key: str
    to: Direct
    message: MessageRef
    community: Community
    words: bool = False
    hands: bool = False
    lane: Lane = Lane.INTERACTIVE
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """Come into a room that the bot is not in, or ask those inside to be let in."""

    recovery: ClassVar[Recovery] = Recovery.IDEMPOTENT
    kind: Literal["enter"] = "enter"
    key: str
    to: Room
    lane: Lane = Lane.INTERACTIVE
    after: str | None = None


Action = (
    Say
    | AskChoice
    | AskForm
    | OpenThread
    | Poll
    | Edit
    | Retract
    | Pin
    | SetRole
    | Forget
    | Enter
    | Look
)


@dataclass(frozen=True, slots=True)
class Affordances:
    """What a platform can show. `quiescence`: seconds after which a sending of unknown result
    cannot land any more. `asides` are answers to an interaction; there is no other way to them.

    `link` is how a link to a message is made, of {community}, {room} and {id}; `link_pattern` finds
    one in a text, with groups `room` and `id`.
    """

    buttons: bool = False
    forms: bool = False
    asides: bool = False
    threads: bool = True
    reactions: bool = True
    pins: bool = True
    polls: bool = False
    roles: bool = False
    enters: bool = False  # the bot comes into rooms by itself
    text_limit: int = 4000
    measure: Callable[[str], int] = len  # of that limit; at most twice the text's length
    quiescence: float = 30.0
    direct_unasked: bool = False  # may the bot open a direct conversation itself
    prefix: str = "/"  # what a command begins with, where it is typed in a room
    exclusive: bool = False  # one process at a time may act as the account
    one_answer: bool = False  # what answers one interaction goes into one message, if it fits
    encrypts: bool = False  # some conversations may be encrypted from end to end
    files: bool = False  # a message may come with a file
    pickers: bool = False  # a form's field for a room lets one pick among all of them
    per_second: float | None = None  # deliveries that the platform takes of one account, if known
    reads: bool = False  # a message's words can be read once its author has agreed
    threads_are_rooms: bool = False  # in a link, a thread stands in its room's place
    link: str = ""
    link_pattern: str = ""

    def holds(self, texts: Sequence[str]) -> bool:
        """Tell whether one message holds these texts, as they are shown."""
        most = 2 * sum(map(len, texts))
        return most <= self.text_limit or sum(map(self.measure, texts)) <= self.text_limit
