"""The charter's file: what is read, and which mistakes are told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.content import Folders
from bot.features.charter.content import check, load_charter

ROOT = Path(__file__).parents[3]
GOOD = """\
schema: 1
version: 1.0.0
purpose: {en: To learn}
sections:
  - id: one
    title: {en: One}
    clauses:
      - id: listen
        version: 1
        title: {en: Listen}
        text: {en: We listen.}
        intent: {en: To hear.}
        why: {en: It helps.}
        floor: true
amendment:
  who: member
  seconds: 1
  windows: {clarify: 3, react: 3, consent: 7}
  min_consents: 5
  integrate_rounds: 2
  review_after: 180
history:
  - {version: 1.0.0, date: 2026-01-31, changed: {en: All.}, reason: {en: New.}}
"""
Told = Callable[[str], list[tuple[int, str, str]]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Return what is told of a charter that has this text."""

    def tell(text: str) -> list[tuple[int, str, str]]:
        file = tmp_path / "charter.yaml"
        file.write_text(text)
        found = check(Folders([], file))
        assert all(mistake.file == str(file) for mistake in found)
        return [(mistake.line, mistake.what, mistake.mend) for mistake in found]

    return tell


def test_the_shipped_charter_has_no_mistake() -> None:
    folders = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
    assert check(folders) == []
    charter = load_charter(folders).value
    assert charter is not None
    assert len(charter.clauses) == 10


def test_a_good_charter_is_read(told: Told, tmp_path: Path) -> None:
    assert told(GOOD) == []
    charter = load_charter(Folders([], tmp_path / "charter.yaml")).value
    assert charter is not None
    assert [(clause.id, clause.floor) for clause in charter.clauses] == [("listen", True)]
    assert charter.amendment.windows.consent == 7


def test_a_clause_that_stands_twice(told: Told, tmp_path: Path) -> None:
    clause = GOOD[GOOD.index("      - id: listen") : GOOD.index("amendment:")]
    other = "  - id: one\n    title: {en: Two}\n    clauses:\n" + clause
    assert told(GOOD.replace("amendment:", other + "amendment:")) == [
        (
            15,
            f"The id 'one' is used already, in {tmp_path / 'charter.yaml'}:5.",
            "Give it another id.",
        ),
        (
            18,
            f"The id 'listen' is used already, in {tmp_path / 'charter.yaml'}:8.",
            "Give it another id.",
        ),
    ]


def test_numbers_out_of_bounds_and_versions_of_another_form(told: Told) -> None:
    text = GOOD.replace("version: 1.0.0\n", "version: 1.0\n", 1).replace("clarify: 3", "clarify: 0")
    text = text.replace("min_consents: 5", "min_consents: 1").replace("who: member", "who: boss")
    assert told(text) == [
        (
            2,
            "'version' must be text, and is a number.",
            "Write some text; put a number, a date, true or false in quotes.",
        ),
        (16, "'amendment.who' cannot be 'boss'.", "Possible are: member."),
        (
            18,
            "'amendment.windows.clarify' must be at least 1, and is '0'.",
            "Write a number of at least 1.",
        ),
        (
            19,
            "'amendment.min_consents' must be at least 2, and is '1'.",
            "Write a number of at least 2.",
        ),
    ]


def test_the_history_tells_of_the_version(told: Told) -> None:
    assert told(GOOD.replace("version: 1.0.0\n", "version: 1.1.0\n", 1)) == [
        (
            2,
            "The history does not tell of version '1.1.0'.",
            "Add an entry for it to 'history'.",
        )
    ]


def test_no_charter_at_all(tmp_path: Path) -> None:
    (mistake,) = check(Folders([], tmp_path / "charter.yaml"))
    assert mistake.what == "This file cannot be read (No such file or directory)."
