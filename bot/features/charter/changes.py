"""What is under way, and what each says to it: `draft → seconded → …`, always in private."""

from collections.abc import Mapping

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from bot.features.charter import enacting, telling
from bot.features.charter.deciding import Deciding
from bot.features.charter.drafting import WHY_LIMIT, Drafting
from bot.features.charter.voices import mine, say
from storage.proposals import OPEN, Proposal, Proposals

_SHOWN = 20
_OBJECTION = ("harm", "purpose", "resolve")


class Changes:
    """The list of changes, and the voices of members."""

    def __init__(self, deciding: Deciding, drafting: Drafting) -> None:
        """Let these carry a proposal on, and take other words for it."""
        self.deciding, self.drafting = deciding, drafting

    def list_(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what is under way, to look at one."""
        rows = turn.rows(Proposals)
        shown = [each for each in rows.of(turn.community.id) if self._is_of_interest(turn, each)]
        if not shown:
            turn.say("no_changes")
            return
        listed = [(telling.heading(turn, each), self._stage(turn, each)) for each in shown]
        choices = [
            Choice(each.id, title, None, ())
            for each, (title, _) in zip(shown[:_SHOWN], listed, strict=False)
        ]
        choices.append(turn.choice("no", "choice_later"))
        turn.ask("changes.list", "changes_listed", choices, listed=listed)

    def _is_of_interest(self, turn: Turn, proposal: Proposal) -> bool:
        return proposal.state in OPEN or self.deciding.editorial.can_be_undone(turn, proposal)

    def _stage(self, turn: Turn, proposal: Proposal) -> str:
        only = "_editorial" if self._is_to_be_a_correction(proposal) else ""
        return turn.text(f"stage_{proposal.state}{only}")

    def _is_to_be_a_correction(self, proposal: Proposal) -> bool:
        """Tell whether the next who agrees lets it count at once, as a correction."""
        return proposal.lane == "editorial" and proposal.state == "seconding"

    def listed(self, turn: Turn, answer: Answer) -> None:
        """Show the change that was chosen."""
        proposal = turn.rows(Proposals).get(answer.choice)
        if proposal is None:
            turn.say("left")
        else:
            self._show(turn, proposal)

    def _show(self, turn: Turn, proposal: Proposal) -> None:
        rows = turn.rows(Proposals)
        objections = rows.objections(proposal) if proposal.state == "integrate" else []
        turn.ask(
            "changes.one",
            "change_shown",
            [*self._choices(turn, proposal), turn.choice("later", "choice_later")],
            about={"proposal": proposal.id},
            heading=telling.heading(turn, proposal),
            stage=self._stage(turn, proposal),
            objections=objections,
            urgent=proposal.lane == "urgent" and proposal.state == "seconding",
            editorial=self._is_to_be_a_correction(proposal),
            **telling.values(turn, proposal),
        )

    def _choices(self, turn: Turn, proposal: Proposal) -> list[Choice]:
        own = proposal.author_id == turn.subject
        found: list[Choice] = []
        match proposal.state:
            case "seconding" if not own and self._is_to_be_a_correction(proposal):
                found.append(turn.choice("second", "choice_correction"))
                found.append(turn.choice("meaning", "choice_meaning"))
            case "seconding" if not own:
                found.append(turn.choice("second", "choice_second"))
            case "clarify" | "react" if not mine(turn, proposal):
                found.append(turn.choice("join", "choice_join"))
            case "consent":
                found += [
                    turn.choice("consent", "choice_consent"),
                    turn.choice("object", "choice_object"),
                    turn.choice("aside", "choice_aside"),
                ]
            case "integrate":
                found.append(turn.choice("words", "choice_other_words"))
        if self.deciding.editorial.can_be_undone(turn, proposal):
            found.append(turn.choice("meaning", "choice_meaning"))
        if own and proposal.state in OPEN:
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
                say(turn, proposal, joined=True, second=True)
                turn.say("you_seconded")
                self.deciding.seconded(turn, proposal)
            case "join":
                say(turn, proposal, joined=True)
                turn.say("you_joined")
            case "consent" | "aside" as what:
                consent = proposal.round if what == "consent" else None
                say(turn, proposal, joined=True, consent=consent, objection=None)
                turn.say("you_consented" if what == "consent" else "you_stay_aside")
            case "object":
                fields = [
                    Field(part, turn.text(f"field_{part}"), limit=WHY_LIMIT) for part in _OBJECTION
                ]
                about = {"proposal": proposal.id}
                turn.ask_form("changes.form", "ask_objection", fields, about=about)
            case "words":
                self._ask_other_words(turn, proposal)
            case "meaning" if proposal.state == "seconding":
                proposal.lane = "consent"
                rows.save(proposal, rows.body(proposal))
                turn.say("no_correction")
                self._show(turn, proposal)
            case "meaning":
                self.deciding.editorial.undo(turn, proposal)
            case "withdraw":
                self.deciding.withdraw(turn, proposal)

    def _ask_other_words(self, turn: Turn, proposal: Proposal) -> None:
        """Ask for words that resolve the objection; instead of taking out they may say it anew."""
        kind = enacting.kind_of(turn.rows(Proposals).body(proposal))
        about = {
            "kind": "reword" if kind == "remove" else kind,
            "clause": proposal.clause_id,
            "proposal": proposal.id,
        }
        self.drafting.ask_words(turn, about)

    def objected(self, turn: Turn, answer: Answer) -> None:
        """Keep an objection: what harm, to which purpose, and what would resolve it."""
        rows = turn.rows(Proposals)
        proposal = rows.get(str(answer.about["proposal"]))
        if proposal is None or proposal.state != "consent":
            raise BadInput("not_that_far")
        said = {part: answer.values.get(part, "").strip() for part in _OBJECTION}
        if not said["harm"]:
            raise BadInput("objection_empty")
        objection = {**said, "round": proposal.round}
        say(turn, proposal, joined=True, consent=None, objection=objection)
        turn.say("you_objected")
