"""Which room is for what: all on one form where the platform lets one pick them."""

from collections.abc import Mapping, Sequence

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.features import DoorMoved
from bot.core.refs import Room, RoomFacts
from bot.core.turn import USES, Answer, Turn
from bot.engine.reading import fold
from bot.features.community.entering import usable
from storage.communities import Communities

_FIRST, _MODERATORS = USES[0], "moderators"
_FOR_ALL = USES[:3]  # a room for moderators is one of its own, or none
_MANY = 8
_SAME = ("-", "–", "same", "none", "no", "pareil", "idem", "aucun", "non")


def ask(turn: Turn) -> bool:
    """Ask which rooms to use; False where there is nothing to choose from."""
    known = usable(turn)
    if not known:
        turn.say("no_rooms")
        return False
    if len(known) == 1:
        use_for_all(turn, known[0])
        return False
    if turn.can.pickers:
        _ask_picked(turn)
        return True
    choices = [Choice(facts.room.id, facts.name, None, ()) for facts in known[:_MANY]]
    choices.append(turn.choice("apart", "choice_rooms_apart"))
    choices += _as_they_are(turn)
    turn.ask("community.rooms", "ask_rooms", choices)
    return True


def _ask_picked(turn: Turn) -> None:
    fields = [
        Field(use, turn.text(f"use_{use}"), required=use == _FIRST, kind="room") for use in USES
    ]
    here = _here(turn)
    choices = [turn.choice(here.room.id, "choice_all_here", room=here.name)] if here else []
    choices += _as_they_are(turn)
    turn.ask_form("community.rooms_apart", "ask_rooms_picked", fields, choices=choices)


def _here(turn: Turn) -> RoomFacts | None:
    """Return the room in which the moderator is, if the bot may post there."""
    place = turn.place
    known = {facts.room.id: facts for facts in usable(turn) if facts.can_post}
    return known.get(place.id) if isinstance(place, Room) else None


def _as_they_are(turn: Turn) -> list[Choice]:
    return [turn.choice("keep", "choice_rooms_stay")] if turn.community.rooms else []


def chosen(turn: Turn, answer: Answer) -> bool:
    """Use one room for all; False where each use is asked for next."""
    known = usable(turn)
    if answer.choice == "apart":
        fields = [Field(use, turn.text(f"use_{use}"), limit=100, kind="room") for use in USES]
        listed = [facts.name for facts in known]
        turn.ask_form("community.rooms_apart", "ask_rooms_apart", fields, rooms=listed)
        return False
    if answer.choice == "keep":
        turn.say("rooms_kept", rooms=_shown(turn))
        return True
    use_for_all(turn, _meant(known, answer.choice))
    return True


def apart(turn: Turn, answer: Answer) -> None:
    """Keep a room for each use; without one, what newcomers have, and none for moderators."""
    known = usable(turn)
    if answer.choice:
        chosen(turn, answer)
        return
    first = _meant(known, answer.values.get(_FIRST, ""))
    _may_post(first)
    found: dict[str, RoomFacts | None] = {}
    for use in USES:
        typed = answer.values.get(use, "").strip()
        if not typed or (fold(typed) in _SAME and use != _FIRST):
            found[use] = None if use == _MODERATORS else first
        else:
            found[use] = facts = _meant(known, typed)
            _may_post(facts)
    _use(turn, found)
    turn.say("rooms_kept", rooms=_shown(turn))


def use_for_all(turn: Turn, facts: RoomFacts) -> None:
    """Use one room for newcomers, prompts and the charter."""
    _may_post(facts)
    _use(turn, dict.fromkeys(_FOR_ALL, facts))
    turn.say("one_room", room=facts.name)


def _may_post(facts: RoomFacts) -> None:
    """Refuse a room in which the bot cannot post, while there is somebody to mend that."""
    if not facts.can_post:
        raise BadInput("room_cannot_post", room=facts.name)


def _meant(known: Sequence[RoomFacts], typed: str) -> RoomFacts:
    text = fold(typed.lstrip("#"))
    for facts in known:
        if text in (fold(facts.name.lstrip("#")), facts.room.id.casefold()):
            return facts
    if text.isdecimal() and 1 <= int(text) <= len(known):
        return known[int(text) - 1]
    names = [facts.name for facts in known]
    if text.isdecimal() and len(text) > 4:  # picked, and the bot does not see it
        raise BadInput("room_unseen", rooms=names)
    raise BadInput("room_unknown", typed=typed[:60], rooms=names)


def _use(turn: Turn, found: Mapping[str, RoomFacts | None]) -> None:
    communities = turn.rows(Communities)
    row, before = communities.get(turn.community.id), turn.community.rooms.get(_FIRST)
    for use, facts in found.items():
        setattr(row, f"{use}_room", facts.room.id if facts else None)
    communities.save(row)
    if before is not None and turn.community.rooms.get(_FIRST) != before:
        turn.tell(DoorMoved(event_id=turn.new_id()))


def _shown(turn: Turn) -> list[tuple[str, str]]:
    names = {facts.room.id: facts.name for facts in usable(turn)}
    rooms = turn.community.rooms
    return [
        (turn.text(f"use_{use}"), names.get(rooms[use].id, "?")) for use in USES if use in rooms
    ]
