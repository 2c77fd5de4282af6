"""Many messages for one room at once, and somebody who asks for something in the middle."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlmodel import select

from bot.core.actions import Lane, Say
from bot.core.refs import Room
from bot.engine.running import Wanted
from bot.engine.writing import write
from storage.crypto import KeyFile
from storage.store import Store
from storage.tables import Community
from storage.transaction import Transaction
from tests.support.matrix_circle import MatrixCircle

MESSAGES = 60
_ANSWER = "You are new here, or lost"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    sent: int
    arrived: int
    in_order: bool
    said_before_the_answer: int
    """How many messages of the bot's came between the command and its answer."""
    answer_s: float
    all_s: float

    @property
    def as_promised(self) -> bool:
        """Whether all arrived in order, and the command was answered next.

        Up to three were on their way, or asked for before it.
        """
        return self.arrived == self.sent and self.in_order and self.said_before_the_answer <= 3


def in_store(circle: MatrixCircle, work: Callable[[Transaction], T]) -> T:
    """Look into the store, or change it, while the bot is down."""
    vault = KeyFile(circle.bot.key).load()
    store = Store(f"sqlite:///{circle.bot.database}", vault)
    try:
        return store.run(work)
    finally:
        store.close()


async def fanned_out(circle: MatrixCircle, patience: float) -> Report:
    """Let the bot say sixty things to its room; ask for help after the twentieth.

    Args:
        circle: a community; the bot is started anew.
        patience: seconds in which all is to arrive.
    """
    mira = await circle.person("mira")
    circle.bot.stop()
    in_store(circle, lambda tx: _write_down(tx, circle.account.user_id, circle.room))
    begun = time.monotonic()
    circle.bot.start()
    await mira.hears(circle.room, "message 20 of", timeout=patience)
    asked, at = await mira.says(circle.room, "!help"), time.monotonic()
    await mira.hears(circle.room, _ANSWER, timeout=patience)
    answered = time.monotonic()
    await mira.hears(circle.room, f"message {MESSAGES - 1} of", timeout=patience)
    done = time.monotonic()
    history = await mira.messages(circle.room)
    said = [each.text for each in history if each.text.startswith("message ")]
    after = [each.text for each in history][[each.id for each in history].index(asked) + 1 :]
    return Report(
        sent=MESSAGES,
        arrived=len(said),
        in_order=said == [_text(number) for number in range(MESSAGES)],
        said_before_the_answer=next(i for i, text in enumerate(after) if _ANSWER in text),
        answer_s=round(answered - at, 2),
        all_s=round(done - begun, 1),
    )


def _text(number: int) -> str:
    return f"message {number} of many"


def _write_down(tx: Transaction, account: str, place: str) -> None:
    community = tx.session.exec(select(Community.id)).one()
    now = datetime.now(UTC)
    for number in range(MESSAGES):
        to, key = Room("matrix", place), f"fan-{number}"
        say = Say(key=key, to=to, text=_text(number), lane=Lane.BULK)
        write(tx, account, Wanted(say, "probe", None, community, None), say, now, now)
