"""What a feature declares: its commands, what it listens to, and what it contributes to the
others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.commands import Command
from bot.core.content import Folders, Mistake
from bot.core.events import Event
from bot.core.refs import Room
from bot.core.turn import Answer, Plan, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """A community was opened to its members by a moderator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorMoved(Event):
    """Another room is the newcomers' from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed(Event):
    """Another community, which was set up, became part of this one, which is set up itself.

    Args:
        name: what the other one is called.
        room: where its moderators read what concerns them.
    """

    name: str
    room: Room


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupReached(Event):
    """The setup has come to a contributed step: the feature asks its question."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupGoesOn(Event):
    """A contributed step of the setup is done."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSaved(Event):
    """A member saved a setting, or said that nothing needs to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChanged(Event):
    """A time zone was changed: the member's (`own`), or the community's."""

    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThoughtOffered(Event):
    """A member wants to keep a thought, `about` something that they just read."""

    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntroductionOffered(Event):
    """A member would like to introduce themselves, or to see how that would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduced(Event):
    """A member posted an introduction, kept it private, or said not now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSaved(Event):
    """A member bookmarked a word of the lexicon."""

    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting(Event):
    """A member is about to be erased, by their own wish or by the host: what would still be said
    for them is not said any more.
    """


@dataclass(frozen=True, slots=True)
class Findable:
    """A public text in which a hunt's riddle may have its answer, in each language that it has.

    `source`: `start-here`, or `clause:<id>`. A room's topic is told by the platform.
    """

    source: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Talk:
    """Something that was posted for people to talk about; `key` is its delivery's, `at` when it
    was due, `title` plain text; `steward`: the member who signed it, if anybody did; `poll`: the
    key of its show of hands, with these `options`.
    """

    id: str
    key: str
    title: str
    at: datetime
    steward: str = ""
    poll: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A step that a feature contributes to the setup.

    The feature hears `SetupReached` when it is its turn, and tells `SetupGoesOn` when it is done.
    """

    name: str
    order: int


@dataclass(frozen=True, slots=True)
class HomeItem:
    """A door on the *Start* page: `label` is rendered text, `command` what it opens (a path, or
    one with a word of its first option).

    `waiting`: something of the member's is there and waits.
    """

    label: str
    command: str
    order: int = 50
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that stands once, under the next prompt.

    `under` is the key of the prompt under which it stands already; `put` says under which it is.
    """

    text: str
    under: str
    put: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Carry:
    """What a feature exports of a community's settings, and takes in elsewhere; rooms by name.

    Args:
        name: the key under which it stands in the file.
        out: plain data; nothing where there is nothing to carry.
        look: says in lines what taking a piece in would do; raises `BadInput` for what cannot be.
        take: does it. What is there already is left as it is.
    """

    name: str
    out: Callable[[Turn], Mapping[str, Any]]
    look: Callable[[Turn, Mapping[str, Any]], Sequence[str]]
    take: Callable[[Turn, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Number:
    """A number that moderators may know; `of_people`: as a band only, and never under five.

    `name` is for good: the band of a month is kept under it.
    """

    name: str
    label: str
    count: int
    of_people: bool = True


@dataclass(frozen=True, slots=True)
class Feature:
    """One capability.

    Args:
        name: its package's, its words' and its flows' name.
        answers: who handles the answer to a question, by its purpose.
        due: who handles what comes due, by kind.
        read_ahead: reads at once what the feature's share in many that come due will read one by
            one; it is given the transaction for its repositories, and the plans.
        on: who handles an event.
        gates: consent checks just before sending; False lets the action go unsent.
        home, status, problems, hints, numbers, variables, findable, talks, notices, carries,
            setup: see `Turn.gather`.
        check: mistakes in the feature's content files.
        pauses: what comes due while it is paused alone is handed to it all the same, and it lets
            that pass itself.
    """

    name: str
    commands: Sequence[Command] = ()
    answers: Mapping[str, Callable[[Turn, Answer], None]] = field(default_factory=dict)
    due: Mapping[str, Callable[[Turn, Plan], None]] = field(default_factory=dict)
    read_ahead: Callable[[Any, Sequence[Plan]], None] | None = None
    on: Mapping[type[Event], Callable[[Turn, Any], None]] = field(default_factory=dict)
    gates: Mapping[str, Callable[[Turn], bool]] = field(default_factory=dict)
    home: Callable[[Turn], Sequence[HomeItem]] | None = None
    status: Callable[[Turn], Sequence[str]] | None = None
    problems: Callable[[Turn], Sequence[str]] | None = None
    hints: Callable[[Turn], Sequence[str]] | None = None
    numbers: Callable[[Turn], Sequence[Number]] | None = None
    variables: Callable[[Turn], Sequence[tuple[str, str]]] | None = None
    findable: Callable[[Turn], Sequence[Findable]] | None = None
    talks: Callable[[Turn], Sequence[Talk]] | None = None
    notices: Callable[[Turn], Sequence[Notice]] | None = None
    carries: Sequence[Carry] = ()
    setup: Sequence[SetupStep] = ()
    check: Callable[[Folders], list[Mistake]] | None = None
    pauses: bool = False
