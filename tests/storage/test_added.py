"""Rows that are added together: seen when they are asked for, gone with what is taken back."""

import os
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from storage.conversations import OpenQuestion, Questions
from storage.randomness import RandomBytes
from storage.store import Store
from storage.tables import Inbox, Question
from storage.transaction import Transaction

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)


def add(tx: Transaction, name: str) -> None:
    tx.add(Inbox, {"account": "bot", "digest": name, "received_at": NOW})


def fail(tx: Transaction) -> None:
    with tx.savepoint():
        add(tx, "within")
        raise ValueError("no")


def names(tx: Transaction) -> list[str]:
    return list(tx.session.exec(select(Inbox.digest).order_by(Inbox.digest)))


def test_what_was_added_is_there_for_whoever_asks(store: Store) -> None:
    def work(tx: Transaction) -> list[str]:
        add(tx, "a")
        add(tx, "b")
        return names(tx)

    assert store.run(work) == ["a", "b"]
    assert store.run(names) == ["a", "b"]


def test_a_savepoint_takes_back_what_was_added_in_it_and_no_more(store: Store) -> None:
    def work(tx: Transaction) -> None:
        add(tx, "before")
        with pytest.raises(ValueError, match="no"):
            fail(tx)
        with tx.savepoint():
            add(tx, "kept")
        add(tx, "after")

    store.run(work)
    assert store.run(names) == ["after", "before", "kept"]


def test_a_transaction_that_fails_adds_nothing(store: Store) -> None:
    def work(tx: Transaction) -> None:
        add(tx, "a")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.run(work)
    assert store.run(names) == []


def test_a_question_that_was_asked_just_now_is_closed_with_its_flow(store: Store) -> None:
    def ask(tx: Transaction, key: str, purpose: str) -> None:
        question = OpenQuestion(key, purpose, "choice", None, None, {"choices": []})
        Questions(tx).ask(question)

    def work(tx: Transaction) -> None:
        ask(tx, "old", "hunt.step")
        ask(tx, "other", "hunts.step")
        Questions(tx).close_flow(None, None, "hunt")  # type: ignore[arg-type]
        ask(tx, "new", "hunt.step")

    store.run(work)
    keys = store.run(
        lambda tx: list(tx.session.exec(select(Question.key).order_by(col(Question.seq))))
    )
    assert keys == ["other", "new"]


def test_random_bytes_are_never_the_same_not_even_in_a_child() -> None:
    source = RandomBytes(12)
    first = source.next()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, source.next())
        os._exit(0)
    os.waitpid(child, 0)
    of_child = os.read(reading, 12)
    os.close(reading)
    os.close(writing)
    mine = {first, *(source.next() for _ in range(1000))}
    assert len(mine) == 1001
    assert {len(each) for each in mine} == {12}
    assert of_child not in mine
