"""Reading what people type: commands, and answers to the open question."""

from collections.abc import Mapping

import pytest

from bot.core.commands import Command, Option
from bot.core.errors import BadInput
from bot.core.turn import Turn
from bot.engine.reading import (
    Commands,
    check_options,
    choice_reacted,
    choice_typed,
    fold,
    stands_in,
)


def nothing(_turn: Turn, _options: Mapping[str, str]) -> None:
    """Do nothing."""


NOTE = Command("reflect now", nothing, (Option("text", limit=20),))
OFTEN = Command("reflect how-often", nothing, (Option("cadence", choices=("weekly", "off")),))
PAIR = Command("partner meet", nothing, (Option("who", required=True), Option("why")))
START = Command("start", nothing)
COMMANDS = Commands([NOTE, OFTEN, PAIR, START])
CHOICES: list[dict[str, object]] = [
    {"id": "direct", "label": "In a message", "emoji": "✉️", "words": ["direct"]},
    {"id": "later", "label": "Später, wenn ich zurück bin", "emoji": None, "words": ["later"]},
    {"id": "heart", "label": "With love", "emoji": "❤️", "words": []},
]
WAVE = [{"id": "start", "label": "Start", "emoji": "👋", "words": []}]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *[(each, "direct") for each in ("1", " 1 ", "1.", "1)", "1️⃣", "1⃣", "١", "direct", "DIRECT")],
        *[(each, "direct") for each in ("in a message", "In a  message!", "✉️", "✉")],
        *[(each, "later") for each in ("2", "later", "spater, wenn ich zuruck bin", "2️⃣")],
        *[(each, "later") for each in ("Spa\u0308ter, wenn ich zuru\u0308ck bin", "LATER.")],
        *[(each, "heart") for each in ("❤️", "❤", "3", "with love")],
        *[
            (each, None)
            for each in ("0", "4", "-1", "1.5", "1 2", "", "  ", "lat", "💔", "²½", "9" * 9)
        ],
    ],
)
def test_an_answer_by_number_label_word_or_sign(typed: str, meant: str | None) -> None:
    assert choice_typed(typed, CHOICES) == meant


def test_a_number_of_any_length_is_no_mistake() -> None:
    assert choice_typed("1" * 20_000, CHOICES) is None


@pytest.mark.parametrize(
    ("sign", "meant"), [("✉", "direct"), ("❤️", "heart"), ("2️⃣", "later"), ("4️⃣", None), ("", None)]
)
def test_an_answer_by_reaction(sign: str, meant: str | None) -> None:
    assert choice_reacted(sign, CHOICES) == meant


@pytest.mark.parametrize(
    ("sign", "meant"), [("👋🏿", "start"), ("👋🏻", "start"), ("🏻", None), ("✋🏻", None)]
)
def test_a_hand_of_any_colour_is_the_same_answer(sign: str, meant: str | None) -> None:
    assert choice_reacted(sign, WAVE) == choice_typed(sign, WAVE) == meant


@pytest.mark.parametrize("line", ["reflect now", "Reflect  NOW", "rèflect now", "  reflect now "])
def test_a_command_is_read_whatever_its_case_accents_and_spaces(line: str) -> None:
    typed = COMMANDS.read(line)
    assert typed is not None
    assert (typed.command, dict(typed.options)) == (NOTE, {})


def test_the_last_option_takes_the_rest_of_the_line_as_it_was_typed() -> None:
    typed = COMMANDS.read("reflect now Ein  *Tag*\nim Mai")
    assert typed is not None
    assert dict(typed.options) == {"text": "Ein  *Tag*\nim Mai"}
    typed = COMMANDS.read("partner meet Tom to read together")
    assert typed is not None
    assert dict(typed.options) == {"who": "Tom", "why": "to read together"}


@pytest.mark.parametrize("line", ["", "   ", "reflect", "hello there", "now reflect", "starts"])
def test_what_is_no_command_is_none(line: str) -> None:
    assert COMMANDS.read(line) is None


@pytest.mark.parametrize(
    ("line", "words", "told"),
    [
        ("reflect now " + "x" * 21, "engine/option_too_long", {"option": "text", "limit": 20}),
        (
            "reflect how-often hourly",
            "engine/option_unknown",
            {"option": "cadence", "choices": ["weekly", "off"]},
        ),
    ],
)
def test_an_option_that_cannot_be_is_told_without_quoting_it(
    line: str, words: str, told: dict[str, object]
) -> None:
    with pytest.raises(BadInput) as bad:
        COMMANDS.read(line)
    assert (bad.value.words, bad.value.values) == (words, told)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "engine/option_missing"),
        ({"who": "  "}, "engine/option_missing"),
        ({"who": "x" * 201}, "engine/option_too_long"),
    ],
)
def test_options_of_a_platform_are_checked_as_well(options: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput) as bad:
        check_options(PAIR, options)
    assert bad.value.words == words


def test_a_choice_among_options_may_be_typed_with_other_letters() -> None:
    typed = COMMANDS.read("reflect how-often WEEKLY")
    assert typed is not None
    assert dict(typed.options) == {"cadence": "weekly"}


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("strat", "start"),
        ("reflekt now", "reflect now"),
        ("partner mete", "partner meet"),
        ("xyzzy", None),
        ("", None),
        ("?" * 5000, None),
    ],
)
def test_an_unknown_word_gets_the_nearest(typed: str, near: str | None) -> None:
    assert COMMANDS.near(typed) == near


def test_the_words_that_begin_so() -> None:
    assert COMMANDS.below("Reflect something") == ["reflect now", "reflect how-often"]
    assert COMMANDS.below("") == []
    assert COMMANDS.exactly("reflect")
    assert COMMANDS.exactly("Start")
    assert not COMMANDS.exactly("start it")


def test_a_path_stands_for_one_command() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Commands([START, START])


def test_folding_keeps_letters_of_every_script() -> None:
    assert fold("  Élan  VITAL ") == "elan vital"
    assert fold("ШКОЛА") == "школа"
    assert fold("שָׁלוֹם") == "שלום"


@pytest.mark.parametrize(
    ("words", "text", "stands"),
    [
        ("art", "An art of its own.", True),
        ("ART", "Start here, smartly.", False),  # by accident, within longer words
        ("ete", "Un Été (vert)", True),
        ("without posting", "how to follow without posting.", True),
        ("drafts", "Half-drafts are fine.", True),
        ("draft", "Drafts, and a draft", True),
        ("لعبة", "هذه لعبة جديدة", True),
        ("花", "桜の花が咲く", True),  # no spaces between words
        ("", "anything", False),
    ],
)
def test_words_stand_in_a_text_as_such(words: str, text: str, stands: bool) -> None:
    assert stands_in(words, text) is stands
