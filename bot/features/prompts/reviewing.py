"""What moderators do with members' suggestions: take in, propose other words, decline."""

from bot.core.actions import Field
from bot.core.turn import Answer, Plan, Turn
from bot.features.prompts.moderating import TEXT
from bot.features.prompts.suggesting import NEWS, approve, as_seen
from storage.schedules import Schedules
from storage.suggestions import Suggestion, Suggestions

_REASON = 1000


class Reviewing:
    """Suggestions, one after another."""

    def show(self, turn: Turn, past: str = "") -> None:
        """Show a suggestion that waits; `past`: the one after this."""
        waiting = turn.rows(Suggestions).waiting(turn.community.id)
        row = next((each for each in waiting if each.id > past), None)
        if row is None:
            turn.say("no_suggestions")
            return
        body = turn.rows(Suggestions).body(row)
        names = ("approve", "edit", "decline", "later")
        turn.ask(
            "review.answer",
            "review",
            [turn.choice(each, f"choice_{each}") for each in names],
            about=as_seen(row),
            text=str(body["text"]),
            credit=str(body.get("credit", "")),
            kept=bool(body.get("kept")),
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Do what was chosen."""
        if answer.choice == "later":
            self.show(turn, past=str(answer.about["suggestion"]))
            return
        row = self._meant(turn, answer)
        if row is None:
            return
        match answer.choice:
            case "approve":
                approve(turn, row, turn.rows(Suggestions).body(row))
                self._news(turn, row)
                turn.say("approved")
                self._next(turn)
            case "edit":
                field = Field("text", turn.text("field_question"), limit=TEXT, required=True)
                turn.ask_form("review.text", "ask_proposal", [field], about=answer.about)
            case _:
                field = Field("reason", turn.text("field_reason"), limit=_REASON, required=True)
                turn.ask_form(
                    "review.reason",
                    "ask_reason",
                    [field],
                    choices=[turn.choice("no", "choice_later")],
                    about=answer.about,
                )

    def text_typed(self, turn: Turn, answer: Answer) -> None:
        """Ask for a word to the author."""
        field = Field("note", turn.text("field_note"), limit=_REASON, required=True)
        choices = [turn.choice("none", "choice_no_note")]
        about = {**answer.about, "text": answer.text}
        turn.ask_form("review.note", "ask_note_to_author", [field], choices=choices, about=about)

    def proposed(self, turn: Turn, answer: Answer) -> None:
        """Ask the author about other words."""
        row = self._meant(turn, answer)
        if row is None:
            return
        suggestions = turn.rows(Suggestions)
        note = "" if answer.choice else answer.text
        proposal = {"proposed": str(answer.about["text"]), "note": note, "kept": False}
        row.state = "asked"
        suggestions.save(row, {**suggestions.body(row), **proposal})
        self._news(turn, row)
        turn.say("proposed")
        self._next(turn)

    def declined(self, turn: Turn, answer: Answer) -> None:
        """Decline with the reason, which the author alone gets."""
        if answer.choice:
            turn.say("unchanged")
            return
        row = self._meant(turn, answer)
        if row is None:
            return
        suggestions = turn.rows(Suggestions)
        row.state = "declined"
        suggestions.save(row, {**suggestions.body(row), "reason": answer.text})
        self._news(turn, row)
        turn.say("declined")
        self._next(turn)

    def status(self, turn: Turn) -> list[str]:
        """Return how many wait."""
        count = len(turn.rows(Suggestions).waiting(turn.community.id))
        return [turn.text("status_suggested", count=count)] if count else []

    def _next(self, turn: Turn) -> None:
        if turn.rows(Suggestions).waiting(turn.community.id):
            self.show(turn)

    def _meant(self, turn: Turn, answer: Answer) -> Suggestion | None:
        """Return the suggestion if it is as the moderator saw it."""
        row = turn.rows(Suggestions).get(str(answer.about["suggestion"]))
        if row is None or row.state != "waiting" or row.revision != answer.about["revision"]:
            turn.say("review_late")
            return None
        return row

    def _news(self, turn: Turn, row: Suggestion) -> None:
        """Let the author's own turn come, in which they are told in their way."""
        plan = Plan(
            id=turn.new_id(),
            kind=NEWS,
            community=row.community_id,
            subject=row.subject_id,
            next_due=turn.now,
            payload={"suggestion": row.id},
        )
        turn.rows(Schedules).save(plan)
