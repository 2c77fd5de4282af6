"""Which prompt of the library comes next, and why: an arc's, a return, or one drawn by the seed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zlib import crc32

from bot.features.prompts.content import Prompt
from storage.prompts import Posting

EXPOSED_FROM = timedelta(weeks=5)  # "not before week six" (PRODUCT.md, *Weekly prompt*)
# A return comes two to four weeks after its plan; a day less, since summer time takes an hour.
RETURNS_AFTER = timedelta(days=13)
_FAR = 14  # postings between a plan and its return, at most, where they come daily


class Why(StrEnum):
    """Why a prompt is the next one; each is a block of the words, `why_<value>`."""

    OWN = "own"
    SUGGESTED = "suggested"
    CHOSEN = "chosen"
    ARC = "arc"
    RETURNS = "returns"
    DRAWN = "drawn"
    TWICE = "twice"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A prompt of the library, and why it is the next one."""

    prompt: Prompt
    why: Why


def next_of(
    library: Mapping[str, Prompt],
    posted: Sequence[Posting],
    opened_at: datetime | None,
    at: datetime,
    seed: str,
    arc: Sequence[str] = (),
) -> Chosen | None:
    """Choose from the library.

    Nothing is repeated until the library is exhausted, no kind comes twice running, a return
    comes some weeks after its plan, and exposed prompts wait until people know each other. Where
    that leaves nothing, a kind may come twice, and at last a return or an exposed one early.

    Args:
        posted: what was posted so far, the oldest first.
        opened_at: when the community was opened.
        at: when the prompt is due.
        seed: decides between equals; the same community gets the same order again.
        arc: what a moderator wants to come in this order, as far as it was not there yet.
    """
    if not library:
        return None
    past = _Past(library, posted, opened_at, at)
    left = past.left
    steps = [step for step in arc if step in left]
    if steps and past.fits(left[steps[0]]):
        return Chosen(left[steps[0]], Why.ARC)
    # The rest of an arc is kept for it.
    free = [each for each in left.values() if each.id not in steps] or list(left.values())
    for why, allowed in (
        (Why.DRAWN, past.fits),
        (Why.TWICE, past.fits_but_for_its_kind),
        (Why.EARLY, past.fits_but_for_its_time),
        (Why.EARLY, past.follows),
    ):
        found = [each for each in free if allowed(each)]
        if not found:
            continue
        found.sort(key=lambda each: crc32(f"{seed} {each.id} {past.turns}".encode()))
        # What comes back to a plan goes first; a week more is fine where the order needs it.
        returning = [each for each in found if each.after is not None and why is Why.DRAWN]
        if returns := next(filter(past.leaves_an_order, returning), None):
            return Chosen(returns, Why.RETURNS)
        return Chosen(next(filter(past.leaves_an_order, found), found[0]), why)
    return None


class _Past:
    """What was posted so far, seen from the moment when the next one is due."""

    def __init__(
        self,
        library: Mapping[str, Prompt],
        posted: Sequence[Posting],
        opened_at: datetime | None,
        at: datetime,
    ) -> None:
        times = Counter(each.prompt_id for each in posted if each.prompt_id in library)
        self.library, self.times, self.at = library, times, at
        self.turns = min(times[id_] for id_ in library)
        self.left = {id_: each for id_, each in library.items() if times[id_] == self.turns}
        self.last = posted[-1].kind if posted else None
        self.young = opened_at is not None and at - opened_at < EXPOSED_FROM
        self.when = {each.prompt_id: each.due for each in posted}
        step = at - posted[-1].due if posted else timedelta(weeks=1)
        # So many postings lie between a plan and its return, if they go on coming like this.
        self.gap = min(_FAR, max(2, round(RETURNS_AFTER / step))) if step else _FAR

    def fits(self, prompt: Prompt) -> bool:
        return prompt.kind != self.last and self.fits_but_for_its_kind(prompt)

    def fits_but_for_its_kind(self, prompt: Prompt) -> bool:
        return self._is_time(prompt) and not (self.young and prompt.exposed)

    def fits_but_for_its_time(self, prompt: Prompt) -> bool:
        return self.follows(prompt) and not (self.young and prompt.exposed)

    def follows(self, prompt: Prompt) -> bool:
        """Tell whether what a prompt comes back to was there."""
        after = prompt.after
        return (
            after is None or after not in self.library or self.times[after] > self.times[prompt.id]
        )

    def _is_time(self, prompt: Prompt) -> bool:
        if not self.follows(prompt):
            return False
        before = self.when.get(prompt.after) if prompt.after else None
        return before is None or self.at - before >= RETURNS_AFTER

    def leaves_an_order(self, prompt: Prompt) -> bool:
        """Tell whether what is left behind a prompt can still come without a kind twice running,
        and each return after its plan.
        """
        rest = [each for each in self.left.values() if each.id != prompt.id]
        kinds = Counter(each.kind for each in rest)
        if any(count > (len(rest) + (kind != prompt.kind)) // 2 for kind, count in kinds.items()):
            return False
        plans = sum(1 for each in rest if each.after in self.left and each.after != prompt.id)
        opens = any(each.after == prompt.id for each in rest)
        return opens or not plans or len(rest) >= self.gap + 4 * plans
