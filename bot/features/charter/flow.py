"""Reading the charter and acknowledging it; a receipt binds to a clause and its version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.content import in_locale
from bot.core.markup import Markdown, to_plain
from bot.core.turn import Answer, Turn
from bot.features.charter import receipts, telling
from bot.features.charter.questions import Questions
from storage.charter import Charter, CharterClause, CharterRows

_AT_ONCE = 3000  # characters: a message of any platform holds them, with what stands around


@dataclass(frozen=True, slots=True)
class _Part:
    """Clauses that are read together."""

    title: str
    clauses: list[CharterClause]


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
            sections=[each.title for each in self._parts(turn, charter)],
            open=len(changed),
        )
        self._section(turn, charter, 0)

    def _section(self, turn: Turn, charter: Charter, position: int) -> None:
        parts = self._parts(turn, charter)
        if position >= len(parts):
            self._end(turn)
            return
        part = parts[position]
        held = self._receipts(turn)
        known = all(_name(each) in held for each in part.clauses)
        choices = []
        if not known:
            choices.append(turn.choice("ack", "choice_acknowledge"))
            if len(part.clauses) > 1:
                choices.append(turn.choice("each", "choice_each"))
        last = position == len(parts) - 1
        choices.append(turn.choice("next", "choice_end" if last else "choice_next"))
        choices.append(turn.choice("later", "choice_later"))
        turn.ask(
            "charter.section",
            "section",
            choices,
            about={"section": position, "shown": [_name(each) for each in part.clauses]},
            number=position + 1,
            count=len(parts),
            title=part.title,
            clauses=[self._shown(turn, each) for each in part.clauses],
            known=known,
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Acknowledge a part's clauses, take them one by one, go on, or leave it for later."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        position = int(answer.about["section"])
        if charter is None or position >= len(self._parts(turn, charter)):
            turn.say("none_yet")
            return
        clauses = self._of_part(turn, charter, position)
        match answer.choice:
            case "later":
                turn.say("later")
            case "each":
                self._clause(turn, charter, position, 0)
            case "ack" if not _as_shown(answer, clauses):
                turn.say("changed_meanwhile")
                self._section(turn, charter, position)
            case "ack":
                for clause in clauses:
                    self._acknowledge(turn, clause)
                titles = [telling.clause_title(turn, each) for each in clauses]
                turn.say("acknowledged", clauses=titles)
                self._section(turn, charter, position + 1)
            case _:
                self._section(turn, charter, position + 1)

    def _clause(self, turn: Turn, charter: Charter, section: int, position: int) -> None:
        clauses = self._of_part(turn, charter, section)
        held = self._receipts(turn)
        while position < len(clauses) and _name(clauses[position]) in held:
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
        clause = clauses[position]
        turn.ask(
            "charter.clause",
            "clause",
            choices,
            about={"section": section, "clause": position, "shown": [_name(clause)]},
            clause=self._shown(turn, clause),
            answered=self.questions.answered_of(turn, clause.clause_id),
        )

    def clause_answered(self, turn: Turn, answer: Answer) -> None:
        """Acknowledge one clause, pass it over, or leave it for later."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        if charter is None:
            turn.say("none_yet")
            return
        section, position = int(answer.about["section"]), int(answer.about["clause"])
        here = self._of_part(turn, charter, section)[position : position + 1]
        if answer.choice == "later":
            turn.say("later")
        elif answer.choice == "ask" and here:
            self.questions.about(turn, here[0].clause_id)
        elif answer.choice == "ack" and not _as_shown(answer, here):
            turn.say("changed_meanwhile")
            self._clause(turn, charter, section, position)
        else:
            if answer.choice == "ack":
                self._acknowledge(turn, here[0])
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

    def _parts(self, turn: Turn, charter: Charter) -> list[_Part]:
        """Return what is read in one go: a section, or a part of one that is long."""
        clauses = self._clauses(turn)
        found: list[_Part] = []
        for section in charter.sections:
            title = in_locale(section["title"], turn.locale)
            own = [each for each in clauses if each.section_id == section["id"]]
            for number, some in enumerate(_in_one_go(turn, own), 1):
                found.append(_Part(title if number == 1 else f"{title} ({number})", some))
        return found

    def _of_part(self, turn: Turn, charter: Charter, position: int) -> list[CharterClause]:
        parts = self._parts(turn, charter)
        return parts[position].clauses if position < len(parts) else []

    def _receipts(self, turn: Turn) -> set[tuple[str, int]]:
        return {
            (each.clause_id, each.clause_version)
            for each in turn.rows(CharterRows).receipts(turn.subject, turn.community.id)
        }

    def _shown(self, turn: Turn, clause: CharterClause) -> dict[str, Any]:
        title, text = (
            telling.clause_title(turn, clause),
            in_locale(clause.texts["text"], turn.locale),
        )
        return {
            "title": title,
            # A pasted clause of a few words is its own title, and stands there once.
            "text": Markdown("" if to_plain(text).rstrip(" .") == title else text),
            "why": Markdown(in_locale(clause.texts["why"], turn.locale)),
            "version": clause.version,
            "floor": clause.floor,
            "for_now": telling.for_now_of(turn, clause.clause_id),
        }


def _name(clause: CharterClause) -> tuple[str, int]:
    return clause.clause_id, clause.version


def _as_shown(answer: Answer, clauses: Sequence[CharterClause]) -> bool:
    """Tell whether these are the very clauses, in the versions, that somebody was shown."""
    shown = answer.about.get("shown")
    return shown is None or [tuple(each) for each in shown] == [_name(each) for each in clauses]


def _in_one_go(turn: Turn, clauses: Sequence[CharterClause]) -> Iterator[list[CharterClause]]:
    """Yield the clauses in portions that are not too long to be shown whole."""
    portion: list[CharterClause] = []
    length = 0
    for clause in clauses:
        texts = (in_locale(clause.texts[part], turn.locale) for part in ("title", "text", "why"))
        own = sum(map(len, texts))
        if portion and length + own > _AT_ONCE:
            yield portion
            portion, length = [], 0
        portion.append(clause)
        length += own
    if portion:
        yield portion
