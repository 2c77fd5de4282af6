"""A turn: what a feature's handler is given, and may do. Everything it does is kept or dropped as
one.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from bot.core.actions import Action, Affordances, Choice, Field, File, Lane
from bot.core.events import Event
from bot.core.refs import (
    Community,
    Destination,
    Direct,
    Member,
    Need,
    OutsideRoom,
    RoleFacts,
    Room,
    RoomFacts,
)

R = TypeVar("R")

USES = ("newcomers", "prompts", "charter", "moderators")
# Features of which a moderator may pause one alone.
PAUSABLE = ("prompts", "reflection", "welcome", "hunts", "charter", "lexicon", "notebook")
USUAL_BUDGET = 10  # posts that nobody there asked for, a room a day


@dataclass(frozen=True, slots=True)
class CommunityFacts:
    """A community as its moderators set it up; `rooms` by use (see `USES`).

    `moderator_role` is the id of the role whose members moderate, if one was chosen.
    """

    id: str
    ref: Community
    name: str
    state: str  # new, open, paused, gone
    locale: str
    zone: str
    rooms: Mapping[str, Room]
    known_rooms: Sequence[RoomFacts]
    known_roles: Sequence[RoleFacts] = ()
    outside: Sequence[OutsideRoom] = ()  # rooms that the bot is not in
    moderator_role: str | None = None
    lacks: Sequence[Need] = ()
    paused: Sequence[str] = ()  # what comes by itself (see `PAUSABLE`), and is paused alone
    budget: int = USUAL_BUDGET


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to an open question: a choice's id, or the fields' texts, or (react, post, reply)
    the mere deed.
    """

    purpose: str
    kind: str
    choice: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)  # what `ask` was given

    @property
    def text(self) -> str:
        """Return the answer to a question of one field."""
        return next(iter(self.values.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Something that comes due; `rule` (see `engine.schedule`) is None for what comes due once."""

    id: str
    kind: str
    rule: Mapping[str, Any] | None = None
    zone: str = "UTC"
    next_due: datetime | None = None
    policy: str = "late once"  # skip, late once, coalesce
    lateness: int = 86_400  # seconds
    payload: Mapping[str, Any] | None = None
    community: str = ""
    subject: str | None = None


class Turn(Protocol):
    """One event's transaction, as the feature sees it."""

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    @property
    def event(self) -> Event:
        """What happened."""
        ...

    @property
    def place(self) -> Destination | None:
        """Where it happened."""
        ...

    @property
    def encrypted(self) -> bool | None:
        """Whether it happened in a private conversation that is encrypted from end to end; None
        where it happened elsewhere, or where the platform does not tell.
        """
        ...

    @property
    def locale(self) -> str:
        """The language to speak now."""
        ...

    @property
    def moderator(self) -> bool:
        """Whether the platform says now that this member moderates this community."""
        ...

    @property
    def subject(self) -> str:
        """The member's random id."""
        ...

    @property
    def member(self) -> Member:
        """Who it is, on the platform."""
        ...

    @property
    def me(self) -> Direct:
        """The private conversation with the member."""
        ...

    @property
    def community(self) -> CommunityFacts:
        """Which community it is about."""
        ...

    @property
    def settings(self) -> dict[str, Any]:
        """What the member set for themselves: a copy, kept by `save_settings`."""
        ...

    @property
    def zone(self) -> str:
        """The member's time zone, else the community's."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """The languages that the bot speaks."""
        ...

    @property
    def writes_first(self) -> bool:
        """Whether the bot may open a direct conversation here (on Discord it never does)."""
        ...

    @property
    def has_roles(self) -> bool:
        """Whether the platform has roles, and its admins say which roles see which command."""
        ...

    @property
    def can(self) -> Affordances:
        """What the platform can show."""
        ...

    @property
    def reachable(self) -> bool:
        """Whether the member may be written to in private without having just asked."""
        ...

    def is_full(self, room: Room) -> bool:
        """Tell whether what is posted in a room now, unasked, waits there until tomorrow."""
        ...

    def in_language(self, locale: str) -> AbstractContextManager[None]:
        """Speak this language meanwhile: what is said to all is said in the community's."""
        ...

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """Keep the member's settings."""
        ...

    def new_id(self) -> str:
        """Return a fresh identifier."""
        ...

    def pick(self, upto: int) -> int:
        """Return a number from 0 to `upto` - 1."""
        ...

    def rows(self, repository: Callable[[Any], R]) -> R:
        """Return the feature's repository, in this transaction."""
        ...

    def text(self, words: str, /, **values: object) -> str:
        """Render words: a block of the feature's templates, or `feature/block`."""
        ...

    def choice(self, id_: str, words: str, /, emoji: str | None = None, **values: object) -> Choice:
        """Make a choice with its label from the words."""
        ...

    def say(
        self,
        words: str,
        /,
        *,
        to: Destination | None = None,
        lane: Lane | None = None,
        ask: bool = False,
        after: str | None = None,
        in_thread: bool = False,
        gate: str | None = None,
        file: File | None = None,
        timely: bool = False,
        **values: object,
    ) -> str:
        """Say something; without `to`, where the member is to be answered. Return the action's
        key.

        Args:
            timely: it begins something that has an end, so it goes out also where the room had
                enough of the bot for the day.
        """
        ...

    def ask(
        self,
        purpose: str,
        words: str,
        choices: Sequence[Choice],
        /,
        *,
        to: Destination | None = None,
        about: Mapping[str, Any] | None = None,
        anyone: bool = False,
        gate: str | None = None,
        lane: Lane | None = None,
        expires: timedelta | None = None,
        ping: str = "",
        stands: bool = False,
        tells_encryption: bool = False,
        **values: object,
    ) -> str:
        """Ask with a few answers; earlier questions of the same flow wait no longer.

        Args:
            purpose: `flow.step`: who handles the answer.
            about: what the handler will want to know again.
            anyone: everybody who reads may answer, as often as they like.
            gate: the name of a consent check just before sending.
            expires: how long it may wait; afterwards it is not sent any more.
            ping: whom it mentions, where a moderator allowed that (see `core.actions.EVERYONE`).
            stands: it is to stand where a reaction can be put on it, if the member may be written
                to there.
            tells_encryption: the words tell whether the conversation is encrypted (`encrypted`);
                which holds is known when they are sent.
        """
        ...

    def ask_form(
        self,
        purpose: str,
        words: str,
        fields: Sequence[Field],
        /,
        *,
        choices: Sequence[Choice] = (),
        about: Mapping[str, Any] | None = None,
        gate: str | None = None,
        tells_encryption: bool = False,
        **values: object,
    ) -> str:
        """Ask for the member's own words; `choices` are ways to answer without any."""
        ...

    def expect(
        self,
        kind: str,
        purpose: str,
        *,
        room: Room | None = None,
        on: str | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Wait for a deed: a `post` of the member in a room, a `reply` (in a thread, or in answer
        to a message) there, or a `react` to a message of ours.
        """
        ...

    def drop_questions(self, flow: str) -> None:
        """Let the flow's questions wait no longer."""
        ...

    def do(self, action: Action, *, gate: str | None = None) -> str:
        """Want an action done; return its key."""
        ...

    def state(self, flow: str) -> dict[str, Any]:
        """Return the member's state in a flow of this community; empty where there is none."""
        ...

    def keep(self, flow: str, state: Mapping[str, Any]) -> None:
        """Keep the member's state in a flow, sealed."""
        ...

    def plan(self, plan: Plan, *, personal: bool = False) -> None:
        """Plan what comes due for the community, or (`personal`) for the member."""
        ...

    def plans(self, kind: str, *, personal: bool = False) -> list[Plan]:
        """Return the plans of a kind, by what is next."""
        ...

    def unplan(self, id_: str) -> None:
        """Forget a plan."""
        ...

    def run(self, path: str, options: Mapping[str, str] | None = None) -> None:
        """Go on with another command, as if the member had typed it."""
        ...

    def tell(self, event: Event) -> None:
        """Tell the other features, in this transaction."""
        ...

    def gather(self, what: str) -> list[Any]:
        """Ask every feature for its contribution (a field of `Feature`) and join the answers."""
        ...

    def forget_subject(self) -> None:
        """The member was erased: what this turn still wants is kept for nobody."""
        ...
