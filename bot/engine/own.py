"""What the engine itself asks people, and what it has to tell moderators."""

from datetime import timedelta

from bot.core.features import Feature, ZoneChanged
from bot.core.turn import Answer, Turn
from bot.engine import menus
from bot.engine.budget import LET_GO
from bot.engine.schedule import zones
from bot.engine.turn import EngineTurn
from storage.communities import Communities
from storage.outbox import Deliveries

_RECENT = timedelta(days=14)


def choose_community(turn: Turn, answer: Answer) -> None:
    """Go on in the community that the member chose, and keep to it in direct messages."""
    if not isinstance(turn, EngineTurn):
        raise TypeError("This question is the engine's own.")
    row = Communities(turn.tx).get(answer.choice)
    turn.save_settings({**turn.settings, "community": row.id})
    turn.enter(row)
    turn.run(str(answer.about["command"]), answer.about["options"])


def undelivered(turn: Turn) -> list[str]:
    """Return what could not be delivered in public lately, with the reason, for moderators."""
    dead = turn.rows(Deliveries).dead(turn.community.id, turn.now - _RECENT)
    return [
        turn.text("engine/let_go", flow=flow, at=at)
        if reason == LET_GO
        else turn.text("engine/undelivered", flow=flow, reason=reason, at=at)
        for flow, reason, at in dead
    ]


def engine_feature() -> Feature:
    """Declare what the engine itself contributes."""
    return Feature(
        name="engine",
        answers={"engine.community": choose_community, "engine.menu": menus.choose},
        on={ZoneChanged: zones.follow},
        status=undelivered,
    )
