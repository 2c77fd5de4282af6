"""Who can technically see what somebody writes: told before their first words (PRODUCT.md)."""

from bot.core.turn import Turn

_FLOW = "reflection"
_OPEN, _MAYBE_ENCRYPTED = "open", "maybe encrypted"  # how it was told who can see it


def has_to_tell(turn: Turn) -> bool:
    """Tell whether the member has yet to hear who can technically see what they write here.

    Who heard that no server can is told again in a conversation where one can.
    """
    told = turn.state(_FLOW).get("told", False)
    return not told or (told == _MAYBE_ENCRYPTED and turn.encrypted is False)


def tell_once(turn: Turn) -> bool:
    """Tell whether it has to be told now, and note that it is."""
    first = has_to_tell(turn)
    if first:
        told = _OPEN if turn.encrypted is False else _MAYBE_ENCRYPTED
        turn.keep(_FLOW, {**turn.state(_FLOW), "told": told})
    return first
