"""Hearing people: what they type, click or do becomes a command, or an answer to a question."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.core.actions import FILE_LIMIT, Field, Say
from bot.core.commands import Command, FirstAnswer
from bot.core.errors import BadInput
from bot.core.events import Chose, Commanded, FromMember, Posted, Reacted, Submitted
from bot.core.features import Feature
from bot.core.ports import Adapter
from bot.core.refs import Community, Direct, Room
from bot.core.turn import Answer
from bot.engine import menus, reading
from bot.engine.degrade import field_text
from bot.engine.links import link_to
from bot.engine.running import Running
from bot.engine.turn import EngineTurn
from bot.engine.whereabouts import ask_community, find_community, find_member
from storage.communities import Communities
from storage.conversations import OpenQuestion, Questions
from storage.members import Members
from storage.outbox import Deliveries
from storage.store import Anew


class Refused(Anew):
    """A feature refused what it was given: the turn begins anew, and then only says so.

    That takes back what the feature did; a savepoint in every turn would cost more than all turns
    that somebody mistyped.
    """

    def __init__(self, bad: BadInput) -> None:
        """Keep why."""
        super().__init__()
        self.bad = bad


class Hearing:
    """Hears what comes from one adapter."""

    def __init__(self, running: Running, adapter: Adapter) -> None:
        """Know the commands; the platform's own sign begins one, and `/` does everywhere."""
        self.running = running
        self.adapter = adapter
        self.prefixes = (adapter.affordances.prefix, "/")
        self.commands = reading.Commands(command for _, command in running.commands.values())

    def posted(self, turn: EngineTurn, event: Posted) -> None:
        if event.text is None:
            self._deed(turn, event)
            return
        find_member(turn, event)
        turn.where.place = event.place
        if isinstance(event.place, Room) and not self._can_answer(turn, event):
            find_community(turn, event)
            turn.say("engine/own_commands", to=event.place)
            return
        if event.file:
            self._given(turn, event, event.text.strip())
            return
        text = event.text.strip()
        prefix = next((each for each in self.prefixes if text.startswith(each)), "")
        text, explicit = text.removeprefix(prefix).lstrip(), bool(prefix)
        direct = isinstance(event.place, Direct)
        questions = Questions(turn.tx).waiting(turn.subject) if direct else []
        if not explicit and any(self._answers(turn, event, each, text) for each in questions):
            return
        self._typed(turn, event, text, questions[0] if questions and not explicit else None)

    def _given(self, turn: EngineTurn, event: Posted, text: str) -> None:
        """Take a file as the answer to the question that asks for one."""
        waiting = Questions(turn.tx).waiting(turn.subject)
        question = next((each for each in waiting if reading.asks_file(each)), None)
        if question is None:
            find_community(turn, event)
            turn.say("engine/answered_already")
            return
        if not text:
            self._enter_question(turn, event, question)
            raise BadInput("engine/file_unread", most=FILE_LIMIT // 1024)
        filled = self._filled(turn, event, question, text)
        if filled is not None:
            answer = Answer(question.purpose, "form", values=filled, about=_about(question))
            self._answer(turn, event, question, answer)

    def _can_answer(self, turn: EngineTurn, event: FromMember) -> bool:
        """Tell whether somebody can be answered for their eyes alone."""
        return self._aside(event) or turn.reachable

    def _aside(self, event: FromMember) -> bool:
        return self.adapter.affordances.asides and event.interaction is not None

    def _deed(self, turn: EngineTurn, event: Posted) -> None:
        subject = Members(turn.tx).find(event.member)
        if subject is None or not isinstance(event.place, Room):
            return
        question = Questions(turn.tx).awaiting_post(
            subject, Room(event.place.platform, event.place.id), reply=event.reply
        )
        if question is None:
            return
        find_member(turn, event)
        # The answer goes on in private: what somebody does in a hunt is their own affair.
        self._answer(
            turn, event, question, Answer(question.purpose, question.kind, about=_about(question))
        )

    def commanded(self, turn: EngineTurn, event: Commanded) -> None:
        find_member(turn, event)
        turn.where.place = event.place
        found = self.running.commands.get(event.command)
        if found is None:
            find_community(turn, event)
            self._unknown(turn, event.command)
            return
        self._run(turn, event, found, dict(event.options))

    def answered_by_key(self, turn: EngineTurn, event: Chose | Submitted) -> None:
        find_member(turn, event)
        turn.where.place = event.place
        question = Questions(turn.tx).get(event.question)
        if question is None:
            find_community(turn, event)
            turn.say("engine/answered_already")
            return
        if question.subject not in (None, turn.subject):
            find_community(turn, event)
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

    def reacted(self, turn: EngineTurn, event: Reacted) -> None:
        key = Deliveries(turn.tx).behind(event.message)
        if key is None:
            return
        for question in Questions(turn.tx).on_delivery(key):
            if question.subject not in (None, Members(turn.tx).find(event.member)):
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
            find_member(turn, event)
            turn.where.place = event.place
            self._answer(turn, event, question, answer)
            return

    # What was typed

    def _answers(self, turn: EngineTurn, event: Posted, question: OpenQuestion, text: str) -> bool:
        """Take a text as the answer to the open question, if it can be one."""
        spec = question.spec
        numbers = question.kind == "choice"
        choice = reading.choice_typed(text, spec["choices"])
        if choice is not None and (numbers or not text.strip(" .)").isdecimal()):
            answer = Answer(question.purpose, "choice", choice, about=_about(question))
        elif question.kind == "form" and text and not self._is_command(text):
            filled = self._filled(turn, event, question, text)
            if filled is None:
                return True
            answer = Answer(question.purpose, "form", values=filled, about=_about(question))
        else:
            return False
        self._answer(turn, event, question, answer)
        return True

    def _is_command(self, text: str) -> bool:
        """Tell whether somebody means a command, though a question is open.

        What begins like one and goes on as it cannot is more likely to be an answer: "help came
        from …", "my settings were wrong".
        """
        if self.commands.exactly(text):
            return True
        command, rest = self.commands.named(text)
        if command is None or not command.options:
            return False
        words, path_of_several = rest.split(), " " in command.path
        if command.options[0].choices:
            known = reading.fold(words[0]) in command.options[0].choices
            return (known and len(words) <= len(command.options)) or (
                path_of_several and len(words) == 1
            )
        return path_of_several

    def _filled(
        self, turn: EngineTurn, event: Posted, question: OpenQuestion, text: str
    ) -> dict[str, str] | None:
        """Fill the next field of a form; return the values once it is complete."""
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
            find_community(turn, event)
            raise
        if typed is not None:
            self._run(turn, event, self.running.commands[typed.command.path], typed.options)
            return
        if not find_community(turn, event) and self.commands.under(text):
            ask_community(turn, event, reading.fold(text), {})
            return
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
        known = find_community(turn, event)
        options = {**self._answered(turn, event, command), **options}
        in_room = isinstance(turn.place, Room)
        asides = self._aside(event)
        left_alone = command.private and in_room and not asides
        if left_alone:
            turn.say("engine/private_word", to=turn.place)
            turn.where.place = turn.me
            # What stood in the room is not taken up again: the rest is asked for in private.
            options = {}
        elif in_room and command.first is not FirstAnswer.PUBLIC and not asides:
            turn.say("engine/answer_in_private", to=turn.place)
        if (known or not command.needs_community) and not turn.admits(command):
            return
        if not left_alone:
            reading.check_options(command, options)
        if command.needs_community and not known:
            ask_community(turn, event, command.path, options)
            return
        _work(turn, feature, lambda: command.run(turn, options), command)

    def _answered(self, turn: EngineTurn, event: FromMember, command: Command) -> dict[str, str]:
        """Return the message that a command is typed in answer to, where it is about one."""
        option = next((each for each in command.options if each.message), None)
        about = event.about if isinstance(event, Posted) else None
        row = turn.where.community
        if option is None or about is None or row is None:
            return {}
        ref = Community(row.platform, row.external_id)
        return {option.name: link_to(self.adapter.affordances, ref, about)}

    def _answer(
        self, turn: EngineTurn, event: FromMember, question: OpenQuestion, answer: Answer
    ) -> None:
        self._enter_question(turn, event, question)
        found = self.running.answers.get(question.purpose)
        if found is None:
            turn.say("engine/answered_already")
            return
        if question.spec.get("moderator") and not turn.moderator:
            # Somebody may have been demoted in the middle of a flow.
            turn.say("engine/moderators_only", by_role=turn.has_roles)
            return
        feature, handler = found

        def work() -> None:
            if question.subject is not None:
                Questions(turn.tx).close(question.key)
            turn.answering(bool(question.spec.get("moderator")))
            handler(turn, answer)

        try:
            _work(turn, feature, work)
        except BadInput:
            fields = question.spec.get("fields", [])
            if len(fields) > 1:
                # Which field was wrong is not known here: the form begins anew.
                Questions(turn.tx).update(question.key, {**question.spec, "values": {}}, None)
                turn.again = field_text(fields[0]["label"])
            raise

    def _enter_question(self, turn: EngineTurn, event: FromMember, question: OpenQuestion) -> None:
        if question.community is not None:
            row = Communities(turn.tx).get(question.community)
            turn.enter(row)
        else:
            find_community(turn, event)


def _work(
    turn: EngineTurn, feature: Feature, work: Callable[[], None], command: Command | None = None
) -> None:
    """Do a feature's work; bad input takes back what it did, and its question waits on.

    Raises: `Refused`, and `BadInput` in the turn that begins anew then.
    """
    if turn.refused is not None:
        raise turn.refused
    try:
        turn.within(feature, work, command)
    except BadInput as bad:
        raise Refused(bad) from bad


def _about(question: OpenQuestion) -> Mapping[str, Any]:
    about: Mapping[str, Any] = question.spec.get("about", {})
    return about
