"""A step that is added in chat: its kind, where it leads, and the words that it needs."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from bot.core.actions import Choice, Field
from bot.core.turn import Turn
from bot.features.hunts.editions import found
from bot.features.hunts.steps import KINDS, Use

NAMES = tuple(get_args(kind.model_fields["kind"].annotation)[0] for kind in KINDS)
OWN = "read-and-keep"
_PARTS = ("title", "text", "hint1", "hint2")
_ROOMS, _SOUGHT = ("wave", "thread-reply"), ("charter-word", "riddle")
_PINNED, _CLAUSE = "start-here", "clause:"
_MOST_CLAUSES = 18  # as choices; with more of them the short name is written


def label(turn: Turn, kind: str) -> str:
    """Return the name of a kind."""
    return turn.text(f"kind_{kind.replace('-', '_')}")


def kinds(turn: Turn) -> list[Choice]:
    """Return the kinds as choices."""
    return [Choice(f"kind:{name}", label(turn, name), None, (name,)) for name in NAMES]


def leads(kind: str) -> bool:
    """Tell whether such a step leads somewhere that has to be chosen."""
    return kind in (*_ROOMS, *_SOUGHT)


def ask_place(turn: Turn, about: Mapping[str, Any]) -> None:
    """Ask for the room, the topic or the clause that such a step leads to."""
    no = turn.choice("no", "choice_not_now")
    if about["kind"] == "charter-word":
        ids = _clauses(turn)
        choices = (
            [Choice(id_, id_, None, (id_,)) for id_ in ids] if len(ids) <= _MOST_CLAUSES else []
        )
        field = Field("clause", turn.text("field_clause"), limit=60)
        turn.ask_form(
            "hunting.place", "ask_clause", [field], choices=[*choices, no], about=about, clauses=ids
        )
        return
    riddle = about["kind"] == "riddle"
    uses = [use for use in get_args(Use) if use in turn.community.rooms]
    names = [(use, turn.text(f"community/use_{use}")) for use in uses]
    choices = [
        Choice(use, turn.text("choice_topic", room=name) if riddle else name, None, (use,))
        for use, name in names
    ]
    if riddle:
        choices.append(turn.choice(_PINNED, "choice_start_here"))
    turn.ask("hunting.place", "ask_place", [*choices, no], about=about, riddle=riddle)


def place(turn: Turn, kind: str, chosen: str) -> dict[str, str] | None:
    """Return what a step's file says of the place that was chosen; None: there is no such one."""
    if kind == "charter-word":
        return {"clause": chosen} if chosen in _clauses(turn) else None
    if kind == "riddle" and chosen == _PINNED:
        return {"source": _PINNED}
    if chosen not in get_args(Use):
        return None
    return {"source": "topic", "room": chosen} if kind == "riddle" else {"room": chosen}


def fields(turn: Turn, kind: str, limits: Mapping[str, int], limit: int) -> list[Field]:
    """Return what is asked for: words of every kind, and the sign or the accepted words."""
    more = {"react": ("emoji",), **dict.fromkeys(_SOUGHT, ("answers",))}.get(kind, ())
    return [
        Field(part, turn.text(f"part_{part}"), limit=limits.get(part, limit))
        for part in (*_PARTS[:2], *more, *_PARTS[2:])
    ]


def lacks(kind: str, values: Mapping[str, str]) -> bool:
    """Tell whether words are missing that such a step cannot do without."""
    needed = {"react": "emoji", **dict.fromkeys(_SOUGHT, "answers")}.get(kind, "text")
    return not all(values.get(part, "").strip() for part in ("title", "text", needed))


def words_of(text: str) -> list[str]:
    """Return the accepted words that somebody wrote in one line."""
    return [word.strip() for word in text.replace(";", ",").split(",") if word.strip()]


def step(
    id_: str, about: Mapping[str, Any], values: Mapping[str, str], languages: Sequence[str]
) -> dict[str, Any]:
    """Return a step in every language of its hunt; its words can be translated part by part."""

    def said(what: Any) -> dict[str, Any]:  # noqa: ANN401 - words, or a list of them
        return dict.fromkeys(languages, what)

    kind, (title, text, hint1, hint2) = about["kind"], (values.get(p, "").strip() for p in _PARTS)
    answers = words_of(values.get("answers", ""))
    own: dict[str, Any] = {"answers": said(answers)} if kind in _SOUGHT else {}
    if kind == "react":
        own["emoji"] = values["emoji"].strip()
    last = hint2 or hint1 or text
    return {
        "kind": kind,
        "id": id_,
        "title": said(title),
        "text": said(text),
        "hints": [said(hint1 or text), said(last)],
        "answer": said(", ".join(answers) or last),
        "place": said(title),
        **about.get("place", {}),
        **own,
    }


def _clauses(turn: Turn) -> list[str]:
    sources = [each.source for each in found(turn)]
    return [each.removeprefix(_CLAUSE) for each in sources if each.startswith(_CLAUSE)]
