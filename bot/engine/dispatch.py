"""Dispatch: one event, one transaction; then the sending, which is the outbox's.

The order within a turn: note the event (a duplicate stops here), find out who, where and in which
community it is, read what was typed, call the feature's handler, and write what it wants done.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from bot.core.actions import Choice, Field, Say
from bot.core.commands import Audience, Command, FirstAnswer
from bot.core.errors import BadInput
from bot.core.events import (
    Added,
    CameDue,
    Chose,
    Commanded,
    Delivered,
    Event,
    FromMember,
    Joined,
    Left,
    Posted,
    Reacted,
    Removed,
    Submitted,
    Undelivered,
)
from bot.core.features import Feature
from bot.core.ports import Adapter
from bot.core.refs import Community, Direct, Room
from bot.core.turn import Answer
from bot.engine import menus, reading
from bot.engine.degrade import degrade, field_text
from bot.engine.quiet import quiet_until
from bot.engine.turn import EngineTurn, Running, Whereabouts
from bot.engine.writing import write
from storage.communities import Communities
from storage.conversations import OpenQuestion, Questions
from storage.facts import Facts
from storage.members import Members
from storage.outbox import Deliveries
from storage.schedules import Schedules
from storage.store import Store, Transaction
from storage.tables import Community as CommunityRow

log = structlog.get_logger(__name__)


class Dispatcher:
    """Turns events of one account into committed turns."""

    def __init__(
        self,
        running: Running,
        store: Store,
        adapter: Adapter,
        wake: Callable[[], None],
        prefix: str = "!",
    ) -> None:
        """Serve one adapter; `wake` tells the outbox that something was written."""
        self.running = running
        self.store = store
        self.adapter = adapter
        self.wake = wake
        self.prefixes = (prefix, "/")
        self.commands = reading.Commands(command for _, command in running.commands.values())

    async def receive(self, event: Event) -> None:
        """Handle an event in one transaction; a handler that fails changes nothing and says sorry."""
        urgent = isinstance(event, FromMember) and not isinstance(event, Joined)
        try:
            wrote = await self.store.transact(lambda tx: self.turn(tx, event), urgent=urgent)
        except Exception as error:
            # No text of the error: it may quote what somebody wrote.
            log.error(
                "turn failed",
                happened=type(event).__name__,
                error=type(error).__name__,
                where=_where_raised(error),
            )
            wrote = await self.store.transact(lambda tx: self._apologize(tx, event), urgent=urgent)
        if wrote:
            self.wake()

    def turn(self, tx: Transaction, event: Event) -> bool:
        """Handle an event in this transaction; tell whether anything is to be sent."""
        if not Facts(tx, self.adapter.account).take_in(event.event_id, self.running.clock.now()):
            return False
        turn = self._begin(tx, event)
        try:
            self._handle(turn, event)
        except BadInput as bad:
            turn.wanted.clear()
            turn.say(bad.words, **bad.values)
        return self._flush(turn)

    def _begin(self, tx: Transaction, event: Event) -> EngineTurn:
        writes_first = self.adapter.affordances.direct_unasked
        return EngineTurn(self.running, tx, Whereabouts(event, writes_first=writes_first))

    # What happened

    def _handle(self, turn: EngineTurn, event: Event) -> None:
        match event:
            case Added() | Removed():
                self._community_changed(turn, event)
            case Joined() | Left():
                self._came_or_went(turn, event)
            case CameDue():
                self._came_due(turn, event)
            case Posted():
                self._posted(turn, event)
            case Commanded():
                self._commanded(turn, event)
            case Chose() | Submitted():
                self._answered_by_key(turn, event)
            case Reacted():
                self._reacted(turn, event)
            case Delivered() | Undelivered():
                turn.tell(event)
            case _:
                raise TypeError(f"Nobody handles {type(event).__name__}.")

    def _community_changed(self, turn: EngineTurn, event: Added | Removed) -> None:
        name = event.name if isinstance(event, Added) else event.community.id
        row = self._community(turn, event.community, name)
        turn.where.community = row
        turn.where.locale = self.running.words.nearest(row.locale)
        turn.tell(event)

    def _came_or_went(self, turn: EngineTurn, event: Joined | Left) -> None:
        if event.community is None:
            return
        members = Members(turn.tx)
        if isinstance(event, Left) and members.find(event.member) is None:
            return
        self._whose(turn, event)
        self._in_community(turn, event.community, event)
        if isinstance(event, Left):
            members.leave(turn.subject, turn.community.id)
        turn.tell(event)
        if isinstance(event, Joined):
            members.enter(turn.subject, turn.community.id)

    def _came_due(self, turn: EngineTurn, event: CameDue) -> None:
        plan = Schedules(turn.tx).get(event.schedule)
        if plan is None:
            return
        where = turn.where
        where.subject = plan.subject
        where.community = Communities(turn.tx).get(plan.community)
        own = turn.settings.get("locale") if plan.subject else None
        where.locale = self.running.words.nearest(own, where.community.locale)
        feature, handler = self.running.due[plan.kind]
        turn.within(feature, lambda: handler(turn, replace(plan, next_due=event.due)))

    def _posted(self, turn: EngineTurn, event: Posted) -> None:
        if event.text is None:
            self._deed(turn, event)
            return
        self._whose(turn, event)
        turn.where.place = event.place
        text = event.text.strip()
        explicit = text.startswith(self.prefixes)
        if explicit:
            text = text[1:].lstrip()
        direct = isinstance(event.place, Direct)
        questions = Questions(turn.tx).waiting(turn.subject) if direct else []
        if not explicit and any(self._answers(turn, event, each, text) for each in questions):
            return
        self._typed(turn, event, text, questions[0] if questions else None)

    def _deed(self, turn: EngineTurn, event: Posted) -> None:
        subject = Members(turn.tx).find(event.member)
        if subject is None or not isinstance(event.place, Room):
            return
        question = Questions(turn.tx).awaiting_post(subject, Room(event.place.platform, event.place.id))
        if question is None:
            return
        self._whose(turn, event)
        # The answer goes on in private: what somebody does in a hunt is their own affair.
        self._answer(turn, event, question, Answer(question.purpose, "post", about=_about(question)))

    def _commanded(self, turn: EngineTurn, event: Commanded) -> None:
        self._whose(turn, event)
        turn.where.place = event.place
        found = self.running.commands.get(event.command)
        if found is None:
            self._in_community(turn, event.community, event)
            self._unknown(turn, event.command)
            return
        self._run(turn, event, found, dict(event.options))

    def _answered_by_key(self, turn: EngineTurn, event: Chose | Submitted) -> None:
        self._whose(turn, event)
        turn.where.place = event.place
        question = Questions(turn.tx).get(event.question)
        if question is None or question.state != "open":
            self._in_community(turn, event.community, event)
            turn.say("engine/answered_already")
            return
        if question.subject not in (None, turn.subject):
            self._in_community(turn, event.community, event)
            turn.say("engine/not_yours")
            return
        if isinstance(event, Chose):
            if event.choice not in {choice["id"] for choice in question.spec["choices"]}:
                turn.say("engine/answered_already")
                return
            answer = Answer(question.purpose, "choice", event.choice, about=_about(question))
        else:
            answer = Answer(
                question.purpose, "form", values=dict(event.values), about=_about(question)
            )
        self._answer(turn, event, question, answer)

    def _reacted(self, turn: EngineTurn, event: Reacted) -> None:
        key = Deliveries(turn.tx).behind(event.message)
        if key is None:
            return
        for question in Questions(turn.tx).on_delivery(key):
            if question.subject is not None:
                if question.subject != Members(turn.tx).find(event.member):
                    continue
            if question.kind == "react":
                answer = Answer(question.purpose, "react", about=_about(question))
            elif question.kind in ("choice", "form"):
                choice = reading.choice_reacted(event.emoji, question.spec["choices"])
                if choice is None:
                    continue
                answer = Answer(question.purpose, "choice", choice, about=_about(question))
            else:
                continue
            self._whose(turn, event)
            turn.where.place = event.place
            self._answer(turn, event, question, answer)
            return

    # What was typed

    def _answers(
        self, turn: EngineTurn, event: Posted, question: OpenQuestion, text: str
    ) -> bool:
        """Take a text as the answer to the open question, if it can be one."""
        spec = question.spec
        numbers = question.kind == "choice"
        choice = reading.choice_typed(text, spec["choices"])
        if choice is not None and (numbers or not text.strip(" .)").isdecimal()):
            answer = Answer(question.purpose, "choice", choice, about=_about(question))
        elif question.kind == "form" and text and not self.commands.exactly(text):
            filled = self._filled(turn, event, question, text)
            if filled is None:
                return True
            answer = Answer(question.purpose, "form", values=filled, about=_about(question))
        else:
            return False
        self._answer(turn, event, question, answer)
        return True

    def _filled(
        self, turn: EngineTurn, event: Posted, question: OpenQuestion, text: str
    ) -> dict[str, str] | None:
        """Fill the next field of a form; the values when it is complete, else None and the next is asked."""
        spec = dict(question.spec)
        fields = [Field(**field) for field in spec["fields"]]
        values = dict(spec["values"])
        current = fields[len(values)]
        self._enter_question(turn, event, question)
        if len(text) > current.limit:
            raise BadInput("engine/too_long", limit=current.limit, length=len(text))
        values[current.id] = text
        if len(values) == len(fields):
            return values
        key = turn.new_id()
        Questions(turn.tx).update(question.key, {**spec, "values": values}, key)
        turn.do(Say(key=key, to=turn.me, text=field_text(fields[len(values)].label), ask=True))
        return None

    def _typed(
        self, turn: EngineTurn, event: Posted, text: str, question: OpenQuestion | None
    ) -> None:
        try:
            typed = self.commands.read(text)
        except BadInput:
            self._in_community(turn, event.community, event)
            raise
        if typed is not None:
            self._run(turn, event, self.running.commands[typed.command.path], typed.options)
            return
        self._in_community(turn, event.community, event)
        if menus.offer(turn, reading.fold(text)):
            return
        if question is not None and question.kind == "choice":
            labels = [choice["label"] for choice in question.spec["choices"]]
            turn.say("engine/not_a_choice", choices=labels, near=self.commands.near(text) or "")
            return
        self._unknown(turn, text)

    def _unknown(self, turn: EngineTurn, text: str) -> None:
        below = self.commands.below(text)
        near = self.commands.near(text)
        turn.say("engine/unknown_word", near=near or "", below=below[:12])

    # Doing it

    def _run(
        self,
        turn: EngineTurn,
        event: FromMember,
        found: tuple[Feature, Command],
        options: Mapping[str, str],
    ) -> None:
        feature, command = found
        known = self._in_community(turn, event.community, event, command, options)
        in_room = isinstance(turn.place, Room)
        if command.private and in_room and not self.adapter.affordances.asides:
            turn.say("engine/private_word", to=turn.place)
            turn.where.place = turn.me
            # What stood in the room is not taken up again: the rest is asked for in private.
            options = {}
        elif in_room and command.first is not FirstAnswer.PUBLIC:
            if not self.adapter.affordances.asides:
                turn.say("engine/answer_in_private", to=turn.place)
        if command.needs_community and not known:
            return
        if command.audience is Audience.MODERATOR and not turn.moderator:
            turn.say("engine/moderators_only")
            return
        closed = turn.where.community is not None and turn.where.community.state in ("new", "gone")
        if command.needs_community and closed and not turn.moderator:
            turn.say("engine/not_open_yet")
            return
        if not (command.private and in_room):
            reading.check_options(command, options)
        turn.within(feature, lambda: command.run(turn, options), command)

    def _answer(
        self, turn: EngineTurn, event: FromMember, question: OpenQuestion, answer: Answer
    ) -> None:
        self._enter_question(turn, event, question)
        found = self.running.answers.get(question.purpose)
        if question.subject is not None:
            Questions(turn.tx).close(question.key)
        if found is None:
            turn.say("engine/answered_already")
            return
        feature, handler = found
        try:
            turn.within(feature, lambda: handler(turn, answer))
        except BadInput:
            # The question waits on: the person may answer again.
            if question.subject is not None:
                Questions(turn.tx).close(question.key, "open")
            raise

    def _enter_question(self, turn: EngineTurn, event: FromMember, question: OpenQuestion) -> None:
        if question.community is not None:
            row = Communities(turn.tx).get(question.community)
            self._enter(turn, row, event)
        else:
            self._in_community(turn, event.community, event)

    # Who, and in which community

    def _whose(self, turn: EngineTurn, event: FromMember) -> None:
        members = Members(turn.tx)
        turn.where.member = event.member
        known = members.find(event.member)
        turn.where.subject = known or members.ensure(event.member, turn.new_id())
        own = members.settings(turn.where.subject).get("locale") if known else None
        turn.where.locale = self.running.words.nearest(own, event.locale)

    def _in_community(
        self,
        turn: EngineTurn,
        ref: Community | None,
        event: FromMember,
        command: Command | None = None,
        options: Mapping[str, str] | None = None,
    ) -> bool:
        """Find the community: the room's, else the only one, else the one chosen before, else ask."""
        if turn.where.community is not None:
            return True
        communities = Communities(turn.tx)
        if ref is not None:
            self._enter(turn, self._community(turn, ref, ref.id), event)
            return True
        found = [communities.find(standing.community) for standing in event.standing]
        here = [row for row in found if row is not None and row.state != "gone"]
        chosen = turn.settings.get("community")
        if len(here) > 1:
            here = [row for row in here if row.id == chosen] or here
        if len(here) == 1:
            self._enter(turn, here[0], event)
            return True
        if command is None or not command.needs_community:
            return False
        if not here:
            turn.say("engine/no_community")
            return False
        choices = [Choice(row.id, row.name, None, ()) for row in here]
        turn.ask(
            "engine.community",
            "engine/which_community",
            choices,
            about={"command": command.path, "options": dict(options or {})},
        )
        return False

    def _enter(self, turn: EngineTurn, row: CommunityRow, event: FromMember) -> None:
        where = turn.where
        where.community = row
        where.moderator = any(
            standing.moderator
            and standing.community.platform == row.platform
            and standing.community.id == row.external_id
            for standing in event.standing
        )
        own = turn.settings.get("locale")
        where.locale = self.running.words.nearest(own, event.locale, row.locale)

    def _community(self, turn: EngineTurn, ref: Community, name: str) -> CommunityRow:
        communities = Communities(turn.tx)
        row = communities.find(ref)
        if row is None:
            row = communities.add(ref, name, turn.new_id(), locale="en", zone="UTC")
        return row

    # Writing down

    def _flush(self, turn: EngineTurn) -> bool:
        """Write what the turn wants done; a person's quiet hours and signs are theirs to set."""
        unasked = not isinstance(turn.event, FromMember) or isinstance(turn.event, Joined)
        wrote = False
        for wanted in turn.wanted:
            own = Members(turn.tx).settings(wanted.subject) if wanted.subject else {}
            start = turn.now
            if unasked and wanted.subject:
                start = quiet_until(own.get("quiet"), turn.zone, turn.now)
            for action in degrade(wanted.action, self.adapter.affordances):
                if isinstance(action, Say) and not own.get("reactions", True):
                    action = replace(action, reactions=())
                write(turn.tx, self.adapter.account, wanted, action, turn.now, start)
                wrote = True
        return wrote

    def _apologize(self, tx: Transaction, event: Event) -> bool:
        fresh = Facts(tx, self.adapter.account).take_in(event.event_id, self.running.clock.now())
        if not fresh or not isinstance(event, Commanded | Chose | Submitted | Posted | Reacted):
            return False
        if isinstance(event, Posted) and event.text is None:
            return False
        turn = self._begin(tx, event)
        self._whose(turn, event)
        turn.where.place = event.place
        turn.say("engine/sorry")
        return self._flush(turn)


