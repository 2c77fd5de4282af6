"""Reflection sets: what is read, and which mistakes are told."""

from pathlib import Path

from bot.core.content import Folders
from bot.features.reflection.content import check, load_sets

ROOT = Path(__file__).parents[3]
GOOD = """\
schema: 1
id: beats
title: {en: Beats, fr: Temps}
about: {en: Three., fr: Trois.}
questions:
  - {id: one, text: {en: One?, fr: Un ?}}
  - {id: two, text: {en: Two?, fr: Deux ?}}
"""


def folder(tmp_path: Path, **files: str) -> Folders:
    """Return a folder with these files, by their names."""
    content = tmp_path / "reflection" / "content"
    content.mkdir(parents=True)
    for name, text in files.items():
        (content / f"{name}.yaml").write_text(text)
    return Folders([tmp_path], tmp_path / "charter.yaml")


def test_the_shipped_sets_have_no_mistake() -> None:
    folders = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
    assert check(folders) == []
    sets = load_sets(folders).value
    assert sets is not None
    assert len(sets) == 6


def test_a_good_set_is_read(tmp_path: Path) -> None:
    sets = load_sets(folder(tmp_path, beats=GOOD)).value
    assert sets is not None
    assert [question.text["fr"] for question in sets[0].questions] == ["Un ?", "Deux ?"]


def test_ids_that_stand_twice(tmp_path: Path) -> None:
    folders = folder(tmp_path, a=GOOD.replace("id: two", "id: one"), b=GOOD)
    content = tmp_path / "reflection" / "content"
    assert [str(mistake) for mistake in check(folders)] == [
        f"{content}/a.yaml:7: The id 'one' is used already, in {content}/a.yaml:6. "
        "Give it another id.",
        f"{content}/b.yaml:2: The id 'beats' is used already, in {content}/a.yaml:2. "
        "Give it another id.",
    ]


def test_none_or_too_many_questions(tmp_path: Path) -> None:
    head = GOOD[: GOOD.index("questions:")]
    many = [f"  - {{id: q{n}, text: {{en: Q, fr: Q}}}}\n" for n in range(9)]
    folders = folder(
        tmp_path,
        a=head + "questions: []\n",
        b=head.replace("beats", "b") + "questions:\n" + "".join(many),
    )
    assert [(mistake.line, mistake.what, mistake.mend) for mistake in check(folders)] == [
        (5, "'questions' must have at least 1 entry, and has 0.", "Add 1."),
        (5, "'questions' must have at most 8 entries, and has 9.", "Take 1 out."),
    ]
