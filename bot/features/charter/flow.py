"""Reading the charter and acknowledging it; a receipt binds to a clause and its version."""

from collections.abc import Mapping
from typing import Any

from bot.core.content import in_locale
from bot.core.markup import Markdown
from bot.core.turn import Answer, Turn
from bot.features.charter import receipts, telling
from bot.features.charter.questions import Questions
from storage.charter import Charter, CharterClause, CharterRows


class Charters:
    """Communities' charters, as they are read."""

    def __init__(self, questions: Questions) -> None:
        """Let questions be asked while reading."""
        self.questions = questions

    # Reading

    def read(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Ask again for what has changed, else show the purpose and the first section."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        if charter is None:
            turn.say("none_yet")
            return
        if receipts.ask_again(turn):
            return
        self._read(turn, charter)

    def again(self, turn: Turn, answer: Answer) -> None:
        """Acknowledge a changed clause, ask about it, or leave it; then the next one."""
        match answer.choice:
            case "ack":
                clause = turn.rows(CharterRows).clause(
                    turn.community.id, str(answer.about["clause"])
                )
                if clause is not None and clause.version == answer.about["version"]:
                    self._acknowledge(turn, clause)
                    turn.say("acknowledged", clauses=[telling.clause_title(turn, clause)])
                if not receipts.ask_again(turn):
                    turn.say("nothing_else_changed")
            case "ask":
                self.questions.about(turn, str(answer.about["clause"]))
            case _:
                turn.say("later")

    def _read(self, turn: Turn, charter: Charter) -> None:
        known = self._receipts(turn)
        changed = [
            clause
            for clause in self._clauses(turn)
            if (clause.clause_id, clause.version) not in known
        ]
        turn.say(
            "purpose",
            purpose=in_locale(charter.purpose, turn.locale),
            version=charter.version,
            sections=[in_locale(each["title"], turn.locale) for each in self._parts(turn, charter)],
            open=len(changed),
        )
        self._section(turn, charter, 0)

    def _section(self, turn: Turn, charter: Charter, position: int) -> None:
        parts = self._parts(turn, charter)
        if position >= len(parts):
            self._end(turn)
            return
        section = parts[position]
        clauses = [each for each in self._clauses(turn) if each.section_id == section["id"]]
        held = self._receipts(turn)
        known = all((each.clause_id, each.version) in held for each in clauses)
        choices = []
        if not known:
            choices.append(turn.choice("ack", "choice_acknowledge"))
            if len(clauses) > 1:
                choices.append(turn.choice("each", "choice_each"))
        last = position == len(parts) - 1
        choices.append(turn.choice("next", "choice_end" if last else "choice_next"))
        choices.append(turn.choice("later", "choice_later"))
        turn.ask(
            "charter.section",
            "section",
            choices,
            about={"section": position},
            number=position + 1,
            count=len(parts),
            title=in_locale(section["title"], turn.locale),
            clauses=[self._shown(turn, each) for each in clauses],
            known=known,
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Acknowledge a section's clauses, take them one by one, go on, or leave it for later."""
        rows = turn.rows(CharterRows)
        charter = rows.get(turn.community.id)
        position = int(answer.about["section"])
        if charter is None or position >= len(self._parts(turn, charter)):
            turn.say("none_yet")
            return
        clauses = self._of_section(turn, charter, position)
        match answer.choice:
            case "later":
                turn.say("later")
            case "each":
                self._clause(turn, charter, position, 0)
            case "ack":
                for clause in clauses:
                    self._acknowledge(turn, clause)
                turn.say(
                    "acknowledged", clauses=[telling.clause_title(turn, each) for each in clauses]
                )
                self._section(turn, charter, position + 1)
            case _:
                self._section(turn, charter, position + 1)

    def _clause(self, turn: Turn, charter: Charter, section: int, position: int) -> None:
        clauses = self._of_section(turn, charter, section)
        held = self._receipts(turn)
        while position < len(clauses) and (
            (clauses[position].clause_id, clauses[position].version) in held
        ):
            position += 1
        if position >= len(clauses):
            self._section(turn, charter, section + 1)
            return
        choices = [
            turn.choice("ack", "choice_acknowledge"),
            turn.choice("ask", "choice_ask"),
            turn.choice("next", "choice_not_this"),
            turn.choice("later", "choice_later"),
        ]
        turn.ask(
            "charter.clause",
            "clause",
            choices,
            about={"section": section, "clause": position},
            clause=self._shown(turn, clauses[position]),
            answered=self.questions.answered_of(turn, clauses[position].clause_id),
        )

    def clause_answered(self, turn: Turn, answer: Answer) -> None:
        """Acknowledge one clause, pass it over, or leave it for later."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        if charter is None:
            turn.say("none_yet")
            return
        section, position = int(answer.about["section"]), int(answer.about["clause"])
        clauses = self._of_section(turn, charter, section)
        if answer.choice == "later":
            turn.say("later")
            return
        if answer.choice == "ask" and position < len(clauses):
            self.questions.about(turn, clauses[position].clause_id)
            return
        if answer.choice == "ack" and position < len(clauses):
            self._acknowledge(turn, clauses[position])
        self._clause(turn, charter, section, position + 1)

    def _acknowledge(self, turn: Turn, clause: CharterClause) -> None:
        turn.rows(CharterRows).acknowledge(
            turn.subject, turn.community.id, clause.clause_id, clause.version, turn.now
        )

    def _end(self, turn: Turn) -> None:
        turn.say("end")
        if self._receipts(turn):
            receipts.history(turn, {})

    # Inner parts

    def _clauses(self, turn: Turn) -> list[CharterClause]:
        return turn.rows(CharterRows).clauses(turn.community.id)

    def _parts(self, turn: Turn, charter: Charter) -> list[Any]:
        """Return the sections in which there is anything to read."""
        filled = {each.section_id for each in self._clauses(turn)}
        return [each for each in charter.sections if each["id"] in filled]

    def _of_section(self, turn: Turn, charter: Charter, position: int) -> list[CharterClause]:
        parts = self._parts(turn, charter)
        wanted = parts[position]["id"] if position < len(parts) else ""
        return [each for each in self._clauses(turn) if each.section_id == wanted]

    def _receipts(self, turn: Turn) -> set[tuple[str, int]]:
        return {
            (each.clause_id, each.clause_version)
            for each in turn.rows(CharterRows).receipts(turn.subject, turn.community.id)
        }

    def _shown(self, turn: Turn, clause: CharterClause) -> dict[str, Any]:
        return {
            "title": telling.clause_title(turn, clause),
            "text": Markdown(in_locale(clause.texts["text"], turn.locale)),
            "why": Markdown(in_locale(clause.texts["why"], turn.locale)),
            "version": clause.version,
            "floor": clause.floor,
            "for_now": telling.for_now_of(turn, clause.clause_id),
        }
