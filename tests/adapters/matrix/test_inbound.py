"""What a Matrix event is to the bot: said to it, said near it, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.matrix.inbound import (
    TEXT_LIMIT,
    Heard,
    Listener,
    read_membership,
    read_message,
    read_reaction,
)
from bot.adapters.matrix.transport import JSON

ME = "@keeper:home"
LISTENER = Listener(ME, "Circle Keeper", "!")
NOT_TO_US = Heard(None)


def message(body: object, **content: object) -> JSON:
    return {
        "type": "m.room.message",
        "event_id": "$e",
        "sender": "@anna:home",
        "content": {"msgtype": "m.text", "body": body, **content},
    }


def in_room(body: object, **content: object) -> Heard | None:
    return read_message(message(body, **content), LISTENER, direct=False)


def mentioning(body: str, **content: object) -> Heard | None:
    return in_room(body, **{"m.mentions": {"user_ids": [ME]}}, **content)


@pytest.mark.parametrize("kind", ["m.image", "m.audio", "m.video", "m.file"])
def test_in_private_what_has_no_words_is_heard_as_such_and_a_caption_is_words(kind: str) -> None:
    shown = message("x.png", msgtype=kind, url="mxc://home/x")
    heard = read_message(shown, LISTENER, direct=True)
    assert heard is not None
    assert (heard.text, heard.wordless) == (None, True)
    assert read_message(shown, LISTENER, direct=False) == NOT_TO_US
    if kind != "m.file":
        captioned = message("start", msgtype=kind, url="mxc://home/x", filename="x.png")
        assert read_message(captioned, LISTENER, direct=True) == Heard("start")


@pytest.mark.parametrize("body", ["!help", "  !help", "!help\n", "!Élan vital"])
def test_a_command_is_for_us(body: str) -> None:
    assert in_room(body) == Heard(body.strip())


@pytest.mark.parametrize(
    "body",
    ["help", "!", "!!", "! help", "!1", "wow!help", "", "Circle Keeper is nice", "keeper: x"],
)
def test_what_people_say_to_one_another_is_not(body: str) -> None:
    assert in_room(body) == NOT_TO_US


def test_the_prefix_can_be_another() -> None:
    listener = Listener(ME, "", "ck!")
    assert read_message(message("ck!help"), listener, direct=False) == Heard("ck!help")
    assert read_message(message("!help"), listener, direct=False) == NOT_TO_US


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Circle Keeper: help", "!help"),
        ("circle keeper, help me", "!help me"),
        ("@keeper:home: help", "!help"),
        ("@keeper:home, !help", "!help"),
        ("Circle Keeper: /help", "!help"),
        ("Circle Keeper:", "!help"),
        ("[Keeper](https://matrix.to/#/@keeper:home): help", "!help"),
    ],
)
def test_so_is_what_begins_with_our_name(body: str, text: str) -> None:
    assert in_room(body) == Heard(text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Circle Keeper help", "!help"),
        ("@keeper:home help", "!help"),
        ("Circle Keeper", "!help"),
        ("Hey Circle Keeper, help please", "!help please"),
        ("Hey @keeper:home help", "!help"),
    ],
)
def test_so_is_what_mentions_us_on_purpose(body: str, text: str) -> None:
    assert mentioning(body) == Heard(text)


@pytest.mark.parametrize("body", ["Thanks, Circle Keeper!", "I like Circle Keepers", "Thank you"])
def test_but_a_mention_in_passing_is_no_command(body: str) -> None:
    assert mentioning(body) == NOT_TO_US


@pytest.mark.parametrize("mentions", [None, [], "x", {"user_ids": ME}, {"user_ids": [{}]}])
def test_malformed_mentions_are_none(mentions: object) -> None:
    assert in_room("Circle Keeper help", **{"m.mentions": mentions}) == NOT_TO_US


def test_without_a_display_name_we_answer_to_our_localpart() -> None:
    listener = Listener(ME, "", "!")
    assert read_message(message("keeper: help"), listener, direct=False) == Heard("!help")


def test_a_display_name_is_taken_literally() -> None:
    listener = Listener(ME, ".*", "!")
    assert read_message(message("Anna: help"), listener, direct=False) == NOT_TO_US


@pytest.mark.parametrize("body", ["hello", "!help", "/help", "2", "Circle Keeper: x"])
def test_in_a_direct_room_every_word_is_for_us_as_it_was_typed(body: str) -> None:
    assert read_message(message(body), LISTENER, direct=True) == Heard(body)


def test_a_direct_message_of_nothing_says_nothing() -> None:
    assert read_message(message(" \n"), LISTENER, direct=True) == NOT_TO_US


def test_html_is_ignored_and_text_stays_text() -> None:
    heard = in_room("!say <b>", format="org.matrix.custom.html", formatted_body="<b>!other</b>")
    assert heard == Heard("!say <b>")


def reply(to: str) -> dict[str, Any]:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": to}}}


def test_the_quotation_before_a_reply_is_stripped() -> None:
    body = "> <@anna:home> !forget me\n> all of it\n\n!help"
    assert in_room(body, **reply("$q")) == Heard("!help", reply=True, about="$q")
    assert in_room("> !forget", **reply("$q")) == replace(NOT_TO_US, reply=True)


def test_a_quotation_that_is_no_reply_stays() -> None:
    assert in_room("> !help\n\nnice") == NOT_TO_US


def test_a_reply_that_mentions_us_may_answer_our_question() -> None:
    assert mentioning("2", **reply("$q")) == Heard(None, None, "$q", "2", reply=True)
    assert in_room("2", **reply("$q")) == replace(NOT_TO_US, reply=True)


def test_a_message_in_a_thread_carries_its_root() -> None:
    relation = {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$last"},
    }
    assert in_room("!help", **{"m.relates_to": relation}) == Heard("!help", "$root", reply=True)
    heard = mentioning("thank you", **{"m.relates_to": relation})
    assert heard == Heard(None, "$root", reply=True)
    answering = {**relation, "is_falling_back": False}
    heard = in_room("!help", **{"m.relates_to": answering})
    assert heard == Heard("!help", "$root", reply=True, about="$last")


def test_text_is_capped() -> None:
    heard = in_room("!" + "a" * 70_000)
    assert heard is not None
    assert heard.text is not None
    assert len(heard.text) == TEXT_LIMIT


@pytest.mark.parametrize(
    "event",
    [
        message("!help", msgtype="m.notice"),
        message("* !help", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$a"}}),
        {**message("!help"), "unsigned": {"redacted_because": {}}},
        {**message("!help"), "content": []},
        {**message("!help"), "type": "m.reaction"},
        {**message("!help"), "type": "m.room.encrypted"},
        {},
    ],
)
def test_notices_edits_and_what_was_taken_back_are_nothing(event: JSON) -> None:
    assert read_message(event, LISTENER, direct=True) is None


@pytest.mark.parametrize(
    "event",
    [
        message("!waves", msgtype="m.emote"),
        message(["!help"]),
        message("!help", msgtype=3),
        {**message("sticker"), "type": "m.sticker", "content": {"body": "!help"}},
    ],
)
def test_what_is_no_text_was_posted_but_says_nothing(event: JSON) -> None:
    assert read_message(event, LISTENER, direct=False) == NOT_TO_US
    assert read_message(event, LISTENER, direct=True) == NOT_TO_US


def reaction(**relation: object) -> JSON:
    whole = {"rel_type": "m.annotation", "event_id": "$m", "key": "👋", **relation}
    return {"type": "m.reaction", "content": {"m.relates_to": whole}}


def test_a_reaction_names_its_message_and_symbol() -> None:
    assert read_reaction(reaction()) == ("$m", "👋")


@pytest.mark.parametrize(
    "event",
    [
        reaction(key=3),
        reaction(event_id=None),
        reaction(rel_type="m.thread"),
        {**reaction(), "unsigned": {"redacted_because": {}}},
        {"type": "m.reaction", "content": {}},
        {"type": "m.reaction"},
    ],
)
def test_a_malformed_reaction_is_none(event: JSON) -> None:
    assert read_reaction(event) is None


def member(membership: object, previous: str | None = None) -> JSON:
    unsigned = {} if previous is None else {"prev_content": {"membership": previous}}
    return {
        "type": "m.room.member",
        "state_key": "@anna:home",
        "content": {"membership": membership},
        "unsigned": unsigned,
    }


@pytest.mark.parametrize(
    ("event", "known", "what"),
    [
        (member("join"), None, "joined"),
        (member("join", "invite"), "invite", "joined"),
        (member("join", "leave"), None, "joined"),
        (member("join", "join"), None, None),  # a new display name
        (member("join"), "join", None),
        (member("leave", "join"), None, "left"),
        (member("ban", "join"), "join", "left"),
        (member("leave"), "join", "left"),
        (member("leave", "invite"), "join", None),  # an invitation declined
        (member("invite", "leave"), None, None),
        (member("knock"), None, None),
        (member(7), None, None),
    ],
)
def test_coming_and_going_are_changes_of_membership(
    event: JSON, known: str | None, what: str | None
) -> None:
    assert read_membership(event, known) == (None if what is None else ("@anna:home", what))


def test_a_member_event_that_is_no_state_is_none() -> None:
    event = member("join")
    del event["state_key"]
    assert read_membership(event, None) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ["msgtype", "body", "m.relates_to", "m.mentions", "membership"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["m.room.message", "m.sticker", "m.reaction", "m.room.member"]),
    content=anything | st.dictionaries(st.sampled_from(FIELDS), anything),
    unsigned=anything,
)
def test_no_event_however_malformed_breaks_the_reading(
    kind: str, content: object, unsigned: object
) -> None:
    event = {"type": kind, "state_key": "@a:b", "content": content, "unsigned": unsigned}
    read_message(event, LISTENER, direct=False)
    read_message(event, LISTENER, direct=True)
    read_reaction(event)
    read_membership(event, None)
