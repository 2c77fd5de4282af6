"""Clues for the next person: left by whoever went before, shown once a moderator has read them."""

from bot.core.actions import Field
from bot.core.turn import Answer, Turn
from storage.hunts import HuntRows

_LIMIT = 300


class Clues:
    """A line at the beginning of a hunt."""

    def ask(self, turn: Turn, hunt: str) -> None:
        """Ask for a clue, and tell who will read it."""
        field = Field("clue", turn.text("field_clue"), limit=_LIMIT)
        choices = [turn.choice("no", "choice_no_clue")]
        turn.ask_form("hunts.clue", "ask_clue", [field], choices=choices, about={"hunt": hunt})

    def left(self, turn: Turn, answer: Answer) -> None:
        """Keep a clue until a moderator has read it."""
        text = " ".join(answer.text.split())
        if answer.choice or not text:
            turn.say("enough")
            return
        hunt = str(answer.about["hunt"])
        rows = turn.rows(HuntRows)
        rows.leave_clue(turn.new_id(), turn.community.id, turn.subject, hunt, text)
        turn.say("clue_left")

    def one(self, turn: Turn, hunt: str) -> str:
        """Return one of the clues that were approved, or none."""
        found = turn.rows(HuntRows).clues(turn.community.id, "approved", hunt)
        return found[turn.pick(len(found))][1] if found else ""
