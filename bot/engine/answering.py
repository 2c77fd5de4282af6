"""Answers: what people click, type, give or do is one, where a question of ours is open."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.actions import FILE_LIMIT, Field, Say
from bot.core.errors import BadInput
from bot.core.events import Chose, FromMember, Posted, Reacted, Submitted
from bot.core.refs import Room
from bot.core.turn import Answer
from bot.engine import reading, refusal
from bot.engine.degrade import field_text
from bot.engine.running import Running
from bot.engine.turn import EngineTurn
from bot.engine.whereabouts import find_community, find_member
from storage.communities import Communities
from storage.conversations import OpenQuestion, Questions
from storage.members import Members
from storage.outbox import Deliveries


class Answering:
    """Takes answers to the questions that are open."""

    def __init__(self, running: Running, commands: reading.Commands) -> None:
        """Know the commands: what is one is no answer."""
        self.running = running
        self.commands = commands

    def given(self, turn: EngineTurn, event: Posted, text: str) -> None:
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

    def done(self, turn: EngineTurn, event: Posted) -> None:
        """Take a post in a room as the deed that a hunt waits for."""
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

    def by_key(self, turn: EngineTurn, event: Chose | Submitted) -> None:
        """Take a click, or a form, as the answer to the question that it names."""
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
        """Take a reaction as the answer to the question that its message asked."""
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

    def typed(
        self, turn: EngineTurn, event: Posted, questions: Sequence[OpenQuestion], text: str
    ) -> bool:
        """Take a text as the answer to the first open question that it can answer."""
        return any(self._answers(turn, event, each, text) for each in questions)

    def _answers(self, turn: EngineTurn, event: Posted, question: OpenQuestion, text: str) -> bool:
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
            refusal.do(turn, feature, work)
        except BadInput:
            fields = question.spec.get("fields", [])
            if fields and isinstance(event, Submitted):
                turn.filled = question, event.values
            elif len(fields) > 1:
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


def _about(question: OpenQuestion) -> Mapping[str, Any]:
    about: Mapping[str, Any] = question.spec.get("about", {})
    return about
