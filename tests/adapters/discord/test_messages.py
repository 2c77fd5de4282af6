"""What a message and a form look like, within Discord's limits."""

from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.discord import custom_ids, messages
from bot.core.actions import EVERYONE, AskChoice, AskForm, Choice, Field, OpenThread, Say
from bot.core.errors import Undeliverable
from bot.core.refs import Direct, Interaction, Member, Room

ROOM, ANA = Room("discord", "1"), Member("discord", "7")
KEY = "abcdefghij0123456789"


def ask(count: int, before: tuple[str, ...] = (), aside: Member | None = None) -> AskChoice:
    choices = tuple(Choice(f"c{n}", f"Choice {n}", "👋" if n == 0 else None) for n in range(count))
    return AskChoice(
        key=KEY,
        to=ROOM,
        text="Shall we?",
        question=KEY,
        choices=choices,
        before=before,
        aside=aside,
    )


def rows(payload: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [each["components"] for each in payload["components"] if each["type"] == 1]


def test_a_message_has_its_mark_and_pings_nobody() -> None:
    payload = messages.with_nonce(messages.message(Say(key=KEY, to=ROOM, text="**Hello**")), KEY)
    assert payload == {
        "flags": 1 << 15,
        "components": [{"type": 10, "id": messages.mark(KEY), "content": "**Hello**"}],
        "allowed_mentions": {"parse": []},
        "nonce": KEY,
        "enforce_nonce": True,
    }
    assert 0 < messages.mark(KEY) < 2**31
    assert messages.is_marked(payload, KEY)
    assert not messages.is_marked(payload, "another")


@pytest.mark.parametrize(
    ("ping", "shown", "allowed"),
    [
        (EVERYONE, "@everyone", {"parse": ["everyone"]}),
        ("77", "<@&77>", {"parse": [], "roles": ["77"]}),
    ],
)
def test_whom_a_moderator_allowed_is_mentioned_once(
    ping: str, shown: str, allowed: dict[str, Any]
) -> None:
    action = replace(ask(2), text="@everyone <@&88> <@9>: shall we?", ping=ping)
    payload = messages.message(action)
    mention, _text = [each["content"] for each in payload["components"] if each["type"] == 10]
    assert mention == shown
    assert payload["allowed_mentions"] == allowed
    assert messages.is_marked(payload, KEY)
    # An edit of it rings no second time.
    assert messages.edited(payload["components"], "New words", KEY)["allowed_mentions"] == {
        "parse": []
    }


@pytest.mark.parametrize(("count", "kinds"), [(1, [2]), (5, [2] * 5), (6, [3]), (25, [3])])
def test_up_to_five_choices_are_buttons_and_more_a_menu(count: int, kinds: list[int]) -> None:
    (row,) = rows(messages.message(ask(count)))
    assert [each["type"] for each in row] == kinds
    options = row[0].get("options", row)
    assert [each["label"] for each in options] == [f"Choice {n}" for n in range(count)]
    assert options[0]["emoji"] == {"name": "👋"}


def test_more_choices_than_a_menu_holds_are_several_menus() -> None:
    found = rows(messages.message(ask(60)))
    assert [len(row[0]["options"]) for row in found] == [25, 25, 10]
    assert len({row[0]["custom_id"] for row in found}) == 3


def test_long_labels_are_cut_and_ids_never() -> None:
    long = AskChoice(
        key=KEY, to=ROOM, text="?", question=KEY, choices=(Choice("x" * 70, "L" * 300),)
    )
    (row,) = rows(messages.message(long))
    assert len(row[0]["label"]) == 80
    assert custom_ids.read(row[0]["custom_id"]) == custom_ids.Meaning("choose", KEY, "x" * 70)
    with pytest.raises(Undeliverable):
        custom_ids.write("choose", KEY, "x" * 90)


def test_what_is_said_together_stands_part_by_part() -> None:
    payload = messages.message(ask(2, before=("First.", "Second."), aside=ANA))
    texts = [each["content"] for each in payload["components"] if each["type"] == 10]
    assert texts == ["First.", "Second.", "Shall we?"]
    assert payload["flags"] == (1 << 15) | (1 << 6)
    assert messages.is_marked(payload, KEY)


def test_a_text_stays_within_the_limit_whatever_its_signs() -> None:
    for text in ("\\*" * 1700, "*" * 3400, "(" * 3900):
        assert len(messages.shown(text)) <= 4000


def test_a_form_has_labels_limits_and_its_text() -> None:
    fields = [Field("a", "A" * 60, limit=100), Field("b", "B", limit=9000, required=True)]
    form = messages.form(KEY, fields, "77", text="Tell me.")
    assert form["title"] == form["components"][1]["label"] == "A" * 44 + "…"
    assert form["components"][0] == {"type": 10, "content": "Tell me."}
    inputs = [each["component"] for each in form["components"][1:]]
    assert [(i["custom_id"], i["style"], i["max_length"], i["required"]) for i in inputs] == [
        ("a", 1, 100, False),
        ("b", 2, 4000, True),
    ]
    assert custom_ids.read(form["custom_id"]) == custom_ids.Meaning("form", KEY, "77")
    assert messages.form(KEY, fields, "78")["custom_id"] != form["custom_id"]


def test_a_single_field_is_not_left_blank_by_mistake() -> None:
    (only,) = messages.form(KEY, [Field("a", "A")], "1")["components"]
    assert only["component"]["required"]


def test_a_form_as_a_message_has_a_button_that_opens_it() -> None:
    asked = AskForm(
        key=KEY,
        to=Direct(ANA),
        text="?",
        question=KEY,
        fields=(Field("a", "A"),),
        choices=(Choice("no", "No"),),
        answers=Interaction("1", "secret"),
        opener="Write",
    )
    opener, others = rows(messages.message(asked))
    assert custom_ids.read(opener[0]["custom_id"]) == custom_ids.Meaning("open", KEY)
    assert [each["label"] for each in others] == ["No"]


def test_a_title_is_the_first_line_without_marks() -> None:
    assert messages.title("**A *short* one**\n\nMore") == "A short one"
    assert messages.title("") == "…"
    assert len(messages.title("word " * 50)) <= 100


def test_an_edit_keeps_everything_but_the_text() -> None:
    before = messages.message(ask(2))["components"]
    after = messages.edited(before, "New.", KEY)
    assert messages.is_marked(after, KEY)
    assert after["components"][1:] == before[1:]
    assert after["components"][0]["content"] == "New."


def test_the_line_in_a_thread_is_a_message_like_others() -> None:
    opened = OpenThread(key=KEY, to=ROOM, after="x", title="T", text="Here.")
    assert messages.message(opened)["components"][0]["content"] == "Here."
