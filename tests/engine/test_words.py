"""The words: templates, languages, and what moderators may put into braces."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from bot.core.markup import Markdown, to_both, to_plain
from bot.engine.words import TemplateMistake, Words, check_template, render_template
from tests.support.work import calls_at_most, memory_at_most

WORDS = """
{% block hello %}{% trans %}Hello {{ name }}!{% endtrans %}{% endblock %}
{% block list %}{% for each in names %}- {{ each }}
{% endfor %}{% endblock %}
{% block other %}{% trans %}Only in English.{% endtrans %}{% endblock %}
"""
CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Hello %(name)s!"
msgstr "Bonjour %(name)s !"
"""
CALLS, BYTES = 100_000, 2**21
NAMES, LISTS = ("name", "count"), ("people", "places")
VALUES = {"name": "Ana *b*", "count": 3, "people": ["Ana", "Tom"] * 10, "places": ["a", "b"] * 10}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "words.md.j2").write_text(WORDS)
    (tmp_path / "probe" / "fr.po").write_text(CATALOGUE)
    return tmp_path


@pytest.fixture
def words(folder: Path) -> Words:
    return Words([folder])


def test_a_value_that_is_missing_is_a_mistake_and_no_gap(words: Words) -> None:
    with pytest.raises(UndefinedError):
        words.render("en", "probe/hello", {})


def test_unknown_words_are_named(words: Words) -> None:
    with pytest.raises(LookupError, match="probe/nothing"):
        words.render("en", "probe/nothing", {})


@pytest.mark.parametrize(
    "text",
    ["**b** <i>x</i> [a](http://b)", "{{ 7 * 7 }}", "{% raw %}", "%(name)s %s %", "# x", "@room"],
)
def test_what_members_write_is_shown_and_neither_markup_nor_template(
    words: Words, text: str
) -> None:
    for locale, hello in (("en", "Hello {}!"), ("fr", "Bonjour {} !")):
        shown = words.render(locale, "probe/hello", {"name": text})
        assert to_plain(shown) == hello.format(text)
        assert "<" not in to_both(shown)[1]
    listed = words.render("en", "probe/list", {"names": [text, text]})
    assert to_plain(listed) == f"• {text}\n• {text}"


def test_our_own_rendered_text_keeps_its_markup(words: Words) -> None:
    assert to_both(words.render("en", "probe/hello", {"name": Markdown("**A**")}))[1] == (
        "Hello <strong>A</strong>!"
    )


def test_the_first_wanted_language_that_is_spoken(words: Words) -> None:
    assert words.languages == ("en", "fr")
    assert words.nearest(None, "fr-CA", "en") == "fr"
    assert words.nearest("sl", "FR_be") == "fr"
    assert words.nearest("sl", None, "") == "en"


def test_what_has_no_translation_is_said_in_english(words: Words) -> None:
    assert words.render("fr", "probe/other", {}) == "Only in English."
    assert words.render("sl", "probe/hello", {"name": "Ana"}) == "Hello Ana!"


def test_a_host_extends_what_is_shipped(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "probe").mkdir(parents=True)
    (own / "probe" / "words.md.j2").write_text(WORDS.replace("Hello", "Welcome"))
    assert Words([folder, own]).render("en", "probe/hello", {"name": "Ana"}) == "Welcome Ana!"


def test_a_host_overrides_one_block_and_may_say_what_is_shipped_within(
    folder: Path, tmp_path: Path
) -> None:
    folders = [folder, tmp_path / "own", tmp_path / "more"]
    for own, text in (
        (folders[1], "{% block hello %}Dear {{ name }}. {{ super() }}{% endblock %}"),
        (folders[2], "{% block list %}{{ self.hello() }}{% endblock %}"),
    ):
        (own / "probe").mkdir(parents=True)
        (own / "probe" / "words.md.j2").write_text(text)
    words = Words(folders)
    assert words.render("fr", "probe/hello", {"name": "Ana"}) == "Dear Ana. Bonjour Ana !"
    assert words.render("en", "probe/list", {"name": "Ana"}) == "Dear Ana. Hello Ana!"
    assert words.render("en", "probe/other", {}) == "Only in English."
    assert words.names("probe") == ["hello", "list", "other"]
    with pytest.raises(LookupError, match="probe/nothing"):
        words.render("en", "probe/nothing", {})


