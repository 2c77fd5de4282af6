"""How actions look as Matrix events, and what a refusal means for them."""

from __future__ import annotations

import json

import pytest

from bot.adapters.matrix import outbound
from bot.adapters.matrix.transport import JSON, MatrixError, NoAnswer, NotSent, Refused
from bot.core.actions import EVERYONE, Edit, OpenThread, Say
from bot.core.errors import CirclekeeperError, Doubt, TryLater, Undeliverable, Unreachable
from bot.core.markup import escape
from bot.core.refs import MessageRef, Room

ROOM = Room("matrix", "!room:home")
POST = MessageRef(ROOM, "$post")
IN_THREAD = MessageRef(Room("matrix", "!room:home", "$root"), "$reply")


def say(
    text: str, on: MessageRef | None = None, thread: str | None = None, *, ask: bool = False
) -> JSON:
    return outbound.say(Say(key="k1", to=ROOM, text=text, ask=ask), on, thread)


def test_what_nobody_needs_to_act_on_is_a_notice_and_a_question_is_text() -> None:
    assert say("hello")["msgtype"] == "m.notice"
    assert say("hello", ask=True)["msgtype"] == "m.text"


def test_a_message_carries_its_key_plain_text_and_html() -> None:
    assert say("**Hello**\n\n- one\n- two") == {
        "msgtype": "m.notice",
        "body": "Hello\n\n• one\n• two",
        "format": "org.matrix.custom.html",
        "formatted_body": "<p><strong>Hello</strong></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>",
        "m.mentions": {},
        "io.circlekeeper.key": "k1",
    }


@pytest.mark.parametrize("text", ["@room", "<b>bold</b>", "@anna:home", "<script>x</script>"])
def test_what_people_typed_neither_pings_nor_renders(text: str) -> None:
    for content in (say(text), say(escape(text), ask=True)):
        assert content["m.mentions"] == {}
        assert content["body"] == text
        assert "<b>" not in content["formatted_body"]
        assert "<script" not in content["formatted_body"]


def test_a_thread_hangs_on_the_post() -> None:
    assert say("x", POST, outbound.thread_root(POST))["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$post",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$post"},
    }


def test_on_a_threaded_message_it_hangs_on_the_root() -> None:
    relation = say("x", IN_THREAD, outbound.thread_root(IN_THREAD))["m.relates_to"]
    assert relation["event_id"] == "$root"
    assert relation["m.in_reply_to"] == {"event_id": "$reply"}


def test_a_message_into_a_thread_that_is_named_falls_back_on_its_root() -> None:
    relation = say("x", None, "$root")["m.relates_to"]
    assert (relation["event_id"], relation["m.in_reply_to"]["event_id"]) == ("$root", "$root")
    assert say("x", POST, "$root")["m.relates_to"]["m.in_reply_to"] == {"event_id": "$root"}


def test_without_a_thread_nothing_is_related() -> None:
    assert "m.relates_to" not in say("x", POST)


def test_an_answer_shows_what_it_answers() -> None:
    def answering(to: MessageRef, thread: str | None) -> JSON:
        action = Say(key="k1", to=ROOM, text="x", reply_to=to)
        relation: JSON = outbound.say(action, None, thread)["m.relates_to"]
        return relation

    assert answering(POST, None) == {"m.in_reply_to": {"event_id": "$post"}}
    assert answering(IN_THREAD, "$root") == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": False,
        "m.in_reply_to": {"event_id": "$reply"},
    }
    assert answering(POST, "$root")["m.in_reply_to"] == {"event_id": "$root"}


def test_opening_a_thread_says_its_title_and_first_line_in_it() -> None:
    action = OpenThread(key="k2", to=ROOM, after="k1", title="Week *3*", text="Go on here.")
    content = outbound.open_thread(action, POST)
    assert content["body"].endswith("Go on here.")
    assert content["io.circlekeeper.key"] == "k2"
    assert content["m.relates_to"]["event_id"] == "$post"
    assert content["m.mentions"] == {}


def test_whom_a_moderator_allowed_is_mentioned_and_no_text_adds_to_it() -> None:
    action = Say(key="k1", to=ROOM, text="@anna:home: what now?", ask=True, ping=EVERYONE)
    content = outbound.say(action, None, None)
    assert content["m.mentions"] == {"room": True}
    assert content["body"] == "@room\n\n@anna:home: what now?"


def test_an_edit_replaces_and_mentions_nobody() -> None:
    content = outbound.edit(Edit(key="k3", to=ROOM, after="k1", text="**new**"), POST)
    assert content["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$post"}
    assert content["body"] == "* new"
    assert content["m.new_content"]["body"] == "new"
    assert content["m.new_content"]["formatted_body"] == "<strong>new</strong>"
    assert content["m.mentions"] == content["m.new_content"]["m.mentions"] == {}


@pytest.mark.parametrize("letter", ["a", "ج", "字", "👋", "<"])
def test_the_longest_text_that_we_promise_fits_an_event(letter: str) -> None:
    content = say(letter * 16_000)
    assert len(json.dumps(content, ensure_ascii=False).encode()) < 65_536 - 1_000


def test_transaction_ids_follow_from_the_key() -> None:
    assert outbound.transaction("k1") == outbound.transaction("k1") != outbound.transaction("k2")


@pytest.mark.parametrize(
    ("error", "direct", "means"),
    [
        (NotSent("refused"), False, TryLater),
        (NoAnswer("TimeoutError"), False, Doubt),
        (NoAnswer("status 502"), False, Doubt),
        (Refused(429, "M_LIMIT_EXCEEDED", 7.0), False, TryLater),
        (Refused(401, "M_UNKNOWN_TOKEN"), False, TryLater),
        (Refused(413, "M_TOO_LARGE"), False, Undeliverable),
        (Refused(403, "M_FORBIDDEN"), False, Undeliverable),
        (Refused(403, "M_FORBIDDEN"), True, Unreachable),
        (Refused(400, "M_BAD_JSON"), False, Undeliverable),
    ],
)
def test_what_a_failed_call_means(
    error: MatrixError, direct: bool, means: type[CirclekeeperError]
) -> None:
    reason = outbound.reason(error, direct=direct)
    assert type(reason) is means


def test_the_homeserver_says_how_long_to_wait() -> None:
    reason = outbound.reason(Refused(429, "M_LIMIT_EXCEEDED", 7.5), direct=False)
    assert isinstance(reason, TryLater)
    assert reason.after == 7.5


@pytest.mark.parametrize("letter", ["a", "é", "語", "😀"])
@pytest.mark.parametrize("mark", ["{}", "**{}**"])
def test_what_is_encrypted_fits_as_well_if_need_be_without_marks(letter: str, mark: str) -> None:
    content = outbound.to_seal(say(mark.format(letter * 10_900)))
    size = len(json.dumps(content, ensure_ascii=False).encode())
    assert size * 4 / 3 + 2_000 < 65_536
    assert content["body"] == letter * 10_900


def test_what_is_short_keeps_its_marks() -> None:
    short = say("**x**")
    assert outbound.to_seal(short) == short
    assert "formatted_body" in short


def test_an_edit_that_is_encrypted_fits_without_marks() -> None:
    action = Edit(key="k", to=ROOM, after="a", text="**語**" * 1_200)
    content = outbound.edit(action, POST)
    fitting = outbound.to_seal(content)
    assert "formatted_body" in content["m.new_content"]
    assert len(json.dumps(fitting, ensure_ascii=False).encode()) <= 46_000
    assert fitting["m.new_content"]["body"] == content["m.new_content"]["body"]
