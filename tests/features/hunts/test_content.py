"""Treasure hunts: what is read, and which mistakes are told."""

from pathlib import Path
from typing import Literal

import pytest

from bot.core.content import Folders
from bot.features.hunts.content import KINDS, CharterWord, React, Step, check, load_hunts

ROOT = Path(__file__).parents[3]
HEAD = """\
schema: 1
id: first
version: 1
title: {en: First}
about: {en: A walk.}
minutes: 15
steps:
"""
STEP = """\
  - id: ID
    title: {en: A step}
    text: {en: Do it.}
    hints: [{en: Look.}, {en: There.}]
    answer: {en: Here.}
    place: {en: a place}
"""
CHARTER = "sections: [{clauses: [{id: unfinished, text: {en: Drafts are fine., fr: Un Été.}}]}]\n"


def step(name: str, *more: str) -> str:
    return STEP.replace("ID", name) + "".join(f"    {line}\n" for line in more)


def folder(tmp_path: Path, text: str) -> Folders:
    content = tmp_path / "hunts" / "content"
    content.mkdir(parents=True)
    (content / "first.yaml").write_text(text)
    (tmp_path / "charter.yaml").write_text(CHARTER)
    return Folders([tmp_path], tmp_path / "charter.yaml")


def told(folders: Folders) -> list[tuple[int, str, str]]:
    return [(mistake.line, mistake.what, mistake.mend) for mistake in check(folders)]


def test_the_shipped_hunts_have_no_mistake() -> None:
    folders = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
    assert check(folders) == []
    assert load_hunts(folders).value


def test_a_good_hunt_is_read_each_step_by_its_kind(tmp_path: Path) -> None:
    text = HEAD + step("a", "kind: settings") + step("b", "kind: react", "emoji: 👋")
    text += step("c", "kind: wave", "room: newcomers")
    text += step("d", "kind: charter-word", "clause: unfinished", "answers: {en: [draft]}")
    hunts = load_hunts(folder(tmp_path, text)).value
    assert hunts is not None
    steps = hunts[0].steps
    assert [one.kind for one in steps] == ["settings", "react", "wave", "charter-word"]
    assert isinstance(steps[1], React)
    assert isinstance(steps[3], CharterWord)
    assert (steps[1].emoji, steps[3].answers) == ("👋", {"en": ("draft",)})


def test_kinds_unknown_and_missing_and_keys_of_other_kinds(tmp_path: Path) -> None:
    text = HEAD + step("a", "kind: reakt", "emoji: x") + step("b") + step("c", "kind: wave")
    text += step("d", "kind: react", "emoji: ':wave:'", "room: prompts")
    assert told(folder(tmp_path, text)) == [
        (8, "There is no kind 'reakt'.", "Write 'react', if you meant that."),
        (16, "The key 'kind' is missing.", "Add 'kind:' here."),
        (22, "'steps.3.room' is missing.", "Add 'room:' here."),
        (
            36,
            "'steps.4.emoji' cannot be ':wave:'.",
            "Put the sign itself here, for example 👋.",
        ),
        (
            37,
            "The key 'room' is unknown here.",
            "Possible are: answer, emoji, hints, id, kind, place, text, title.",
        ),
    ]


def test_hints_that_are_not_two_and_steps_that_stand_twice(tmp_path: Path) -> None:
    text = HEAD + step("a", "kind: settings").replace(", {en: There.}", "")
    text += step("a", "kind: settings").replace("[{en: Look.},", "[{en: Look.}, {en: No.},")
    place = tmp_path / "hunts" / "content" / "first.yaml"
    assert told(folder(tmp_path, text)) == [
        (11, "'hints' needs exactly 2 entries, and has 1.", "Add 1."),
        (15, f"The id 'a' is used already, in {place}:8.", "Give it another id."),
        (18, "'hints' needs exactly 2 entries, and has 3.", "Take 1 out."),
    ]


def test_words_are_looked_for_in_the_clause_without_case_and_accents(tmp_path: Path) -> None:
    words = "answers: {en: [DRAFT, sketch], fr: [ete]}"
    text = HEAD + step("a", "kind: charter-word", "clause: unfinished", words)
    text += step("b", "kind: charter-word", "clause: unfinnished", "answers: {en: [x]}")
    text += step("c", "kind: charter-word", "clause: nothing", "answers: {en: [x]}")
    found = [one for one in told(folder(tmp_path, text)) if "French" not in one[1]]
    assert found == [
        (
            16,
            "'sketch' does not occur in the clause 'unfinished'.",
            "Take a word that stands in its text.",
        ),
        (
            24,
            "The charter has no clause 'unfinnished'.",
            "Write 'unfinished', if you meant that.",
        ),
        (
            33,
            "The charter has no clause 'nothing'.",
            "Write the id of one of the charter's clauses.",
        ),
    ]


def test_a_charter_that_cannot_be_read_is_not_told_twice(tmp_path: Path) -> None:
    text = HEAD + step("a", "kind: charter-word", "clause: other", "answers: {en: [x]}")
    folders = folder(tmp_path, text)
    folders.charter.unlink()
    assert told(folders) == []


class Riddle(Step):
    """A kind that another feature brings."""

    kind: Literal["riddle"]
    topic: str


@pytest.mark.parametrize("kinds", [(*KINDS, Riddle), (Riddle, KINDS[0])])
def test_other_kinds_can_be_handed_in(tmp_path: Path, kinds: tuple[type[Step], ...]) -> None:
    folders = folder(tmp_path, HEAD + step("a", "kind: riddle", "topic: garden"))
    assert len(check(folders)) == 1
    hunts = load_hunts(folders, kinds).value
    assert hunts is not None
    assert isinstance(hunts[0].steps[0], Riddle)
