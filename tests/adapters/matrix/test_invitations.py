"""Who may bring the bot in."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.matrix.invitations import inviter, permits

ANNA = "@anna:example.org"


@pytest.mark.parametrize(
    "pattern", ["example.org", "*:example.org", "@anna:example.org", "@a*:example.org", "*"]
)
def test_people_are_permitted_by_server_id_or_glob(pattern: str) -> None:
    assert permits(["other.org", pattern], ANNA)


@pytest.mark.parametrize(
    "pattern", ["org", "xample.org", "*:example.or", "@ann:example.org", "anna", ""]
)
def test_and_nobody_else_is(pattern: str) -> None:
    assert not permits([pattern], ANNA)


def test_a_port_is_part_of_the_server_name() -> None:
    assert permits(["localhost:8448"], "@anna:localhost:8448")
    assert not permits(["localhost"], "@anna:localhost:8448")


def test_nobody_is_permitted_by_nobody() -> None:
    assert not permits(["example.org"], "")
    assert not permits([], ANNA)


def test_the_inviter_is_read_from_the_invitation() -> None:
    events: list[Any] = [
        "junk",
        {"type": "m.room.member", "state_key": ANNA, "sender": ANNA},
        {"type": "m.room.member", "state_key": "@keeper:home", "sender": ANNA},
    ]
    assert inviter({"invite_state": {"events": events}}, "@keeper:home") == ANNA


@pytest.mark.parametrize("state", [None, {}, {"events": 3}, {"events": []}])
def test_an_invitation_from_nobody_is_from_nobody(state: object) -> None:
    assert inviter({"invite_state": state}, "@keeper:home") == ""
