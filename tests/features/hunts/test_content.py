"""Treasure hunts: what is read, and which mistakes are told."""

import json
from pathlib import Path
from typing import Literal

import jsonschema
import pytest
from ruamel.yaml import YAML

from bot.core.content import Folders
from bot.features.hunts.content import check, load_hunts
from bot.features.hunts.schema import json_schema
from bot.features.hunts.steps import KINDS, CharterWord, React, Riddle, Step

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
    text += step("d", "kind: charter-word", "clause: unfinished", "answers: {en: [drafts]}")
    hunts = load_hunts(folder(tmp_path, text)).value
    assert hunts is not None
    steps = hunts[0].steps
    assert [one.kind for one in steps] == ["settings", "react", "wave", "charter-word"]
    assert isinstance(steps[1], React)
    assert isinstance(steps[3], CharterWord)
    assert (steps[1].emoji, steps[3].answers) == ("👋", {"en": ("drafts",)})


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
    words = "answers: {en: [DRAFTS, draft, sketch], fr: [ete]}"
    text = HEAD + step("a", "kind: charter-word", "clause: unfinished", words)
    text += step("b", "kind: charter-word", "clause: unfinnished", "answers: {en: [x]}")
    text += step("c", "kind: charter-word", "clause: nothing", "answers: {en: [x]}")
    found = [one for one in told(folder(tmp_path, text)) if "French" not in one[1]]
    assert found == [
        (
            16,
            "'draft' does not occur in the clause 'unfinished'.",  # but in a longer word
            "Take a word that stands in its text.",
        ),
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


class Sing(Step):
    """A kind that another feature brings."""

    kind: Literal["sing"]
    song: str


@pytest.mark.parametrize("kinds", [(*KINDS, Sing), (Sing, KINDS[0])])
def test_other_kinds_can_be_handed_in(tmp_path: Path, kinds: tuple[type[Step], ...]) -> None:
    folders = folder(tmp_path, HEAD + step("a", "kind: sing", "song: garden"))
    assert len(check(folders)) == 1
    hunts = load_hunts(folders, kinds).value
    assert hunts is not None
    assert isinstance(hunts[0].steps[0], Sing)


def test_the_published_schema_is_that_of_the_code() -> None:
    """`python -m bot.features.hunts.schema` renews it."""
    published = (ROOT / "prompts" / "hunts" / "hunt.schema.json").read_text("utf-8")
    assert published == json_schema()


@pytest.mark.parametrize("name", ["first-footsteps", "finding-voices", "after-the-event"])
def test_the_shipped_hunts_keep_to_the_published_schema(name: str) -> None:
    file = ROOT / "prompts" / "hunts" / "content" / f"{name}.yaml"
    hunt = YAML(typ="safe").load(file)
    assert hunt["id"] == name
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    assert list(validator.iter_errors(hunt)) == []
    hunt["steps"][0]["kind"] = "raect"
    assert list(validator.iter_errors(hunt))


def test_a_riddle_without_an_answer_and_with_an_unknown_source(tmp_path: Path) -> None:
    text = HEAD + step("a", "kind: riddle", "source: topic", "answers: {}")
    text += step("b", "kind: riddle", "source: topic", "answers: {en: []}")
    text += step("c", "kind: riddle", "source: cellar", "answers: {en: [key]}")
    assert [(line, what) for line, what, _ in told(folder(tmp_path, text))] == [
        (16, "'steps.1.answers' must have at least 1 entry, and has 0."),
        (16, "English (en) is missing here."),
        (25, "'answers.en' must have at least 1 entry, and has 0."),
        (33, "'steps.3.source' cannot be 'cellar'."),
    ]


def test_every_kind_is_shipped() -> None:
    folders = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
    shipped = {type(step) for hunt in load_hunts(folders).value or () for step in hunt.steps}
    assert shipped == set(KINDS)
    assert Riddle in shipped


def test_fifteen_faults_are_told_at_once(tmp_path: Path) -> None:
    """Each in its line, with a word by which it is named."""
    text = HEAD.replace("minutes: 15", "minutes: 0\nnext: nowhere\nnexd: x")
    text += step("a", "kind: raect", "emoji: 👋") + step("b")
    text += step("c", "kind: react", "emoji: ':wave:'")
    text += step("d", "kind: wave", "room: cellar")
    text += step("e", "kind: charter-word", "clause: nothing", "answers: {en: [x]}")
    text += step("f", "kind: charter-word", "clause: unfinished", "answers: {en: [sketch]}")
    text += step("f", "kind: riddle", "source: topic", "answers: {en: []}")
    text += step("g", "kind: introduce").replace(", {en: There.}", "")
    text += step("h", "kind: save-a-word").replace("Do it.", "'{{ name }}'")
    text += step("i", "kind: meet-a-buddy").replace("A step", "A step " + "that goes on " * 5)
    text += step("j", "kind: read-and-keep").replace("{en: Here.}", "{en: Here., xx: There.}")
    text += step("K", "kind: settings")
    named = (
        "'minutes' must be at least 1",
        "There is no hunt 'nowhere'",
        "The key 'nexd' is unknown",
        "There is no kind 'raect'",
        "The key 'kind' is missing",
        "cannot be ':wave:'",
        "cannot be 'cellar'",
        "has no clause 'nothing'",
        "'sketch' does not occur",
        "The id 'f' is used already",
        "must have at least 1 entry",
        "'hints' needs exactly 2 entries",
        "contains a template",
        "and 60 are possible",
        "'xx' is not the tag of a language",
        "cannot be 'K'",
    )
    found = told(folder(tmp_path, text))
    assert all(line > 0 and mend for line, _, mend in found)
    for words in named:
        assert len([what for _, what, _ in found if words in what]) == 1, (words, found)
    assert len(found) == len(named)


def test_hunts_that_lead_on_in_a_circle(tmp_path: Path) -> None:
    folders = folder(tmp_path, HEAD.replace("minutes", "next: second\nminutes"))
    content = tmp_path / "hunts" / "content"
    first = HEAD.replace("minutes", "next: second\nminutes") + step("a", "kind: settings")
    (content / "first.yaml").write_text(first)
    (content / "second.yaml").write_text(
        first.replace("id: first", "id: second").replace("next: second", "next: first")
    )
    assert [what for _, what, _ in told(folders)] == [
        "These hunts lead on in a circle: first, second.",
        "These hunts lead on in a circle: second, first.",
    ]
