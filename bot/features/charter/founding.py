"""Founding a charter: the ten clauses, a community's own as it is pasted, or not yet."""

from textwrap import shorten
from typing import Any

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.features import SetupGoesOn, SetupReached
from bot.core.markup import to_plain
from bot.core.turn import Answer, Turn
from bot.features.charter import pasting
from bot.features.charter.content import Charter as Draft
from bot.features.charter.content import digest_of
from storage.charter import Charter, CharterClause, CharterRows

_FLOW = "founding"
_STEP = "charter"
# All clauses are shown in one message, so of many there is less of each.
_MANY, _WIDE, _NARROW, _PURPOSE = 25, 60, 32, 500


class Founding:
    """How a community's charter begins; from then on it is changed by consent alone."""

    def __init__(self, draft: Draft | None) -> None:
        """Found new charters on this draft."""
        self.draft = draft

    def set_up(self, turn: Turn, event: SetupReached) -> None:
        """Ask the moderator what the charter begins with."""
        if event.step != _STEP:
            return
        if turn.rows(CharterRows).get(turn.community.id) is not None:
            turn.say("have_one")
            self._goes_on(turn)
            return
        choices = [
            turn.choice("paste", "choice_paste"),
            turn.choice("later", "choice_no_charter"),
        ]
        if self.draft is not None:
            choices.insert(0, turn.choice("ten", "choice_draft", count=len(self.draft.clauses)))
        turn.ask("founding.draft", "ask_draft", choices)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Found the charter, ask for the community's own, or leave it for later."""
        if answer.choice == "paste":
            self._ask_text(turn)
            return
        if answer.choice == "ten" and self.draft is not None and self._is_free(turn):
            self._found(turn, *_of_draft(turn, self.draft), of_draft=True)
            turn.say("founded", version=self.draft.version, count=len(self.draft.clauses))
        else:
            turn.say("no_charter_yet")
        self._goes_on(turn)

    def _ask_text(self, turn: Turn) -> None:
        field = Field("text", turn.text("field_pasted"), limit=pasting.MOST_CHARACTERS)
        choices = [turn.choice("no", "choice_no_charter")]
        more = bool(turn.state(_FLOW).get("text"))
        turn.ask_form("founding.text", "ask_pasted", [field], choices=choices, more=more)

    def pasted(self, turn: Turn, answer: Answer) -> None:
        """Show what the text would become; a long one may come in several parts."""
        if answer.choice:
            turn.keep(_FLOW, {})
            turn.say("no_charter_yet")
            self._goes_on(turn)
            return
        before = str(turn.state(_FLOW).get("text", ""))
        text = f"{before}\n\n{answer.text}".strip()
        pasted = _read(text)
        if not pasted.clauses:
            raise BadInput("pasted_nothing")
        turn.keep(_FLOW, {"text": text})
        widest = _WIDE if len(pasted.clauses) <= _MANY else _NARROW
        sections = [
            (
                each.title or turn.text("own_section"),
                [shorten(clause.title, widest, placeholder="…") for clause in each.clauses],
            )
            for each in pasted.sections
        ]
        choices = [
            turn.choice("use", "choice_use_pasted", count=len(pasted.clauses)),
            turn.choice("more", "choice_paste_more"),
            turn.choice("again", "choice_paste_again"),
            turn.choice("no", "choice_no_charter"),
        ]
        turn.ask(
            "founding.pasted",
            "pasted_shown",
            choices,
            sections=sections,
            purpose=shorten(pasted.purpose, _PURPOSE, placeholder="…"),
        )

    def decided(self, turn: Turn, answer: Answer) -> None:
        """Found on the pasted text, take more of it, or begin again."""
        text = str(turn.state(_FLOW).get("text", ""))
        match answer.choice:
            case "use" if text and self._is_free(turn):
                pasted = _read(text)
                self._found(turn, *self._of_pasted(turn, pasted))
                turn.keep(_FLOW, {})
                turn.say("founded", version="1.0.0", count=len(pasted.clauses))
                self._goes_on(turn)
            case "more":
                self._ask_text(turn)
            case "again":
                turn.keep(_FLOW, {})
                self._ask_text(turn)
            case _:
                turn.keep(_FLOW, {})
                turn.say("no_charter_yet")
                self._goes_on(turn)

    def _is_free(self, turn: Turn) -> bool:
        return turn.rows(CharterRows).get(turn.community.id) is None

    def _goes_on(self, turn: Turn) -> None:
        turn.tell(SetupGoesOn(event_id=turn.new_id(), step=_STEP))

    def _found(
        self,
        turn: Turn,
        purpose: dict[str, str],
        sections: list[Any],
        clauses: list[CharterClause],
        *,
        of_draft: bool = False,
    ) -> None:
        draft = self.draft
        charter = Charter(
            community_id=turn.community.id,
            version=draft.version if draft and of_draft else "1.0.0",
            purpose=purpose,
            sections=sections,
            amendment=draft.amendment.model_dump() if draft else None,
            adopted_at=turn.now,
            draft=digest_of(draft) if draft and of_draft else None,
        )
        turn.rows(CharterRows).found(charter, clauses)

    def _of_pasted(
        self, turn: Turn, pasted: pasting.Pasted
    ) -> tuple[dict[str, str], list[Any], list[CharterClause]]:
        locale, taken = turn.community.locale, set[str]()
        with turn.in_language(locale):
            own = to_plain(turn.text("own_section"))
        sections: list[Any] = []
        clauses: list[CharterClause] = []
        for section in pasted.sections:
            title = section.title or own
            id_ = pasting.slug(title, taken, len(sections) + 1)
            sections.append({"id": id_, "title": {locale: str(title)}})
            for clause in section.clauses:
                number = len(clauses) + 1
                name = pasting.slug(clause.title, taken, number)
                texts = {
                    "title": {locale: clause.title},
                    "text": {locale: clause.text},
                    "intent": {},
                    "why": {},
                }
                clauses.append(_clause(turn, id_, name, number - 1, texts))
        return {locale: pasted.purpose} if pasted.purpose else {}, sections, clauses


def _read(text: str) -> pasting.Pasted:
    try:
        return pasting.read(text)
    except pasting.TooMuch as error:
        raise BadInput(
            "pasted_too_much",
            characters=pasting.MOST_CHARACTERS,
            clauses=pasting.MOST_CLAUSES,
        ) from error


def _of_draft(turn: Turn, draft: Draft) -> tuple[dict[str, str], list[Any], list[CharterClause]]:
    sections = [{"id": each.id, "title": dict(each.title)} for each in draft.sections]
    clauses: list[CharterClause] = []
    for section in draft.sections:
        for clause in section.clauses:
            texts = {
                part: dict(getattr(clause, part)) for part in ("title", "text", "intent", "why")
            }
            row = _clause(turn, section.id, clause.id, len(clauses), texts)
            row.version, row.floor = clause.version, clause.floor
            clauses.append(row)
    return dict(draft.purpose), sections, clauses


def _clause(
    turn: Turn, section: str, id_: str, position: int, texts: dict[str, Any]
) -> CharterClause:
    return CharterClause(
        community_id=turn.community.id,
        clause_id=id_,
        version=1,
        section_id=section,
        position=position,
        texts=texts,
        floor=False,
        current=True,
        adopted_at=turn.now,
    )
