"""Changing a clause: `draft → seconded → …`; what a member does, always in private."""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Choice, Field
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from bot.features.charter.deciding import Deciding, shown_changes
from storage.charter import CharterClause, CharterRows
from storage.proposals import OPEN, Proposal, Proposals

TEXT_LIMIT, WHY_LIMIT = 1500, 500
_SHOWN = 20
_FLOW = "voices"


class Changes:
    """Proposals and voices of members."""

    def __init__(self, deciding: Deciding) -> None:
        """Let this carry a proposal through its windows."""
        self.deciding = deciding

    def change(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Ask which clause; those of the host are named, and cannot be chosen."""
        clauses = turn.rows(CharterRows).clauses(turn.community.id)
        if not clauses:
            turn.say("none_yet")
            return
        free = [each for each in clauses if not each.floor][:_SHOWN]
        choices = [Choice(each.clause_id, _title(turn, each), None, ()) for each in free]
        choices.append(turn.choice("no", "choice_not_now"))
        floor = [_title(turn, each) for each in clauses if each.floor]
        turn.ask("change.clause", "ask_clause_to_change", choices, floor=floor)

    def clause_chosen(self, turn: Turn, answer: Answer) -> None:
        """Show the clause, and ask for other words and the reason."""
        if answer.choice == "no":
            turn.say("left")
            return
        clause = self._clause(turn, answer.choice)
        for proposal in turn.rows(Proposals).open(turn.community.id):
            if proposal.clause_id == clause.clause_id:
                turn.say("under_way_already")
                self._show(turn, proposal)
                return
        self._ask_words(turn, clause)

    def _ask_words(self, turn: Turn, clause: CharterClause, proposal: str = "") -> None:
        fields = [
            Field("text", turn.text("field_new_words"), limit=TEXT_LIMIT),
            Field("why", turn.text("field_reason"), limit=WHY_LIMIT),
        ]
        turn.ask_form(
            "change.words",
            "ask_new_words",
            fields,
            choices=[turn.choice("no", "choice_not_now")],
            about={"clause": clause.clause_id, "proposal": proposal},
            title=_title(turn, clause),
            text=in_locale(clause.texts["text"], turn.locale),
        )

    def worded(self, turn: Turn, answer: Answer) -> None:
        """Show the difference before anybody else sees it."""
        if answer.choice:
            turn.say("left")
            return
        clause = self._clause(turn, str(answer.about["clause"]))
        text = answer.values.get("text", "").strip()
        why = answer.values.get("why", "").strip()
        before = in_locale(clause.texts["text"], turn.locale)
        if not text or not why or text == before:
            raise BadInput("words_missing")
        about = {**answer.about, "text": text, "why": why}
        choices = [turn.choice("propose", "choice_propose")]
        if not about["proposal"]:
            choices.append(turn.choice("editorial", "choice_editorial"))
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask(
            "change.preview",
            "change_preview",
            choices,
            about=about,
            title=_title(turn, clause),
            changes=shown_changes(before, text),
            now=text,
            why=why,
        )

    def previewed(self, turn: Turn, answer: Answer) -> None:
        """Hand it in: in the lane that the proposer says it belongs to."""
        if answer.choice == "no":
            turn.say("left")
            return
        about, rows = answer.about, turn.rows(Proposals)
        clause = self._clause(turn, str(about["clause"]))
        body = {
            "text": about["text"],
            "before": in_locale(clause.texts["text"], turn.locale),
            "why": about["why"],
            "language": turn.locale,
        }
        if about["proposal"]:
            self._integrated(turn, str(about["proposal"]), body)
            return
        if any(each.clause_id == clause.clause_id for each in rows.open(turn.community.id)):
            raise BadInput("under_way_already")
        proposal = Proposal(
            id=turn.new_id(),
            community_id=turn.community.id,
            clause_id=clause.clause_id,
            lane="editorial" if answer.choice == "editorial" else "consent",
            state="seconding",
            round=0,
            author_id=turn.subject,
            since=turn.now,
            body=b"",
        )
        rows.save(proposal, body)
        _say(turn, proposal, joined=True)
        turn.say("proposed", editorial=proposal.lane == "editorial")
        self.deciding.seconded(turn, proposal)

    def _integrated(self, turn: Turn, id_: str, body: Mapping[str, Any]) -> None:
        proposal = turn.rows(Proposals).get(id_)
        if proposal is None or proposal.state != "integrate":
            raise BadInput("not_that_far")
        card = turn.rows(Proposals).body(proposal).get("card", "")
        proposal.round += 1
        turn.rows(Proposals).save(proposal, {**body, "card": card})
        _say(turn, proposal, joined=True)
        turn.say("words_integrated")
        self.deciding.ask_consent(turn, proposal)

    # What is under way

    def list_(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what is under way, to look at one."""
        rows = turn.rows(Proposals)
        shown = [each for each in rows.of(turn.community.id) if self._is_of_interest(turn, each)]
        if not shown:
            turn.say("no_changes")
            return
        listed = [(self._title(turn, each), turn.text(f"stage_{each.state}")) for each in shown]
        choices = [
            Choice(each.id, title, None, ())
            for each, (title, _) in zip(shown[:_SHOWN], listed, strict=False)
        ]
        choices.append(turn.choice("no", "choice_later"))
        turn.ask("changes.list", "changes_listed", choices, listed=listed)

    def _is_of_interest(self, turn: Turn, proposal: Proposal) -> bool:
        return proposal.state in OPEN or self.deciding.can_be_undone(turn, proposal)

    def listed(self, turn: Turn, answer: Answer) -> None:
        """Show the change that was chosen."""
        proposal = turn.rows(Proposals).get(answer.choice)
        if proposal is None:
            turn.say("left")
        else:
            self._show(turn, proposal)

    def _show(self, turn: Turn, proposal: Proposal) -> None:
        rows = turn.rows(Proposals)
        body = rows.body(proposal)
        objections = rows.objections(proposal) if proposal.state == "integrate" else []
        turn.ask(
            "changes.one",
            "change_shown",
            [*self._choices(turn, proposal), turn.choice("later", "choice_later")],
            about={"proposal": proposal.id},
            title=self._title(turn, proposal),
            stage=turn.text(f"stage_{proposal.state}"),
            changes=shown_changes(body["before"], body["text"]),
            now=body["text"],
            why=body["why"],
            objections=objections,
            until=self.deciding.until(turn, proposal),
        )

    def _choices(self, turn: Turn, proposal: Proposal) -> list[Choice]:
        mine = proposal.author_id == turn.subject
        said = turn.state(_FLOW).get(proposal.id)
        found: list[Choice] = []
        match proposal.state:
            case "seconding" if not mine:
                found.append(turn.choice("second", "choice_second"))
            case "clarify" | "react" if not said:
                found.append(turn.choice("join", "choice_join"))
            case "consent":
                found += [
                    turn.choice("consent", "choice_consent"),
                    turn.choice("object", "choice_object"),
                    turn.choice("aside", "choice_aside"),
                ]
            case "integrate":
                found.append(turn.choice("words", "choice_other_words"))
        if self.deciding.can_be_undone(turn, proposal):
            found.append(turn.choice("meaning", "choice_meaning"))
        if mine and proposal.state in OPEN:
            found.append(turn.choice("withdraw", "choice_withdraw"))
        return found

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Do what was chosen, if the change is still there where it was shown."""
        rows = turn.rows(Proposals)
        proposal = rows.get(str(answer.about["proposal"]))
        allowed = {each.id for each in self._choices(turn, proposal)} if proposal else set()
        if answer.choice == "later" or proposal is None:
            turn.say("left")
            return
        if answer.choice not in allowed:
            raise BadInput("not_that_far")
        match answer.choice:
            case "second":
                _say(turn, proposal, joined=True, second=True)
                turn.say("you_seconded")
                self.deciding.seconded(turn, proposal)
            case "join":
                _say(turn, proposal, joined=True)
                turn.say("you_joined")
            case "consent" | "aside" as what:
                consent = proposal.round if what == "consent" else None
                _say(turn, proposal, joined=True, consent=consent, objection=None)
                turn.say("you_consented" if what == "consent" else "you_stay_aside")
            case "object":
                fields = [
                    Field(part, turn.text(f"field_{part}"), limit=WHY_LIMIT)
                    for part in ("harm", "purpose", "resolve")
                ]
                about = {"proposal": proposal.id}
                turn.ask_form("changes.form", "ask_objection", fields, about=about)
            case "words":
                clause = self._clause(turn, proposal.clause_id)
                self._ask_words(turn, clause, proposal.id)
            case "meaning":
                self.deciding.undo(turn, proposal)
            case "withdraw":
                self.deciding.withdraw(turn, proposal)

    def objected(self, turn: Turn, answer: Answer) -> None:
        """Keep an objection: what harm, to which purpose, and what would resolve it."""
        rows = turn.rows(Proposals)
        proposal = rows.get(str(answer.about["proposal"]))
        if proposal is None or proposal.state != "consent":
            raise BadInput("not_that_far")
        said = {
            part: answer.values.get(part, "").strip() for part in ("harm", "purpose", "resolve")
        }
        if not said["harm"]:
            raise BadInput("objection_empty")
        objection = {**said, "round": proposal.round}
        _say(turn, proposal, joined=True, consent=None, objection=objection)
        turn.say("you_objected")

    def _title(self, turn: Turn, proposal: Proposal) -> str:
        clause = turn.rows(CharterRows).clause(turn.community.id, proposal.clause_id)
        return _title(turn, clause) if clause else proposal.clause_id

    def _clause(self, turn: Turn, id_: str) -> CharterClause:
        clause = turn.rows(CharterRows).clause(turn.community.id, id_)
        if clause is None or clause.floor:
            raise BadInput("clause_not_ours")
        return clause


def _say(turn: Turn, proposal: Proposal, **said: object) -> None:
    """Keep what the member says; that it is theirs stands in their sealed state alone."""
    state = turn.state(_FLOW)
    voice = str(state.get(proposal.id, {}).get("voice") or turn.new_id())
    whole = turn.rows(Proposals).say(voice, proposal.id, **said)
    turn.keep(_FLOW, {**state, proposal.id: {"voice": voice, "said": whole}})


def _title(turn: Turn, clause: CharterClause) -> str:
    return in_locale(clause.texts["title"], turn.locale)
