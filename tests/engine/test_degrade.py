"""What a platform cannot show, said in another way."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.actions import (
    Action,
    Affordances,
    AskChoice,
    AskForm,
    Choice,
    Field,
    File,
    OpenThread,
    Pin,
    Poll,
    Say,
    SetRole,
)
from bot.core.markup import escape, to_plain
from bot.core.refs import Direct, Interaction, Member, Room
from bot.engine.degrade import degrade

ROOM, ANA = Room("fake", "garden"), Member("fake", "ana")
TEXT = Affordances()
ALL = Affordances(buttons=True, forms=True, asides=True, roles=True)
CLICK = Interaction("7", "secret")
CHOICES = (Choice("yes", "Yes *please*"), Choice("no", "No", emoji="👎"))
FIELDS = (Field("what", "What?"), Field("when", "When?"))


def ask(text: str = "Shall we?", aside: Member | None = None, more: int = 0) -> AskChoice:
    choices = (*CHOICES, *(Choice(f"c{n}", f"Choice {n}") for n in range(more)))
    return AskChoice(
        key="k", to=ROOM, text=text, question="k", choices=choices, hint="Number?", aside=aside
    )


def form(*fields: Field, choices: tuple[Choice, ...] = ()) -> AskForm:
    return AskForm(key="k", to=ROOM, text="Tell me.", question="k", fields=fields, choices=choices)


def only_say(action: Action, can: Affordances = TEXT) -> Say:
    (said,) = degrade(action, can)
    assert isinstance(said, Say)
    return said


def test_buttons_become_numbered_choices_with_a_hint() -> None:
    said = only_say(ask())
    assert said.key == "k"
    assert to_plain(said.text) == "Shall we?\n\n1. Yes *please*\n2. 👎 No\n\nNumber?"
    assert said.ask


def test_a_few_choices_are_seeded_as_reactions_and_many_are_not() -> None:
    assert only_say(ask()).reactions == ("1️⃣", "👎")
    assert only_say(ask(more=1)).reactions == ("1️⃣", "👎", "3️⃣")
    assert only_say(ask(more=2)).reactions == ()
    assert only_say(ask(), Affordances(reactions=False)).reactions == ()


def test_a_form_becomes_one_question_a_message() -> None:
    said = only_say(form(*FIELDS, choices=CHOICES))
    assert to_plain(said.text) == "Tell me.\n\nWhat?\n\n• Yes *please*\n• No"


def test_a_form_of_one_field_needs_no_label() -> None:
    assert only_say(form(FIELDS[0])).text == "Tell me."


def test_where_there_are_buttons_but_no_forms_the_ways_without_words_stay_buttons() -> None:
    (asked,) = degrade(form(*FIELDS, choices=CHOICES), Affordances(buttons=True))
    assert isinstance(asked, AskChoice)
    assert asked.choices == CHOICES
    assert asked.question == "k"
    assert to_plain(asked.text) == "Tell me.\n\nWhat?"


@pytest.mark.parametrize(
    "action", [ask(aside=ANA), Say(key="k", to=ROOM, text="Hm.", aside=ANA)], ids=["ask", "say"]
)
def test_an_aside_becomes_a_direct_message_and_is_never_said_aloud(action: Action) -> None:
    for can in (TEXT, Affordances(buttons=True)):
        (shown,) = degrade(action, can)
        assert shown.to == Direct(ANA)
        assert getattr(shown, "aside", "none") is None


@pytest.mark.parametrize(
    "action",
    [
        replace(ask(aside=ANA), answers=CLICK),
        replace(form(*FIELDS), answers=CLICK),
        OpenThread(key="k", to=ROOM, after="a", title="T", text="x"),
        SetRole(key="k", to=ROOM, member=ANA, role="r"),
        Pin(key="k", to=ROOM, after="a"),
    ],
    ids=lambda action: action.kind,
)
def test_what_a_platform_can_show_stays_as_it_is(action: Action) -> None:
    assert degrade(action, ALL) == [action]


def test_only_an_interaction_is_answered_aside() -> None:
    (asked,) = degrade(ask(aside=ANA), ALL)
    assert (asked.to, getattr(asked, "aside", ANA)) == (Direct(ANA), None)


@pytest.mark.parametrize(
    "asked",
    [form(*FIELDS), replace(form(*FIELDS, choices=CHOICES), answers=CLICK)],
    ids=["in a message of its own", "with ways around it"],
)
def test_a_form_that_cannot_be_shown_at_once_is_opened_by_a_button(asked: AskForm) -> None:
    (shown,) = degrade(replace(asked, opener="Write"), ALL)
    assert isinstance(shown, AskChoice)
    assert (shown.text, shown.opener, shown.question) == ("Tell me.", "Write", "k")
    assert (shown.choices, shown.answers) == (asked.choices, asked.answers)


def test_without_threads_the_first_line_is_said_under_the_title() -> None:
    said = only_say(
        OpenThread(key="k", to=ROOM, after="a", title="A *title*", text="First."),
        Affordances(threads=False),
    )
    assert (to_plain(said.text), said.after) == ("A *title*\n\nFirst.", "a")


def test_pins_roles_and_polls_are_left_out_where_there_are_none() -> None:
    assert degrade(Pin(key="k", to=ROOM, after="a"), Affordances(pins=False)) == []
    assert degrade(SetRole(key="k", to=ROOM, member=ANA, role="r"), TEXT) == []
    poll = Poll(key="k", to=ROOM, after="a", question="Q", options=("a", "b"))
    assert degrade(poll, TEXT) == []
    assert degrade(poll, Affordances(polls=True)) == [poll]


@pytest.mark.parametrize("can", [Affordances(text_limit=500), Affordances(True, text_limit=500)])
def test_a_long_question_is_asked_with_its_last_part(can: Affordances) -> None:
    *first, last = degrade(ask("word " * 300), can)
    assert [part.key for part in first] == ["k.1", "k.2", "k.3"][: len(first)]
    assert all(isinstance(part, Say) and not part.ask and not part.reactions for part in first)
    assert last.key == "k"
    assert all(len(getattr(part, "text", "")) <= 500 for part in (*first, last))
    assert isinstance(last, AskChoice) == can.buttons


_PIECES = st.sampled_from(["*", "\\", "word", " ", "\n", "_", "[x](y)", "👩🏽‍🚀", "ש"])


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.lists(_PIECES, max_size=120).map("".join), st.integers(20, 60))
def test_nothing_of_a_long_text_is_lost_or_becomes_markup(text: str, limit: int) -> None:
    parts = degrade(Say(key="k", to=ROOM, text=escape(text)), Affordances(text_limit=limit))
    said = [part.text for part in parts if isinstance(part, Say)]
    assert all(len(part) <= limit for part in said)
    assert len({part.key for part in parts}) == len(parts)
    read = "".join("".join(to_plain(part).split()) for part in said)
    assert read == "".join(text.split())


def test_what_differs_in_an_encrypted_conversation_is_said_there_with_all_the_rest() -> None:
    can = replace(TEXT, encrypts=True)
    for action in (
        replace(ask(), encrypted_text="Between us?"),
        replace(form(*FIELDS, choices=CHOICES), encrypted_text="Between us?"),
    ):
        said, plain = only_say(action, can), only_say(action)
        assert plain.encrypted_text == ""
        assert said.text == plain.text
        assert said.encrypted_text == said.text.replace(action.text, "Between us?")
    long = replace(ask(), encrypted_text="x" * can.text_limit)
    assert only_say(long, can).encrypted_text == ""


def test_a_file_is_written_out_where_there_are_none() -> None:
    text = "\n".join(f"line {number}: `code` ```more```" for number in range(40))
    action = Say(key="k", to=ROOM, text="Here it is.", file=File("all.txt", text))
    assert degrade(action, replace(TEXT, files=True)) == [action]
    first, *parts = degrade(action, replace(TEXT, text_limit=500))
    assert isinstance(first, Say)
    assert first.text == "Here it is."
    assert all(isinstance(each, Say) and each.file is None for each in parts)
    said = [each.text for each in parts if isinstance(each, Say)]
    assert all(len(each) <= 500 and each[:4] == each[-4:] == "````" for each in said)
    assert "\n".join(each[5:-5] for each in said) == text
    keys = [each.key for each in (first, *parts)]
    assert len(set(keys)) == len(keys)
    assert keys[-1] == "k"  # what hangs on it waits for the last
