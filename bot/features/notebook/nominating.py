"""Nominating a message, by whoever: it is looked up whose it is, and its author is asked.

Nothing is kept of who nominated it, nor of its words before their author agrees.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Field, Look
from bot.core.errors import BadInput
from bot.core.events import Looked, Undelivered
from bot.core.features import Talk
from bot.core.refs import MessageRef
from bot.core.turn import Answer, Plan, Turn
from bot.engine.links import message_in
from storage.members import Members
from storage.outbox import Deliveries
from storage.schedules import Schedules

KIND = "notebook.nominated"
FLOW = "notebook"
LINK = 400


class Nominating:
    """What `/notebook nominate` does."""

    def nominate(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Take the message that is meant, or ask for a link to it."""
        if options.get("message", "").strip():
            self._take(turn, options["message"])
            return
        field = Field("link", turn.text("field_link"), limit=LINK, required=True)
        choices = [turn.choice("no", "choice_not_now")]
        turn.ask_form("nominate.link", "ask_link", [field], choices=choices)

    def linked(self, turn: Turn, answer: Answer) -> None:
        """Take the message that was linked to."""
        if answer.choice:
            turn.say("left")
        else:
            self._take(turn, answer.text)

    def _take(self, turn: Turn, text: str) -> None:
        message = message_in(turn.can, turn.community.ref, text)
        if message is None:
            raise BadInput("link_unknown")
        if not turn.gather("talks"):
            raise BadInput("no_talks")
        look(turn, message, {"what": "nominate", **as_plain(message)})
        turn.say("nominated")

    def looked(self, turn: Turn, event: Looked, wanted: Mapping[str, Any]) -> None:
        """Let its author's own turn come, in which they are asked in their way."""
        if not event.found or event.author is None:
            turn.say("nominated_gone" if not event.found else "nominated_nobody", to=turn.me)
            return
        talk = self._talk(turn, event.thread)
        if talk is None:
            return
        members = turn.rows(Members)
        author = members.ensure(event.author, turn.new_id())
        membership = members.membership(author, turn.community.id)
        if membership is not None and not membership.here:
            return  # they left: nobody is to be asked
        plan = Plan(
            id=turn.new_id(),
            kind=KIND,
            community=turn.community.id,
            subject=author,
            next_due=turn.now,
            payload={"room": wanted["room"], "id": wanted["id"], "talk": talk.id},
        )
        turn.rows(Schedules).save(plan)

    def _talk(self, turn: Turn, thread: MessageRef | None) -> Talk | None:
        """Return the conversation that a message belongs to: its thread's, else the last one."""
        talks: list[Talk] = turn.gather("talks")
        key = turn.rows(Deliveries).behind(thread) if thread is not None else None
        there = [talk for talk in talks if talk.key == key]
        return (there or talks)[-1] if talks else None


def look(
    turn: Turn,
    message: MessageRef,
    wanted: Mapping[str, Any],
    *,
    words: bool = False,
    hands: bool = False,
) -> None:
    """Look at a message for the member of this turn; what for stays in their own sealed state."""
    key = turn.do(
        Look(
            key=turn.new_id(),
            to=turn.me,
            message=message,
            community=turn.community.ref,
            words=words,
            hands=hands,
        )
    )
    state = turn.state(FLOW)
    turn.keep(FLOW, {**state, "looking": {**state.get("looking", {}), key: dict(wanted)}})


def wanted_by(turn: Turn, event: Looked | Undelivered) -> Mapping[str, Any] | None:
    """Return what a look was for, and let go of that."""
    state = turn.state(FLOW)
    looking = dict(state.get("looking", {}))
    wanted: Mapping[str, Any] | None = looking.pop(event.key, None)
    if wanted is not None:
        turn.keep(FLOW, {**state, "looking": looking})
    return wanted


def as_plain(message: MessageRef) -> dict[str, str]:
    """Return a message as plain data."""
    return {"room": message.room.id, "id": message.id}
