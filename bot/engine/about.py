"""Who and where a turn is about, and what is kept of them: words, settings, state, plans."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

from bot.core.actions import Affordances, Choice
from bot.core.events import Event, FromMember
from bot.core.markup import Markdown, to_plain
from bot.core.refs import Destination, Direct, Member, Room
from bot.core.turn import CommunityFacts, Plan
from bot.engine import budget
from bot.engine.facts import community_facts
from bot.engine.running import Running, Whereabouts
from storage.conversations import Conversations
from storage.members import Members
from storage.schedules import Schedules
from storage.transaction import Transaction

R = TypeVar("R")


@lru_cache(maxsize=512)
def _label(text: str) -> str:
    return to_plain(text)


class About:
    """The part of a turn that sends nothing and calls nobody (see `core.turn.Turn`)."""

    def __init__(self, running: Running, tx: Transaction, where: Whereabouts) -> None:
        """Begin in this transaction."""
        self.running = running
        self.tx = tx
        self.where = where
        self.now = running.clock.now()
        self._feature = ""

    # Who and where

    @property
    def event(self) -> Event:
        """Return what happened."""
        return self.where.event

    @property
    def place(self) -> Destination | None:
        """Return where it happened."""
        return self.where.place

    @property
    def encrypted(self) -> bool | None:
        """Return whether the private conversation in which it happened is encrypted."""
        return self.event.encrypted if isinstance(self.event, FromMember) else None

    @property
    def locale(self) -> str:
        """Return the language to speak now."""
        return self.where.locale

    @property
    def moderator(self) -> bool:
        """Return whether the member moderates the community, as the platform says now."""
        return self.where.moderator

    @property
    def subject(self) -> str:
        """Return the member's random id."""
        if self.where.subject is None:
            raise LookupError("This turn is about nobody.")
        return self.where.subject

    @property
    def member(self) -> Member:
        """Return who it is, on the platform."""
        if self.where.member is None:
            self.where.member = Members(self.tx).who(self.subject)
        return self.where.member

    @property
    def me(self) -> Direct:
        """Return the private conversation with the member."""
        return Direct(self.member)

    @property
    def community(self) -> CommunityFacts:
        """Return the community that it is about."""
        row = self.where.community
        if row is None:
            raise LookupError("This turn is about no community.")
        return community_facts(self.tx, row, self.running.off)

    @property
    def settings(self) -> dict[str, Any]:
        """Return what the member set for themselves."""
        return Members(self.tx).settings(self.subject)

    @property
    def languages(self) -> Sequence[str]:
        """Return the languages that the bot speaks."""
        return self.running.words.languages

    @property
    def writes_first(self) -> bool:
        """Return whether the bot may open a direct conversation here."""
        return self.where.writes_first

    @property
    def has_roles(self) -> bool:
        """Return whether the platform has roles."""
        return self.where.has_roles

    @property
    def can(self) -> Affordances:
        """Return what the platform can show."""
        return self.where.can

    @property
    def reachable(self) -> bool:
        """Return whether the member may be written to in private without having just asked."""
        if self.writes_first:
            return True
        own = self.settings if self.where.subject is not None else {}
        return own.get("reach") == "direct" and not own.get("closed")

    def is_full(self, room: Room) -> bool:
        """Tell whether what is posted in a room now, unasked, waits there until tomorrow."""
        row = self.where.community
        return row is not None and budget.is_full(self.tx, row, room, self.now)

    @contextmanager
    def in_language(self, locale: str) -> Iterator[None]:
        """Speak this language meanwhile."""
        before = self.where.locale
        self.where.locale = self.running.words.nearest(locale)
        try:
            yield
        finally:
            self.where.locale = before

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """Keep the member's settings; a new language is spoken at once."""
        Members(self.tx).save_settings(self.subject, settings)
        if settings.get("locale"):
            self.where.locale = self.running.words.nearest(str(settings["locale"]))

    @property
    def zone(self) -> str:
        """Return the member's time zone, else the community's."""
        own = self.settings.get("zone") if self.where.subject else None
        return str(own or (self.where.community.zone if self.where.community else "UTC"))

    # Chance, rows, words

    def new_id(self) -> str:
        """Return a fresh identifier."""
        return self.running.ids.new()

    def pick(self, upto: int) -> int:
        """Return a number from 0 to `upto` - 1."""
        return self.running.ids.pick(upto)

    def rows(self, repository: Callable[[Any], R]) -> R:
        """Return the feature's repository, in this transaction."""
        return repository(self.tx)

    def text(self, words: str, /, **values: object) -> str:
        """Render words: a block of the feature's templates, or `feature/block`."""
        name = words if "/" in words else f"{self._feature}/{words}"
        if not values:
            return self.running.words.fixed(self.locale, name, self.where.prefix)
        shown = {"prefix": Markdown(self.where.prefix), **values}
        return self.running.words.render(self.locale, name, shown)

    def choice(self, id_: str, words: str, /, emoji: str | None = None, **values: object) -> Choice:
        """Make a choice with its label from the words."""
        text = self.text(words, **values)
        # What a person may have written is never kept in memory.
        return Choice(id_, to_plain(text) if values else _label(text), emoji, (id_,))

    # State and plans

    def state(self, flow: str) -> dict[str, Any]:
        """Return the member's state in a flow of this community."""
        return Conversations(self.tx).state(self.subject, self.community.id, flow) or {}

    def keep(self, flow: str, state: Mapping[str, Any]) -> None:
        """Keep the member's state in a flow, sealed."""
        Conversations(self.tx).keep(self.subject, self.community.id, flow, state)

    def plan(self, plan: Plan, *, personal: bool = False) -> None:
        """Plan what comes due for the community, or for the member."""
        Schedules(self.tx).save(
            replace(
                plan,
                community=self.community.id,
                subject=self.subject if personal else None,
            )
        )

    def plans(self, kind: str, *, personal: bool = False) -> list[Plan]:
        """Return the plans of a kind, by what is next."""
        return Schedules(self.tx).of(self.community.id, kind, self.subject if personal else None)

    def unplan(self, id_: str) -> None:
        """Forget a plan."""
        Schedules(self.tx).remove(id_)
