"""Asking about a clause, by name or carried; the answer is given once and stays attached."""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Choice, Field, OpenThread
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from storage.charter import CharterClause, CharterRows
from storage.proposals import CharterQuestion, Proposals

_LIMIT, _NAME_LIMIT, _SHOWN = 600, 60, 20


class Questions:
    """Questions about clauses."""

    def ask(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Ask which clause it is about."""
        clauses = turn.rows(CharterRows).clauses(turn.community.id)[:_SHOWN]
        if not clauses:
            turn.say("none_yet")
            return
        choices = [Choice(each.clause_id, _title(turn, each), None, ()) for each in clauses]
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask("asking.clause", "ask_clause_to_ask", choices)

    def clause_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask for the question, and show what was answered already."""
        if answer.choice == "no":
            turn.say("left")
            return
        self.about(turn, answer.choice)

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
            title=_title(turn, clause),
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
        id_, text = turn.new_id(), str(about["text"])
        with turn.in_language(turn.community.locale):
            title = _title(turn, clause)
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
        turn.rows(Proposals).ask(row, {"text": text, "credit": credit, "card": key})
        turn.say("question_carried", to=turn.me)

    def answer_wanted(self, turn: Turn, answer: Answer) -> None:
        """Somebody would like to answer: ask for the words in private."""
        found = turn.rows(Proposals).question(str(answer.about["question"]))
        if found is None:
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
        if answer.choice or not text or found is None:
            turn.say("left")
            return
        row, body = found
        if body.get("answer"):
            turn.say("question_answered_already", answer=body["answer"])
            return
        row.answerer_id = turn.subject
        rows.ask(row, {**body, "answer": text})
        room = turn.community.rooms.get("charter")
        if room is not None:
            with turn.in_language(turn.community.locale):
                turn.say("answer_posted", to=room, after=body["card"], in_thread=True, answer=text)
        turn.say("answer_given", to=turn.me)


def _title(turn: Turn, clause: CharterClause) -> str:
    return in_locale(clause.texts["title"], turn.locale)
