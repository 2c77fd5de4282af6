"""Proposing a change: other words, a clause more or less, another purpose line; seen before it is
handed in, always in private.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Choice, Field
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.markup import to_plain
from bot.core.turn import Answer, Turn
from bot.features.charter import picking, telling
from bot.features.charter.deciding import Deciding
from bot.features.charter.pasting import MOST_CLAUSES, slug
from bot.features.charter.voices import say
from storage.charter import CharterClause, CharterRows
from storage.proposals import Proposal, Proposals

TEXT_LIMIT, WHY_LIMIT = 1500, 500


class Drafting:
    """From a wish to a proposal."""

    def __init__(self, deciding: Deciding) -> None:
        """Hand proposals over to this."""
        self.deciding = deciding

    def change(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Ask what is to change; clauses of the host are named, and cannot be chosen."""
        if turn.rows(CharterRows).get(turn.community.id) is None:
            turn.say("none_yet")
        else:
            self._ask_clause(turn, 0)

    def _ask_clause(self, turn: Turn, page: int) -> None:
        clauses = turn.rows(CharterRows).clauses(turn.community.id)
        choices = picking.choices(turn, self._free(turn), page)
        choices.append(turn.choice("purpose", "choice_purpose"))
        if len(clauses) < MOST_CLAUSES:
            choices.append(turn.choice("add", "choice_add_clause"))
        choices.append(turn.choice("no", "choice_not_now"))
        floor = [telling.clause_title(turn, each) for each in clauses if each.floor]
        about = {"page": page}
        turn.ask("change.clause", "ask_clause_to_change", choices, about=about, floor=floor)

    def _free(self, turn: Turn) -> list[CharterClause]:
        clauses = turn.rows(CharterRows).clauses(turn.community.id)
        return [each for each in clauses if not each.floor]

    def clause_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask for what shall be different, unless that is being talked about already."""
        if (page := picking.turned(answer, self._free(turn))) is not None:
            self._ask_clause(turn, page)
        elif answer.choice == "no":
            turn.say("left")
        elif answer.choice == "add":
            self._ask_section(turn)
        elif answer.choice == "purpose":
            self._begin(turn, {"kind": "purpose", "clause": ""})
        else:
            clause = self._clause(turn, picking.chosen(answer))
            self._begin(turn, {"kind": "reword", "clause": clause.clause_id})

    def _begin(self, turn: Turn, about: Mapping[str, Any]) -> None:
        if turn.rows(Proposals).about(turn.community.id, str(about["clause"])) is not None:
            turn.say("under_way_already")
            turn.run("charter changes")
            return
        self.ask_words(turn, about)

    # A clause more

    def _ask_section(self, turn: Turn) -> None:
        charter = turn.rows(CharterRows).get(turn.community.id)
        sections = charter.sections if charter else []
        if len(sections) == 1:
            self._ask_new(turn, str(sections[0]["id"]))
            return
        choices = [
            Choice(f"section:{each['id']}", in_locale(each["title"], turn.locale), None, ())
            for each in sections[:23]
        ]
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask("change.section", "ask_section_of_new", choices)

    def section_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask for the new clause's title and words."""
        what, _, section = answer.choice.partition(":")
        if what == "section":
            self._ask_new(turn, section)
        else:
            turn.say("left")

    def _ask_new(self, turn: Turn, section: str) -> None:
        self.ask_words(turn, {"kind": "add", "clause": "", "section": section})

    # The words

    def ask_words(self, turn: Turn, about: Mapping[str, Any]) -> None:
        """Ask for the words and the reason; a clause can also be taken out."""
        fields = [Field("why", turn.text("field_reason"), limit=WHY_LIMIT)]
        choices = []
        if about["kind"] != "remove":
            fields.insert(0, Field("text", turn.text("field_new_words"), limit=TEXT_LIMIT))
        if about["kind"] == "add" and not about.get("proposal"):
            fields.insert(0, Field("title", turn.text("field_title"), limit=telling.TITLE_LIMIT))
        if about["kind"] == "reword" and not about.get("proposal"):
            choices.append(turn.choice("remove", "choice_take_out"))
        choices.append(turn.choice("no", "choice_not_now"))
        title, text = self._now(turn, about)
        turn.ask_form(
            "change.words",
            "ask_new_words",
            fields,
            choices=choices,
            about=about,
            title=title,
            text=text,
            kind=about["kind"],
        )

    def worded(self, turn: Turn, answer: Answer) -> None:
        """Show the difference before anybody else sees it."""
        about = dict(answer.about)
        if answer.choice == "remove":
            self.ask_words(turn, {**about, "kind": "remove"})
            return
        if answer.choice:
            turn.say("left")
            return
        title, before = self._now(turn, about)
        said = {name: text.strip() for name, text in answer.values.items()}
        about |= {
            "title": " ".join(said.get("title", "").split()) or title,
            "text": said.get("text", ""),
            "why": said.get("why", ""),
        }
        wordless = about["kind"] != "remove" and not (about["text"] and about["title"])
        if wordless or not about["why"] or about["text"] == before:
            raise BadInput("words_missing")
        choices = [turn.choice("propose", "choice_propose")]
        if not about.get("proposal"):
            if about["kind"] in ("reword", "purpose"):
                choices.append(turn.choice("editorial", "choice_editorial"))
            if about["kind"] != "purpose":
                choices.append(turn.choice("urgent", "choice_urgent"))
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask(
            "change.preview",
            "change_preview",
            choices,
            about=about,
            kind=about["kind"],
            title=about["title"],
            before=before,
            changes=telling.shown_changes(before, about["text"]),
            now=about["text"],
            why=about["why"],
        )

    def previewed(self, turn: Turn, answer: Answer) -> None:
        """Hand it in: in the lane that the proposer says it belongs to."""
        if answer.choice == "no":
            turn.say("left")
            return
        about, rows = answer.about, turn.rows(Proposals)
        if about.get("proposal"):
            self._integrated(turn, about)
            return
        clause = str(about["clause"])
        if about["kind"] == "add":
            clause = self._new_id(turn, str(about["title"]))
        elif rows.about(turn.community.id, clause) is not None:
            raise BadInput("under_way_already")
        body = {
            **{name: about[name] for name in ("kind", "title", "text", "why")},
            "before": self._now(turn, about)[1],
            "section": about.get("section", ""),
            "language": turn.locale,
        }
        proposal = Proposal(
            id=turn.new_id(),
            community_id=turn.community.id,
            clause_id=clause,
            lane="consent" if answer.choice == "propose" else answer.choice,
            state="seconding",
            round=0,
            author_id=turn.subject,
            since=turn.now,
            body=b"",
        )
        rows.save(proposal, body)
        say(turn, proposal, joined=True)
        turn.say("proposed", way=proposal.lane)
        self.deciding.begin(turn, proposal)

    def _integrated(self, turn: Turn, about: Mapping[str, Any]) -> None:
        rows = turn.rows(Proposals)
        proposal = rows.get(str(about["proposal"]))
        if proposal is None or proposal.state != "integrate":
            raise BadInput("not_that_far")
        proposal.round += 1
        said = {name: about[name] for name in ("kind", "text", "why")}
        rows.save(proposal, {**rows.body(proposal), **said, "language": turn.locale})
        say(turn, proposal, joined=True)
        turn.say("words_integrated")
        self.deciding.ask_consent(turn, proposal)

    # What stands there now

    def _now(self, turn: Turn, about: Mapping[str, Any]) -> tuple[str, str]:
        """Return the title and the words of what is to change."""
        if about.get("proposal"):
            rows = turn.rows(Proposals)
            proposal = rows.get(str(about["proposal"]))
            if proposal is None:
                raise BadInput("not_that_far")
            return telling.title(turn, proposal), str(rows.body(proposal)["before"])
        match about["kind"]:
            case "add":
                return "", ""
            case "purpose":
                charter = turn.rows(CharterRows).get(turn.community.id)
                purpose = in_locale(charter.purpose, turn.locale) if charter else ""
                return to_plain(turn.text("purpose_line")), purpose
            case _:
                clause = self._clause(turn, str(about["clause"]))
                text = in_locale(clause.texts["text"], turn.locale)
                return telling.clause_title(turn, clause), text

    def _clause(self, turn: Turn, id_: str) -> CharterClause:
        clause = turn.rows(CharterRows).clause(turn.community.id, id_)
        if clause is None or clause.floor:
            raise BadInput("clause_not_ours")
        return clause

    def _new_id(self, turn: Turn, title: str) -> str:
        """Return an id for a new clause that none has, nor ever had."""
        rows, here = turn.rows(CharterRows), turn.community.id
        taken = {each.clause_id for each in rows.versions(here)}
        taken |= {each.clause_id for each in turn.rows(Proposals).of(here)}
        return slug(title, taken, len(taken) + 1)
