"""CommonMark: what people type stays text, and what we write is readable without markup."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.markup import Markdown, escape, to_both, to_plain
from tests.support.work import calls_at_most

CALLS = 100  # a character
_MARKUP = st.sampled_from(
    [
        *["*", "**", "_", "`", "```", "[a](http://b)", "![x](y)", "<b>", "</p>", "<!--", "&lt;"],
        *["&#42;", "# ", "> ", "- ", "1. ", "+ ", "\n", "\n\n", "\r", "  \n", "    ", "\t", "\\"],
        *[
            "~~",
            "|",
            "===",
            "\u202e",
            "שלום",
            "مرحبا",
            "👩🏽‍🚀",
            "🇸🇮",
            "\u0301",
            "{{ x }}",
            "{% if %}",
        ],
        *["@room", "https://a.b"],
    ]
)
_TEXTS = st.lists(_MARKUP | st.text(max_size=8), max_size=30).map("".join)


def html_of(text: str) -> str:
    return to_both(text)[1]


def lines(text: str) -> list[str]:
    """Return the lines as CommonMark keeps them: without white space around, none empty."""
    whole = text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    return [line.strip() for line in whole.split("\n") if line.strip()]


@settings(derandomize=True, max_examples=600, deadline=None)
@given(_TEXTS)
def test_what_somebody_typed_is_shown_as_it_was_typed(text: str) -> None:
    assert lines(to_plain(escape(text))) == lines(text)


@settings(derandomize=True, max_examples=600, deadline=None)
@given(_TEXTS)
def test_what_somebody_typed_is_never_a_tag(text: str) -> None:
    assert set(re.findall(r"<[^>]*>?", html_of(escape(text)))) <= {"<br />"}


@settings(derandomize=True, max_examples=300, deadline=None)
@given(_TEXTS, st.sampled_from(["**Name:** {}", "- {}", "> {}", "1. {} and more", "*{}*"]))
def test_what_somebody_typed_stays_text_within_our_own_markup(text: str, ours: str) -> None:
    """A line of theirs may stand in a list, a quote or a sentence of ours."""
    line = " ".join(lines(text)) or "x"
    own = set(re.findall(r"<[^>]*>", html_of(ours.format("word"))))
    assert set(re.findall(r"<[^>]*>", html_of(ours.format(escape(line))))) <= own | {"<br />"}


@pytest.mark.parametrize("text", ["*", "[a](b)", "<i>", "\\", "`x` ", "ש", "👩🏽‍🚀", "a\n"])
def test_the_longest_message_is_escaped_and_shown_at_once(text: str) -> None:
    long = (text * 65_000)[:65_000]
    with calls_at_most(CALLS * len(long)):
        shown = to_plain(escape(long))
    assert lines(shown) == lines(long)


def test_our_own_markup_is_not_escaped_again() -> None:
    assert escape(Markdown("**bold**")) == "**bold**"
    assert escape(escape("a*b")) == escape("a*b")


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("# Title\n\nText with **bold** and *more*.", "Title\n\nText with bold and more."),
        ("- one\n- two", "• one\n• two"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("- one\n  - within\n- two", "• one\n  • within\n• two"),
        ("- one\n  goes on\n- two", "• one\n  goes on\n• two"),
        ("before\n\n- one\n\nafter", "before\n\n• one\n\nafter"),
        ("[the page](https://example.org/a)", "the page (https://example.org/a)"),
        ("<https://example.org>", "https://example.org"),
        ("[**bold** page](https://example.org)", "bold page (https://example.org)"),
        ("Type `start` now.", "Type `start` now."),
        ("```\na = 1\n  b\n```", "a = 1\n  b"),
        ("> their words\n> go on", "their words\ngo on"),
        ("one\ntwo", "one\ntwo"),
        ("![a picture](https://example.org/a.png)", "a picture"),
        ("<b>not bold</b>", "<b>not bold</b>"),
    ],
)
def test_without_markup_it_still_reads_well(markdown: str, plain: str) -> None:
    assert to_plain(markdown) == plain


def test_html_of_one_line_needs_no_paragraph() -> None:
    assert html_of("one **line**") == "one <strong>line</strong>"
    assert html_of("one\n\ntwo") == "<p>one</p>\n<p>two</p>"
    assert html_of("<script>") == "&lt;script&gt;"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_a_link_never_carries_a_program(address: str) -> None:
    assert "href" not in html_of(f"[click]({address})")
