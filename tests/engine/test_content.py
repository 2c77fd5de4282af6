"""Reading content files: the notation, the types, and how mistakes are told."""

import datetime
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from bot.engine.content import (
    Content,
    Id,
    Loaded,
    Templates,
    Texts,
    Title,
    Whole,
    YesNo,
    clauses,
    entries,
    exactly,
    language,
    load,
    quote,
    read,
    repeated,
)

GOOD = """\
schema: 1
id: first-steps
title: {en: A title, fr: Un titre}
about:
  en: >-
    Some text
    in two lines.
  fr: Du texte.
pair:
  - {en: one, fr: un}
  - {en: two, fr: deux}
count: 3
open: true
day: 2026-01-31
"""


class Thing(Content):
    format: Literal[1] = Field(alias="schema")
    id: Id
    title: Title
    about: Templates
    pair: Annotated[tuple[Texts, ...], exactly(2)]
    count: Annotated[Whole, Field(ge=1, le=9)] = 1
    open: YesNo = False
    day: datetime.date | None = None


def loaded(tmp_path: Path, text: str | bytes) -> Loaded[Thing]:
    file = tmp_path / "thing.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(file, Thing)


def told(tmp_path: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    """Return the mistakes of a file as line, what and mend."""
    found = loaded(tmp_path, text)
    assert found.value is None
    assert all(mistake.file == str(tmp_path / "thing.yaml") for mistake in found.mistakes)
    return [(mistake.line, mistake.what, mistake.mend) for mistake in found.mistakes]


def test_a_good_file_becomes_a_frozen_model(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    assert found.mistakes == ()
    assert found.value is not None
    assert found.value.about["en"] == "Some text in two lines."
    assert found.value.pair == ({"en": "one", "fr": "un"}, {"en": "two", "fr": "deux"})
    assert (found.value.count, found.value.open) == (3, True)
    assert found.value.day == datetime.date(2026, 1, 31)
    with pytest.raises(ValueError, match="frozen"):
        found.value.id = "other"  # type: ignore[misc]


def test_every_mistake_is_told_at_once_in_its_own_line(tmp_path: Path) -> None:
    text = """\
schema: 2
id: First Steps
titel: {en: A title, fr: ""}
about:
  en: 12
  fr_CA: Du texte
pair:
  - {en: one, fr: un}
count: 12
open: maybe
day: soon
extra: 1
"""
    assert told(tmp_path, text) == [
        (1, "'schema' cannot be '2'.", "Possible are: 1."),
        (
            2,
            "'id' cannot be 'First Steps'.",
            "Write it in small letters, digits and hyphens, for example first-steps.",
        ),
        (3, "'title.fr' is empty.", "Write some text."),
        (3, "The key 'titel' is unknown here.", "Write 'title', if you meant that."),
        (
            5,
            "'about.en' must be text, and is a number.",
            "Write some text; put a number, a date, true or false in quotes.",
        ),
        (6, "'fr_CA' is not the tag of a language.", "Write fr-CA."),
        (7, "'pair' needs exactly 2 entries, and has 1.", "Add 1."),
        (9, "'count' must be at most 9, and is '12'.", "Write a number of at most 9."),
        (
            10,
            "'open' must be true or false, and is text.",
            "Write true or false, without quotes.",
        ),
        (
            11,
            "'day' must be a date, and is text.",
            "Write it as year-month-day, for example 2026-01-31.",
        ),
        (
            12,
            "The key 'extra' is unknown here.",
            "Possible are: about, count, day, id, open, pair, schema, title.",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "This file is empty."),
        ("- a\n- b\n", 1, "This file has no keys."),
        ("a: [1\nb: 2\n", 2, "This is not valid YAML: expected ',' or ']', but got ':'."),
        ("a: b: c\n", 1, "This is not valid YAML: mapping values are not allowed here."),
        ("a:\n\t- b\n", 2, "This is not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "A second document begins here."),
        ("a: &x [1]\nb: *x\n", 2, "An alias (*name) stands here."),
        ("a: !!python/object:os.system ls\n", 1, "A tag (!name) stands here."),
        ("? [a]\n: 1\n", 1, "Something other than a word stands here as a key."),
        ("a: " + "[" * 5000, 1, "Too many levels stand inside one another here."),
        ("a: 1\nb: \x07\n", 2, "There is a character here that no text contains."),
        (b"a: 1\nb: \xff\xfe\n", 2, "This is not a text in UTF-8."),
        (b"\x89PNG\r\n\x1a\n\x00", 1, "This is not a text in UTF-8."),
        ("a: " + "x" * 1_000_000, 0, "This file is larger than 1 MB."),
    ],
)
def test_what_is_no_content_at_all_is_refused(
    tmp_path: Path, text: str | bytes, line: int, what: str
) -> None:
    found = told(tmp_path, text)
    assert (line, what) in [(at, said[: len(what)]) for at, said, _ in found]
    assert all(mend.endswith(".") for _, _, mend in found)


def test_a_bomb_of_aliases_is_refused_without_growing(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert {what for _, what, _ in told(tmp_path, "\n".join(lines))} >= {
        "An alias (*name) stands here."
    }


def test_a_key_that_stands_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD + "count: 4\nopen: false\n") == [
        (15, "The key 'count' stands here and in line 12.", "Keep one of the two."),
        (16, "The key 'open' stands here and in line 13.", "Keep one of the two."),
    ]


def test_a_missing_file_is_a_mistake_and_no_crash(tmp_path: Path) -> None:
    (mistake,) = load(tmp_path / "none.yaml", Thing).mistakes
    assert mistake.what == "This file cannot be read (No such file or directory)."
    (mistake,) = load(tmp_path, Thing).mistakes
    assert mistake.what.startswith("This file cannot be read")


def test_a_missing_key_is_told_where_it_belongs(tmp_path: Path) -> None:
    text = GOOD.replace("about:\n  en: >-\n    Some text\n    in two lines.\n  fr: Du texte.\n", "")
    assert told(tmp_path, text) == [(1, "'about' is missing.", "Add 'about:' here.")]


def test_texts_agree_in_their_languages(tmp_path: Path) -> None:
    lacking = GOOD.replace("{en: two, fr: deux}", "{en: two}")
    assert told(tmp_path, lacking) == [
        (
            11,
            "French (fr) is missing here.",
            "Add 'fr:' here, or take fr out of the whole file.",
        )
    ]
    lone = GOOD.replace("{en: two, fr: deux}", "{en: two, fr: deux, sl: dva}")
    assert told(tmp_path, lone) == [
        (
            11,
            "Slovenian (sl) stands here, but not in 3 other texts of this file.",
            "Add sl to all of them, or take it out here.",
        )
    ]
    no_english = GOOD.replace("{en: A title, ", "{")
    assert told(tmp_path, no_english) == [(3, "English (en) is missing here.", "Add 'en:' here.")]


def test_norwegian_is_a_language_and_not_a_no(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("no: ja\nyes: 1.10\nversion: 1.0.0\n")
    assert read(file).tree == {"no": "ja", "yes": 1.1, "version": "1.0.0"}


@pytest.mark.parametrize("tag", ["en", "fr", "pt-BR", "zh-Hant-TW", "ar"])
def test_languages_are_known_by_their_tags(tag: str) -> None:
    assert language(tag)


@pytest.mark.parametrize("tag", ["", "xx", "english", "EN", "pt_BR", "en-", "e", "../en"])
def test_what_is_no_language_is_none(tag: str) -> None:
    assert language(tag) is None


def test_texts_that_are_too_long_blank_or_of_several_lines(tmp_path: Path) -> None:
    title = GOOD.replace("A title", "x" * 61)
    assert told(tmp_path, title) == [
        (3, "'title.en' has 61 characters, and 60 are possible.", "Shorten it to 60 or fewer.")
    ]
    two = GOOD.replace("A title", r'"one\ntwo"')
    assert told(tmp_path, two) == [(3, "'title.en' has several lines.", "Write it in one line.")]
    blank = GOOD.replace("Du texte.", '"  "')
    assert told(tmp_path, blank) == [(8, "'about.fr' is empty.", "Write some text.")]
    bell = GOOD.replace("Du texte.", r'"a\0b"')
    assert told(tmp_path, bell) == [(8, "'about.fr' contains a control character.", "Delete it.")]


def test_templates_are_refused_but_where_they_can_be_judged(tmp_path: Path) -> None:
    text = GOOD.replace("Du texte.", "Du {{ texte }}.").replace("fr: un}", 'fr: "{% if %}"}')
    assert [(line, what) for line, what, _ in told(tmp_path, text)] == [
        (8, "'about.fr' contains a template."),
        (10, "'pair.1.fr' contains a template."),
    ]
    file = tmp_path / "thing.yaml"
    file.write_text(GOOD.replace("Du texte.", "Du {{ texte }}."))
    assert load(file, Thing, lambda _: None).value is not None
    (mistake,) = load(file, Thing, lambda text: "no texte" if "texte" in text else None).mistakes
    assert mistake.what == "'about.fr' contains a template that cannot be used: no texte."


def test_no_more_than_sixty_characters_of_a_file_are_repeated(tmp_path: Path) -> None:
    long = "x" * 500
    text = GOOD.replace("first-steps", long).replace("count: 3", f"{long}: 3")
    text = text.replace("open: true", f"open: {long}").replace("fr: Un titre", f"{long}: a")
    for _, what, mend in told(tmp_path, text):
        assert "x" * 61 not in what + mend
    assert quote("a\x1b[31m\nb") == "'a?[31m b'"
    assert len(quote("word " * 100)) == 62


def test_ids_that_stand_twice_name_both_places(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("list:\n  - id: a\n  - id: b\n")
    two.write_text("list:\n  - id: b\n  - 3\n")
    trees = [tree for file in (one, two) for tree in entries(read(file).tree, "list")]
    (mistake,) = repeated(trees)
    assert str(mistake) == (f"{two}:2: The id 'b' is used already, in {one}:3. Give it another id.")


def test_clauses_are_read_as_far_as_they_can_be(tmp_path: Path) -> None:
    charter = tmp_path / "charter.yaml"
    assert clauses(charter) == {}
    charter.write_text("sections:\n- clauses: [{id: a, text: {en: x}}, 3, {}]\n- {}\n")
    assert clauses(charter)["a"]["text"] == {"en": "x"}
