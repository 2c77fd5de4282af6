"""Which prompt comes next: the community's own first, then the library, no kind twice running."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from bot.core.content import in_locale
from bot.features.prompts.content import Prompt as LibraryPrompt
from storage.prompts import Posting, Prompt

EXPOSED_FROM = timedelta(weeks=5)  # "not before week six" (PRODUCT.md, *Weekly prompt*)


@dataclass(frozen=True, slots=True)
class Card:
    """A prompt as it is shown in one language; `own`: typed by a moderator, and so a template."""

    id: str
    kind: str
    title: str
    text: str
    own: bool = False
    starters: tuple[str, ...] = ()
    easier: str = ""


def own_card(row: Prompt, texts: Mapping[str, str]) -> Card:
    """Return the card of a prompt of the community's own."""
    return Card(row.id, row.kind, texts["title"], texts["text"], own=True)


def library_card(prompt: LibraryPrompt, locale: str) -> Card:
    """Return the card of a prompt of the library in a language."""
    starters = prompt.starters.get(locale) or prompt.starters.get("en") or ()
    return Card(
        prompt.id,
        prompt.kind,
        in_locale(prompt.title, locale),
        in_locale(prompt.text, locale),
        starters=tuple(starters),
        easier=in_locale(prompt.easier, locale),
    )


def next_of(
    library: Mapping[str, LibraryPrompt],
    posted: Sequence[Posting],
    opened_at: datetime | None,
    at: datetime,
    seed: str,
) -> LibraryPrompt | None:
    """Choose from the library.

    Nothing is repeated until the library is exhausted, no kind comes twice running, a return
    comes after its plan, and exposed prompts wait until people know each other.

    Args:
        posted: what was posted so far, the oldest first.
        opened_at: when the community was opened.
        at: when the prompt is due.
        seed: decides between equals; the same community gets the same order again.
    """
    rounds = [each.prompt_id for each in posted if each.prompt_id in library]
    times = {id_: rounds.count(id_) for id_ in library}
    fewest = min(times.values(), default=0)
    young = opened_at is not None and at - opened_at < EXPOSED_FROM
    last = posted[-1].kind if posted else None

    def allowed(prompt: LibraryPrompt, kinds: bool, careful: bool) -> bool:
        if times[prompt.id] > fewest or (kinds and prompt.kind == last):
            return False
        if careful and young and prompt.exposed:
            return False
        return prompt.after is None or times.get(prompt.after, 1) > times[prompt.id]

    for kinds, careful in ((True, True), (False, True), (True, False), (False, False)):
        found = [each for each in library.values() if allowed(each, kinds, careful)]
        if found:
            return min(found, key=lambda each: _order(seed, each, rounds))
    return None


def _order(seed: str, prompt: LibraryPrompt, rounds: Sequence[str]) -> tuple[int, int, int]:
    """Sort: what returns to a plan first, then the kinds that were seen least, then by the seed."""
    returns = 0 if prompt.after and prompt.after in rounds[-3:] else 1
    exposed = 1 if prompt.exposed else 0
    return returns, exposed, crc32(f"{seed} {prompt.id} {len(rounds) // 64}".encode())
