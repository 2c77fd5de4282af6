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


class ReadingClues:
    """A moderator's side: what was left waits until it was read."""

    def next(self, turn: Turn) -> None:
        """Show the next clue that waits."""
        waiting = turn.rows(HuntRows).clues(turn.community.id, "waiting")
        if not waiting:
            turn.say("no_clues")
            return
        id_, text = waiting[-1]
        choices = [
            turn.choice("show", "choice_show_clue"),
            turn.choice("delete", "choice_delete_clue"),
            turn.choice("later", "choice_later"),
        ]
        turn.ask("hunting.clue", "read_clue", choices, about={"clue": id_}, text=text)

    def decided(self, turn: Turn, answer: Answer) -> None:
        """Show a clue from now on, delete it, or leave it; then the next."""
        if answer.choice == "later":
            turn.say("authoring_over")
            return
        approved = answer.choice == "show"
        done = turn.rows(HuntRows).decide_clue(str(answer.about["clue"]), approved=approved)
        turn.say(("clue_shown" if approved else "clue_deleted") if done else "clue_decided")
        self.next(turn)
