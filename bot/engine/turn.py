"""The turn that a feature's handler is given: it collects actions and keeps state, and sends
nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, TypeVar

from bot.core.actions import Action, AskChoice, AskForm, Choice, Field, File, Lane, Say
from bot.core.commands import Audience, Command, FirstAnswer
from bot.core.errors import BadInput
from bot.core.events import Event, FromMember, Joined, Posted
from bot.core.features import Feature
from bot.core.markup import to_plain
from bot.core.refs import (
    Community,
    Destination,
    Direct,
    Interaction,
    Member,
    MessageRef,
    Room,
)
from bot.engine import menus
from bot.engine.about import About
from bot.engine.budget import COUNTS, WAITS
from bot.engine.reading import check_options
from bot.engine.running import Running, Wanted, Whereabouts
from storage.conversations import OpenQuestion, Questions
from storage.tables import Community as CommunityRow
from storage.transaction import Transaction

R = TypeVar("R")
_DEPTH = 8
_WAYS_IN = ("start", "help")  # they are there whatever is paused
_OPENERS = {
    "text": "engine/choice_own_words",
    "room": "engine/choice_pick",
    "file": "engine/choice_file",
}


class EngineTurn(About):
    """One event's transaction, as the feature sees it (see `core.turn.Turn`)."""

    def __init__(self, running: Running, tx: Transaction, where: Whereabouts) -> None:
        """Begin a turn."""
        super().__init__(running, tx, where)
        self.wanted: list[Wanted] = []
        self._command: Command | None = None
        self._depth = 0
        self.entered = ""  # the feature that was asked first
        self._moderating = False
        self.again = ""  # what is asked once more after bad input
        self.refused: BadInput | None = None  # why a feature refused to do this, a moment ago

    # Saying and asking

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
        """Say something; without `to`, where the member is to be answered."""
        where, aside, answers = self._answer_place(to)
        return self.do(
            Say(
                key=self.new_id(),
                to=where,
                text=self.text(words, **values),
                lane=lane or self._lane(),
                after=after,
                aside=aside,
                ask=ask,
                answers=answers,
                in_thread=in_thread,
                file=file,
                reply_to=self._answered(where),
            ),
            gate=gate,
            unasked=self._unasked(to, timely),
        )

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
        """Ask with a few answers; earlier questions of the same flow wait no longer."""
        where, aside, answers = self._answer_place(to, stands=stands)
        key = self._open("choice", purpose, choices, (), about, anyone)
        hint = "engine/how_to_react" if anyone else "engine/how_to_answer"
        text, encrypted_text = self._texts(words, values, tells_encryption)
        return self.do(
            AskChoice(
                key=key,
                to=where,
                text=text,
                encrypted_text=encrypted_text,
                question=key,
                choices=tuple(choices),
                hint=self.text(hint),
                lane=lane or self._lane(),
                aside=aside,
                answers=answers,
                ping=ping,
            ),
            gate=gate,
            expires=expires,
            unasked=self._unasked(to),
        )

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
        """Ask for the member's own words."""
        where, aside, answers = self._answer_place(None)
        key = self._open("form", purpose, choices, fields, about, anyone=False)
        text, encrypted_text = self._texts(words, values, tells_encryption)
        return self.do(
            AskForm(
                key=key,
                to=where,
                text=text,
                encrypted_text=encrypted_text,
                question=key,
                fields=tuple(fields),
                choices=tuple(choices),
                hint=self.text("engine/or_answer") if choices else "",
                lane=self._lane(),
                aside=aside,
                answers=answers,
                opener=to_plain(self.text(_OPENERS[fields[0].kind])),
            ),
            gate=gate,
        )

    def expect(
        self,
        kind: str,
        purpose: str,
        *,
        room: Room | None = None,
        on: str | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Wait for a deed: a `post` or `reply` of the member in a room, or a `react` to a message
        of ours.
        """
        question = OpenQuestion(
            self.new_id(),
            purpose,
            kind,
            self.subject,
            self._community_id(),
            {"about": dict(about or {})},
        )
        Questions(self.tx).ask(question, delivery_key=on, room=room)

    def drop_questions(self, flow: str) -> None:
        """Let the flow's questions wait no longer."""
        Questions(self.tx).close_flow(self.subject, self._community_id(), flow)

    def do(
        self,
        action: Action,
        *,
        gate: str | None = None,
        expires: timedelta | None = None,
        unasked: str | None = None,
    ) -> str:
        """Want an action done; return its key."""
        personal = isinstance(action.to, Direct) or getattr(action, "aside", None) is not None
        self.wanted.append(
            Wanted(
                action=action,
                flow=self._feature,
                subject=self.where.subject if personal else None,
                community=self._community_id(),
                gate=gate,
                expires_at=self.now + expires if expires else None,
                unasked=unasked,
            )
        )
        return action.key

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

    # Inner parts

    def _texts(self, words: str, values: Mapping[str, object], tells: bool) -> tuple[str, str]:
        """Return what is said, and what is said where the conversation is encrypted."""
        if not tells:
            return self.text(words, **values), ""
        plain, encrypted = (self.text(words, encrypted=each, **values) for each in (False, True))
        return plain, "" if encrypted == plain else encrypted

    def _community_id(self) -> str | None:
        return self.where.community.id if self.where.community else None

    @property
    def _by_moderator(self) -> bool:
        """Whether this is a moderator's command, or what follows from one."""
        command = self._command
        return self._moderating or (command is not None and command.audience is Audience.MODERATOR)

    def _unasked(self, to: Destination | None, timely: bool = False) -> str | None:
        """Return how something weighs that a room is told by itself; what moderators order goes."""
        if not isinstance(to, Room):
            return None
        return COUNTS if timely or self._by_moderator else WAITS

    def _lane(self) -> Lane:
        asked = isinstance(self.event, FromMember) and not isinstance(self.event, Joined)
        return Lane.INTERACTIVE if asked else Lane.NORMAL

    def _answer_place(
        self, to: Destination | None, *, stands: bool = False
    ) -> tuple[Destination, Member | None, Interaction | None]:
        """Return where something is said, for whose eyes alone, and in answer to what."""
        mine = to is None or (self.where.member is not None and to == self.me)
        answers = self.event.interaction if isinstance(self.event, FromMember) else None
        if not mine or (stands and self.reachable):
            answers = None
        if to is not None and answers is None:
            return to, None, None
        match self.place:
            case Room() as room:
                public = self._command is not None and self._command.first is FirstAnswer.PUBLIC
                return room, None if public and to is None else self.member, answers
            case _:
                return self.me, None, answers

    def _answered(self, where: Destination) -> MessageRef | None:
        event = self.event
        return (
            event.message
            if isinstance(event, Posted) and event.place == where and isinstance(where, Room)
            else None
        )

    def _open(
        self,
        kind: str,
        purpose: str,
        choices: Sequence[Choice],
        fields: Sequence[Field],
        about: Mapping[str, Any] | None,
        anyone: bool,
    ) -> str:
        key = self.new_id()
        subject = None if anyone else self.subject
        questions = Questions(self.tx)
        if subject is not None:
            questions.close_flow(subject, self._community_id(), purpose.split(".")[0])
        spec = {
            "choices": [asdict(choice) for choice in choices],
            "fields": [asdict(field) for field in fields],
            "values": {},
            "about": dict(about or {}),
            # What everybody may answer is for everybody, whoever had it asked.
            "moderator": not anyone and self._by_moderator,
        }
        question = OpenQuestion(key, purpose, kind, subject, self._community_id(), spec)
        questions.ask(question, delivery_key=key)
        return key
