"""What somebody says in a decision; that it is theirs stands in their own sealed state alone."""

from collections.abc import Mapping
from typing import Any

from bot.core.turn import Turn
from storage.proposals import Proposal, Proposals

_FLOW = "voices"


def say(turn: Turn, proposal: Proposal, **said: object) -> None:
    """Keep what the member says; what they said before in other parts stays."""
    state = turn.state(_FLOW)
    voice = str(state.get(proposal.id, {}).get("voice") or turn.new_id())
    whole = turn.rows(Proposals).say(voice, proposal.id, **said)
    turn.keep(_FLOW, {**state, proposal.id: {"voice": voice, "said": whole}})


def mine(turn: Turn, proposal: Proposal) -> Mapping[str, Any]:
    """Return what the member said so far; empty where they have not joined."""
    said: Mapping[str, Any] = turn.state(_FLOW).get(proposal.id, {}).get("said", {})
    return said
