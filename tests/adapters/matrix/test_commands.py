"""Commands that clients offer while one types: how they are described, and read."""

from __future__ import annotations

import pytest

from bot.adapters.matrix.commands import described, read_invocation, state_key
from bot.adapters.matrix.inbound import Heard, Listener, read_message
from bot.core.commands import Command, Declared, Option

ME = "@keeper:home"
LISTENER = Listener(ME, "", "!")


def run(_turn: object, _options: object) -> None:
    """Do nothing."""


FIND = Command(
    "word find",
    run,
    (
        Option("word", required=True),
        Option("number", number=True),
        Option("way", choices=("a", "b")),
    ),
)
TEXTS = {"en": "Find a word", "fr": "Trouver un mot"}
DECLARED = Declared([FIND], {"word find": TEXTS}, dict.fromkeys(("word", "number", "way"), TEXTS))


def invoked(command: object, arguments: object = None, **content: object) -> dict[str, object]:
    told = {"command": command, "arguments": arguments}
    return {
        "type": "m.room.message",
        "event_id": "$e",
        "content": {
            "msgtype": "m.text",
            "body": "/whatever",
            "m.mentions": {"user_ids": [ME]},
            "org.matrix.msc4391.command": told,
            **content,
        },
    }


def test_a_command_is_described_with_its_options_in_every_language() -> None:
    told = described(FIND, DECLARED)
    assert told["command"] == "word find"
    word, number, way = told["parameters"]
    assert (word["key"], word["optional"]) == ("word", False)
    assert word["schema"] == {"schema_type": "primitive", "type": "string"}
    assert number["schema"]["type"] == "integer"
    assert [each["value"] for each in way["schema"]["variants"]] == ["a", "b"]
    assert [each["body"] for each in told["description"]["m.text"]] == list(TEXTS.values())
    # Padded, of the command and the sender, as the proposal wants it.
    assert state_key("ban", "@draupnir:draupnir.space") == state_key(
        "ban", "@draupnir:draupnir.space"
    )
    assert len(state_key("ban", ME)) == 44


def test_what_a_client_wrote_down_counts_and_not_the_text_beside_it() -> None:
    heard = read_message(
        invoked("word  Find", {"word": "circle", "number": 3}), LISTENER, direct=False
    )
    assert heard == Heard(None, command="word find", options=(("word", "circle"), ("number", "3")))


def test_in_a_room_it_has_to_name_us_and_in_private_not() -> None:
    event = invoked("help", **{"m.mentions": {"user_ids": ["@other:home"]}})
    heard = read_message(event, LISTENER, direct=False)
    assert heard is not None
    assert (heard.command, heard.text) == ("", None)
    heard = read_message(event, LISTENER, direct=True)
    assert heard is not None
    assert heard.command == "help"


@pytest.mark.parametrize("command", [None, 7, ["help"], {"a": 1}])
def test_a_malformed_one_is_a_text_like_any_other(command: object) -> None:
    heard = read_message(invoked(command, body="!help"), LISTENER, direct=False)
    assert heard == Heard("!help")


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (None, {}),
        ([], {}),
        ({"a": True, "b": ["x"], "c": " ", "d": 0, "e": "y"}, {"d": "0", "e": "y"}),
    ],
)
def test_arguments_that_are_no_words_or_numbers_are_left_out(
    arguments: object, options: dict[str, str]
) -> None:
    content = {"m.bot.command": {"command": "help", "arguments": arguments}}
    assert read_invocation(content) == ("help", options)
