"""Long texts: a message holds what Discord takes, and nothing that was said is cut off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from bot.adapters.discord import messages
from bot.adapters.discord.adapter import AFFORDANCES
from bot.core.actions import Action, AskChoice, Choice, Say
from bot.core.markup import escape, to_plain
from bot.core.refs import Interaction, Member, Room
from bot.engine.degrade import degrade
from bot.engine.running import Wanted
from bot.engine.words import Words
from bot.engine.writing import together

ROOM, ANA = Room("discord", "100000"), Member("discord", "7")
ASKED = Interaction("1", "token")
_MOST = 4000
_WORDS = st.sampled_from(
    ["word ", "a_b ", "(12:30:05) ", "\n", "#1 ", "👩🏽‍🚀 ", "ש ", "https://a.example/b_c "]
)


def _texts(said: list[Action]) -> list[str]:
    """Return what each message shows, as Discord counts it."""
    found = []
    for action in said:
        assert isinstance(action, Say | AskChoice)
        parts: list[dict[str, Any]] = messages.message(action)["components"]
        found.append("".join(each.get("content", "") for each in parts))
    return found


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.lists(st.tuples(_WORDS, st.integers(1, 900)), min_size=1, max_size=4))
def test_what_answers_together_is_whole_and_within_the_limit(
    pieces: list[tuple[str, int]],
) -> None:
    texts = [escape(word * times) for word, times in pieces]
    asks = AskChoice(
        key="q",
        to=ROOM,
        text="Which?",
        question="q",
        choices=(Choice("y", "Yes"),),
        aside=ANA,
        answers=ASKED,
    )
    says = [
        Say(key=f"{n}", to=ROOM, text=text, aside=ANA, answers=ASKED)
        for n, text in enumerate(texts)
    ]
    wanted = [Wanted(each, "flow", None, None, None) for each in says]
    wanted.append(Wanted(asks, "flow", None, None, None))
    one_by_one = [degrade(each.action, AFFORDANCES) for each in together(wanted, AFFORDANCES)]
    shown = _texts([each for several in one_by_one for each in several])
    assert all(len(each) <= _MOST for each in shown)
    read = re.sub(r"\\(.)", r"\1", "".join(shown))
    said = "".join(word * times for word, times in pieces) + "Which?"
    assert "".join(read.split()).replace("\u200b", "") == "".join(said.split())


_LIMITS = {
    ("field_", "part_", "use_"): 45,  # of a form's labels
    ("choice_",): 80,  # of a button
    ("does_", "holds_", "option_"): 100,  # of what is said of a command
    ("menu_",): 32,
}


def test_no_label_is_cut_in_any_language() -> None:
    folder = Path(__file__).parents[2] / "prompts"
    words, cut, read = Words([folder]), [], 0
    for feature in sorted(path.parent.name for path in folder.glob("*/words.md.j2")):
        for name in words.names(feature):
            most = next((n for begins, n in _LIMITS.items() if name.startswith(begins)), None)
            for language in words.languages if most else ():
                try:
                    label = to_plain(words.render(language, f"{feature}/{name}", {}))
                except (UndefinedError, TypeError, AssertionError):
                    continue  # it shows what somebody wrote, or a number
                read += 1
                if most is not None and len(label) > most:
                    cut.append((language, name, label))
    assert cut == []
    assert read > 500