@pytest.mark.parametrize(
    ("locale", "at", "shown"),
    [
        ("fr", date(2026, 4, 1), "1er avril 2026, mercredi 1er avril"),
        ("fr", date(2026, 5, 11), "11 mai 2026, lundi 11 mai"),
        ("en", date(2026, 4, 1), "1 April 2026, Wednesday 1 April"),
    ],
)
def test_days_as_they_are_written(tmp_path: Path, locale: str, at: date, shown: str) -> None:
    (tmp_path / "probe").mkdir()
    text = "{% block days %}{{ at|full_day }}, {{ at|day }}{% endblock %}"
    (tmp_path / "probe" / "words.md.j2").write_text(text)
    assert Words([tmp_path]).render(locale, "probe/days", {"at": at}) == shown


# What moderators write

FINE = [
    "Plain text with % and { and }, **Markdown** and #1.",
    "Hello {{ name }}, {{ name|upper }}, {{ name | trim | title }}, {{ 'word' }}",
    "{% if count == 3 and not name %}a{% elif name != 'x' or count %}b{% else %}c{% endif %}",
    "{% for each in people %}{{ each }}{% else %}nobody{% endfor %}",
    "{% for a in people %}{% for b in places %}{{ a }}{{ b }}{% endfor %}{% endfor %}",
    "{{ people|join(', ') }} {{ people|length }} {# a remark #}{% raw %}{{ x }}{% endraw %}",
]
REFUSED = [
    *["{{ name() }}", "{{ name.upper() }}", "{{ range(10) }}", "{{ cycler('a') }}", "{{ [].x }}"],
    *["{{ name.__class__ }}", "{{ name['a'] }}", "{{ people[0] }}", "{{ name[1:] }}", "{{ self }}"],
    *["{{ 1 + 1 }}", "{{ 'a' * 10**8 }}", "{{ 2**99 }}", "{{ name ~ name }}", "{{ -count }}"],
    *["{{ [1, 2] }}", "{{ (1, 2) }}", "{{ {'a': 1} }}", "{{ 'a' if name else 'b' }}", "{{ loop }}"],
    *["{% for x in range(9) %}{% endfor %}", "{% for x in name %}{% endfor %}"],
    *["{% for x in 'abc' %}{% endfor %}", "{% for a, b in people %}{% endfor %}"],
    *["{% for x in people if x %}{% endfor %}", "{% for x in people recursive %}{% endfor %}"],
    "{% for a in people %}" * 3 + "{% endfor %}" * 3,
    *["{% include 'a' %}", "{% extends 'a' %}", "{% import 'a' as b %}", "{% from 'a' import b %}"],
    *[
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% block b %}{% endblock %}",
    ],
    *[
        "{% set x = 1 %}",
        "{% filter upper %}a{% endfilter %}",
        "{% with %}{% endwith %}",
        "{% do 1 %}",
    ],
    *[
        "{{ name|safe }}",
        "{{ name|center(10000000) }}",
        "{{ name|upper(1) }}",
        "{{ name|nothing }}",
    ],
    *[
        "{{ name|join }}",
        "{{ count|length }}",
        "{{ people|join(name) }}",
        "{{ people|join(', ', 1) }}",
    ],
    *["{{ name < 1 }}", "{{ name in count }}", "{{ name is defined }}", "{{ unknown }}"],
    *["{{ name", "{% if name %}", "{% endif %}", "{{ }}", "{% nothing %}", "{{ 'a }}"],
    "{{ name" + "|trim" * 700 + " }}",
    "{{ " + "not " * 900 + "name }}",
    "{{ " + "(" * 1900 + "name" + ")" * 1900 + " }}",
    "{{ " + " and ".join(["name"] * 500) + " }}",
    "{% if name %}" * 150 + "{% endif %}" * 150,
    "x" * 4001,
]


