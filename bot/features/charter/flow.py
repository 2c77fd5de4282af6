"""Reading the charter and acknowledging it; a receipt binds to a clause and its version."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.content import in_locale
from bot.core.features import Findable, HomeItem, SetupGoesOn, SetupReached
from bot.core.markup import Markdown
from bot.core.turn import Answer, Plan, Turn
from bot.features.charter.content import Charter as Draft
from storage.charter import Charter, CharterClause, CharterRows


class Charters:
    """Communities' charters, founded on a draft."""

    def __init__(self, draft: Draft | None) -> None:
        """Found new charters on this draft."""
        self.draft = draft

    # Founding

    def set_up(self, turn: Turn, event: SetupReached) -> None:
        """Ask the moderator what the charter begins with."""
        if event.step != "charter":
            return
        if turn.rows(CharterRows).get(turn.community.id) is not None:
            turn.say("have_one")
            turn.tell(SetupGoesOn(event_id=turn.new_id(), step="charter"))
            return
        choices = [turn.choice("later", "choice_no_charter")]
        if self.draft is not None:
            choices.insert(0, turn.choice("ten", "choice_draft", count=len(self.draft.clauses)))
        turn.ask("founding.draft", "ask_draft", choices)

    def founded(self, turn: Turn, answer: Answer) -> None:
        """Found the charter, or leave it for later."""
        if answer.choice == "ten" and self.draft is not None:
            self._found(turn, self.draft)
            turn.say("founded", version=self.draft.version, count=len(self.draft.clauses))
        else:
            turn.say("no_charter_yet")
        turn.tell(SetupGoesOn(event_id=turn.new_id(), step="charter"))

    def _found(self, turn: Turn, draft: Draft) -> None:
        community = turn.community.id
        charter = Charter(
            community_id=community,
            version=draft.version,
            purpose=dict(draft.purpose),
            sections=[{"id": each.id, "title": dict(each.title)} for each in draft.sections],
            adopted_at=turn.now,
        )
        clauses: list[CharterClause] = []
        for section in draft.sections:
            for clause in section.clauses:
                texts = {
                    part: dict(getattr(clause, part)) for part in ("title", "text", "intent", "why")
                }
                clauses.append(
                    CharterClause(
                        community_id=community,
                        clause_id=clause.id,
                        version=clause.version,
                        section_id=section.id,
                        position=len(clauses),
                        texts=texts,
                        floor=clause.floor,
                        current=True,
                        adopted_at=turn.now,
                    )
                )
        turn.rows(CharterRows).found(charter, clauses)

    # Reading

    def read(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show the purpose, then the first section."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        if charter is None:
            turn.say("none_yet")
            return
        receipts = self._receipts(turn)
        changed = [
            clause
            for clause in self._clauses(turn)
            if (clause.clause_id, clause.version) not in receipts
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
        receipts = self._receipts(turn)
        known = all((each.clause_id, each.version) in receipts for each in clauses)
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
        receipts = self._receipts(turn)
        while position < len(clauses) and (
            (clauses[position].clause_id, clauses[position].version) in receipts
        ):
            position += 1
        if position >= len(clauses):
            self._section(turn, charter, section + 1)
            return
        choices = [
            turn.choice("ack", "choice_acknowledge"),
            turn.choice("next", "choice_not_this"),
            turn.choice("later", "choice_later"),
        ]
        turn.ask(
            "charter.clause",
            "clause",
            choices,
            about={"section": section, "clause": position},
            clause=self._shown(turn, clauses[position]),
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
            self.history(turn, {})

    def history(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show the member's own receipts."""
        titles = {each.clause_id: self._title(turn, each) for each in self._clauses(turn)}
        receipts = turn.rows(CharterRows).receipts(turn.subject, turn.community.id)
        order = list(titles)
        receipts.sort(key=lambda each: (each.at, order.index(each.clause_id)))
        shown = [(titles[each.clause_id], each.clause_version, each.at) for each in receipts]
        turn.say("receipt" if shown else "no_receipt", receipts=shown, name=turn.community.name)

    # What others show

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to the charter; it waits while a clause is new to somebody who read
        others.
        """
        if turn.rows(CharterRows).get(turn.community.id) is None:
            return []
        receipts = self._receipts(turn)
        fresh = bool(receipts) and any(
            (each.clause_id, each.version) not in receipts for each in self._clauses(turn)
        )
        return [HomeItem(turn.text("home"), "charter", order=20, waiting=fresh)]

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
