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
    if not isinstance(turn, EngineTurn):
        raise TypeError("What was not delivered the engine alone knows.")
    found = []
    for flow, reason, at in turn.rows(Deliveries).dead(turn.community.id, turn.now - _RECENT):
        of = _said(turn, flow)
        if reason == LET_GO:
            found.append(turn.text("engine/let_go", flow=of, at=at))
        else:
            found.append(
                turn.text("engine/undelivered", flow=of, reason=_said(turn, reason), at=at)
            )
    return found


def _said(turn: EngineTurn, english: str) -> str:
    """Say in the reader's language what the log says in English; a platform's number stays."""
    words, (what, colon, number) = turn.running.words, english.partition(": ")
    said = words.said(turn.locale, english)
    if said == english and colon:
        said = words.said(turn.locale, f"{what}.").removesuffix(".") + colon + number
    return said.removesuffix(".")


def engine_feature() -> Feature:
    """Declare what the engine itself contributes."""
    return Feature(
        name="engine",
        answers={"engine.community": choose_community, "engine.menu": menus.choose},
        on={ZoneChanged: zones.follow},
        status=undelivered,
    )
