"""A community's own hunts, carried to another one; they name rooms by their use."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.features import Carry
from bot.core.turn import Turn
from bot.engine.carried import known_keys, listed, unusable
from bot.features.hunts.content import Hunt
from bot.features.hunts.editions import MODEL, body_of, digest_of
from storage.hunts import HuntRows

_MOST = 50


def out(turn: Turn) -> Mapping[str, Any]:
    """Return the community's own hunts; what is shipped is there already."""
    own = turn.rows(HuntRows).own(turn.community.id)
    return {"own": [body for _, body in own.values()]} if own else {}


def look(turn: Turn, part: Mapping[str, Any]) -> list[str]:
    """Say which hunts would come; one of the community's own stays as it is."""
    own, lines = turn.rows(HuntRows).own(turn.community.id), []
    for hunt in _hunts(part):
        title = in_locale(hunt.title, turn.locale)
        if hunt.id not in own:
            lines.append(turn.text("hunts/import_hunt", title=title, steps=len(hunt.steps)))
        elif own[hunt.id][0] != digest_of(body_of(hunt)):
            lines.append(turn.text("hunts/import_hunt_stays", title=title))
    return lines


def take(turn: Turn, part: Mapping[str, Any]) -> None:
    """Offer the hunts of which there is no own one here."""
    rows = turn.rows(HuntRows)
    own = rows.own(turn.community.id)
    for hunt in _hunts(part):
        if hunt.id not in own:
            body = body_of(hunt)
            rows.keep(turn.community.id, digest_of(body), body, own=True)


def _hunts(part: Mapping[str, Any]) -> list[Hunt]:
    known_keys(part, ("own",))
    bodies = listed(part, "own")
    if len(bodies) > _MOST:
        raise unusable("own", len(bodies))
    hunts = [_hunt(each) for each in bodies]
    _once([hunt.id for hunt in hunts])
    for hunt in hunts:
        _once([step.id for step in hunt.steps])
    return hunts


def _once(ids: list[str]) -> None:
    for id_ in ids:
        if ids.count(id_) > 1:
            raise unusable("id", id_)


def _hunt(body: Mapping[str, Any]) -> Hunt:
    try:
        return MODEL.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"]) or "own"
        raise BadInput(
            "community/import_value", key=where[:80], value=str(first["input"])[:40]
        ) from error


CARRY = Carry("hunts", out, look, take)
