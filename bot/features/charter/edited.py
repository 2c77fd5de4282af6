"""A charter's file that was edited after a community began with it: that changes nothing there."""

from collections.abc import Mapping, Sequence

from bot.core.content import Folders
from bot.core.turn import Turn
from bot.features.charter.content import Charter, digest_of, load_charter
from storage.charter import CharterRows
from storage.drafts import Founded


def explain(folders: Folders, charters: Sequence[Founded]) -> list[str]:
    """Return a sentence for the host for each community that began with other words."""
    draft = load_charter(folders).value
    if draft is None:
        return []
    digest = digest_of(draft)
    return [_told(folders, draft, each) for each in charters if each.draft != digest]


def hint(turn: Turn, draft: Charter | None) -> list[str]:
    """Explain it to a moderator, of the draft that was read when the process began."""
    founded = turn.rows(CharterRows).get(turn.community.id)
    if draft is None or founded is None or founded.draft in (None, digest_of(draft)):
        return []
    clauses = turn.rows(CharterRows).clauses(turn.community.id)
    differ = _differ(draft, {each.clause_id: each.texts["text"] for each in clauses})
    return [turn.text("charter_edited", clauses=differ)]


def _differ(draft: Charter, texts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the ids of the clauses whose words are others in the file."""
    here = {clause.id: dict(clause.text) for clause in draft.clauses}
    return [id_ for id_ in {**here, **texts} if here.get(id_) != texts.get(id_)]


def _told(folders: Folders, draft: Charter, founded: Founded) -> str:
    differ = _differ(draft, founded.texts)
    where = f" These clauses differ: {', '.join(differ)}." if differ else ""
    return (
        f"{folders.charter}: {founded.community} began with an earlier wording of this file. To "
        "edit it changes nothing there: the community's own charter counts, and its members change "
        f"it by consent (`charter change`).{where}"
    )
