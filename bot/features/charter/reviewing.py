"""Review dates: an adopted change is looked at again on the day that was agreed with it."""

from datetime import timedelta

from bot.core.turn import Answer, Plan, Turn
from bot.features.charter import telling, windows
from storage.charter import CharterRows
from storage.proposals import Proposal, Proposals


def agree(turn: Turn, proposal: Proposal) -> None:
    """Agree on the day, with the adoption."""
    proposal.review_at = turn.now + timedelta(days=windows.rules(turn).review_after)
    turn.rows(Proposals).save(proposal)
    windows.plan(turn, windows.REVIEW, proposal.id, proposal.review_at)


def due(turn: Turn, plan: Plan) -> None:
    """Ask the room whether it still fits, once; what was changed again since has its own day."""
    rows = turn.rows(Proposals)
    proposal = rows.get(str((plan.payload or {}).get("proposal", "")))
    if proposal is None or proposal.review_at is None or not _counts(turn, proposal):
        return
    if windows.put_off(turn, plan, proposal.id, windows.not_quiet(turn)):
        return
    room = turn.community.rooms.get("charter")
    if room is None or rows.about(turn.community.id, proposal.clause_id):
        return
    with turn.in_language(turn.community.locale):
        turn.ask(
            "review.wanted",
            "announce_review",
            [turn.choice("change", "choice_propose_change", emoji="✏️")],
            to=room,
            anyone=True,
            about={"proposal": proposal.id},
            at=proposal.since,
            **telling.values(turn, proposal),
        )


def _counts(turn: Turn, proposal: Proposal) -> bool:
    """Tell whether this is the newest change of its clause, and the clause is there."""
    rows = turn.rows(Proposals)
    later = [
        each
        for each in rows.of(turn.community.id)
        if each.clause_id == proposal.clause_id and each.review_at is not None
    ]
    gone = proposal.clause_id and not turn.rows(CharterRows).clause(
        turn.community.id, proposal.clause_id
    )
    removed = rows.body(proposal).get("kind") == "remove"
    return later[-1].id == proposal.id and (removed or not gone)


def wanted(turn: Turn, _answer: Answer) -> None:
    """Somebody would like other words: lead to a proposal, in private."""
    turn.run("charter change")
