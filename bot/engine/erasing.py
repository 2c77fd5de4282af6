"""Erasing somebody: by their own wish, in a turn of theirs; by the host, beside the bot; or when
the time of what is kept of them is over.
"""

from bot.core.actions import Forget
from bot.core.features import Forgetting
from bot.core.ports import Adapter
from bot.core.refs import Member
from bot.core.turn import Turn
from bot.engine.running import Running, Whereabouts
from bot.engine.turn import EngineTurn
from bot.engine.writing import flush
from storage.erasing import Erasing
from storage.transaction import Transaction


def erase(turn: Turn) -> None:
    """Erase whom the turn is about, and what is on its way for them; it goes on about nobody."""
    to = turn.me
    turn.tell(Forgetting(event_id=turn.new_id()))
    turn.rows(Erasing).erase(turn.subject)
    turn.forget_subject()
    turn.do(Forget(key=turn.new_id(), to=to))


def erase_absent(
    running: Running, tx: Transaction, adapter: Adapter | None, member: Member, subject: str
) -> None:
    """Erase somebody who is not here to ask for it; nothing is said to them.

    `adapter`: through which their platform hears of it; None where the settings name none.
    """
    event = Forgetting(event_id=running.ids.new())
    where = Whereabouts(event, subject=subject, member=member)
    if adapter is not None:
        where.can = adapter.affordances
    turn = EngineTurn(running, tx, where)
    feature, _ = running.commands["my forget"]
    turn.within(feature, lambda: erase(turn))
    if adapter is not None:
        flush(turn, adapter)
