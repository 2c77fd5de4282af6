"""Asking about a clause, by name or carried; the answer is given once and stays attached."""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Field, OpenThread
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from bot.features.charter import picking, withdrawing
from bot.features.charter.telling import clause_title
from storage.charter import CharterRows
from storage.outbox import Deliveries
from storage.proposals import CharterQuestion, Proposals

_LIMIT, _NAME_LIMIT = 600, 60


class Questions:
    """Questions about clauses."""

    def ask(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Ask which clause it is about."""
        if not turn.rows(CharterRows).clauses(turn.community.id):
            turn.say("none_yet")
        else:
            self._ask_clause(turn, 0)

    def _ask_clause(self, turn: Turn, page: int) -> None:
        clauses = turn.rows(CharterRows).clauses(turn.community.id)
        choices = picking.choices(turn, clauses, page) + withdrawing.door(turn)
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask("asking.clause", "ask_clause_to_ask", choices, about={"page": page})

    def clause_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask for the question, and show what was answered already."""
        clauses = turn.rows(CharterRows).clauses(turn.community.id)
        if (page := picking.turned(answer, clauses)) is not None:
            self._ask_clause(turn, page)
        elif answer.choice == "no":
            turn.say("left")
        elif answer.choice == "mine":
            withdrawing.list_(turn)
        else:
            self.about(turn, picking.chosen(answer))

    def about(self, turn: Turn, id_: str) -> None:
        """Ask for a question about this clause."""
        clause = turn.rows(CharterRows).clause(turn.community.id, id_)
        if clause is None:
            raise BadInput("clause_gone")
        field = Field("text", turn.text("field_question"), limit=_LIMIT)
        turn.ask_form(
            "asking.text",
            "ask_question",
            [field],
            choices=[turn.choice("no", "choice_not_now")],
            about={"clause": id_},
            title=clause_title(turn, clause),
            answered=self.answered_of(turn, id_),
        )

    def answered_of(self, turn: Turn, clause: str) -> list[dict[str, Any]]:
        """Return the questions about a clause that have an answer."""
        found = turn.rows(Proposals).questions(turn.community.id)
        return [body for row, body in found if row.clause_id == clause and body.get("answer")]

    def written(self, turn: Turn, answer: Answer) -> None:
        """Ask whether a name shall stand with it."""
        text = answer.text.strip()
        if answer.choice or not text:
            turn.say("left")
            return
        choices = [
            turn.choice("carried", "choice_carried"),
            turn.choice("named", "choice_with_my_name"),
            turn.choice("no", "choice_not_now"),
        ]
        about = {**answer.about, "text": text}
        turn.ask("asking.name", "ask_whose_question", choices, about=about, text=text)

    def name_chosen(self, turn: Turn, answer: Answer) -> None:
        """Carry the question, with a name or without."""
        called = str(turn.settings.get("called", ""))
        match answer.choice:
            case "no":
                turn.say("left")
            case "named" if not called:
                field = Field("called", turn.text("field_called"), limit=_NAME_LIMIT)
                turn.ask_form("asking.called", "ask_called", [field], about=answer.about)
            case "named":
                self._carry(turn, answer.about, called)
            case _:
                self._carry(turn, answer.about, "")

    def called(self, turn: Turn, answer: Answer) -> None:
        """Keep the name for the next time, and carry the question under it."""
        name = " ".join(answer.text.split())
        if not name:
            raise BadInput("name_empty")
        turn.save_settings({**turn.settings, "called": name})
        self._carry(turn, answer.about, name)

    def _carry(self, turn: Turn, about: Mapping[str, Any], credit: str) -> None:
        clause = turn.rows(CharterRows).clause(turn.community.id, str(about["clause"]))
        room = turn.community.rooms.get("charter")
        if clause is None or room is None:
            raise BadInput("clause_gone")
        id_, text, waits = turn.new_id(), str(about["text"]), turn.is_full(room)
        with turn.in_language(turn.community.locale):
            title = clause_title(turn, clause)
            key = turn.ask(
                "asked.answer",
                "question_posted",
                [turn.choice("answer", "choice_answer", emoji="💬")],
                to=room,
                anyone=True,
                about={"question": id_},
                title=title,
                text=text,
                credit=credit,
            )
            thread = turn.text("thread_of_question")
            turn.do(OpenThread(key=turn.new_id(), to=room, after=key, title=title, text=thread))
        row = CharterQuestion(
            id=id_,
            community_id=turn.community.id,
            clause_id=clause.clause_id,
            clause_version=clause.version,
            asker_id=turn.subject,
            body=b"",
        )
        kept = withdrawing.posted(turn, "question", text, key, room)
        turn.rows(Proposals).ask(row, {**kept, "credit": credit})
        withdrawing.offer(turn, "question", id_, waits=waits)

    def answer_wanted(self, turn: Turn, answer: Answer) -> None:
        """Somebody would like to answer: ask for the words in private."""
        found = turn.rows(Proposals).question(str(answer.about["question"]))
        if found is None:
            turn.say("question_gone", to=turn.me)
            return
        if not _is_there(turn, found[0]):
            turn.say("clause_gone", to=turn.me)
            return
        if found[1].get("answer"):
            turn.say("question_answered_already", to=turn.me, answer=found[1]["answer"])
            return
        field = Field("text", turn.text("field_answer"), limit=_LIMIT)
        turn.ask_form(
            "asked.text",
            "ask_answer",
            [field],
            choices=[turn.choice("no", "choice_not_now")],
            about=answer.about,
            text=found[1]["text"],
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Give the answer in the question's thread; it stays with the clause."""
        rows = turn.rows(Proposals)
        found = rows.question(str(answer.about["question"]))
        text = answer.text.strip()
        if answer.choice or not text:
            turn.say("left")
            return
        if found is None:
            turn.say("question_gone", to=turn.me)
            return
        row, body = found
        if not _is_there(turn, row):
            raise BadInput("clause_gone")
        if body.get("answer"):
            turn.say("question_answered_already", answer=body["answer"])
            return
        room = turn.community.rooms.get("charter")
        if room is None:
            raise BadInput("clause_gone")
        with turn.in_language(turn.community.locale):
            key = turn.say(
                "answer_posted", to=room, after=body["card"], in_thread=True, answer=text
            )
        row.answerer_id = turn.subject
        rows.ask(row, {**body, **withdrawing.posted(turn, "answer", text, key, room)})
        withdrawing.offer(turn, "answer", row.id)


def _is_there(turn: Turn, question: CharterQuestion) -> bool:
    return turn.rows(CharterRows).clause(turn.community.id, question.clause_id) is not None


def tell_taken_out(turn: Turn, clause: str) -> None:
    """Say under the open questions about a clause that it was taken out, so none waits in vain."""
    room = turn.community.rooms.get("charter")
    if room is None:
        return
    for row, body in turn.rows(Proposals).questions(turn.community.id):
        if row.clause_id != clause or body.get("answer"):
            continue
        stands = turn.rows(Deliveries).state(body["card"]) is not None
        with turn.in_language(turn.community.locale):
            turn.say(
                "question_without_clause",
                to=room,
                after=body["card"] if stands else None,
                in_thread=stands,
                text=body["text"],
            )
