"""Texts on Discord read as they were meant: marks of ours stay, nobody else's become any."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord.markdown import to_discord
from bot.core.markup import escape


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** and *soft*", "**bold** and *soft*"),
        ("- one\n- two\n  - three", "- one\n- two\n  - three"),
        ("3. one\n4. two", "3. one\n4. two"),
        ("> said", "> said"),
        ("# Title\n\nText", "# Title\n\nText"),
        ("`start`", "`start`"),
        ("[a page](https://example.org/a_b)", "[a page](<https://example.org/a_b>)"),
        ("https://example.org/a_b*c", "https://example.org/a_b*c"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("[odd](mailto:a@b.c)", r"odd (mailto\:a\@b.c)"),
    ],
)
def test_our_marks_are_kept(text: str, shown: str) -> None:
    assert to_discord(text) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("*not bold*", r"\*not bold\*"),
        ("@everyone <@12> <#3> <@&4>", r"\@everyone \<\@12\> \<\#3\> \<\@&4\>"),
        ("||hidden|| ~~gone~~", r"\|\|hidden\|\| \~\~gone\~\~"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("# no title", r"\# no title"),
        ("> no quote", r"\> no quote"),
        ("<t:1700000000:R> </start:1> <:x:2>", r"\<t\:1700000000\:R\> \</start\:1\> \<\:x\:2\>"),
    ],
)
def test_nobodys_text_becomes_a_mark_or_a_mention(typed: str, shown: str) -> None:
    assert to_discord(escape(typed)) == shown


_PIECES = st.sampled_from([*"*_`~|<>@#:[]()-+.\\ 1a\n", "http://a.b/c_d", "👋🏽", "ש"])


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_mention_ever_comes_out_of_a_text(text: str) -> None:
    shown = to_discord(escape(text))
    bare = re.sub(r"\\.", "", shown)
    assert not re.search(r"<[@#:/at]|@everyone|@here", bare)
