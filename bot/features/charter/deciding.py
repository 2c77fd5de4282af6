"""Carrying a proposal through its windows: seconded, clarify, react, consent, and what it comes to.

An urgent one counts as soon as it is seconded, for thirty days; without consent it lapses.
"""

from bot.core.turn import Plan, Turn
from bot.features.charter import enacting, reviewing, telling, windows
from bot.features.charter.consent import outcome
from bot.features.charter.editorial import Editorial
from bot.features.charter.questions import tell_taken_out
from storage.proposals import OPEN, Proposal, Proposals


class Deciding:
    """The windows of proposals."""

    def __init__(self) -> None:
        """Let corrections that change the meaning come back as changes."""
        self.editorial = Editorial()

    def begin(self, turn: Turn, proposal: Proposal) -> None:
        """Let it wait for others who find it worth talking about; without any it ends quietly."""
        windows.enter(turn, proposal, "seconding")
        self.seconded(turn, proposal)

    def seconded(self, turn: Turn, proposal: Proposal) -> None:
        """Go on once enough others say that it is worth talking about."""
        rows = turn.rows(Proposals)
        seconds = sum(bool(voice.get("second")) for voice in rows.voices(proposal.id))
        at_least = int(proposal.lane in ("editorial", "urgent"))
        if proposal.state != "seconding":
            return
        if seconds < max(at_least, windows.rules(turn).seconds):
            return
        if not enacting.possible(turn, proposal, rows.body(proposal)):
            windows.close(turn, proposal, "parked")
            turn.say("does_not_fit")
            return
        if proposal.lane == "editorial":
            self.editorial.reword(turn, proposal)
            return
        if proposal.lane == "urgent":
            rows.save(proposal, enacting.apply(turn, proposal, rows.body(proposal)))
            end = windows.after(turn, turn.now, windows.URGENT)
            windows.plan(turn, windows.LAPSE, proposal.id, end)
        key = telling.announce(turn, proposal, "announce_change")
        if key:
            rows.save(proposal, {**rows.body(proposal), "card": key})
        windows.enter(turn, proposal, "clarify")

    def ask_consent(self, turn: Turn, proposal: Proposal) -> None:
        """Open a consent window for the words as they are now."""
        windows.enter(turn, proposal, "consent")
        telling.in_thread(turn, proposal, "announce_consent")

    def withdraw(self, turn: Turn, proposal: Proposal) -> None:
        """End it at its author's word, in whatever window it is."""
        told = proposal.state != "seconding"
        self._take_back(turn, proposal)
        windows.close(turn, proposal, "withdrawn")
        turn.say("you_withdrew")
        if told:
            telling.in_thread(turn, proposal, "announce_withdrawn")

    def due(self, turn: Turn, plan: Plan) -> None:
        """A window ends, unless quiet days or a pause have moved its end."""
        proposal = turn.rows(Proposals).get(plan.id)
        if proposal is None or proposal.state not in OPEN:
            return
        end = windows.until(turn, proposal)
        if end is None or windows.put_off(turn, plan, proposal.id, end):
            return
        match proposal.state:
            case "seconding":
                windows.close(turn, proposal, "parked")  # it was never told to anybody
            case "clarify":
                windows.enter(turn, proposal, "react")
            case "react":
                self.ask_consent(turn, proposal)
            case "consent":
                self._decide(turn, proposal)
            case _:
                self._park(turn, proposal)

    def _decide(self, turn: Turn, proposal: Proposal) -> None:
        rows = turn.rows(Proposals)
        objections = rows.objections(proposal)
        members, voices = rows.members(turn.community.id), rows.voices(proposal.id)
        match outcome(windows.rules(turn), members, voices, len(objections), proposal.round):
            case "adopted" if enacting.possible(turn, proposal, rows.body(proposal)):
                self._adopt(turn, proposal)
            case "integrate":
                windows.enter(turn, proposal, "integrate")
                telling.in_thread(turn, proposal, "announce_objection", objections=objections)
            case _:
                self._park(turn, proposal)

    def _adopt(self, turn: Turn, proposal: Proposal) -> None:
        rows = turn.rows(Proposals)
        body = rows.body(proposal)
        if "counts" in body and body["counts"]["text"] != body["text"]:
            body = enacting.take_back(turn, proposal, body)
        if "counts" not in body:
            body = enacting.apply(turn, proposal, body)
        counts = body.pop("counts")
        rows.save(proposal, {**body, "version": counts.get("version")})
        windows.close(turn, proposal, "adopted")
        reviewing.agree(turn, proposal)
        telling.announce(turn, proposal, "announce_adopted", review=proposal.review_at)
        if enacting.kind_of(body) == "remove":
            tell_taken_out(turn, proposal.clause_id)

    def _park(self, turn: Turn, proposal: Proposal) -> None:
        self._take_back(turn, proposal)
        windows.close(turn, proposal, "parked")
        telling.in_thread(turn, proposal, "announce_parked")

    # What is urgent

    def lapse(self, turn: Turn, plan: Plan) -> None:
        """Thirty days have passed: what nobody consented to counts no longer."""
        rows = turn.rows(Proposals)
        proposal = rows.get(str((plan.payload or {}).get("proposal", "")))
        body = rows.body(proposal) if proposal else {}
        end = telling.for_now(turn, body)
        if proposal is None or end is None:
            return
        if windows.put_off(turn, plan, proposal.id, end):
            return
        telling.in_thread(turn, proposal, "announce_lapsed", goes_on=proposal.state in OPEN)
        self._take_back(turn, proposal)

    def _take_back(self, turn: Turn, proposal: Proposal) -> None:
        """Let what was before an urgent change count again; a note of it stays."""
        rows = turn.rows(Proposals)
        body = rows.body(proposal)
        if "counts" in body:
            begun = body["counts"]["at"]
            back = enacting.take_back(turn, proposal, body)
            rows.save(proposal, {**back, "lapsed": [begun, turn.now.isoformat()]})
