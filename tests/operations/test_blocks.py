"""`check` on a host's own words: whatever of them would not be said, or fail when it is."""

from pathlib import Path

import pytest

from bot.core.content import Folders
from bot.operations.check import check
from tests.operations.mistakes import write
from tests.support.shipped import FOLDERS

SHIPPED = """\
{% block hello %}{% trans %}Hello {{ name }}{% endtrans %}{% endblock %}
{% block list %}{% for each in names %}{{ loop.index }} {{ each|upper }}{% endfor %}{% endblock %}
{% block bye %}{% trans count=left %}One{% pluralize %}{{ count }}{% endtrans %}{% endblock %}
"""


def own(folder: Path, text: str, feature: str = "a") -> list[tuple[int, str, str]]:
    """Return what `check` tells of a host's own words: line, what, how to mend it."""
    write(folder, {"prompts/a/words.md.j2": SHIPPED, f"own/{feature}/words.md.j2": text})
    found = check(Folders([folder / "prompts", folder / "own"], folder / "charter.yaml"))
    assert {Path(each.file).parent.parent.name for each in found} <= {"own"}
    return [(each.line, each.what, each.mend) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "{% block hello %}Good day, {{ name }}{% endblock %}",
        "{% extends 'a/words.md.j2' %}\n\n{% block bye %}{{ super() }} {{ left }}{% endblock %}",
        "{# ours #}{% block list %}{% for one in names %}{{ one }}{% endfor %}{% endblock %}",
        "{% block hello %}{% set x = name %}{{ x }}{% trans who=name %}{{ who }}{% endtrans %}"
        "{% endblock %}",
    ],
)
def test_some_blocks_alone_are_fine(tmp_path: Path, text: str) -> None:
    assert own(tmp_path, text) == []


def test_what_nobody_would_hear_and_what_would_fail(tmp_path: Path) -> None:
    text = """\
{% block helo %}Hi{% endblock %}
Good day.
{% block hello %}Hi
{{ nmae }}, {{ community }}{% endblock %}
{% block list %}{% trans who=nobody %}{{ who }}{% endtrans %}{% endblock %}
"""
    assert own(tmp_path, text) == [
        (
            1,
            "There is no block 'helo' in the shipped words.",
            "Write 'hello', if you meant that.",
        ),
        (
            2,
            "This stands outside of every block, so it is never said.",
            "Put it between {% block … %} and {% endblock %}, or take it out.",
        ),
        (
            4,
            "The block 'hello' is not given 'community' to show.",
            "Possible are: name.",
        ),
        (4, "The block 'hello' is not given 'nmae' to show.", "Write 'name', if you meant that."),
        (5, "The block 'list' is not given 'nobody' to show.", "Possible are: names."),
    ]


def test_a_folder_that_no_part_of_the_bot_has(tmp_path: Path) -> None:
    found = own(tmp_path, "{% block hello %}Hi{% endblock %}", "ab")
    assert found == [
        (
            1,
            "No part of the bot is called 'ab'; this is never said.",
            "Write 'a', if you meant that.",
        )
    ]


def test_what_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    ((line, what, _),) = own(tmp_path, "{% block hello %}\n{{ name }{% endblock %}")
    assert line == 2
    assert what.startswith("This template cannot be read")
    ((_, what, _),) = own(tmp_path, "{% block hello %}{{ name|uper }}{% endblock %}")
    assert what == "There is no filter 'uper'."


def test_the_shipped_words_may_be_copied_as_a_whole(tmp_path: Path) -> None:
    (shipped,) = FOLDERS.prompts
    for words in shipped.glob("*/words.md.j2"):
        copy = tmp_path / words.parent.name / words.name
        copy.parent.mkdir()
        copy.write_text(words.read_text().replace("{#", "\n{#"))
    assert check(Folders([shipped, tmp_path], FOLDERS.charter)) == []
