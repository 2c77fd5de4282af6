"""What a feature refuses to do: its turn begins anew, and then only says why."""

from collections.abc import Callable

from bot.core.commands import Command
from bot.core.errors import BadInput
from bot.core.features import Feature
from bot.engine.turn import EngineTurn
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


def do(
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
