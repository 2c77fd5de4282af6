"""A charter's file that was edited after a community began with it: that changes nothing there."""

from collections.abc import Sequence

from bot.core.content import Folders
from bot.features.charter.content import Charter, digest_of, load_charter
from storage.drafts import Founded


def explain(folders: Folders, charters: Sequence[Founded]) -> list[str]:
    """Return a sentence for the host for each community that began with other words."""
    draft = load_charter(folders).value
    if draft is None:
        return []
    digest = digest_of(draft)
    return [_told(folders, draft, each) for each in charters if each.draft != digest]


def _told(folders: Folders, draft: Charter, founded: Founded) -> str:
    here = {clause.id: dict(clause.text) for clause in draft.clauses}
    ids = {**here, **founded.texts}
    differ = [id_ for id_ in ids if here.get(id_) != founded.texts.get(id_)]
    where = f" These clauses differ: {', '.join(differ)}." if differ else ""
    return (
        f"{folders.charter}: {founded.community} began with an earlier wording of this file. To "
        "edit it changes nothing there: the community's own charter counts, and its members change "
        f"it by consent (`charter change`).{where}"
    )
