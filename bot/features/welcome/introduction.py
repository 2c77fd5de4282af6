"""Introducing oneself: one question, a preview, and a real *not now*; nothing is posted unseen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.core.actions import Field, Retract
from bot.core.errors import BadInput
from bot.core.features import Introduced, IntroductionOffered
from bot.core.refs import Room
from bot.core.turn import Answer, Turn
from storage.conversations import Conversations
from storage.outbox import Deliveries
from storage.room_days import RoomDays

KINDS = ("desk", "question", "practice", "tags")
UNDO = timedelta(minutes=10)
_FLOW = "introduction"
_LIMIT, _NAME_LIMIT = 600, 60


def offered(turn: Turn, _event: IntroductionOffered) -> None:
    """Ask what it may be about, or show what stands already."""
    begin(turn)


def begin(turn: Turn) -> None:
    """Ask what it may be about, or show what stands already."""
    state = turn.state(_FLOW)
    if state.get("key"):
        _show(turn)
        return
    if state.get("text"):
        _preview(turn)
        return
    choices = [turn.choice(kind, f"introduce_{kind}") for kind in KINDS]
    choices.append(turn.choice("no", "introduce_not_now"))
    turn.ask("introduction.kind", "ask_introduction", choices, to=turn.me)


def kind(turn: Turn, answer: Answer) -> None:
    """Ask for the words, with a way to begin."""
    if answer.choice == "no":
        turn.say("introduction_not_now", to=turn.me)
        _done(turn)
    else:
        _ask_words(turn, answer.choice)


def _ask_words(turn: Turn, kind_: str) -> None:
    fields = [Field("text", turn.text(f"introduce_{kind_}"), limit=_LIMIT)]
    if not turn.settings.get("called"):
        fields.append(Field("called", turn.text("field_called"), limit=_NAME_LIMIT))
    choices = [turn.choice("no", "introduce_not_now")]
    about = {"kind": kind_}
    turn.ask_form(
        "introduction.text",
        "ask_introduction_text",
        fields,
        choices=choices,
        about=about,
        starters=turn.text(f"starters_{kind_}"),
    )


def written(turn: Turn, answer: Answer) -> None:
    """Show exactly what would be posted."""
    if answer.choice:
        turn.say("introduction_not_now", to=turn.me)
        _done(turn)
        return
    text = answer.values.get("text", "").strip()
    called = " ".join(answer.values.get("called", "").split())
    if not text or not (called or turn.settings.get("called")):
        raise BadInput("introduction_empty")
    if called:
        turn.save_settings({**turn.settings, "called": called})
    turn.keep(_FLOW, {"kind": answer.about["kind"], "text": text})
    _preview(turn)


def _preview(turn: Turn) -> None:
    choices = [
        turn.choice("post", "choice_post"),
        turn.choice("edit", "choice_edit"),
        turn.choice("private", "choice_keep_private"),
        turn.choice("no", "introduce_not_now"),
    ]
    shown = _shown(turn)
    with turn.in_language(turn.community.locale):
        card = turn.text("introduction_posted", **shown)
    words, room = "introduction_preview", shown["room"]
    turn.ask("introduction.preview", words, choices, to=turn.me, room=room, card=card)


def _shown(turn: Turn) -> dict[str, Any]:
    rooms = {facts.room: facts.name for facts in turn.community.known_rooms}
    room = turn.community.rooms.get("newcomers")
    return {
        "name": turn.settings.get("called", ""),
        "text": turn.state(_FLOW).get("text", ""),
        "room": rooms.get(room, "") if room else "",
    }


def previewed(turn: Turn, answer: Answer) -> None:
    """Post it, change it, keep it private, or leave it."""
    state = turn.state(_FLOW)
    room = turn.community.rooms.get("newcomers")
    match answer.choice:
        case "edit":
            _ask_words(turn, str(state.get("kind", KINDS[0])))
            return
        case "post" if room is not None and state.get("text"):
            waits = turn.is_full(room)
            with turn.in_language(turn.community.locale):
                key = turn.say("introduction_posted", to=room, **_shown(turn))
            turn.keep(_FLOW, {**state, "key": key, "room": room.id, "at": turn.now.isoformat()})
            choices = [turn.choice("undo", "choice_undo"), turn.choice("no", "choice_stays")]
            words = "introduction_waits" if waits else "introduction_is_posted"
            turn.ask("introduction.posted", words, choices, to=turn.me)
        case "private" | "post":
            turn.say("introduction_private", to=turn.me)
        case _:
            turn.keep(_FLOW, {})
            turn.say("introduction_not_now", to=turn.me)
    _done(turn)


def posted(turn: Turn, answer: Answer) -> None:
    """Undo it within ten minutes, or let it stand."""
    if answer.choice != "undo":
        turn.say("introduction_stays")
        return
    at = turn.state(_FLOW).get("at")
    if at and turn.now - datetime.fromisoformat(at) > UNDO:
        _show(turn)
    else:
        _take_back(turn)


def _show(turn: Turn) -> None:
    """Show what stands, and offer to withdraw it."""
    choices = [turn.choice("withdraw", "choice_withdraw"), turn.choice("no", "choice_stays")]
    turn.ask("introduction.standing", "introduction_standing", choices, to=turn.me, **_shown(turn))


def standing(turn: Turn, answer: Answer) -> None:
    """Withdraw what stands, or let it."""
    if answer.choice == "withdraw":
        _take_back(turn)
    else:
        turn.say("introduction_stays")
    _done(turn)


def _take_back(turn: Turn) -> None:
    state, room = turn.state(_FLOW), turn.community.rooms.get("newcomers")
    key = str(state.get("key", ""))
    turn.keep(_FLOW, {name: state[name] for name in ("kind", "text") if name in state})
    if room is None or not key or turn.rows(Deliveries).state(key) is None:
        turn.say("introduction_out_of_reach")
        return
    # It stands where it was posted, also when newcomers come to another room by now.
    where = Room(room.platform, str(state.get("room", room.id)))
    turn.do(Retract(key=turn.new_id(), to=where, after=key))
    turn.say("introduction_withdrawn")


def unsay(turn: Turn, community: str) -> None:
    """Let an introduction that waits for another day not be posted: its author is gone."""
    state = turn.rows(Conversations).state(turn.subject, community, _FLOW) or {}
    key = str(state.get("key", ""))
    if key and turn.rows(RoomDays).waits(key):
        turn.rows(Deliveries).give_up(key, turn.now, "skipped", "its author is gone")


def _done(turn: Turn) -> None:
    turn.tell(Introduced(event_id=turn.new_id()))


ANSWERS: Mapping[str, Any] = {
    "introduction.kind": kind,
    "introduction.text": written,
    "introduction.preview": previewed,
    "introduction.posted": posted,
    "introduction.standing": standing,
}
