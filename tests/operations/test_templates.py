"""`check` on templates and what they say: whatever would fail when the bot says it."""

from pathlib import Path

from tests.operations.mistakes import HEADER, entry, told


def test_templates_that_can_be_read_and_not_compiled(tmp_path: Path) -> None:
    """Each is named in its line: a block twice, filters and tests that are not there."""
    text = """\
{% block a %}{{ at|moment }}{% endblock %}
{% block b %}{% if at %}{{ at|momant }}{% endif %}{{ at|xyz }}{% endblock %}
{% block a %}{% if at is evenly %}{{ at|full_day|join }}{% endif %}{% endblock %}
"""
    file = "prompts/a/words.md.j2"
    assert told(tmp_path, {file: text}) == [
        (file, 2, "There is no filter 'momant'.", "Write 'moment', if you meant that."),
        (file, 2, "There is no filter 'xyz'.", "Take it out."),
        (
            file,
            3,
            "The block 'a' stands here and in line 1.",
            "Keep one of the two, or rename this one.",
        ),
        (file, 3, "There is no test 'evenly'.", "Write 'even', if you meant that."),
    ]


def test_what_only_compiling_shows(tmp_path: Path) -> None:
    text = "\n{% for x in y %}{{ loop.index }}{% set loop = 1 %}{% endfor %}"
    ((file, line, what, _),) = told(tmp_path, {"prompts/a/words.md.j2": text})
    assert (file, line) == ("prompts/a/words.md.j2", 2)
    assert what.startswith("This template cannot be read: 'Can't assign")


def test_a_message_that_is_not_given_its_values(tmp_path: Path) -> None:
    """Such a message fails when it is said, in every language."""
    text = """\
{{ _("Hello %(name)s") }}
{{ _("Hello %(name)s", nme=who) }}
{{ _("Hello %(name)s", name=who) }}
{{ ngettext("%(num)s word", "%(num)s words", count) }}
{% trans %}Good {{ day }}{% endtrans %}
"""
    file = "prompts/a/words.md.j2"
    assert told(tmp_path, {file: text}) == [
        (
            file,
            1,
            "'Hello %(name)s' shows %(name)s, and is given no such value.",
            "Give it: name=….",
        ),
        (
            file,
            2,
            "'Hello %(name)s' shows %(name)s, and is given no such value.",
            "Give it: name=….",
        ),
    ]


def test_a_translation_that_wants_a_number_for_a_text(tmp_path: Path) -> None:
    files = {
        "prompts/a/words.md.j2": "{% trans %}Good {{ day }}{% endtrans %}",
        "prompts/a/fr.po": HEADER + entry("Good %(day)s", "Bon %(day)d"),
    }
    found = told(tmp_path, files)
    assert [what for *_, what, _ in found] == [
        "The translation lacks %(day)s, which a/words.md.j2:1 shows.",
        "The translation shows %(day)d, which a/words.md.j2:1 does not.",
    ]


def test_a_rule_for_plurals_that_cannot_be_read(tmp_path: Path) -> None:
    header = HEADER.replace("(n > 1)", "(n >")
    assert header != HEADER
    ((_, line, what, _),) = told(tmp_path, {"prompts/a/fr.po": header})
    assert (line, what) == (4, "The rule for plurals cannot be read.")
