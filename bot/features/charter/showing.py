"""What of the charter stands elsewhere: on *Start*, in a status, under the next prompt."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.content import in_locale
from bot.core.features import Findable, HomeItem, Notice
from bot.core.turn import Plan, Turn
from bot.features.charter import receipts, telling
from storage.charter import CharterRows
from storage.proposals import Proposal, Proposals

_TOLD = ("clarify", "react", "consent", "integrate")


def home(turn: Turn) -> list[HomeItem]:
    """Return the door to the charter; it waits while a clause has changed that one had read."""
    if turn.rows(CharterRows).get(turn.community.id) is None:
        return []
    if changed := receipts.changed(turn):
        words = "home_changed" if any(before for _, before in changed) else "home_new"
        return [HomeItem(turn.text(words), "charter read", order=20, waiting=True)]
    return [HomeItem(turn.text("home"), "charter", order=20)]


def tell_status(turn: Turn, _options: Mapping[str, str]) -> None:
    """Tell a moderator where the charter and its changes are; whose they are is not told."""
    rows = turn.rows(Proposals)
    stages = [turn.text(f"stage_{each.state}") for each in rows.open(turn.community.id)]
    clauses = turn.rows(CharterRows).clauses(turn.community.id)
    floor = [telling.clause_title(turn, each) for each in clauses if each.floor]
    reviews = [
        (telling.title(turn, each), each.review_at)
        for each in rows.of(turn.community.id)
        if each.review_at is not None and each.review_at > turn.now
    ]
    turn.say("charter_status", lines=status(turn), stages=stages, floor=floor, reviews=reviews)


def status(turn: Turn) -> list[str]:
    """Return the charter's line; who acknowledged it is nobody's list."""
    charter = turn.rows(CharterRows).get(turn.community.id)
    if charter is None:
        return [turn.text("status_none")]
    count = len(turn.rows(CharterRows).clauses(turn.community.id))
    return [turn.text("status", version=charter.version, count=count)]


def read_ahead(rows: Any, plans: Sequence[Plan]) -> None:  # noqa: ANN401 - see `Turn.rows`
    """Read the charters of these communities, whose purpose other features' words show, and what
    is under way there.
    """
    if communities := {plan.community for plan in plans if plan.subject is None}:
        CharterRows(rows).fetch(communities)
        Proposals(rows).fetch(communities)


def variables(turn: Turn) -> list[tuple[str, str]]:
    """Return the purpose line, for other features' words."""
    charter = turn.rows(CharterRows).get(turn.community.id)
    return [("purpose", in_locale(charter.purpose, turn.locale) if charter else "")]


def findable(turn: Turn) -> list[Findable]:
    """Return the clauses' texts, in which a hunt's word may stand."""
    clauses = turn.rows(CharterRows).clauses(turn.community.id)
    return [Findable(f"clause:{each.clause_id}", each.texts["text"]) for each in clauses]


def notices(turn: Turn) -> list[Notice]:
    """Return a line for each change that the community talks about."""
    rows = turn.rows(Proposals)
    told = [each for each in rows.open(turn.community.id) if each.state in _TOLD]
    return [_notice(turn, rows, each) for each in told]


def _notice(turn: Turn, rows: Proposals, proposal: Proposal) -> Notice:
    body = rows.body(proposal)

    def put(under: str) -> None:
        rows.save(proposal, {**rows.body(proposal), "told": under})

    text = turn.text("notice", heading=telling.title(turn, proposal), kind=body.get("kind"))
    return Notice(text, str(body.get("told", "")), put)
