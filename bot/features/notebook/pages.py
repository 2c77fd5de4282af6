"""A page of the notebook: one version of a harvest, as it is shown inside and outside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.markup import Markdown
from bot.core.turn import Turn
from storage.contributions import Contributions, Said
from storage.notebook import Harvest, HarvestVersion, Notebook

PARTS = ("heard", "differ", "question")
STANCES = ("host", "coach", "peer")


def page(turn: Turn, row: Harvest, version: HarvestVersion, *, outside: bool = False) -> Any:  # noqa: ANN401 - what words show
    """Return what the words show of a version.

    Outside, nobody is named who did not agree to that; who gathered it is not named there at all.
    """
    rows = turn.rows(Notebook)
    written = rows.written(version)
    name = "" if outside else rows.signed(version)
    words = quotes(turn.rows(Contributions).words(row.id), written["words"], outside=outside)
    return {
        "title": rows.body(row)["title"],
        "number": row.number or 0,
        "version": version.version,
        "at": local(turn, version.at),
        "heard": written["heard"],
        "differ": written["differ"],
        "question": written["question"],
        "words": words,
        "parts": parts(turn, written, words),
        "signed": signature(turn, str(written["stance"]), name),
    }


def parts(turn: Turn, written: Mapping[str, Any], words: Sequence[Mapping[str, str]]) -> Markdown:
    """Return the four parts of a harvest, as they are read."""
    shown = {part: written[part] for part in PARTS}
    return Markdown(turn.text("parts", **shown, words=list(words)))


def quotes(
    words: Collection[Said], ids: Collection[str], *, outside: bool = False
) -> list[Mapping[str, str]]:
    """Return the words with these ids that are there still."""
    return [
        {"text": said.text, "name": said.name if said.outside or not outside else ""}
        for said in words
        if said.id in ids
    ]


def signature(turn: Turn, stance: str, name: str) -> str:
    """Return who gathered it, and as what; "" where that is not to be told."""
    if stance not in STANCES:
        return ""
    words = f"signed_{stance}"
    return turn.text(words, name=name) if name else turn.text(f"{words}_unnamed")


def current(turn: Turn, row: Harvest) -> HarvestVersion | None:
    """Return the version that the notebook holds."""
    return turn.rows(Notebook).version(row.id, row.version) if row.version else None


def local(turn: Turn, moment: datetime) -> datetime:
    """Return a moment on the community's wall clock."""
    return moment.astimezone(ZoneInfo(turn.community.zone))
