"""What a step waits for, and what can be answered to it, by its kind."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.actions import Choice, Field
from bot.core.turn import Turn
from bot.engine.reading import fold
from bot.features.hunts.steps import (
    CharterWord,
    Introduce,
    MeetABuddy,
    React,
    ReadAndKeep,
    Riddle,
    SaveAWord,
    Settings,
    Step,
    ThreadReply,
    Wave,
)

PURPOSE = "hunts.deed"
_WORD_LIMIT, LINE_LIMIT = 200, 500
# What leads on to another part of the bot, by kind: the choice, and its label's words.
_WAYS: Mapping[type[Step], str] = {
    Settings: "settings",
    Introduce: "introduce",
    MeetABuddy: "buddy",
    SaveAWord: "words",
}


def choices(turn: Turn, step: Step, hints: int) -> list[Choice]:
    """Return what can be answered: the step's own ways first, and always a way past it."""
    found = []
    if (way := _WAYS.get(type(step))) is not None:
        found.append(turn.choice(way, f"choice_{way}"))
    match step:
        case Settings():
            found.append(turn.choice("nothing", "choice_nothing"))
        case ReadAndKeep():
            found.append(turn.choice("done", "choice_nothing_to_keep"))
        case _:
            found.append(turn.choice("done", "choice_other_way"))
    if hints < len(step.hints) + 1:
        found.append(turn.choice("hint", "choice_hint"))
    found.append(turn.choice("skip", "choice_skip"))
    found.append(turn.choice("pause", "choice_pause"))
    return found


def field(turn: Turn, step: Step) -> Field | None:
    """Return what is written in answer, where something is."""
    match step:
        case CharterWord() | Riddle():
            return Field("word", turn.text("field_word"), limit=_WORD_LIMIT)
        case ReadAndKeep():
            return Field("line", turn.text("field_line"), limit=LINE_LIMIT)
        case _:
            return None


def expect(turn: Turn, step: Step, messages: Sequence[str], about: Mapping[str, Any]) -> None:
    """Wait for the one event that the step is about; a hint is a new message, and the task's own
    still counts.
    """
    match step:
        case React():
            for message in messages:
                turn.expect("react", PURPOSE, on=message, about=about)
        case Wave() | ThreadReply():
            room = turn.community.rooms.get(step.room)
            if room is not None:
                kind = "post" if isinstance(step, Wave) else "reply"
                turn.expect(kind, PURPOSE, room=room, about=about)
        case _:
            pass


def room_name(turn: Turn, step: Step) -> str:
    """Return the name of the room where the step leads."""
    if not isinstance(step, Wave | ThreadReply | Riddle):
        return ""
    pinned = isinstance(step, Riddle) and step.source == "start-here"
    use = "newcomers" if pinned else step.room
    room = turn.community.rooms.get(use)
    names = {facts.room: facts.name for facts in turn.community.known_rooms}
    return names.get(room, "") if room else ""


def accepts(step: CharterWord | Riddle, text: str) -> bool:
    """Tell whether a text is an accepted word, in any language, without case and accents."""
    accepted = {_bare(word) for words in step.answers.values() for word in words}
    return _bare(text) in accepted


def _bare(text: str) -> str:
    """Return a word as it is compared, without the signs around it unless it is made of them."""
    folded = fold(text)
    return folded.strip(" .,;:!?…\"'«»“”()") or folded
