"""Which prompt comes next, where the library leaves a choice."""

from datetime import UTC, datetime, timedelta

from bot.features.prompts.choosing import next_of
from bot.features.prompts.content import Kind, Prompt
from storage.prompts import Posting

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


def chosen(prompts: list[Prompt], posted: list[Prompt], weeks: int, seed: str = "") -> str:
    """Return the id of what comes so many weeks after the opening."""
    library = {each.id: each for each in prompts}
    before = [
        Posting(
            id=f"{number}",
            community_id="",
            schedule_id="",
            due=OPENED,
            prompt_id=each.id,
            kind=each.kind,
            delivery_key="",
        )
        for number, each in enumerate(posted)
    ]
    found = next_of(library, before, OPENED, OPENED + timedelta(weeks=weeks), seed)
    assert found is not None
    return found.id


def test_exposed_ones_wait_until_week_six() -> None:
    """Rather a kind twice running than one that people are not ready for."""
    first, second = prompt("first", "puzzle"), prompt("second", "puzzle")
    tender = prompt("tender", "story", exposed=True)
    for weeks in range(5):
        assert chosen([first, second, tender], [first], weeks) == "second"
    assert chosen([first, second, tender], [first], 5) == "tender"


def test_a_return_comes_soon_after_its_plan_and_never_before() -> None:
    plan, back = prompt("plan", "experiment"), prompt("back", "experiment", after="plan")
    kinds: tuple[Kind, ...] = ("story", "puzzle", "us")
    others = [prompt(f"other-{number}", kinds[number % 3]) for number in range(9)]
    library = [back, plan, *others]
    for seed in "abcdef":
        assert chosen(library, [], 1, seed) != "back"
        assert chosen(library, [plan, others[0]], 1, seed) == "back"


def test_another_community_gets_another_order() -> None:
    library = [prompt(f"one-{number}", "story") for number in range(20)]
    assert len({chosen(library, [], 1, seed) for seed in "abcdefgh"}) > 1
    assert len({chosen(library, [], 1, "a") for _ in range(3)}) == 1
