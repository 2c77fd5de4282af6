"""The windows of a proposal: which is open, until when, and what comes next; quiet weeks stop all
clocks.
"""

from datetime import datetime, timedelta

from bot.core.turn import Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.charter.consent import Rules, end_of, rules_of
from storage.charter import CharterRows
from storage.proposals import Proposal, Proposals

KIND, LAPSE, REVIEW = "charter.window", "charter.lapse", "charter.review"
SECONDING = URGENT = 30  # days: without a second, or without consent, it does not go on
UNDO = 7
_DAY = timedelta(days=1)


def rules(turn: Turn) -> Rules:
    """Return the rules that this charter was founded with."""
    charter = turn.rows(CharterRows).get(turn.community.id)
    return rules_of(charter.amendment if charter else None)


def until(turn: Turn, proposal: Proposal) -> datetime | None:
    """Return when the window ends that is open now; None where none is."""
    days = _days(turn, proposal.state)
    return after(turn, proposal.since, days) if days else None


def after(turn: Turn, start: datetime, days: int) -> datetime:
    """Return when so many days have passed, without the quiet ones."""
    return end_of(calendar_of(turn), start, days)


def not_quiet(turn: Turn) -> datetime:
    """Return now, or the same time on the first day to come that is not quiet."""
    calendar, found = calendar_of(turn), turn.now
    while calendar.quiet(found):
        found += _DAY
    return found


def moment(text: str) -> datetime:
    """Read a moment that was kept among the words of a proposal."""
    return datetime.fromisoformat(text)


def _days(turn: Turn, state: str) -> int:
    here = rules(turn)
    windows = {
        "seconding": SECONDING,
        "clarify": here.clarify,
        "react": here.react,
        "consent": here.consent,
        "integrate": here.consent,
    }
    return windows.get(state, 0)


def enter(turn: Turn, proposal: Proposal, state: str) -> None:
    """Open a window."""
    proposal.state, proposal.since = state, turn.now
    turn.rows(Proposals).save(proposal)
    end = until(turn, proposal)
    assert end is not None
    plan(turn, KIND, proposal.id, end, id_=proposal.id)


def close(turn: Turn, proposal: Proposal, state: str) -> None:
    """End a proposal; what it came to is its last state."""
    proposal.state, proposal.since = state, turn.now
    turn.rows(Proposals).save(proposal)
    turn.unplan(proposal.id)


def plan(turn: Turn, kind: str, proposal: str, due: datetime, id_: str = "") -> None:
    """Plan that a clock of this proposal runs out."""
    turn.plan(
        Plan(
            id=id_ or turn.new_id(),
            kind=kind,
            zone=turn.community.zone,
            next_due=due,
            payload={"proposal": proposal},
        )
    )


def put_off(turn: Turn, due: Plan, proposal: str, end: datetime) -> bool:
    """Plan it anew where quiet days or a pause have moved the end; tell whether that is so."""
    if turn.community.state != "open":
        end = max(end, turn.now + _DAY)
    if end <= turn.now:
        return False
    plan(turn, due.kind, proposal, end, id_=due.id)
    return True