def choose_community(turn: EngineTurn, answer: Answer) -> None:
    """Go on in the community that the member chose, and stay there for direct messages."""
    row = Communities(turn.tx).get(answer.choice)
    turn.where.community = None
    turn.save_settings({**turn.settings, "community": row.id})
    event = turn.event
    assert isinstance(event, FromMember)
    turn.where.community = row
    turn.where.moderator = any(
        standing.moderator and standing.community.id == row.external_id
        for standing in event.standing
    )
    command = turn.running.commands[str(answer.about["command"])][1]
    if command.audience is Audience.MODERATOR and not turn.moderator:
        turn.say("engine/moderators_only")
        return
    turn.run(command.path, answer.about["options"])


def undelivered(turn: EngineTurn) -> list[str]:
    """Return what could not be delivered in public lately, with the reason, for moderators."""
    since = turn.now - timedelta(days=14)
    return [
        turn.text("engine/undelivered", flow=flow, reason=reason, at=at)
        for flow, reason, at in turn.rows(Deliveries).dead(turn.community.id, since)
    ]


def _about(question: OpenQuestion) -> Mapping[str, Any]:
    about: Mapping[str, Any] = question.spec.get("about", {})
    return about


def _where_raised(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return ""
    return f"{traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}"


def engine_feature() -> Feature:
    """Return what the engine itself asks people: which community they mean."""
    return Feature(
        name="engine",
        answers={"engine.community": choose_community, "engine.menu": menus.choose},
        status=undelivered,
    )
