"""Which prompt comes next, where the library leaves a choice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.features.prompts.choosing import RETURNS_AFTER, Why, next_of
from bot.features.prompts.content import Kind, Prompt, load_prompts
from storage.prompts import Posting
from tests.support.shipped import FOLDERS

OPENED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def prompt(name: str, kind: Kind, *, exposed: bool = False, after: str | None = None) -> Prompt:
    texts = {"en": name}
    return Prompt.model_construct(
        id=name,
        kind=kind,
        exposed=exposed,
        after=after,
        title=texts,
        text=texts,
        easier=texts,
        starters={},
        intent=texts,
        note=texts,
    )


def row(prompt: Prompt, due: datetime) -> Posting:
    return Posting(
        id="",
        community_id="",
        schedule_id="",
        due=due,
        prompt_id=prompt.id,
        kind=prompt.kind,
        delivery_key="",
    )


def chosen(prompts: list[Prompt], posted: list[Prompt], weeks: int, seed: str = "") -> str:
    """Return the id of what comes so many weeks after the opening."""
    library = {each.id: each for each in prompts}
    before = [row(each, OPENED) for each in posted]
    found = next_of(library, before, OPENED, OPENED + timedelta(weeks=weeks), seed)
    assert found is not None
    return found.prompt.id


def test_exposed_ones_wait_until_week_six() -> None:
    """Rather a kind twice running than one that people are not ready for."""
    first, second = prompt("first", "puzzle"), prompt("second", "puzzle")
    tender = prompt("tender", "story", exposed=True)
    for weeks in range(5):
        assert chosen([first, second, tender], [first], weeks) == "second"
    assert chosen([first, second, tender], [first], 5) == "tender"


def test_a_return_comes_some_weeks_after_its_plan_and_never_before() -> None:
    plan, back = prompt("plan", "experiment"), prompt("back", "experiment", after="plan")
    kinds: tuple[Kind, ...] = ("story", "puzzle", "us")
    others = [prompt(f"other-{number}", kinds[number % 3]) for number in range(9)]
    library = [back, plan, *others]
    for seed in "abcdef":
        assert chosen(library, [], 1, seed) != "back"
        assert chosen(library, [plan, others[0]], 1, seed) != "back"
        assert chosen(library, [plan, others[0]], 2, seed) == "back"


@pytest.mark.parametrize("days", [1, 7, 14, 30])
def test_two_rounds_of_the_library_keep_every_rule(days: int) -> None:
    """Nothing again before all were there, no kind twice running, each return after its plan."""
    library = load_prompts(FOLDERS).value or {}
    for seed in map(str, range(12)):
        posted: list[Posting] = []
        for number in range(2 * len(library)):
            at = OPENED + timedelta(days=days * (number + 1))
            found = next_of(library, posted, OPENED, at, seed)
            assert found is not None
            assert found.why in (Why.DRAWN, Why.RETURNS)
            if found.prompt.exposed:
                assert at - OPENED >= timedelta(weeks=5)
            if found.prompt.after:
                plan = next(p for p in reversed(posted) if p.prompt_id == found.prompt.after)
                assert RETURNS_AFTER <= at - plan.due <= timedelta(days=max(28, 3 * days))
            posted.append(row(found.prompt, at))
        for begin in (0, len(library)):
            ids = {each.prompt_id for each in posted[begin : begin + len(library)]}
            assert ids == set(library)
        assert all(one.kind != other.kind for one, other in pairwise(posted))


def test_an_arc_comes_in_its_order_and_waits_where_it_cannot() -> None:
    library = load_prompts(FOLDERS).value or {}
    arc = ["story-a-silence", "perspective-the-quietest", "us-what-to-stop"]
    posted = [row(library["story-the-first-time"], OPENED)]
    ids, why = [], []
    for week in range(1, 5):
        at = OPENED + timedelta(weeks=week)
        found = next_of(library, posted, OPENED, at, "", arc)
        assert found is not None
        ids.append(found.prompt.id)
        why.append(found.why)
        posted.append(row(found.prompt, at))
    assert ids[1:] == arc, "a story has just been there, so something else comes between"
    assert ids[0] not in arc
    assert why == [Why.DRAWN, Why.ARC, Why.ARC, Why.ARC]


def test_another_community_gets_another_order() -> None:
    library = [prompt(f"one-{number}", "story") for number in range(20)]
    assert len({chosen(library, [], 1, seed) for seed in "abcdefgh"}) > 1
    assert len({chosen(library, [], 1, "a") for _ in range(3)}) == 1
