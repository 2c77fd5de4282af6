"""Reading the charter and acknowledging it; a receipt binds to a clause and its version."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.content import in_locale
from bot.core.features import Findable, HomeItem
from bot.core.markup import Markdown
from bot.core.turn import Answer, Plan, Turn
from bot.features.charter import receipts
from bot.features.charter.questions import Questions
from storage.charter import Charter, CharterClause, CharterRows
from storage.proposals import Proposals


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
                    turn.say("acknowledged", clauses=[self._title(turn, clause)])
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
            sections=[in_locale(each["title"], turn.locale) for each in charter.sections],
            open=len(changed),
        )
        self._section(turn, charter, 0)

    def _section(self, turn: Turn, charter: Charter, position: int) -> None:
        if position >= len(charter.sections):
            self._end(turn)
            return
        section = charter.sections[position]
        clauses = [each for each in self._clauses(turn) if each.section_id == section["id"]]
        held = self._receipts(turn)
        known = all((each.clause_id, each.version) in held for each in clauses)
        choices = []
        if not known:
            choices.append(turn.choice("ack", "choice_acknowledge"))
            if len(clauses) > 1:
                choices.append(turn.choice("each", "choice_each"))
        last = position == len(charter.sections) - 1
        choices.append(turn.choice("next", "choice_end" if last else "choice_next"))
        choices.append(turn.choice("later", "choice_later"))
        turn.ask(
            "charter.section",
            "section",
            choices,
            about={"section": position},
            number=position + 1,
            count=len(charter.sections),
            title=in_locale(section["title"], turn.locale),
            clauses=[self._shown(turn, each) for each in clauses],
            known=known,
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Acknowledge a section's clauses, take them one by one, go on, or leave it for later."""
        rows = turn.rows(CharterRows)
        charter = rows.get(turn.community.id)
        position = int(answer.about["section"])
        if charter is None or position >= len(charter.sections):
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
                turn.say("acknowledged", clauses=[self._title(turn, each) for each in clauses])
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

    # What others show

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to the charter; it waits while a clause has changed that one had read."""
        if turn.rows(CharterRows).get(turn.community.id) is None:
            return []
        if receipts.changed(turn):
            return [HomeItem(turn.text("home_changed"), "charter read", order=20, waiting=True)]
        return [HomeItem(turn.text("home"), "charter", order=20)]

    def tell_status(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Tell a moderator where the charter and its changes are; whose they are is not told."""
        under_way = turn.rows(Proposals).open(turn.community.id)
        stages = [turn.text(f"stage_{each.state}") for each in under_way]
        floor = [self._title(turn, each) for each in self._clauses(turn) if each.floor]
        turn.say("charter_status", lines=self.status(turn), stages=stages, floor=floor)

    def status(self, turn: Turn) -> list[str]:
        """Return the charter's line; who acknowledged it is nobody's list."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        if charter is None:
            return [turn.text("status_none")]
        count = len(self._clauses(turn))
        return [turn.text("status", version=charter.version, count=count)]

    def read_ahead(self, rows: Any, plans: Sequence[Plan]) -> None:  # noqa: ANN401 - see `Turn.rows`
        """Read the charters of these communities: other features' words show their purpose."""
        if communities := {plan.community for plan in plans if plan.subject is None}:
            CharterRows(rows).fetch(communities)

    def variables(self, turn: Turn) -> list[tuple[str, str]]:
        """Return the purpose line, for other features' words."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        return [("purpose", in_locale(charter.purpose, turn.locale) if charter else "")]

    def findable(self, turn: Turn) -> list[Findable]:
        """Return the clauses' texts, in which a hunt's word may stand."""
        return [
            Findable(f"clause:{each.clause_id}", each.texts["text"]) for each in self._clauses(turn)
        ]

    # Inner parts

    def _clauses(self, turn: Turn) -> list[CharterClause]:
        return turn.rows(CharterRows).clauses(turn.community.id)

    def _of_section(self, turn: Turn, charter: Charter, position: int) -> list[CharterClause]:
        wanted = charter.sections[position]["id"]
        return [each for each in self._clauses(turn) if each.section_id == wanted]

    def _receipts(self, turn: Turn) -> set[tuple[str, int]]:
        return {
            (each.clause_id, each.clause_version)
            for each in turn.rows(CharterRows).receipts(turn.subject, turn.community.id)
        }

    def _title(self, turn: Turn, clause: CharterClause) -> str:
        return in_locale(clause.texts["title"], turn.locale)

    def _shown(self, turn: Turn, clause: CharterClause) -> dict[str, Any]:
        return {
            "title": self._title(turn, clause),
            "text": Markdown(in_locale(clause.texts["text"], turn.locale)),
            "why": Markdown(in_locale(clause.texts["why"], turn.locale)),
            "version": clause.version,
            "floor": clause.floor,
        }
