"""Hearing people: what they type, click or do becomes a command, or an answer to a question."""

from collections.abc import Mapping

from bot.core.commands import Command, FirstAnswer
from bot.core.errors import BadInput
from bot.core.events import Commanded, FromMember, Posted
from bot.core.features import Feature
from bot.core.ports import Adapter
from bot.core.refs import Community, Direct, Room
from bot.engine import menus, reading, refusal
from bot.engine.answering import Answering
from bot.engine.links import link_to
from bot.engine.running import Running
from bot.engine.turn import EngineTurn
from bot.engine.whereabouts import ask_community, find_community, find_member
from storage.conversations import OpenQuestion, Questions


class Hearing:
    """Hears what comes from one adapter."""

    def __init__(self, running: Running, adapter: Adapter) -> None:
        """Know the commands; the platform's own sign begins one, and `/` does everywhere."""
        self.running = running
        self.adapter = adapter
        self.prefixes = (adapter.affordances.prefix, "/")
        self.commands = reading.Commands(command for _, command in running.commands.values())
        self.answering = Answering(running, self.commands)

    def posted(self, turn: EngineTurn, event: Posted) -> None:
        if event.text is None:
            self.answering.done(turn, event)
            return
        find_member(turn, event)
        turn.where.place = event.place
        if isinstance(event.place, Room) and not self._can_answer(turn, event):
            find_community(turn, event)
            turn.say("engine/own_commands", to=event.place)
            return
        if event.file:
            self.answering.given(turn, event, event.text.strip())
            return
        text = event.text.strip()
        if not text and isinstance(event.place, Direct):
            find_community(turn, event)
            turn.say("engine/only_words")
            return
        prefix = next((each for each in self.prefixes if text.startswith(each)), "")
        text, explicit = text.removeprefix(prefix).lstrip(), bool(prefix)
        direct = isinstance(event.place, Direct)
        questions = Questions(turn.tx).waiting(turn.subject) if direct else []
        if not explicit and self.answering.typed(turn, event, questions, text):
            return
        self._typed(turn, event, text, questions[0] if questions and not explicit else None)

    def _can_answer(self, turn: EngineTurn, event: FromMember) -> bool:
        """Tell whether somebody can be answered for their eyes alone."""
        return self._aside(event) or turn.reachable

    def _aside(self, event: FromMember) -> bool:
        return self.adapter.affordances.asides and event.interaction is not None

    def commanded(self, turn: EngineTurn, event: Commanded) -> None:
        find_member(turn, event)
        turn.where.place = event.place
        found = self.running.commands.get(event.command)
        if found is None:
            find_community(turn, event)
            self._unknown(turn, event.command)
            return
        self._run(turn, event, found, dict(event.options))

    # What was typed

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
        refusal.do(turn, feature, lambda: command.run(turn, options), command)

    def _answered(self, turn: EngineTurn, event: FromMember, command: Command) -> dict[str, str]:
        """Return the message that a command is typed in answer to, where it is about one."""
        option = next((each for each in command.options if each.message), None)
        about = event.about if isinstance(event, Posted) else None
        row = turn.where.community
        if option is None or about is None or row is None:
            return {}
        ref = Community(row.platform, row.external_id)
        return {option.name: link_to(self.adapter.affordances, ref, about)}
