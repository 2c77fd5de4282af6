"""Taking back what was posted for somebody: their question about a clause, or their answer to one.

A question goes altogether, unless it is answered: then its words go, and the answer stays with the
clause. A question whose answer is taken back is open again.
"""

from collections.abc import Mapping
from datetime import timedelta
from textwrap import shorten
from typing import Any

from bot.core.actions import Choice, Retract
from bot.core.errors import BadInput
from bot.core.features import Forgetting
from bot.core.refs import Room
from bot.core.turn import Answer, Turn
from bot.features.charter import windows
from bot.features.charter.telling import clause_title
from storage.charter import CharterRows
from storage.members import Members
from storage.outbox import Deliveries
from storage.proposals import CharterQuestion, Proposals
from storage.room_days import RoomDays

UNDO = timedelta(minutes=10)
_SHOWN, _LENGTH = 10, 120
# What a body says of a posting: its words, the message, its room and the moment.
_PARTS = {
    "question": ("text", "card", "room", "at"),
    "answer": ("answer", "answer_card", "answer_room", "answered_at"),
}

Posting = tuple[str, CharterQuestion, dict[str, Any]]


def posted(turn: Turn, what: str, text: str, key: str, room: Room) -> dict[str, str]:
    """Return what is kept of a posting, so that it can be found again and taken back."""
    values = (text, key, room.id, turn.now.isoformat())
    return dict(zip(_PARTS[what], values, strict=True))


def offer(turn: Turn, what: str, question: str, *, waits: bool = False) -> None:
    """Say that it is posted, or that it waits, and offer to take it back at once."""
    choices = [turn.choice("undo", "choice_take_back"), turn.choice("no", "choice_let_stand")]
    about = {"what": what, "question": question}
    words = f"{what}_waits" if waits else f"{what}_is_posted"
    turn.ask("posted.undo", words, choices, to=turn.me, about=about)


def undone(turn: Turn, answer: Answer) -> None:
    """Undo it within ten minutes, or let it stand; later show it first."""
    if answer.choice != "undo":
        turn.say("posting_stays")
        return
    what, row, body = _found(turn, answer.about)
    at = body.get(_PARTS[what][3])
    if at and turn.now - windows.moment(at) <= UNDO:
        _take_back(turn, what, row, body)
    else:
        _show(turn, what, row, body)


def door(turn: Turn) -> list[Choice]:
    """Return the way to what was posted for this member, if anything was."""
    return [turn.choice("mine", "choice_my_postings")] if _mine(turn) else []


def list_(turn: Turn) -> None:
    """Show what was posted for this member, the newest first."""
    mine = _mine(turn)[:_SHOWN]
    if not mine:
        raise BadInput("posting_gone")
    titles = _titles(turn)
    shown, choices = [], []
    for number, (what, row, body) in enumerate(mine, 1):
        title = titles.get(row.clause_id, row.clause_id)
        text = shorten(str(body[_PARTS[what][0]]), _LENGTH, placeholder=" …")
        shown.append({"what": what, "title": title, "text": text})
        choices.append(Choice(f"{what}:{row.id}", f"{number}. {title}", None, ()))
    choices.append(turn.choice("no", "choice_let_stand"))
    turn.ask("posted.mine", "my_postings", choices, postings=shown)


def chosen(turn: Turn, answer: Answer) -> None:
    """Show the one that was chosen."""
    what, _, question = answer.choice.partition(":")
    if what in _PARTS:
        _show(turn, *_found(turn, {"what": what, "question": question}))
    else:
        turn.say("posting_stays")


def standing(turn: Turn, answer: Answer) -> None:
    """Withdraw what stands, or let it."""
    if answer.choice == "withdraw":
        _take_back(turn, *_found(turn, answer.about))
    else:
        turn.say("posting_stays")


def forgetting(turn: Turn, _event: Forgetting) -> None:
    """Let a question that waits for another day not be posted: its author is about to be erased."""
    rows, days, deliveries = turn.rows(Proposals), turn.rows(RoomDays), turn.rows(Deliveries)
    for community in turn.rows(Members).communities(turn.subject):
        for row, body in rows.questions(community):
            key = str(body.get("card", ""))
            if row.asker_id == turn.subject and key and days.waits(key):
                deliveries.give_up(key, turn.now, "skipped", "its author is gone")
                rows.drop(row)


def _show(turn: Turn, what: str, row: CharterQuestion, body: Mapping[str, Any]) -> None:
    choices = [turn.choice("withdraw", "choice_withdraw"), turn.choice("no", "choice_let_stand")]
    turn.ask(
        "posted.standing",
        f"{what}_stands",
        choices,
        about={"what": what, "question": row.id},
        title=_titles(turn).get(row.clause_id, row.clause_id),
        text=body[_PARTS[what][0]],
    )


def _mine(turn: Turn) -> list[Posting]:
    found: list[Posting] = []
    for row, body in reversed(turn.rows(Proposals).questions(turn.community.id)):
        if row.answerer_id == turn.subject and body.get("answer"):
            found.append(("answer", row, body))
        if row.asker_id == turn.subject and body["text"]:
            found.append(("question", row, body))
    return found


def _found(turn: Turn, about: Mapping[str, Any]) -> Posting:
    wanted = (about["what"], about["question"])
    found = next((each for each in _mine(turn) if (each[0], each[1].id) == wanted), None)
    if found is None:
        raise BadInput("posting_gone")
    return found


def _titles(turn: Turn) -> dict[str, str]:
    """Return the clauses' titles, those of clauses that were taken out included."""
    versions = turn.rows(CharterRows).versions(turn.community.id)
    return {each.clause_id: clause_title(turn, each) for each in versions}


def _take_back(turn: Turn, what: str, row: CharterQuestion, body: Mapping[str, Any]) -> None:
    _, card, room, _ = _PARTS[what]
    _let_go(turn.rows(Proposals), what, row, body)
    here, key = turn.community.rooms.get("charter"), str(body.get(card, ""))
    if here is None or not key or turn.rows(Deliveries).state(key) is None:
        turn.say("posting_out_of_reach")
        return
    # It stands where it was posted, also when the charter has another room by now.
    where = Room(here.platform, str(body.get(room, here.id)))
    turn.do(Retract(key=turn.new_id(), to=where, after=key))
    turn.say("posting_withdrawn")


def _let_go(rows: Proposals, what: str, row: CharterQuestion, body: Mapping[str, Any]) -> None:
    other = "answer" if what == "question" else "text"
    if not body.get(other):
        rows.drop(row)
        return
    left = {name: value for name, value in body.items() if name not in _PARTS[what]}
    if what == "question":
        row.asker_id = None
        left |= {"text": "", "credit": "", "card": body["card"]}
    else:
        row.answerer_id = None
    rows.ask(row, left)
