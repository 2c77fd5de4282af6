"""Writing a turn's actions into the outbox, and reading them back."""

from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter

from bot.core.actions import Action, Lane, Say
from bot.core.events import FromMember, Joined
from bot.core.ports import Adapter
from bot.core.refs import Direct
from bot.engine.degrade import degrade
from bot.engine.quiet import quiet_until
from bot.engine.running import Wanted
from bot.engine.turn import EngineTurn
from storage.members import Members
from storage.outbox import Deliveries, Fresh
from storage.store import Transaction

_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
_LANES = {Lane.INTERACTIVE: 0, Lane.NORMAL: 1, Lane.BULK: 2}


def flush(turn: EngineTurn, adapter: Adapter) -> int:
    """Write what a turn wants done, as the platform can show it; tell how many actions that is.

    A person's quiet hours and signs are theirs to set.
    """
    unasked = not isinstance(turn.event, FromMember) or isinstance(turn.event, Joined)
    written: list[Action] = []
    for wanted in turn.wanted:
        own = Members(turn.tx).settings(wanted.subject) if wanted.subject else {}
        start = turn.now
        if unasked and wanted.subject:
            start = quiet_until(own.get("quiet"), turn.zone, turn.now)
        for action in degrade(wanted.action, adapter.affordances):
            if isinstance(action, Say) and not own.get("reactions", True):
                action = replace(action, reactions=())
            write(turn.tx, adapter.account, wanted, action, turn.now, start)
            written.append(action)
    deliveries = Deliveries(turn.tx)
    fresh = {action.key for action in written}
    for action in written:
        # What hangs on something that never came would hold up its room for ever.
        if not action.after or action.after in fresh:
            continue
        if deliveries.state(action.after) in (None, "dead", "skipped"):
            deliveries.give_up(action.key, turn.now, "skipped", "what it hangs on was not sent")
    return len(written)


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
            lane=_LANES[action.lane],
            kind=action.kind,
            recovery=action.recovery.value,
            body=_ACTION.dump_json(action).decode(),
            subject=wanted.subject if _personal(action) else None,
            community=wanted.community,
            flow=wanted.flow,
            gate=wanted.gate,
            after=action.after,
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
