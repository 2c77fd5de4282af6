"""Questions that wait for an answer, and where people are in a flow."""

from collections.abc import Mapping

import pytest
from sqlmodel import select

from bot.core.refs import Community, Member, Room
from storage.communities import Communities
from storage.conversations import Conversations, OpenQuestion, Questions
from storage.members import Members
from storage.store import Store
from storage.tables import Question
from storage.transaction import Transaction

HALL, YARD = Room("memory", "hall"), Room("memory", "yard")


@pytest.fixture
def people(store: Store) -> Store:
    """A store that knows Ana and Tom, and two communities."""

    def work(tx: Transaction) -> None:
        for name in ("ana", "tom"):
            Members(tx).ensure(Member("memory", f"@{name}"), name)
        for name in ("garden", "orchard"):
            Communities(tx).add(Community("memory", name), name, name, "en", "UTC")

    store.run(work)
    return store


def ask(
    store: Store,
    key: str,
    purpose: str = "hunts.wave",
    kind: str = "choice",
    *,
    subject: str | None = "ana",
    community: str | None = "garden",
    delivery: str | None = None,
    room: Room | None = None,
    spec: Mapping[str, object] | None = None,
) -> None:
    question = OpenQuestion(key, purpose, kind, subject, community, spec or {"about": {}})
    store.run(lambda tx: Questions(tx).ask(question, delivery_key=delivery, room=room))


def waiting(store: Store, subject: str = "ana", most: int = 4) -> list[str]:
    return [q.key for q in store.run(lambda tx: Questions(tx).waiting(subject, most))]


def awaiting(store: Store, subject: str, room: Room) -> str | None:
    found = store.run(lambda tx: Questions(tx).awaiting_post(subject, room))
    return found.key if found else None


def is_open(store: Store, key: str) -> bool:
    return store.run(lambda tx: Questions(tx).get(key)) is not None


def test_a_typed_answer_is_held_against_the_newest_question_first(people: Store) -> None:
    for key in "abc":
        ask(people, key)
    ask(people, "theirs", subject="tom")
    assert waiting(people) == ["c", "b", "a"]
    assert waiting(people, most=2) == ["c", "b"]
    people.run(lambda tx: Questions(tx).close("c"))
    assert waiting(people) == ["b", "a"]


@pytest.mark.parametrize(("kind", "typed"), [("form", True), ("react", False), ("post", False)])
def test_a_deed_is_not_awaited_as_a_typed_answer(people: Store, kind: str, typed: bool) -> None:
    ask(people, "a", kind=kind)
    assert bool(waiting(people)) == typed


def test_nothing_is_kept_of_a_question_that_was_answered(people: Store) -> None:
    ask(people, "a", spec={"about": {"step": "wave"}})
    assert is_open(people, "a")
    people.run(lambda tx: Questions(tx).close("a"))
    assert not is_open(people, "a")
    assert people.run(lambda tx: tx.session.exec(select(Question)).all()) == []


def test_ending_a_flow_ends_its_questions_for_this_person_here_and_no_others(people: Store) -> None:
    ask(people, "a", "my_flow.first")
    ask(people, "b", "my_flow.second", "post", room=HALL)
    ask(people, "another flow", "myxflow.first")
    ask(people, "begins alike", "my_flower.first")
    ask(people, "another person", "my_flow.first", subject="tom")
    ask(people, "elsewhere", "my_flow.first", community="orchard")
    ask(people, "nowhere", "my_flow.first", community=None)
    ask(people, "for all", "my_flow.first", subject=None)
    people.run(lambda tx: Questions(tx).close_flow("ana", "garden", "my_flow"))
    others = {"another flow", "begins alike", "another person", "elsewhere", "nowhere", "for all"}
    assert not is_open(people, "a")
    assert not is_open(people, "b")
    assert all(is_open(people, key) for key in others)
    people.run(lambda tx: Questions(tx).close_flow("ana", None, "my_flow"))
    assert not is_open(people, "nowhere")


def test_a_post_is_awaited_of_one_person_in_one_room(people: Store) -> None:
    ask(people, "a", kind="post", room=HALL)
    ask(people, "choice", kind="choice", room=YARD)
    assert awaiting(people, "ana", HALL) == "a"
    assert awaiting(people, "ana", Room("matrix", "hall")) is None
    assert awaiting(people, "ana", YARD) is None
    assert awaiting(people, "tom", HALL) is None
    people.run(lambda tx: Questions(tx).close("a"))
    assert awaiting(people, "ana", HALL) is None


def test_of_two_awaited_posts_the_newer_question_is_meant(people: Store) -> None:
    ask(people, "z", kind="post", room=HALL)
    ask(people, "a", kind="post", room=HALL)
    assert awaiting(people, "ana", HALL) == "a"


def test_a_message_has_its_open_questions_in_the_order_of_asking(people: Store) -> None:
    ask(people, "b", delivery="m1", subject=None)
    ask(people, "a", delivery="m1", kind="react")
    ask(people, "other", delivery="m2")

    def on(message: str) -> list[str]:
        return [q.key for q in people.run(lambda tx: Questions(tx).on_delivery(message))]

    assert on("m1") == ["b", "a"]
    people.run(lambda tx: Questions(tx).update("b", {"values": {"text": "hm"}}, "m2"))
    assert on("m1") == ["a"]
    assert on("m2") == ["b", "other"]
    found = people.run(lambda tx: Questions(tx).get("b"))
    assert found is not None
    assert found.spec == {"values": {"text": "hm"}}


def test_a_conversation_is_kept_by_person_community_and_flow(people: Store) -> None:
    def keep(subject: str, community: str, flow: str, step: str) -> None:
        people.run(lambda tx: Conversations(tx).keep(subject, community, flow, {"step": step}))

    def kept(subject: str, community: str, flow: str) -> dict[str, object] | None:
        return people.run(lambda tx: Conversations(tx).state(subject, community, flow))

    keep("ana", "garden", "hunts", "one")
    keep("ana", "garden", "charter", "two")
    keep("ana", "orchard", "hunts", "three")
    keep("tom", "garden", "hunts", "four")
    keep("ana", "garden", "hunts", "five")
    assert kept("ana", "garden", "hunts") == {"step": "five"}
    people.run(lambda tx: Conversations(tx).end("ana", "garden", "hunts"))
    assert kept("ana", "garden", "hunts") is None
    assert kept("ana", "garden", "charter") == {"step": "two"}
    assert kept("ana", "orchard", "hunts") == {"step": "three"}
    assert kept("tom", "garden", "hunts") == {"step": "four"}