@pytest.mark.parametrize("text", FINE)
def test_text_names_filters_conditions_and_lists_are_allowed(text: str) -> None:
    check_template(text, NAMES, LISTS)
    assert render_template(text, VALUES)


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_whatever_does_more_is_refused(text: str) -> None:
    with pytest.raises(TemplateMistake):
        check_template(text, NAMES, LISTS)


def test_a_refusal_names_the_words_that_tell_why() -> None:
    words = Words([Path(__file__).parents[2] / "prompts"])
    for text in REFUSED:
        with pytest.raises(TemplateMistake) as mistake:
            check_template(text, NAMES, LISTS)
        assert words.render("en", f"engine/{mistake.value.reason}", {"part": mistake.value.part})


def test_values_of_a_moderators_template_are_neither_markup_nor_template() -> None:
    shown = render_template("Hi {{ name }}", {"name": "**x** {{ 7 * 7 }} <b>"})
    assert to_plain(shown) == "Hi **x** {{ 7 * 7 }} <b>"
    assert "<" not in to_both(shown)[1]


_ATOMS: Sequence[str] = [
    *[
        "name",
        "count",
        "people",
        "places",
        "'a'",
        "1",
        "1e9",
        "true",
        "none",
        "self",
        "range",
        "loop",
    ],
    *["10**9", "'a'*9**9", "name.x", "name[0]", "name()", "[1]", "{1: 2}", "(1,)", "lipsum"],
]
_EXPRESSIONS = st.recursive(
    st.sampled_from(_ATOMS),
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from("+-*/%~") | st.sampled_from(["**", "==", "<", "in", "and"])
        ).flatmap(lambda pair: inner.map(lambda right: f"{pair[0]} {pair[1]} {right}")),
        st.tuples(
            inner, st.sampled_from(["upper", "join", "length", "title", "safe", "join('x')"])
        ).map(lambda pair: f"({pair[0]})|{pair[1]}"),
        inner.map(lambda each: f"not {each}"),
    ),
    max_leaves=5,
)
_TEMPLATES = st.recursive(
    st.one_of(_EXPRESSIONS.map(lambda each: f"{{{{ {each} }}}}"), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.tuples(_EXPRESSIONS, inner).map(
            lambda p: f"{{% for x in {p[0]} %}}{p[1]}{{% endfor %}}"
        ),
        st.tuples(_EXPRESSIONS, inner).map(lambda p: f"{{% if {p[0]} %}}{p[1]}{{% endif %}}"),
        st.lists(inner, max_size=4).map("".join),
        inner.map(lambda each: f"{{% macro m() %}}{each}{{% endmacro %}}{{{{ m() }}}}"),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 1900 + " }}",
        "{{ " + "[" * 1900,
        "{{ " + "not " * 900 + "name }}",
        "{{ " + "-" * 3000 + "1 }}",
        "{{ " + "1 if name else " * 200 + "1 }}",
        "{% if name %}" * 280,
    ],
)
def test_what_is_too_deep_is_refused_before_it_is_parsed(text: str) -> None:
    """Jinja goes down to Python's limit, and takes longer for its own report of that."""
    with pytest.raises(TemplateMistake) as refused:
        check_template(text, NAMES, LISTS)
    assert refused.value.reason == "template_syntax"
    assert "recursion" not in refused.value.part


@settings(derandomize=True, max_examples=1000, deadline=None)
@given(_TEMPLATES | st.text(st.sampled_from("{}%#'()|.*+ nameforin1\n"), max_size=60))
def test_a_hostile_template_is_refused_or_harmless(text: str) -> None:
    with memory_at_most(BYTES), calls_at_most(CALLS), suppress(TemplateMistake):
        check_template(text, NAMES, LISTS)
        assert len(render_template(text, VALUES)) < 100_000
