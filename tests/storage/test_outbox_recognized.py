"""A message that is seen to stand, though nobody knew what became of it."""

from collections.abc import Callable

import pytest

from storage.outbox import Deliveries
from storage.store import Store
from tests.storage.sending import NOW, Sending, ref


def doubtful(sending: Sending) -> None:
    sending.keys()
    sending.again("a", NOW, doubt=True)


REACH: dict[str, Callable[[Sending], object]] = {"sending": Sending.keys, "doubt": doubtful}


@pytest.mark.parametrize("state", REACH)
def test_what_was_in_doubt_is_sent_and_answers_to_it_are_understood(
    store: Store, state: str
) -> None:
    sending = Sending(store)
    sending.put("a")
    REACH[state](sending)
    assert store.run(lambda tx: Deliveries(tx).recognized("a", NOW, ref("$a")))
    assert store.run(lambda tx: Deliveries(tx).state("a")) == "sent"
    assert store.run(lambda tx: Deliveries(tx).behind(ref("$a"))) == "a"
    assert not store.run(lambda tx: Deliveries(tx).recognized("a", NOW, ref("$b")))


def test_what_was_never_tried_or_is_not_ours_is_not_recognized(store: Store) -> None:
    Sending(store).put("a")
    assert not store.run(lambda tx: Deliveries(tx).recognized("a", NOW, ref("$a")))
    assert not store.run(lambda tx: Deliveries(tx).recognized("forged", NOW, ref("$a")))
    assert store.run(lambda tx: Deliveries(tx).state("a")) == "pending"
