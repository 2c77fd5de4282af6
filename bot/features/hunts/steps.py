"""The kinds of steps: what each needs in its file besides the words that all have."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.engine.content import Content, Id, Text, Texts, Title, by_language, exactly, quote, refuse

Answers = Annotated[
    dict[str, Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]],
    Field(min_length=1),
    by_language,
]
Use = Literal["newcomers", "prompts", "charter"]


class Step(Content):
    """What every step has: the task, two hints, the answer, and the place that one knows then."""

    kind: str
    id: Id
    title: Title
    text: Texts
    hints: Annotated[tuple[Texts, ...], exactly(2)]
    answer: Texts
    place: Texts


class Settings(Step):
    """Save one's own settings; "nothing to change" counts."""

    kind: Literal["settings"]


def _emoji(text: str) -> str:
    if not 1 <= len(text) <= 16 or text.isascii():
        raise refuse(f"cannot be {quote(text)}.", "Put the sign itself here, for example 👋.")
    return text


class React(Step):
    """React to the step's own message; `emoji` is the sign that the task suggests."""

    kind: Literal["react"]
    emoji: Annotated[str, AfterValidator(_emoji)]


class Wave(Step):
    """Post anything in a room; the text is never read."""

    kind: Literal["wave"]
    room: Use


class ThreadReply(Step):
    """Write in a thread of a room, or in answer to a message there; the text is never read."""

    kind: Literal["thread-reply"]
    room: Use


class CharterWord(Step):
    """Find a word in a clause of the charter."""

    kind: Literal["charter-word"]
    clause: Id
    answers: Answers


class Riddle(Step):
    """Find something in a room's topic, or in the pinned *Start here* (`source`)."""

    kind: Literal["riddle"]
    source: Literal["topic", "start-here"]
    room: Use = "newcomers"
    answers: Answers


class Introduce(Step):
    """Introduce oneself, aloud or in private; "not now" counts."""

    kind: Literal["introduce"]


class MeetABuddy(Step):
    """Meet another person; it waits for seven days at most, while the hunt goes on."""

    kind: Literal["meet-a-buddy"]


class SaveAWord(Step):
    """Bookmark a word of the lexicon."""

    kind: Literal["save-a-word"]


class ReadAndKeep(Step):
    """Read something and keep a line of it, in private."""

    kind: Literal["read-and-keep"]


KINDS: tuple[type[Step], ...] = (
    Settings,
    React,
    Wave,
    ThreadReply,
    CharterWord,
    Riddle,
    Introduce,
    MeetABuddy,
    SaveAWord,
    ReadAndKeep,
)
