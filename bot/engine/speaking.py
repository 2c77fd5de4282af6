"""What a turn says, asks and waits for: each becomes an action, or a question of the store's."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from bot.core.actions import Action, AskChoice, AskForm, Choice, Field, File, Lane, Say
from bot.core.commands import Audience, Command, FirstAnswer
from bot.core.events import FromMember, Joined, Posted
from bot.core.markup import to_plain
from bot.core.refs import Destination, Direct, Interaction, Member, MessageRef, Room
from bot.engine.about import About
from bot.engine.budget import COUNTS, WAITS
from bot.engine.running import Running, Wanted, Whereabouts
from storage.conversations import OpenQuestion, Questions
from storage.transaction import Transaction

_OPENERS = {
    "text": "engine/choice_own_words",
    "room": "engine/choice_pick",
    "file": "engine/choice_file",
}


class Speaking(About):
    """Collects what is to be said and done (see `core.turn.Turn`)."""

    def __init__(self, running: Running, tx: Transaction, where: Whereabouts) -> None:
        """Begin with nothing said."""
        super().__init__(running, tx, where)
        self.wanted: list[Wanted] = []
        self._command: Command | None = None
        self._moderating = False

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

    def offer_again(self, question: OpenQuestion, typed: Mapping[str, str]) -> None:
        """Offer a form once more, with what was typed, after something that cannot be."""
        where, aside, answers = self._answer_place(None)
        spec = question.spec
        key = self.do(
            AskChoice(
                key=self.new_id(),
                to=where,
                text=self.text("engine/fill_again"),
                question=question.key,
                choices=tuple(
                    Choice(each["id"], each["label"], each["emoji"]) for each in spec["choices"]
                ),
                lane=self._lane(),
                aside=aside,
                answers=answers,
                opener=to_plain(self.text(_OPENERS[spec["fields"][0]["kind"]])),
            )
        )
        fields = [
            {**each, "value": typed.get(each["id"], "") if each["kind"] == "text" else ""}
            for each in spec["fields"]
        ]
        Questions(self.tx).update(question.key, {**spec, "fields": fields}, key)

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
