"""What becomes of the outbox's rows: sent, in doubt, given up; and what is known of them then."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from storage.outbox import Deliveries
from storage.outbox_upkeep import OutboxUpkeep
from storage.store import Store
from storage.tables import Outbox
from storage.transaction import Transaction
from tests.storage.sending import LEASE, NOW, TO_ANA, Sending, ref

SOON = NOW + timedelta(minutes=5)
ENDED = NOW + LEASE + timedelta(seconds=1)


def doubtful(sending: Sending) -> None:
    sending.keys()
    sending.again("a", NOW, doubt=True)


def done(sending: Sending) -> None:
    sending.keys()
    sending.sent("a")


REACH: dict[str, Callable[[Sending], object]] = {
    "pending": Sending.states,
    "sending": Sending.keys,
    "doubt": doubtful,
    "sent": done,
    "skipped": lambda sending: sending.give_up("a", "skipped"),
    "dead": lambda sending: sending.give_up("a"),
}
DO: dict[str, Callable[[Sending], object]] = {
    "claim": Sending.keys,
    "sent": lambda sending: sending.sent("a"),
    "refused": lambda sending: sending.again("a", SOON),
    "unknown": lambda sending: sending.again("a", SOON, doubt=True),
    "given up": lambda sending: sending.give_up("a", "dead"),
    "abandoned": lambda sending: sending.abandoned(ENDED, "two"),
}
MOVES = {
    ("pending", "claim"): "sending",
    ("pending", "given up"): "dead",
    ("doubt", "claim"): "sending",
    ("doubt", "given up"): "dead",
    ("sending", "sent"): "sent",
    ("sending", "refused"): "pending",
    ("sending", "unknown"): "doubt",
    ("sending", "given up"): "dead",
    ("sending", "abandoned"): "doubt",
}


@pytest.fixture
def sending(store: Store) -> Sending:
    return Sending(store)


def row(sending: Sending, key: str) -> Outbox:
    query = select(Outbox).where(col(Outbox.key) == key)
    return sending.store.run(lambda tx: tx.session.exec(query).one())


def body(sending: Sending, key: str) -> str:
    def read(tx: Transaction) -> str:
        found = tx.session.exec(select(Outbox).where(col(Outbox.key) == key)).one()
        return tx.open("outbox.body", found.body, found.subject_id)

    return sending.store.run(read)


@pytest.mark.parametrize("state", REACH)
def test_a_state_moves_as_documented_and_no_other_way(sending: Sending, state: str) -> None:
    for deed, do in DO.items():
        empty(sending)
        sending.put("a")
        REACH[state](sending)
        assert sending.states() == {"a": state}
        do(sending)
        assert sending.states() == {"a": MOVES.get((state, deed), state)}, deed


def empty(sending: Sending) -> None:
    """Begin again with an empty outbox."""

    def work(tx: Transaction) -> None:
        for old in tx.session.exec(select(Outbox)):
            tx.session.delete(old)

    sending.store.run(work)


def test_what_was_sent_is_found_by_its_message_and_keeps_no_text(sending: Sending) -> None:
    sending.meet()
    sending.put("a", to=TO_ANA, subject="ana")
    sending.keys()
    assert sending.sent("a", ref("m1"), SOON)

    def known(tx: Transaction) -> tuple[object, ...]:
        deliveries = Deliveries(tx)
        return deliveries.behind(ref("m1")), deliveries.behind(ref("m2")), deliveries.message("a")

    assert sending.store.run(known) == ("a", None, ref("m1"))
    assert body(sending, "a") == ""
    assert row(sending, "a").finished_at == SOON


def test_a_worker_that_lost_its_row_cannot_note_anything(sending: Sending) -> None:
    sending.put("a")
    sending.take(holder="one")
    assert not sending.sent("a", holder="two")
    sending.again("a", SOON, holder="two")
    assert sending.states() == {"a": "sending"}
    sending.abandoned(ENDED, "two")
    sending.take(ENDED + timedelta(minutes=1), holder="two")
    assert not sending.sent("a", holder="one")
    assert sending.sent("a", holder="two")
    assert not sending.sent("a", holder="two")


def test_a_lease_is_not_taken_over_while_it_lasts(sending: Sending) -> None:
    sending.put("a")
    sending.take(holder="one")
    assert sending.abandoned(NOW + LEASE, "one") == 0
    assert sending.abandoned(ENDED, "one") == 1
    assert sending.states() == {"a": "doubt"}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_on_sqlite_another_run_is_over_because_one_process_holds_the_file(
    sending: Sending,
) -> None:
    sending.put("a")
    sending.take(holder="the run before")
    assert sending.abandoned(NOW, "one") == 1
    assert sending.states() == {"a": "doubt"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_on_postgresql_another_run_may_be_alive_until_its_lease_ends(sending: Sending) -> None:
    sending.put("a")
    sending.take(holder="two")
    assert sending.abandoned(NOW + LEASE, "one") == 0
    assert sending.states() == {"a": "sending"}
    assert sending.abandoned(ENDED, "one") == 1


def test_what_was_abandoned_is_read_back_only_after_a_while(sending: Sending) -> None:
    sending.put("a")
    sending.take(holder="one")
    sending.abandoned(ENDED, "two")
    assert sending.take(ENDED + timedelta(seconds=29), holder="two") == []
    (again,) = sending.take(ENDED + timedelta(seconds=30), holder="two")
    assert again.doubtful
    assert again.first_attempt_at == NOW


def test_giving_up_ends_all_that_hangs_on_it_and_says_why(sending: Sending) -> None:
    sending.put("card")
    sending.put("thread", after="card")
    sending.put("answer", after="thread")
    sending.put("other")
    assert sorted(sending.give_up("card")) == ["answer", "card", "thread"]
    assert sending.states() == {
        "card": "dead",
        "thread": "skipped",
        "answer": "skipped",
        "other": "pending",
    }
    assert row(sending, "card").reason == "the room is gone"
    assert row(sending, "answer").reason == "what it hangs on was not sent"
    assert body(sending, "card") == body(sending, "answer") == ""
    assert sending.give_up("card", "skipped") == []


def test_moderators_see_what_did_not_arrive_in_public_and_nothing_of_anyones_own(
    sending: Sending,
) -> None:
    sending.meet()
    sending.put("old", community="garden")
    sending.give_up("old", at=NOW - timedelta(days=1))
    sending.put("public", community="garden")
    sending.give_up("public", at=SOON)
    sending.put("own", to=TO_ANA, subject="ana", community="garden")
    sending.give_up("own", at=SOON)
    sending.put("skipped", community="garden")
    sending.give_up("skipped", "skipped", at=SOON)
    found = sending.store.run(lambda tx: Deliveries(tx).dead("garden", NOW))
    assert found == [("hunts", "the room is gone", SOON)]


def test_what_waits_is_counted_until_it_is_done(sending: Sending) -> None:
    def waiting() -> int:
        return sending.store.run(lambda tx: Deliveries(tx).waiting("memory"))

    for key in "abc":
        sending.put(key)
    sending.put("d", account="other")
    sending.keys()
    assert waiting() == 3
    sending.sent("a")
    sending.give_up("b")
    assert waiting() == 1


def test_what_was_for_one_person_goes_after_a_while_when_it_is_done(sending: Sending) -> None:
    """What stands in a room is still needed: people react to it."""

    def pruned(before: datetime) -> list[str]:
        sending.store.run(lambda tx: OutboxUpkeep(tx).prune(before))
        return list(sending.states())

    sending.meet()
    sending.put("done", to=TO_ANA, subject="ana")
    sending.put("public")
    sending.keys()
    sending.sent("done")
    sending.sent("public")
    sending.put("waits", to=TO_ANA, subject="ana")
    assert pruned(NOW) == ["done", "public", "waits"]
    assert pruned(SOON) == ["public", "waits"]
