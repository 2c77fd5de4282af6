"""The editorial lane: spelling, links, translations. It counts at once, by two members; one "this
changes the meaning" within seven days restores the old words and opens a proposal.
"""

from bot.core.turn import Answer, Turn
from bot.features.charter import enacting, telling, windows
from storage.proposals import Proposal, Proposals


class Editorial:
    """Corrections, and taking them back."""

    def reword(self, turn: Turn, proposal: Proposal) -> None:
        """Let the words count at once; anybody may say that they change the meaning."""
        rows = turn.rows(Proposals)
        body = rows.body(proposal)
        rows.save(proposal, {**body, "old": enacting.reword(turn, proposal, body)})
        windows.close(turn, proposal, "adopted")
        room = turn.community.rooms.get("charter")
        if room is None:
            return
        with turn.in_language(turn.community.locale):
            turn.ask(
                "editorial.meaning",
                "announce_editorial",
                [turn.choice("meaning", "choice_meaning", emoji="↩️")],
                to=room,
                anyone=True,
                about={"proposal": proposal.id},
                **telling.values(turn, proposal),
            )

    def can_be_undone(self, turn: Turn, proposal: Proposal) -> bool:
        """Tell whether a correction may still be said to change the meaning."""
        if proposal.lane != "editorial" or proposal.state != "adopted":
            return False
        if turn.now > windows.after(turn, proposal.since, windows.UNDO):
            return False
        return enacting.stands(turn, proposal, turn.rows(Proposals).body(proposal))

    def meaning_changed(self, turn: Turn, answer: Answer) -> None:
        """Somebody says so under the announcement."""
        proposal = turn.rows(Proposals).get(str(answer.about["proposal"]))
        if proposal is None or not self.can_be_undone(turn, proposal):
            turn.say("undo_is_over", to=turn.me)
        else:
            self.undo(turn, proposal)

    def undo(self, turn: Turn, proposal: Proposal) -> None:
        """Restore the old words, and open a proposal for the others."""
        rows = turn.rows(Proposals)
        body = rows.body(proposal)
        enacting.put_back(turn, proposal, body)
        windows.close(turn, proposal, "undone")
        turn.say("you_undid", to=turn.me)
        if rows.about(turn.community.id, proposal.clause_id):
            return  # the clause is being talked about already
        fresh = Proposal(
            id=turn.new_id(),
            community_id=proposal.community_id,
            clause_id=proposal.clause_id,
            lane="consent",
            state="clarify",
            round=0,
            author_id=proposal.author_id,
            since=turn.now,
            body=b"",
        )
        key = telling.announce(turn, proposal, "announce_undone")
        said = {name: value for name, value in body.items() if name not in ("old", "told")}
        rows.save(fresh, {**said, "card": key})
        windows.enter(turn, fresh, "clarify")
