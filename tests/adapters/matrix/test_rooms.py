"""A room's facts and who may do what, from state events of every shape that rooms have."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.matrix.rooms import (
    KEPT_STATE,
    RoomState,
    can_pin,
    can_post,
    is_moderator,
    power,
    timestamp,
)
from bot.adapters.matrix.transport import JSON

ME = "@keeper:home"
ANNA, BEN, CLEO = "@anna:home", "@ben:home", "@cleo:home"


def state(kind: str, content: object, key: str = "", sender: str = ANNA, **more: object) -> JSON:
    return {
        "type": kind,
        "state_key": key,
        "sender": sender,
        "content": content,
        "event_id": f"${kind}{key}{len(str(content))}",
        **more,
    }


def room_of(*events: JSON) -> RoomState:
    room = RoomState("!room:home")
    for event in events:
        room.apply(event, ME)
    return room


def create(version: str | None = None, **content: object) -> JSON:
    told = {} if version is None else {"room_version": version}
    return state("m.room.create", {**told, **content})


@pytest.mark.parametrize("version", ["12", "13", "org.matrix.hydra.11"])
def test_from_version_12_on_the_creators_stand_above_every_number(version: str) -> None:
    room = room_of(
        create(version, additional_creators=[BEN, 7]),
        state("m.room.power_levels", {"users": {CLEO: 100}, "events": {"m.room.tombstone": 150}}),
    )
    assert power(room, ANNA) == math.inf
    assert power(room, BEN) == math.inf
    assert power(room, CLEO) == 100
    assert is_moderator(room, ANNA)
    assert power(room, ME) == 0


@pytest.mark.parametrize("told", [None, -1, -(2**60), True, "5", 1.5, [5]])
def test_a_time_that_cannot_be_is_none(told: object) -> None:
    """Such an event is no older than all others: what stands behind it in a gap counts as well."""
    assert timestamp({"origin_server_ts": told}) == 0
    assert timestamp({"origin_server_ts": 5}) == 5


def test_before_version_12_the_creator_has_what_the_levels_say() -> None:
    room = room_of(
        create("11", additional_creators=[BEN]),
        state("m.room.power_levels", {"users": {ANNA: 100, CLEO: 50}, "users_default": 10}),
    )
    assert power(room, ANNA) == 100
    assert power(room, BEN) == 10
    assert is_moderator(room, CLEO)
    assert not is_moderator(room, BEN)


def test_without_levels_the_creator_has_100_and_everybody_may_do_everything() -> None:
    room = room_of(create())
    assert power(room, ANNA) == 100
    assert power(room, BEN) == 0
    assert can_post(room, BEN)
    assert can_pin(room, BEN)


def test_levels_are_read_whatever_they_are_made_of() -> None:
    room = room_of(
        create("5"),
        state(
            "m.room.power_levels",
            {
                "users": {ANNA: "100", BEN: " 50 ", CLEO: None, ME: True, 3: 4},
                "users_default": [],
                "events": ["m.room.message"],
                "events_default": "25",
                "state_default": {},
            },
        ),
    )
    assert (power(room, ANNA), power(room, BEN), power(room, CLEO)) == (100, 50, 0)
    assert not can_post(room, ME)
    assert not can_pin(room, ME)
    assert can_pin(room, BEN)


def test_posting_and_pinning_take_the_power_that_the_room_asks() -> None:
    levels = {
        "users": {ME: 30},
        "events": {"m.room.message": 30, "m.room.pinned_events": 31},
        "events_default": 90,
    }
    room = room_of(create("11"), state("m.room.power_levels", levels))
    assert can_post(room, ME)
    assert not can_pin(room, ME)


def test_nobody_posts_in_a_room_that_was_replaced() -> None:
    room = room_of(create("11"), state("m.room.tombstone", {"replacement_room": "!new:home"}))
    assert room.replaced_by == "!new:home"
    assert not can_post(room, ANNA)


def test_the_title_is_the_name_else_the_alias_else_the_id() -> None:
    room = room_of(create())
    assert room.title == "!room:home"
    room.apply(state("m.room.canonical_alias", {"alias": "#commons:home"}), ME)
    assert room.title == "#commons:home"
    room.apply(state("m.room.name", {"name": " Commons "}), ME)
    assert room.title == "Commons"
    room.apply(state("m.room.name", {}), ME)
    assert room.title == "#commons:home"


def test_those_who_are_invited_count_and_those_who_left_do_not() -> None:
    room = room_of(
        *[
            state("m.room.member", {"membership": membership}, key=who)
            for who, membership in [
                (ANNA, "join"),
                (BEN, "invite"),
                (CLEO, "join"),
                (CLEO, "leave"),
            ]
        ]
    )
    assert room.members == {ANNA: "join", BEN: "invite"}


def own(membership: str, event_id: str, previous: str | None = None, **content: object) -> JSON:
    unsigned = {} if previous is None else {"prev_content": {"membership": previous}}
    return state(
        "m.room.member",
        {"membership": membership, **content},
        key=ME,
        event_id=event_id,
        unsigned=unsigned,
    )


def test_our_own_join_is_the_one_that_brought_us_in() -> None:
    room = room_of(own("join", "$in", "invite"))
    room.apply(own("join", "$renamed", "join", displayname="Keeper"), ME)
    assert (room.own_join, room.own_name) == ("$in", "Keeper")
    room.apply(own("leave", "$out", "join"), ME)
    room.apply(own("join", "$again"), ME)
    assert room.own_join == "$again"


def test_a_return_that_was_missed_is_told_by_the_join_alone() -> None:
    room = room_of(own("join", "$in", "invite"))
    room.apply(own("join", "$again", "leave"), ME)
    assert room.own_join == "$again"


def test_a_space_lists_its_children_until_they_are_taken_out() -> None:
    room = room_of(
        create("12", type="m.space"),
        state("m.space.child", {"via": ["home"]}, key="!a:home"),
        state("m.space.child", {"via": ["home"]}, key="!b:home"),
        state("m.space.child", {}, key="!b:home"),
        state("m.space.child", {"via": "home"}, key="!c:home"),
    )
    assert room.is_space
    assert room.children == {"!a:home": ANNA}


def test_only_a_room_that_we_made_carries_our_token() -> None:
    content = {"room_version": "12", "io.circlekeeper.direct": "abc"}
    assert room_of(state("m.room.create", content, sender=ANNA)).token == ""
    assert room_of(state("m.room.create", content, sender=ME)).token == "abc"


def test_facts_survive_being_written_down() -> None:
    room = room_of(
        create("12", type="m.space"),
        own("join", "$in", "invite"),
        state("m.room.power_levels", {"users": {ANNA: "50"}}),
        state("m.space.child", {"via": ["home"]}, key="!a:home"),
        state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
    )
    assert RoomState.from_json(room.to_json()) == room
    assert RoomState.from_json(room_of(create()).to_json()) == room_of(create())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 0, "id": "!a"}'])
def test_what_cannot_be_read_is_no_room(text: str) -> None:
    assert RoomState.from_json(text) is None


def test_what_does_not_change_anything_says_so() -> None:
    room = RoomState("!room:home")
    events = [
        create("12"),
        own("join", "$in", "invite"),
        state("m.room.power_levels", {}),
        state("m.room.name", {"name": "Commons"}),
        state("m.space.child", {"via": ["home"]}, key="!a:home"),
        state("m.space.parent", {"via": ["home"]}, key="!s:home"),
    ]
    assert [room.apply(event, ME) for event in events] == [True] * 6
    assert [room.apply(event, ME) for event in events] == [False] * 6
    assert not room.apply(state("m.room.avatar", {"url": "mxc://home/x"}), ME)
    assert not room.apply({"type": "m.room.name", "content": {"name": "no state"}}, ME)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "membership", "displayname", "users", "events", "events_default", "state_default",
    "users_default", "room_version", "additional_creators", "type", "name", "alias", "join_rule",
    "via", "replacement_room",
]  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(KEPT_STATE),
    key=st.sampled_from(["", ME, ANNA]),
    content=anything | st.dictionaries(st.sampled_from(FIELDS), anything),
    unsigned=anything,
)
def test_no_state_event_however_malformed_breaks_the_facts(
    kind: str, key: str, content: object, unsigned: object
) -> None:
    room = room_of(create("12"), state(kind, content, key=key, unsigned=unsigned))
    for who in (ME, ANNA, BEN):
        assert not math.isnan(power(room, who))
    assert isinstance(room.title, str)
    assert isinstance(json.loads(room.to_json()), dict)
