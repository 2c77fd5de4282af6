"""What goes on elsewhere: replaced rooms and spaces, and rooms whose space is joined later."""

from __future__ import annotations

from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.rooms import RoomState
from bot.adapters.matrix.succession import follow, settled, was_before
from bot.core.events import Moved
from bot.core.refs import Community, Room
from tests.adapters.matrix.test_communities import ANNA, BEN, EVE, ME, a_room, a_space


def facts_of(*rooms: RoomState) -> Facts:
    facts = Facts(ME)
    facts.rooms = {room.id: room for room in rooms}
    return facts


def replaced(room: RoomState, by: str, who: str = ANNA) -> RoomState:
    room.replaced_by, room.replaced_from = by, who
    return room


def moves(told: list[Moved]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        (each.before.id, each.after.id, [(one.id, two.id) for one, two in each.rooms])
        for each in told
    ]


def test_a_room_that_is_a_community_goes_on_as_the_new_one() -> None:
    facts = facts_of(replaced(a_room("!a", ANNA), "!b"), a_room("!b", predecessor="!a"))
    told = follow(facts)
    assert moves(told) == [("!a", "!b", [("!a", "!b")])]
    assert told[0].rooms == ((Room("matrix", "!a"), Room("matrix", "!b")),)
    assert [root.id for root in facts.communities.roots] == ["!b"]
    assert [each.room.id for each in facts.communities.facts(facts.rooms["!b"])] == ["!b"]
    # Who has not come along yet is of the community still, and nothing is told twice.
    assert [each.community.id for each in facts.communities.standing(ANNA)] == ["!b"]
    assert follow(facts) == []


def test_a_room_of_a_space_stays_in_it_before_the_space_names_the_new_one() -> None:
    facts = facts_of(
        a_space("!s", a=ANNA),
        replaced(a_room("!a", parents=["!s"]), "!b"),
        a_room("!b", predecessor="!a"),
    )
    assert moves(follow(facts)) == [("!s", "!s", [("!a", "!b")])]
    assert facts.communities.of("!b") == Community("matrix", "!s")
    # That outlives the old room: it may be left, and the bot started again.
    kept = RoomState.from_json(facts.rooms["!b"].to_json())
    assert kept is not None
    again = facts_of(facts.rooms["!s"], kept)
    again.moved = facts.moved
    assert again.communities.of("!b") == Community("matrix", "!s")


def test_a_room_that_is_part_of_a_space_again_is_told_of_again() -> None:
    room = a_room("!a", ANNA, parents=["!s"])
    room.announced, room.announced_facts = "first", "x"
    facts = facts_of(a_space("!s", a=ANNA), room)
    first = settled(facts)
    assert moves(first) == [("!a", "!s", [])]
    assert settled(facts) == first
    room.announced = "second"
    assert settled(facts)[0].event_id != first[0].event_id


def test_the_space_may_name_the_new_room_before_we_are_in_it() -> None:
    space = a_space("!s", a=ANNA)
    facts = facts_of(space, a_room("!a", parents=["!s"]))
    assert follow(facts) == []
    # All in one go: replaced, and taken out of the space for what we have not come into yet.
    space.children = {"!b": ANNA}
    replaced(facts.rooms["!a"], "!b")
    facts.mark("!s")
    assert follow(facts) == []
    assert facts.communities.of("!a") == Community("matrix", "!s")
    facts.rooms["!b"] = a_room("!b", predecessor="!a", parents=["!s"])
    facts.mark("!b")
    assert moves(follow(facts)) == [("!s", "!s", [("!a", "!b")])]
    # Taken out of the space later, on purpose, it is no part of it any more.
    space.children = {}
    facts.mark("!s")
    assert follow(facts) == []
    assert facts.communities.of("!b") == Community("matrix", "!b")


def test_a_room_upgraded_twice_while_nobody_looked_moves_step_by_step() -> None:
    facts = facts_of(
        replaced(a_room("!a"), "!b"),
        replaced(a_room("!b", predecessor="!a"), "!c"),
        a_room("!c", predecessor="!b"),
    )
    told = moves(follow(facts))
    assert [(before, after) for before, after, _ in told] in (
        [("!a", "!b"), ("!b", "!c")],
        [("!b", "!c"), ("!a", "!c")],
    )
    assert facts.now("!a") == "!c"
    assert [root.id for root in facts.communities.roots] == ["!c"]


def test_a_room_replaced_a_second_time_by_another_goes_on_in_the_last_one() -> None:
    facts = facts_of(replaced(a_room("!a"), "!b"), a_room("!b", predecessor="!a"))
    follow(facts)
    facts.rooms["!c"] = a_room("!c", predecessor="!a")
    replaced(facts.rooms["!a"], "!c")
    assert moves(follow(facts)) == [("!b", "!c", [("!b", "!c")])]
    assert facts.now("!a") == facts.now("!b") == "!c"
    assert follow(facts) == []


def test_rooms_that_name_each_other_come_to_an_end() -> None:
    facts = facts_of(
        replaced(a_room("!a", predecessor="!b"), "!b"),
        replaced(a_room("!b", predecessor="!a"), "!a"),
    )
    assert len(follow(facts)) == 1
    assert facts.communities.of("!a") == facts.communities.of("!b")


def test_nobody_takes_a_community_into_a_room_that_is_not_its_successor() -> None:
    facts = facts_of(replaced(a_room("!a", ANNA), "!x", EVE), a_room("!x", BEN, by=BEN))
    assert follow(facts) == []
    # Without a word of the new room, its moderator's is enough.
    facts.rooms["!x"].levels.users[EVE] = 50  # type: ignore[union-attr]
    assert moves(follow(facts)) == [("!a", "!x", [("!a", "!x")])]


def test_an_upgraded_space_keeps_its_rooms() -> None:
    new = a_space("!t", a=EVE)  # who upgraded it moderates none of the rooms
    new.predecessor = "!s"
    facts = facts_of(
        replaced(a_space("!s", a=ANNA), "!t"), a_room("!a", by=BEN, parents=["!s"]), new
    )
    assert moves(follow(facts)) == [("!s", "!t", [])]
    assert facts.communities.of("!a") == Community("matrix", "!t")
    assert [root.id for root in facts.communities.roots] == ["!t"]


def test_a_direct_room_that_is_replaced_is_direct_still() -> None:
    old, new = a_room("!a", ANNA, direct=ANNA), a_room("!b", ANNA, predecessor="!a")
    facts = facts_of(replaced(old, "!b"), new)
    assert follow(facts) == []
    assert new.direct == ANNA
    assert facts.communities.roots == []


def test_a_room_whose_space_is_joined_later_goes_on_as_the_space() -> None:
    facts = facts_of(a_room("!a", announced_facts="told"))
    assert settled(facts) == []
    facts.rooms["!s"] = a_space("!s", a=ANNA)
    facts.mark("!s")
    assert moves(settled(facts)) == [("!a", "!s", [])]


def test_who_was_in_the_room_before_came_along() -> None:
    facts = facts_of(replaced(a_room("!a", ANNA), "!b"), a_room("!b", predecessor="!a"))
    facts.rooms["!a"].members[BEN] = "invite"
    follow(facts)
    assert was_before(facts, "!b", ANNA)
    assert not was_before(facts, "!b", BEN)
    assert not was_before(facts, "!b", EVE)
