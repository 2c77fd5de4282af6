"""Which hunts are on offer, and which edition of one somebody is on: they finish that one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.core.features import Findable
from bot.core.turn import Turn
from bot.engine.reading import stands_in
from bot.features.hunts.content import Hunt, hunt_of
from bot.features.hunts.steps import KINDS, CharterWord, Riddle, Step, ThreadReply, Wave
from storage.hunts import HuntRows

MODEL = hunt_of(KINDS)


@dataclass(frozen=True, slots=True)
class Edition:
    """A hunt as it is at one moment; the digest is of all its words."""

    digest: str
    hunt: Hunt
    own: bool = False


class Editions:
    """The shipped hunts, and each community's own."""

    def __init__(self, hunts: Sequence[Hunt]) -> None:
        """Offer these hunts wherever the community has none of the same id."""
        self.shipped = {hunt.id: Edition(digest_of(body_of(hunt)), hunt) for hunt in hunts}
        self._by_digest = {each.digest: each for each in self.shipped.values()}

    def on_offer(self, turn: Turn) -> dict[str, Edition]:
        """Return the hunts that one can begin here, in their order."""
        own = turn.rows(HuntRows).own(turn.community.id).items()
        here = {
            **self.shipped,
            **{id_: Edition(digest, read(digest, body), own=True) for id_, (digest, body) in own},
        }
        order = sorted(here.values(), key=lambda each: (each.hunt.position, each.hunt.id))
        return {each.hunt.id: each for each in order}

    def begun(self, turn: Turn, edition: Edition) -> None:
        """Keep an edition that somebody begins, so that they can finish it."""
        if turn.rows(HuntRows).edition(turn.community.id, edition.digest) is None:
            body = body_of(edition.hunt)
            turn.rows(HuntRows).keep(turn.community.id, edition.digest, body)

    def of(self, turn: Turn, state: Mapping[str, Any]) -> Hunt | None:
        """Return the hunt that somebody is on, as it was when they began it.

        One that was begun before editions were kept goes on as it is now.
        """
        digest = str(state.get("edition", ""))
        if digest in self._by_digest:
            return self._by_digest[digest].hunt
        body = turn.rows(HuntRows).edition(turn.community.id, digest) if digest else None
        if body is not None:
            return read(digest, body)
        now = self.shipped.get(str(state.get("hunt", "")))
        return now.hunt if now else None


def body_of(hunt: Hunt) -> dict[str, Any]:
    """Return a hunt as plain data, as a file would have it."""
    return hunt.model_dump(mode="json", by_alias=True, exclude_defaults=False)


def digest_of(body: Mapping[str, Any]) -> str:
    """Return a short name for exactly these words."""
    text = json.dumps(dict(body), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read(digest: str, body: Mapping[str, Any]) -> Hunt:
    """Return a hunt that was kept."""
    return _read(digest, json.dumps(dict(body)))


@lru_cache(maxsize=64)
def _read(_digest: str, body: str) -> Hunt:
    return MODEL.model_validate_json(body)


def walkable(turn: Turn, hunt: Hunt) -> list[Step]:
    """Return the steps that can be gone here and now: a word or a room that is gone is left out."""
    sources = {each.source: each.texts for each in found(turn)}
    return [step for step in hunt.steps if lost(turn, step, sources) is None]


def lacking(turn: Turn, step: Step) -> str | None:
    """Return what one step lacks here, as `lost` names it."""
    return lost(turn, step, {each.source: each.texts for each in found(turn)})


def found(turn: Turn) -> list[Findable]:
    """Return the public texts in which an answer may stand."""
    texts: list[Findable] = turn.gather("findable")
    return texts


def lost(turn: Turn, step: Step, sources: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return what is missing for a step here: `room`, `source` or `answer`; None: nothing."""
    match step:
        case Wave() | ThreadReply():
            return None if _can_be_reached(turn, step.room) else "room"
        case CharterWord():
            return _lacks(step.answers, sources.get(f"clause:{step.clause}"))
        case Riddle(source="topic"):
            if not _can_be_reached(turn, step.room):
                return "room"
            topic = topic_of(turn, step.room)
            return _lacks(step.answers, {"": topic} if topic else None)
        case Riddle():
            return _lacks(step.answers, sources.get(step.source))
        case _:
            return None


def _lacks(answers: Mapping[str, Sequence[str]], texts: Mapping[str, str] | None) -> str | None:
    """Tell whether no accepted word stands in the source: any language's will do."""
    if texts is None:
        return "source"
    words = [word for words in answers.values() for word in words]
    there = any(stands_in(word, text) for word in words for text in texts.values())
    return None if there else "answer"


def _can_be_reached(turn: Turn, use: str) -> bool:
    """Tell whether a room is chosen for this, and there, as far as the platform tells."""
    room = turn.community.rooms.get(use)
    known = [facts.room.id for facts in turn.community.known_rooms]
    return room is not None and (not known or room.id in known)


def topic_of(turn: Turn, use: str) -> str:
    """Return the topic of the room that is used so."""
    room = turn.community.rooms.get(use)
    return next((each.topic for each in turn.community.known_rooms if each.room == room), "")
