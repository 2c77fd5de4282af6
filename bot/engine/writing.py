"""Writing a turn's actions into the outbox, and reading them back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.core.actions import (
    Action,
    Affordances,
    AskChoice,
    AskForm,
    Edit,
    Forget,
    Lane,
    Look,
    Retract,
    Say,
)
from bot.core.events import FromMember, Joined
from bot.core.ports import Adapter
from bot.core.refs import Direct, Room
from bot.engine.budget import weighs
from bot.engine.degrade import degrade
from bot.engine.quiet import quiet_until
from bot.engine.running import Wanted
from bot.engine.turn import EngineTurn
from storage.conversations import Questions
from storage.late_answers import LateAnswers
from storage.members import Members
from storage.outbox import Deliveries, Fresh
from storage.room_days import RoomDays
from storage.transaction import Transaction

_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
_LANES = {Lane.INTERACTIVE: 0, Lane.NORMAL: 1, Lane.BULK: 2}


def flush(turn: EngineTurn, adapter: Adapter) -> int:
    """Write what a turn wants done, as the platform can show it; tell how many actions that is.

    A person's quiet hours and signs are theirs to set.
    """
    unasked = not isinstance(turn.event, FromMember) or isinstance(turn.event, Joined)
    _answer_at_all(turn)
    written: list[Action] = take_up(turn, adapter)
    all_wanted = [wanted.action for wanted in turn.wanted]
    for wanted in together(turn.wanted, adapter.affordances):
        if wanted.unasked and not weighs(wanted.action, all_wanted):
            wanted = replace(wanted, unasked=None)
        own = Members(turn.tx).settings(wanted.subject) if wanted.subject else {}
        start = turn.now
        if unasked and wanted.subject:
            start = quiet_until(own.get("quiet"), turn.zone, turn.now)
        for action in degrade(wanted.action, adapter.affordances):
            if not _may_write(turn, action, adapter.affordances, own):
                continue  # it waits under Start
            if isinstance(action, Say) and not own.get("reactions", True):
                action = replace(action, reactions=())
            if _meets_waiting(turn, action):
                continue
            write(turn.tx, adapter.account, wanted, action, turn.now, start)
            written.append(action)
    deliveries, days = Deliveries(turn.tx), RoomDays(turn.tx)
    fresh = {action.key for action in written}
    for action in written:
        # What hangs on something that never came would hold up its room for ever.
        if not action.after or action.after in fresh:
            continue
        state = deliveries.state(action.after)
        if state in (None, "dead", "skipped"):
            deliveries.give_up(action.key, turn.now, "skipped", "what it hangs on was not sent")
        elif state == "pending" and (until := days.until(action.after)) is not None:
            days.put_behind(action.key, until)
    return len(written)


def _meets_waiting(turn: EngineTurn, action: Action) -> bool:
    """Change, or take back, what waits for another day, before anybody has read it."""
    if not isinstance(action, Edit | Retract):
        return False
    days, deliveries = RoomDays(turn.tx), Deliveries(turn.tx)
    body = days.body(action.after)
    if body is None:
        return False
    if isinstance(action, Retract):
        deliveries.give_up(action.after, turn.now, "skipped", "taken back before it was posted")
        return True
    waiting = read(body)
    if isinstance(waiting, Say | AskChoice):
        shown = replace(waiting, text=action.text)
        days.rewrite(action.after, _ACTION.dump_json(shown).decode())
    return True


def _answer_at_all(turn: EngineTurn) -> None:
    """Let no interaction end without an answer: its platform would show that as a failure.

    Who clicked in a room is told of what stands elsewhere, with the rest.
    """
    asked = turn.event.interaction if isinstance(turn.event, FromMember) else None
    if asked is None:
        return
    direct = any(
        isinstance(each.action.to, Direct) and not isinstance(each.action, Forget | Look)
        for each in turn.wanted
        if getattr(each.action, "answers", None) is None
    )
    if direct and isinstance(turn.place, Room):
        turn.say("engine/answered_in_chat")
    elif not any(getattr(each.action, "answers", None) == asked for each in turn.wanted):
        turn.say("engine/noted")
    turn.wanted.sort(key=lambda each: getattr(each.action, "answers", None) is None)


def together(wanted: list[Wanted], can: Affordances) -> list[Wanted]:
    """Say in one message what answers one interaction, as far as it fits.

    An answer in one piece can be read back, and read aloud.
    """
    if not can.one_answer:
        return wanted
    hung_on = {getattr(each.action, "after", None) for each in wanted}
    joined: list[Wanted] = []
    for each in wanted:
        before = joined[-1] if joined else None
        free = before is not None and before.action.key not in hung_on
        one = _joined(before, each, can) if before is not None and free else None
        if one is not None:
            joined[-1] = one
        else:
            joined.append(each)
    return joined


def _joined(first: Wanted, second: Wanted, can: Affordances) -> Wanted | None:
    """Return two as one, if the first only says something; None where they stay apart."""
    say, more = first.action, second.action
    if not isinstance(say, Say) or not isinstance(more, Say | AskChoice | AskForm):
        return None
    same = say.answers == more.answers and say.to == more.to and say.aside == more.aside
    plain = say.after is None and more.after is None and not say.in_thread and say.file is None
    if say.answers is None or not same or not plain or first.gate or second.gate:
        return None
    before = (*say.before, say.text, *more.before)
    if not can.holds((*before, more.text)):
        return None
    return replace(second, action=replace(more, before=before))


def _may_write(turn: EngineTurn, action: Action, can: Affordances, own: Mapping[str, Any]) -> bool:
    """Tell whether somebody may be written to: they asked just now, or once and for all."""
    if can.direct_unasked or not isinstance(action.to, Direct):
        return True
    if isinstance(action, Forget | Look):
        return True  # nothing is said
    answers = isinstance(action, Say | AskChoice | AskForm) and action.answers is not None
    asked = own.get("reach") == "direct" and not own.get("closed")
    return answers or asked or turn.place == action.to


def take_up(turn: EngineTurn, adapter: Adapter) -> list[Action]:
    """Let what could not be answered in time be said first now, if it is still of use."""
    event = turn.event
    if not isinstance(event, FromMember) or event.interaction is None:
        return []
    if turn.where.subject is None:
        return []
    deliveries, late, again = Deliveries(turn.tx), LateAnswers(turn.tx), list[Action]()
    for key, body in late.of(adapter.account, turn.subject):
        action = read(body)
        asked = action.question if isinstance(action, AskChoice) else None
        closed = asked is not None and Questions(turn.tx).get(asked) is None
        # A form would open in the place of what was asked for now.
        if closed or not isinstance(action, Say | AskChoice):
            deliveries.give_up(key, turn.now, "skipped", "not wanted any more")
            continue
        in_room = isinstance(turn.place, Room)
        to = turn.place if in_room and turn.place is not None else turn.me
        aside = turn.member if in_room else None
        shown = replace(action, to=to, aside=aside, answers=event.interaction)
        where = deliveries.destination(event.interaction)
        body = _ACTION.dump_json(shown).decode()
        late.readdress(key, turn.subject, body, where, turn.now)
        again.append(shown)
    return again


def write(
    tx: Transaction,
    account: str,
    wanted: Wanted,
    action: Action,
    now: datetime,
    not_before: datetime,
) -> None:
    """Add an action to the outbox, sealed for the person it is for."""
    Deliveries(tx).put(
        Fresh(
            key=action.key,
            account=account,
            to=action.to,
            answers=getattr(action, "answers", None),
            lane=_LANES[action.lane],
            kind=action.kind,
            recovery=action.recovery.value,
            body=_ACTION.dump_json(action).decode(),
            subject=wanted.subject if _personal(action) else None,
            community=wanted.community,
            flow=wanted.flow,
            gate=wanted.gate,
            after=action.after,
            unasked=wanted.unasked,
            not_before=not_before,
            expires_at=wanted.expires_at,
            created_at=now,
        )
    )


def read(body: str) -> Action:
    """Read an action that `write` wrote."""
    return _ACTION.validate_json(body)


def _personal(action: Action) -> bool:
    return isinstance(action.to, Direct) or getattr(action, "aside", None) is not None
