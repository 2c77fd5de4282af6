"""What goes on elsewhere keeps its settings, schedules and questions."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bot.core.refs import Community, Member, OutsideRoom, Room, RoomFacts, Way
from bot.core.turn import Plan
from storage.communities import Communities
from storage.conversations import OpenQuestion, Questions
from storage.members import Members
from storage.moving import Moving
from storage.outbox import Deliveries, Fresh
from storage.room_days import RoomDays
from storage.schedules import Schedules
from storage.store import Store
from storage.transaction import Transaction

OLD, NEW = Room("matrix", "!old"), Room("matrix", "!new")
SPACE = Community("matrix", "!space")


def garden(tx: Transaction, ref: Community = SPACE, *, opened: bool = True) -> str:
    row = Communities(tx).add(ref, "Garden", f"id of {ref.id}", "en", "UTC")
    if opened:
        row.state, row.newcomers_room, row.prompts_room = "open", OLD.id, "!other"
    Communities(tx).save(row)
    Communities(tx).set_rooms(
        row.id, [RoomFacts(OLD, "Hall"), RoomFacts(Room("matrix", "!other"), "x")]
    )
    return row.id


def plan(id_: str, community: str, **more: object) -> Plan:
    due = datetime(2026, 3, 3, 9, tzinfo=UTC)
    return Plan(id=id_, kind="k", next_due=due, community=community, **more)  # type: ignore[arg-type]


def test_a_rooms_uses_schedules_and_questions_go_along(store: Store) -> None:
    def work(tx: Transaction) -> None:
        community = garden(tx)
        Schedules(tx).save(plan("one", community, payload={"room": OLD.id, "arc": "x"}))
        Schedules(tx).save(plan("two", community, payload={"room": "!other"}))
        subject = Members(tx).ensure(Member("matrix", "@ana:home"), "s1")
        asked = OpenQuestion("q1", "hunts.step", "post", subject, community, {})
        Questions(tx).ask(asked, room=OLD)
        choices = [[OLD.id, "Hall"], ["apart", "Apart"]]
        asked = OpenQuestion(
            "q2", "community.rooms", "choice", subject, community, {"choices": choices}
        )
        Questions(tx).ask(asked, delivery_key="d2")
        row = Moving(tx).community(SPACE, SPACE)
        assert row is not None
        Moving(tx).room(row, OLD, NEW)

    store.run(work)

    def look(tx: Transaction) -> None:
        row = Communities(tx).find(SPACE)
        assert row is not None
        assert (row.newcomers_room, row.prompts_room, row.charter_room) == (NEW.id, "!other", None)
        assert Communities(tx).rooms(row.id)[0] == RoomFacts(NEW, "Hall")
        assert not Communities(tx).has_lost(row.id, NEW)
        payloads = {each.id: each.payload for each in Schedules(tx).of(row.id)}
        assert payloads == {"one": {"room": NEW.id, "arc": "x"}, "two": {"room": "!other"}}
        questions = Questions(tx)
        assert questions.awaiting_post("s1", OLD) is None
        assert questions.awaiting_post("s1", NEW) is not None
        (asked,) = questions.on_delivery("d2")
        assert asked.spec["choices"][0] == [NEW.id, "Hall"]

    store.run(look)


def test_what_waits_for_another_day_is_posted_in_the_room_that_goes_on(store: Store) -> None:
    now = datetime(2026, 3, 3, 9, tzinfo=UTC)

    def post(key: str, room: Room, after: str | None = None) -> Fresh:
        return Fresh(
            key=key,
            account="bot",
            to=room,
            lane=1,
            kind="say",
            recovery="readable",
            body=json.dumps({"key": key, "to": {"id": room.id}, "text": OLD.id + " is a word."}),
            flow="welcome",
            community="id of !space",
            after=after,
            unasked=None if after else "waits",
            not_before=now,
            created_at=now,
        )

    def work(tx: Transaction) -> None:
        garden(tx)
        for fresh in (post("waits", OLD), post("thread", OLD, "waits"), post("now", OLD)):
            Deliveries(tx).put(fresh)
        RoomDays(tx).put_off("waits", Deliveries(tx).destination(OLD), now)
        row = Moving(tx).community(SPACE, SPACE)
        assert row is not None
        Moving(tx).room(row, OLD, NEW)

    store.run(work)
    moved = store.run(lambda tx: RoomDays(tx).waiting_in(NEW))
    assert set(moved) == {"waits", "thread"}
    assert json.loads(moved["waits"])["to"] == {"id": NEW.id}
    assert json.loads(moved["waits"])["text"] == "!old is a word."
    assert store.run(lambda tx: RoomDays(tx).waiting_in(OLD)) == {}


def test_a_community_goes_on_in_the_place_of_one_that_nobody_has_set_up(store: Store) -> None:
    room = Community("matrix", OLD.id)

    def work(tx: Transaction) -> None:
        before = garden(tx, room)
        garden(tx, SPACE, opened=False)
        row = Moving(tx).community(room, SPACE)
        assert row is not None
        assert row.id == before

    store.run(work)
    found = store.run(lambda tx: [(row.external_id, row.state) for row in Communities(tx).all()])
    assert found == [(SPACE.id, "open")]


def test_communities_that_are_both_set_up_stay_apart(store: Store) -> None:
    room = Community("matrix", OLD.id)

    def work(tx: Transaction) -> None:
        garden(tx, room)
        garden(tx, SPACE)
        assert Moving(tx).community(room, SPACE) is None
        assert Moving(tx).community(Community("matrix", "!unknown"), SPACE) is None
        assert Moving(tx).both(Community("matrix", "!unknown"), SPACE) is None
        both = Moving(tx).both(room, SPACE)
        assert both is not None
        assert [row.external_id for row in both] == [OLD.id, SPACE.id]
        both[0].state = "gone"
        assert Moving(tx).both(room, SPACE) is None

    store.run(work)
    found = store.run(lambda tx: {row.external_id for row in Communities(tx).all()})
    assert found == {OLD.id, SPACE.id}


def test_rooms_that_the_bot_is_not_in_are_kept_apart_from_those_that_it_is_in(
    store: Store,
) -> None:
    outside = [OutsideRoom(Room("matrix", "!out"), "Porch", Way.KNOCK)]

    def work(tx: Transaction) -> None:
        community = garden(tx)
        communities = Communities(tx)
        communities.set_rooms(community, [RoomFacts(OLD, "Hall")], outside)
        assert [each.name for each in communities.rooms(community)] == ["Hall"]
        assert communities.outside(community) == outside
        assert communities.has_lost(community, outside[0].room)

    store.run(work)
