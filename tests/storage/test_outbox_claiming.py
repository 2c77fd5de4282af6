"""Which rows of the outbox may go next, and which wait for which."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from bot.core.refs import Interaction, Room
from storage.erasing import Erasing
from storage.outbox import Deliveries
from storage.store import Store
from storage.transaction import Transaction
from tests.storage.sending import HALL, LEASE, NOW, TO_ANA, Sending, ref

YARD = Room("memory", "yard")
SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(hours=1)


@pytest.fixture
def sending(store: Store) -> Sending:
    return Sending(store)


def next_due(sending: Sending) -> datetime | None:
    return sending.store.run(lambda tx: Deliveries(tx).next_due("memory"))


def test_one_row_of_each_place_and_lane_goes_the_oldest_first(sending: Sending) -> None:
    sending.put("a")
    sending.put("b")
    sending.put("c", lane=0)
    sending.put("d", to=YARD)
    sending.put("e", to=YARD, lane=2)
    assert sending.keys() == ["c", "a", "d", "e"]
    assert sending.keys() == []


def test_the_next_one_goes_when_the_one_before_is_done(sending: Sending) -> None:
    for key in "abc":
        sending.put(key)
    assert sending.keys() == ["a"]
    sending.sent("a")
    assert sending.keys() == ["b"]
    sending.give_up("b")
    assert sending.keys() == ["c"]


def test_a_thread_keeps_its_order_with_its_room(sending: Sending) -> None:
    sending.put("a")
    sending.put("b", to=Room("memory", "hall", "thread"))
    assert sending.keys() == ["a"]


def test_no_more_are_taken_than_were_asked_for(sending: Sending) -> None:
    for number in range(4):
        sending.put(f"r{number}", to=Room("memory", str(number)))
    assert sending.keys(limit=3) == ["r0", "r1", "r2"]
    assert sending.keys(limit=3) == ["r3"]


def test_a_delayed_row_holds_up_its_own_place_and_lane_and_no_other(sending: Sending) -> None:
    sending.put("late", not_before=LATER)
    sending.put("behind")
    sending.put("aside", lane=0)
    sending.put("elsewhere", to=YARD)
    assert sending.keys() == ["aside", "elsewhere"]
    assert sending.keys(LATER) == ["late"]
    sending.sent("late")
    assert sending.keys(LATER) == ["behind"]


@pytest.mark.parametrize("doubt", [False, True])
def test_order_is_kept_when_the_first_one_has_to_wait(sending: Sending, doubt: bool) -> None:
    sending.put("a")
    sending.put("b")
    assert sending.keys() == ["a"]
    sending.again("a", SOON, doubt=doubt)
    assert sending.keys() == []
    assert [(row.key, row.doubtful) for row in sending.take(SOON)] == [("a", doubt)]


def test_a_claim_tells_what_to_send_and_what_was_tried(sending: Sending) -> None:
    sending.meet()
    sending.put("a", to=TO_ANA, subject="ana")
    (first,) = sending.take()
    assert (first.body, first.subject, first.attempts) == ("body of a", "ana", 1)
    assert first.leased_until == NOW + LEASE
    assert first.first_attempt_at is None
    sending.again("a", SOON)
    (second,) = sending.take(SOON)
    assert (second.attempts, second.first_attempt_at) == (2, NOW)


def test_an_answer_is_taken_as_it_is_written(sending: Sending) -> None:
    """Its interaction is a line of its own, whatever else waits for its room."""
    sending.put("before")
    taken = sending.answer("a", Interaction("click", "token"))
    assert taken is not None
    assert (taken.key, taken.body, taken.attempts) == ("a", "body of a", 1)
    assert taken.leased_until == NOW + LEASE
    assert sending.keys() == ["before"]
    assert sending.sent("a", ref("m1"))
    assert sending.states() == {"before": "sending", "a": "sent"}


def test_an_answer_that_was_taken_and_not_sent_is_in_doubt(sending: Sending) -> None:
    sending.answer("a", Interaction("click", "token"))
    assert sending.abandoned(NOW + 2 * LEASE, "two") == 1
    (again,) = sending.take(LATER, holder="two")
    assert (again.doubtful, again.attempts, again.first_attempt_at) == (True, 2, NOW)


def test_an_answer_that_has_to_wait_is_not_taken(sending: Sending) -> None:
    sending.put("card")
    assert sending.answer("a", Interaction("one", "token"), after="card") is None
    assert sending.answer("b", Interaction("two", "token"), not_before=SOON) is None
    assert sending.states() == {"card": "pending", "a": "pending", "b": "pending"}


def test_an_account_sends_its_own_alone(sending: Sending) -> None:
    sending.put("a", account="other")
    sending.put("b", to=YARD)
    assert sending.keys() == ["b"]
    assert [row.key for row in sending.take(account="other")] == ["a"]


def test_what_hangs_on_another_goes_after_it_and_knows_its_message(sending: Sending) -> None:
    sending.put("card")
    sending.put("thread", to=YARD, after="card")
    assert sending.keys() == ["card"]
    sending.again("card", SOON, doubt=True)
    assert sending.keys(SOON) == ["card"]
    sending.sent("card", ref("m1"))
    (thread,) = sending.take()
    assert (thread.key, thread.on) == ("thread", ref("m1"))


def test_what_hangs_on_a_row_that_was_dead_before_is_skipped(sending: Sending) -> None:
    """It would wait for ever, and hold up its place."""
    sending.put("card")
    sending.give_up("card")
    sending.put("thread", to=YARD, after="card")
    sending.put("answer", to=Room("memory", "attic"), after="thread")
    sending.put("behind", to=YARD)
    sending.end_stranded()
    assert sending.keys() == ["behind"]
    assert sending.states() == {
        "card": "dead",
        "thread": "skipped",
        "answer": "skipped",
        "behind": "sending",
    }


def test_what_hangs_on_an_erased_members_row_holds_nothing_up(sending: Sending) -> None:
    sending.meet()
    sending.put("card", to=TO_ANA, subject="ana")
    sending.put("thread", after="card")
    sending.put("behind")
    sending.store.run(lambda tx: Erasing(tx).erase("ana"))
    sending.end_stranded()
    assert sending.keys() == ["behind"]
    assert sending.states() == {"thread": "skipped", "behind": "sending"}


def test_the_worker_wakes_for_what_can_go_and_not_for_what_waits_behind_it(
    sending: Sending,
) -> None:
    """Else it would look again and again until the one in front is due."""
    assert next_due(sending) is None
    sending.put("late", not_before=LATER)
    sending.put("behind")
    sending.put("hanging", to=YARD, after="late")
    assert next_due(sending) == LATER
    sending.put("elsewhere", to=Room("memory", "attic"), not_before=SOON)
    assert next_due(sending) == SOON
    assert sending.keys(LATER) == ["elsewhere", "late"]
    assert next_due(sending) is None
    sending.sent("late")
    assert next_due(sending) == NOW


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_workers_never_take_the_same_row(sending: Sending) -> None:
    sending.put("a")
    sending.put("b", to=YARD)
    store = sending.store
    with Session(store.engine) as session:
        tx = Transaction(session, store.vault)
        taken = Deliveries(tx).claim("memory", "one", NOW, LEASE, 1)
        assert [row.key for row in taken] == ["a"]
        assert [row.key for row in sending.take(holder="two")] == ["b"]
        session.commit()
    assert sending.take(holder="two") == []


def test_a_room_and_a_person_of_the_same_name_are_two_places(sending: Sending) -> None:
    def places(tx: Transaction) -> set[str]:
        deliveries = Deliveries(tx)
        named_alike = Room("memory", TO_ANA.member.id)
        return {deliveries.destination(to) for to in (HALL, TO_ANA, named_alike)}

    assert len(sending.store.run(places)) == 3
