"""Writing a turn's actions into the outbox, and reading them back."""

from datetime import datetime

from pydantic import TypeAdapter

from bot.core.actions import Action, Lane
from bot.core.refs import Direct
from bot.engine.turn import Wanted
from storage.outbox import Deliveries
from storage.store import Transaction
from storage.tables import Outbox

_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
_LANES = {Lane.INTERACTIVE: 0, Lane.NORMAL: 1, Lane.BULK: 2}


def write(
    tx: Transaction,
    account: str,
    wanted: Wanted,
    action: Action,
    now: datetime,
    not_before: datetime,
) -> None:
    """Add an action to the outbox, sealed for the person it is for."""
    deliveries = Deliveries(tx)
    deliveries.put(
        Outbox(
            key=action.key,
            account=account,
            destination=deliveries.destination(action.to),
            lane=_LANES[action.lane],
            kind=action.kind,
            recovery=action.recovery.value,
            body=b"",
            subject_id=wanted.subject if _personal(action) else None,
            community_id=wanted.community,
            flow=wanted.flow,
            gate=wanted.gate,
            after=action.after,
            state="pending",
            not_before=not_before,
            expires_at=wanted.expires_at,
            created_at=now,
        ),
        _ACTION.dump_json(action).decode(),
    )


def read(body: str) -> Action:
    """Read an action that `write` wrote."""
    return _ACTION.validate_json(body)


def _personal(action: Action) -> bool:
    return isinstance(action.to, Direct) or getattr(action, "aside", None) is not None
