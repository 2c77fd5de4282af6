"""Which community a room belongs to, and who stands where."""

from __future__ import annotations

from bot.adapters.matrix.communities import Communities
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.rooms import MEGOLM, Levels, RoomState
from bot.core.refs import Community, Standing

ME = "@keeper:home"
ANNA, BEN, EVE = "@anna:home", "@ben:home", "@eve:home"


def a_room(room_id: str, *members: str, by: str = ANNA, **more: object) -> RoomState:
    room = RoomState(
        room_id, version="12", creators=[by], levels=Levels(), own_join=f"$in{room_id}"
    )
    room.members = {ME: "join", **dict.fromkeys(members, "join")}
    for name, value in more.items():
        setattr(room, name, value)
    return room


def a_space(room_id: str, *members: str, by: str = ANNA, **children: str) -> RoomState:
    named = {f"!{child}": who for child, who in children.items()}
    return a_room(room_id, *members, by=by, is_space=True, children=named)


def view(*rooms: RoomState, moved: dict[str, str] | None = None) -> Communities:
    return Communities({room.id: room for room in rooms}, ME, moved)


def community(room_id: str) -> Community:
    return Community("matrix", room_id)


def test_a_room_outside_any_space_is_its_own_community() -> None:
    communities = view(a_room("!a"), a_space("!s"))
    assert communities.of("!a") == community("!a")
    assert communities.is_root("!a")
    assert {root.id for root in communities.roots} == {"!a", "!s"}


def test_the_rooms_of_a_space_are_its_community_and_so_are_its_subspaces() -> None:
    communities = view(a_room("!a"), a_space("!s", sub=ANNA), a_space("!sub", a=ANNA))
    assert communities.of("!a") == communities.of("!sub") == community("!s")
    assert not communities.is_root("!a")
    assert [facts.room.id for facts in communities.facts(communities.roots[0])] == ["!a"]


def test_spaces_that_hold_one_another_come_to_an_end() -> None:
    communities = view(a_space("!s", t=ANNA), a_space("!t", s=ANNA), a_room("!a"))
    assert communities.of("!s") is not None
    assert communities.of("!t") is not None


def test_a_space_cannot_take_over_a_room_that_knows_nothing_of_it() -> None:
    theft = a_space("!s", EVE, by=EVE, a=EVE)
    assert view(a_room("!a", ANNA), theft).of("!a") == community("!a")


def test_a_room_agrees_by_naming_its_parent() -> None:
    space = a_space("!s", BEN, by=BEN, a=BEN)
    assert view(a_room("!a", parents=["!s"]), space).of("!a") == community("!s")


def test_rooms_that_are_private_or_unknown_are_no_communities() -> None:
    rooms = [
        a_room("!d", direct=ANNA),
        a_room("!t", token="abc"),
        RoomState("!u"),
    ]
    assert view(*rooms).roots == []


def test_an_encrypted_room_is_a_community_only_for_who_can_read_it() -> None:
    facts = Facts(ME)
    rooms = [
        a_room("!e", encrypted=True, algorithm=MEGOLM),
        a_room("!x", encrypted=True, algorithm="another"),
    ]
    facts.rooms = {room.id: room for room in rooms}
    assert facts.communities.roots == []
    facts.can_read([MEGOLM])
    assert [root.id for root in facts.communities.roots] == ["!e"]


def test_everybody_stands_where_they_are_and_moderates_by_the_root_alone() -> None:
    space = a_space("!s", ANNA, by=ANNA, a=ANNA)
    inner = a_room("!a", BEN, by=BEN, parents=["!s"])
    other = a_room("!b", BEN, by=BEN)
    communities = view(space, inner, other)
    assert communities.standing(ANNA) == (Standing(community("!s"), moderator=True),)
    assert set(communities.standing(BEN)) == {
        Standing(community("!s"), moderator=False),
        Standing(community("!b"), moderator=True),
    }
    assert communities.standing(EVE) == ()


def test_somebody_who_is_only_invited_stands_nowhere() -> None:
    room = a_room("!a")
    room.members[ANNA] = "invite"
    assert view(room).standing(ANNA) == ()


def test_a_room_that_was_replaced_gives_way_to_the_new_one() -> None:
    space = a_space("!s", old=ANNA, new=ANNA)
    old = a_room("!old", replaced_by="!new", name="Commons")
    new = a_room("!new", name="Commons")
    communities = view(space, old, new, moved={"!old": "!new"})
    assert [facts.room.id for facts in communities.facts(space)] == ["!new"]
    assert [facts.can_post for facts in view(space, old).facts(space)] == [False]
