"""What all turns of a process share, and what one turn is about."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.actions import Action, Affordances
from bot.core.commands import Command
from bot.core.events import Event
from bot.core.features import Feature
from bot.core.ports import Clock, Ids, Meter
from bot.core.refs import Destination, Member
from bot.core.turn import Answer, Plan, Turn
from storage.communities import Communities
from storage.conversations import Conversations, Questions
from storage.quiet import QuietPeriods
from storage.tables import Community
from storage.transaction import Transaction

if TYPE_CHECKING:
    from bot.engine.words import Words


@dataclass(frozen=True, slots=True)
class Wanted:
    """An action that a turn wants done, and on whose behalf."""

    action: Action
    flow: str
    subject: str | None
    community: str | None
    gate: str | None
    expires_at: datetime | None = None
    unasked: str | None = None  # see `engine.budget`


@dataclass(slots=True)
class Whereabouts:
    """Who, where and in which community an event is; filled in by dispatch."""

    event: Event
    subject: str | None = None
    member: Member | None = None
    place: Destination | None = None
    community: Community | None = None
    moderator: bool = False
    locale: str = "en"
    writes_first: bool = False
    prefix: str = "/"
    has_roles: bool = False
    can: Affordances = field(default_factory=Affordances)


class Unmetered:
    """Counts nothing (see `core.ports.Meter`)."""

    def turned(self, feature: str, outcome: str, seconds: float) -> None:
        """Let it pass."""

    def delivered(self, platform: str, outcome: str) -> None:
        """Let it pass."""

    def late(self, feature: str, seconds: float) -> None:
        """Let it pass."""


class Running:
    """What all turns of a process share."""

    def __init__(
        self,
        features: Sequence[Feature],
        words: "Words",
        clock: Clock,
        ids: Ids,
        meter: Meter | None = None,
        off: Collection[str] = (),
    ) -> None:
        """Index the declarations; `off` are the features that are paused everywhere."""
        self.off = frozenset(off)
        self.meter: Meter = meter or Unmetered()
        # What is counted of features that concern oneself alone does not say which it was.
        self.counted_as = {
            feature.name: "private"
            if any(command.private for command in feature.commands)
            else feature.name
            for feature in features
        }
        self.features = list(features)
        self.words = words
        self.clock = clock
        self.ids = ids
        self.commands: dict[str, tuple[Feature, Command]] = {
            command.path: (feature, command) for feature in features for command in feature.commands
        }
        self.answers: dict[str, tuple[Feature, Callable[[Turn, Answer], None]]] = {
            purpose: (feature, handler)
            for feature in features
            for purpose, handler in feature.answers.items()
        }
        self.due: dict[str, tuple[Feature, Callable[[Turn, Plan], None]]] = {
            kind: (feature, handler)
            for feature in features
            for kind, handler in feature.due.items()
        }
        self.readers = [feature.read_ahead for feature in features if feature.read_ahead]
        self.gates: dict[str, tuple[Feature, Callable[[Turn], bool]]] = {
            name: (feature, gate) for feature in features for name, gate in feature.gates.items()
        }

    def is_off(self, feature: str, community: Community | None) -> bool:
        """Tell whether a feature is paused: by the host, or alone by moderators."""
        alone = community is not None and feature in community.paused.split()
        return alone or feature in self.off

    def read_ahead(self, tx: Transaction, plans: Sequence[Plan]) -> None:
        """Read at once what the handling of these plans will read: one by one costs far more."""
        communities = {plan.community for plan in plans}
        Communities(tx).fetch(communities)
        QuietPeriods(tx).fetch(communities)
        if people := {plan.subject for plan in plans if plan.subject is not None}:
            Conversations(tx).fetch(people)
            Questions(tx).fetch(people)
        for read in self.readers:
            read(tx, plans)
