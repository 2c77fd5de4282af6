"""The turn that a feature's handler is given: it collects actions and keeps state, and sends
nothing. What it says is `speaking`'s, what it may know `about`'s; here it goes from one feature to
another.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from bot.core.commands import Audience, Command
from bot.core.errors import BadInput
from bot.core.events import Event, FromMember, Joined
from bot.core.features import Feature
from bot.core.refs import Community
from bot.engine import menus
from bot.engine.reading import check_options
from bot.engine.running import Running, Whereabouts
from bot.engine.speaking import Speaking
from storage.conversations import OpenQuestion
from storage.tables import Community as CommunityRow
from storage.transaction import Transaction

R = TypeVar("R")
_DEPTH = 8
_WAYS_IN = ("start", "help")  # they are there whatever is paused


class EngineTurn(Speaking):
    """One event's transaction, as the feature sees it (see `core.turn.Turn`)."""

    def __init__(self, running: Running, tx: Transaction, where: Whereabouts) -> None:
        """Begin a turn."""
        super().__init__(running, tx, where)
        self._depth = 0
        self.entered = ""  # the feature that was asked first
        self.again = ""  # what is asked once more after bad input
        # The form in which bad input stood, and what was typed.
        self.filled: tuple[OpenQuestion, Mapping[str, str]] | None = None
        self.refused: BadInput | None = None  # why a feature refused to do this, a moment ago

    def enter(self, row: CommunityRow) -> None:
        """Go into a community: who moderates there is asked of the event, on every turn."""
        event, where = self.event, self.where
        where.community = row
        if not isinstance(event, FromMember):
            return
        where.moderator = any(
            standing.community == Community(row.platform, row.external_id)
            and (standing.moderator or row.moderator_role in standing.roles)
            for standing in event.standing
        )
        own = self.settings.get("locale")
        where.locale = self.running.words.nearest(own, event.locale, row.locale)

    def answering(self, moderating: bool) -> None:
        """Go on with a question that only a moderator may answer; so are those that follow it."""
        self._moderating = moderating

    def forget_subject(self) -> None:
        """Go on about nobody: the member was erased."""
        self.where.subject = None
        self.wanted = [replace(wanted, subject=None) for wanted in self.wanted]

    # Other features

    def run(self, path: str, options: Mapping[str, str] | None = None) -> None:
        """Go on with another command, as if it had been typed; a word alone opens its menu.

        The path may end in a word of the command's first option, as in `hunt buddy`.
        """
        head, _, word = path.rpartition(" ")
        if path not in self.running.commands and head in self.running.commands and not options:
            _, command = self.running.commands[head]
            path, options = head, {command.options[0].name: word} if command.options else {}
        if path not in self.running.commands:
            menus.offer(self, path)
            return
        feature, command = self.running.commands[path]
        if self.admits(command):
            check_options(command, options or {})
            self.within(feature, lambda: command.run(self, options or {}), command)

    def admits(self, command: Command) -> bool:
        """Tell whether the member may use a command here and now; if not, say why."""
        if command.audience is Audience.MODERATOR and not self.moderator:
            self.say("engine/moderators_only", by_role=self.has_roles)
            return False
        if command.needs_community and self.closed:
            self.say("engine/not_open_yet")
            return False
        feature, _ = self.running.commands.get(command.path, (None, command))
        way_in = command.path in _WAYS_IN
        ones_own = command.private or way_in or command.audience is Audience.MODERATOR
        if feature is not None and not ones_own and self.is_off(feature):
            self.say("engine/switched_off")
            return False
        return True

    def is_off(self, feature: Feature) -> bool:
        """Tell whether a feature is paused here: nothing of it comes by itself, none begins it."""
        return self.running.is_off(feature.name, self.where.community)

    @property
    def closed(self) -> bool:
        """Return whether the community shows nothing to this member, not being open yet."""
        row = self.where.community
        return row is not None and row.state in ("new", "gone") and not self.moderator

    def tell(self, event: Event) -> None:
        """Tell the other features, in this transaction."""
        for feature in self.running.features:
            handler = feature.on.get(type(event))
            if isinstance(event, Joined) and self.is_off(feature):
                continue
            if handler is not None:
                self.within(feature, lambda run=handler: run(self, event))  # type: ignore[misc]

    def gather(self, what: str) -> list[Any]:
        """Ask every feature for its contribution and join the answers."""
        found: list[Any] = []
        for feature in self.running.features:
            if what == "home" and self.is_off(feature):
                continue
            contribution = getattr(feature, what)
            if callable(contribution):
                found.extend(self.within(feature, lambda ask=contribution: ask(self)))  # type: ignore[misc]
            elif contribution:
                found.extend(contribution)
        return found

    def within(self, feature: Feature, work: Callable[[], R], command: Command | None = None) -> R:
        """Do a feature's work: its words and flows are meant meanwhile."""
        if self._depth >= _DEPTH:
            raise RecursionError(f"{feature.name} and others call each other without end.")
        before = self._feature, self._command, self._depth
        self.entered = self.entered or feature.name
        self._feature, self._depth = feature.name, self._depth + 1
        self._command = command or self._command
        try:
            return work()
        except BadInput as bad:
            if "/" not in bad.words:
                bad.words = f"{feature.name}/{bad.words}"
            raise
        finally:
            self._feature, self._command, self._depth = before
