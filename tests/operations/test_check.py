"""`check`: everything that a host may have got wrong, in one list."""

from pathlib import Path

import pytest

from bot.core.content import Folders, Mistake
from bot.features.charter import content as charter
from bot.features.hunts import content as hunts
from bot.features.prompts import content as prompts
from bot.features.reflection import content as reflection
from bot.operations.check import check
from bot.settings import check_settings
from tests.operations.mistakes import HEADER, entry, told, write

ROOT = Path(__file__).parents[2]
CONTRIBUTED = (charter.check, hunts.check, prompts.check, reflection.check)


def test_what_ships_has_no_mistake() -> None:
    folders = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
    assert check(folders, CONTRIBUTED) == []


def test_twelve_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Plant twelve mistakes of twelve natures; each is named with file, line and how to mend it."""
    files = {
        "circlekeeper.toml": '[matrix]\nhomeserver = "https://example.org"\npasword = "a"\n'
        'user_id = "@keeper:example.org"\naccess_token = "a"\n',
        "charter.yaml": """\
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
        text: {en: We listen., fr: Écoutons.}
        intent: {en: To hear.}
        why: {en: It helps.}
amendment:
  who: member
  seconds: 1
  windows: {clarify: 3, react: 3, consent: 7}
  min_consents: five
  integrate_rounds: 2
  review_after: 180
history: []
""",
        "prompts/prompts/content/story.yaml": """\
schema: 1
kind: story
prompts:
  - id: told
    after: tolld
    title: {en: A title that goes on and on and on until nobody reads it any more}
    text: {en: '{{ members }}'}
    easier: {en: What?}
    starters: {en: [One…, Two…]}
    intent: {en: To tell.}
    note: {en: Begin.}
""",
        "prompts/hunts/content/walk.yaml": """\
schema: 1
id: walk
version: 1
title: {en: A walk}
about: {en: About.}
minutes: 15
steps:
  - id: word
    kind: charter-word
    clause: listen
    answers: {en: [shout]}
    title: {en: A word}
    text: {en: Find it.}
    hints: [{en: Look.}, {en: There.}]
    answer: {en: Listen.}
    place: {en: the charter}
""",
        "prompts/reflection/content/set.yaml": "schema: 1\nid: set\n  title: {en: Set}\n",
        "prompts/welcome/words.md.j2": "{% trans %}Hello %{% endtrans %}\n"
        "{% trans %}Good {{ day }}{% endtrans %}\n",
        "prompts/welcome/fr.po": HEADER
        + entry("Hello %%", "Salut %%", "#, fuzzy\n")
        + entry("Good %(day)s", "Bon %(jour)s"),
        "prompts/engine/words.md.j2": "One\n{% if x %}\n",
    }
    folders = write(tmp_path, files)
    found = check(folders, CONTRIBUTED, check_settings({}, tmp_path))
    places = [(str(Path(m.file).relative_to(tmp_path)), m.line, m.what) for m in found]
    assert places == [
        ("charter.yaml", 11, "French (fr) stands here, but not in 5 other texts of this file."),
        ("charter.yaml", 18, "'amendment.min_consents' must be a whole number, and is text."),
        ("circlekeeper.toml", 3, "matrix.pasword is no setting."),
        (
            "prompts/engine/words.md.j2",
            2,
            "This template cannot be read: "
            "'Unexpected end of template. Jinja was looking for the follo…'.",
        ),
        (
            "prompts/hunts/content/walk.yaml",
            11,
            "'shout' does not occur in the clause 'listen'.",
        ),
        ("prompts/prompts/content/story.yaml", 5, "There is no prompt 'tolld' to come after."),
        (
            "prompts/prompts/content/story.yaml",
            6,
            "'title.en' has 65 characters, and 60 are possible.",
        ),
        (
            "prompts/prompts/content/story.yaml",
            7,
            "'text.en' contains a template that cannot be used: "
            "only community, purpose, words and harvest can be shown, 'members'.",
        ),
        (
            "prompts/prompts/content/story.yaml",
            9,
            "'starters' needs exactly 3 entries, and has 2.",
        ),
        (
            "prompts/reflection/content/set.yaml",
            3,
            "This is not valid YAML: mapping values are not allowed here.",
        ),
        ("prompts/welcome/fr.po", 7, "The translation of 'Hello %%' is only a guess (fuzzy)."),
        (
            "prompts/welcome/fr.po",
            10,
            "The translation lacks %(day)s, which welcome/words.md.j2:2 shows.",
        ),
        (
            "prompts/welcome/fr.po",
            10,
            "The translation shows %(jour)s, which welcome/words.md.j2:2 does not.",
        ),
    ]
    assert all(one.mend.endswith((".", "?")) and one.mend[0].isupper() for one in found)


def test_what_settings_and_features_found_is_sorted_in(tmp_path: Path) -> None:
    one, two, three = (Mistake(name, 1, "Wrong.", "Mend it.") for name in "abc")
    folders = Folders([tmp_path], tmp_path / "charter.yaml")
    assert check(folders, [lambda _: [three, one]], [two]) == [one, two, three]


TEMPLATE = """\
{% block a %}{% trans %}
  Hello,
  friend.
{% endtrans %}{% endblock %}
{% trans count=n %}One word.{% pluralize %}{{ count }} words.{% endtrans %}
{{ pgettext("month", "May") }} {{ _("May") }}
"""
PLURAL = 'msgid "One word."\nmsgid_plural "%(count)s words."\n'
REST = 'msgctxt "month"\nmsgid "May"\nmsgstr "Mai"\n\n' + entry("May", "Peut")


def test_a_whole_catalogue(tmp_path: Path) -> None:
    files = {
        "prompts/a/words.md.j2": TEMPLATE,
        "prompts/a/fr.po": HEADER
        + entry("Hello, friend.", "Salut.")
        + PLURAL
        + 'msgstr[0] "Un mot."\nmsgstr[1] "%(count)s mots."\n\n'
        + REST,
    }
    assert told(tmp_path, files) == []


def test_a_catalogue_that_lacks_and_has_too_much(tmp_path: Path) -> None:
    files = {
        "prompts/a/words.md.j2": TEMPLATE,
        "prompts/a/fr.po": HEADER
        + entry("Hello, friend.", "")
        + PLURAL
        + 'msgstr[0] "Un mot."\n\n'
        + entry("May", "Peut 100 %")
        + entry("Good-bye.", "Adieu.")
        + '#~ msgid "Old."\n#~ msgstr "Vieux."\n',
    }
    file = "prompts/a/fr.po"
    assert told(tmp_path, files) == [
        (
            file,
            0,
            "There is no translation of 'May', which a/words.md.j2:6 says.",
            "Add the message with its translation.",
        ),
        (file, 6, "'Hello, friend.' is not translated.", "Write the translation."),
        (file, 9, "'One word.' is not translated.", "Write the translation."),
        (
            file,
            13,
            "A lone % stands in the translation of 'May'.",
            "Write %% for a percent sign.",
        ),
        (file, 16, "No template says 'Good-bye.' any more.", "Take the message out."),
        (file, 19, "The message 'Old.' is marked as obsolete.", "Take the message out."),
    ]


def test_a_plural_on_one_side_only(tmp_path: Path) -> None:
    files = {
        "prompts/a/words.md.j2": "{{ _('One word.') }}",
        "prompts/a/fr.po": HEADER + PLURAL + 'msgstr[0] "Un mot."\nmsgstr[1] "mots"\n',
    }
    assert told(tmp_path, files) == [
        (
            "prompts/a/fr.po",
            6,
            "'One word.' has a plural only here, or only in a/words.md.j2:1.",
            "Give the message msgid_plural exactly if the template does.",
        )
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (HEADER + 'msgid "a\nmsgstr "b"\n', 6, "This line is no part of a catalogue."),
        (HEADER + "message\n", 6, "This line is no part of a catalogue."),
        (HEADER + 'msgid "a"\n\nmsgid "b"\nmsgstr "c"\n', 6, "This catalogue cannot be read: "),
        (
            HEADER + 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] ""\nmsgstr[7] ""\n',
            6,
            "This catalogue cannot be read: ",
        ),
    ],
)
def test_a_catalogue_that_is_none(tmp_path: Path, text: str, line: int, what: str) -> None:
    (found,) = told(tmp_path, {"prompts/a/fr.po": text})
    assert found[:3] == ("prompts/a/fr.po", line, found[2])
    assert found[2].startswith(what)


def test_a_catalogue_of_no_language_or_no_text(tmp_path: Path) -> None:
    folders = write(tmp_path, {"prompts/a/french.po": HEADER})
    (tmp_path / "prompts/a/fr.po").write_bytes(b"\xff\xfe")
    (tmp_path / "prompts/a/words.md.j2").write_bytes(b"\xff\xfe")
    assert [(Path(one.file).name, one.what) for one in check(folders)] == [
        ("fr.po", "This catalogue cannot be read."),
        ("french.po", "'french' is not the tag of a language."),
        ("words.md.j2", "This template cannot be read."),
    ]


def test_a_lone_percent_sign_in_a_template(tmp_path: Path) -> None:
    files = {"prompts/a/words.md.j2": "\n{{ _('100 % sure') }}"}
    assert told(tmp_path, files) == [
        (
            "prompts/a/words.md.j2",
            2,
            "A lone % stands in '100 % sure'.",
            "Write %% for a percent sign.",
        )
    ]


def test_a_file_that_nothing_reads(tmp_path: Path) -> None:
    assert told(tmp_path, {"prompts/hunts/content/ours.yml": "schema: 1\n"}) == [
        (
            "prompts/hunts/content/ours.yml",
            0,
            "This file is not read: content files are named *.yaml.",
            "Rename it to 'ours.yaml'.",
        )
    ]


def test_a_host_translates_its_own_words_and_may_add_to_ours(tmp_path: Path) -> None:
    block = "{% block x %}{% endblock %}"
    shipped = {"prompts/a/words.md.j2": TEMPLATE + block, "prompts/b/words.md.j2": block}
    write(tmp_path, shipped)
    own = {
        "own/a/sl.po": HEADER + entry("May", "Maj"),
        "own/b/words.md.j2": "{% block x %}{{ _('Ours.') }}{% endblock %}",
        "own/b/sl.po": HEADER,
        "more/a/words.md.j2": "{% block x %}{{ _('More.') }}{% endblock %}",
        "more/a/sl.po": HEADER + entry("More.", "Več.") + entry("May", "Maj"),
    }
    write(tmp_path, own)
    folders = Folders([tmp_path / name for name in ("prompts", "own", "more")], tmp_path / "c.yaml")
    found = check(folders)
    assert {Path(one.file).parent.name for one in found} == {"a", "b"}
    assert [one.what for one in found if "/b/" in one.file] == [
        "There is no translation of 'Ours.', which b/words.md.j2:1 says."
    ]
    assert not [one for one in found if "/more/" in one.file]
