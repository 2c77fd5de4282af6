"""The worker as it runs: it wakes, waits, keeps within bounds, and ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import select

from bot.core.actions import Say
from bot.core.events import Commanded
from bot.core.ports import Delivery
from bot.core.refs import Interaction, Member, MessageRef, Room
from bot.rehearsal.clock import SimulatedClock
from bot.testing import FakePlatform, Fault
from storage.tables import Outbox
from storage.transaction import Transaction
from tests.engine.circle import FAKE, ROOM, START, TEXT_ONLY, Circle, direct, standing
from tests.engine.conftest import MakeCircle
from tests.engine.probe import Probe
from tests.engine.waiting import meanwhile, until

INTERACTIVE = replace(TEXT_ONLY, asides=True, one_answer=True)


class CountingClock(SimulatedClock):
    """A clock that knows how often it was looked at."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return super().now()


def say(text: str, room: str = ROOM.id) -> Say:
    return Say(key=f"key-{text}", to=Room(FAKE, room), text=text)


def working(here: Circle) -> AbstractAsyncContextManager[asyncio.Task[None]]:
    """Let the worker run meanwhile."""
    return meanwhile(here.outbox.run())


async def test_what_is_written_while_it_sends_is_sent_at_once(circle: MakeCircle) -> None:
    here = circle()
    async with working(here):
        for number in range(40):
            await here.wants(say(f"n{number}"))
            here.outbox.wake()
            if number % 3 == 0:
                await asyncio.sleep(0.003)
        await until(lambda: len(here.platform.stands) == 40, 5)
    assert here.platform.texts() == [f"n{number}" for number in range(40)]


def echo(
    here: Circle, text: str, person: str = "ana", interaction: Interaction | None = None
) -> Commanded:
    return Commanded(
        event_id=here.event_id(),
        interaction=interaction,
        member=Member(FAKE, person),
        standing=standing(),
        place=direct(person),
        command="echo",
        options={"text": text},
    )


async def test_an_answer_is_held_by_us_when_its_turn_is_committed(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    async with working(here):
        await here.dispatcher.receive(echo(here, "warm"))
        await until(lambda: here.told("ana") == ["warm"])
        here.platform.fail(Fault.HANG)
        await here.dispatcher.receive(echo(here, "a"))

        def states(tx: Transaction) -> list[str]:
            return [row.state for row in tx.session.exec(select(Outbox).order_by("seq"))]

        # No second look was needed: whoever kills us now leaves a doubt, never a second answer.
        assert await here.store.transact(states) == ["sent", "sending"]


class Odd(FakePlatform):
    """A platform that names the message for `odd` in a way that nobody can write down."""

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        ref = await super().deliver(delivery)
        odd = isinstance(delivery.action, Say) and delivery.action.text == "odd"
        return MessageRef(Room(FAKE, "odd"), b"\0") if odd else ref  # type: ignore[arg-type]


def stand(here: Circle, count: int) -> bool:
    return len(here.platform.stands) == count


@asynccontextmanager
async def answering(
    circle: MakeCircle, platform: FakePlatform | None = None
) -> AsyncIterator[Circle]:
    """Let a circle answer interactions, where no feature hears what became of an answer."""
    here: Circle = circle([replace(Probe().feature(), on={})], platform=platform, can=INTERACTIVE)
    async with working(here):
        await here.dispatcher.receive(echo(here, "warm"))
        await until(lambda: here.told("ana") == ["warm"])
        yield here


async def test_the_end_of_an_answer_is_noted_though_no_turn_comes(circle: MakeCircle) -> None:
    async with answering(circle) as here:
        await here.dispatcher.receive(echo(here, "a", interaction=Interaction("1", "token")))
        await until(lambda: len(here.platform.stands) == 2)
        await until(lambda: here.outbox.drained)
        assert [await here.state(each.key) for each in here.platform.stands] == ["sent", "sent"]


async def test_a_turn_does_not_fail_of_what_it_notes_in_passing(circle: MakeCircle) -> None:
    texts = ["odd", "a", "b"]
    async with answering(circle, Odd(SimulatedClock(START), INTERACTIVE, name=FAKE)) as here:
        for count, text in enumerate(texts, 2):
            click = Interaction(text, "token")
            await here.dispatcher.receive(echo(here, text, interaction=click))
            await until(partial(stand, here, count))
    assert here.platform.texts()[1:] == texts


async def test_what_cannot_be_noted_holds_up_no_other(circle: MakeCircle) -> None:
    clock = SimulatedClock(START)
    here = circle(platform=Odd(clock, TEXT_ONLY, name=FAKE))
    names = ("a", "odd", "b", "c")
    await here.wants(*(say(name, f"room-{name}") for name in names))
    async with working(here):
        await until(lambda: len(here.platform.stands) == 4)
        await here.wants(say("later"))
        here.outbox.wake()
        await until(lambda: len(here.platform.stands) == 5)
    states = {name: await here.state(f"key-{name}") for name in (*names, "later")}
    assert states == {"a": "sent", "odd": "sending", "b": "sent", "c": "sent", "later": "sent"}


async def test_where_each_waits_for_its_turn_no_more_are_held_than_are_under_way(
    circle: MakeCircle,
) -> None:
    here = circle(can=replace(TEXT_ONLY, per_second=500.0))
    rooms, each = range(20), range(16)
    await here.wants(*(say(f"{room}-{n}", f"room{room}") for n in each for room in rooms))

    def held(tx: Transaction) -> int:
        return len(tx.session.exec(select(Outbox).where(Outbox.state == "sending")).all())

    async with working(here):
        await until(lambda: len(here.platform.stands) >= 20)
        # What is held goes before an answer that is wanted now.
        assert await here.store.transact(held) <= 16
        await until(lambda: len(here.platform.stands) == 320)
    assert here.platform.texts(Room(FAKE, "room7")) == [f"7-{n}" for n in each]


async def test_answers_come_in_the_order_of_their_turns(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    here.platform.fail(Fault.SLOW, Fault.SLOW)
    async with working(here):
        for number in range(40):
            await here.dispatcher.receive(echo(here, f"n{number}"))
        await until(lambda: len(here.told("ana")) == 40)
    assert here.told("ana") == [f"n{number}" for number in range(40)]


async def test_an_answer_behind_something_that_waits_goes_when_that_went(
    circle: MakeCircle,
) -> None:
    here = circle([Probe().feature()])
    here.platform.fail(Fault.TRY_LATER, after=0.2)
    async with working(here):
        await here.dispatcher.receive(echo(here, "first"))
        await here.dispatcher.receive(echo(here, "second"))
        await until(lambda: here.platform.tried != [])
        await here.dispatcher.receive(echo(here, "elsewhere", "bea"))
        await asyncio.sleep(0.05)
        assert here.told("ana") == []
        assert here.told("bea") == []  # the whole account holds back
        here.clock.advance(timedelta(seconds=1))
        here.outbox.wake()
        await until(lambda: here.told("ana") == ["first", "second"])
        await until(lambda: here.told("bea") == ["elsewhere"])


async def test_the_end_of_one_lets_the_next_go(circle: MakeCircle) -> None:
    here = circle()
    await here.wants(*[say(f"n{number}") for number in range(20)])
    async with working(here):
        await until(lambda: len(here.platform.stands) == 20, 4)


async def test_one_that_hangs_holds_up_nobody_and_becomes_a_doubt(circle: MakeCircle) -> None:
    here = circle(patience=0.2)
    here.platform.fail(Fault.HANG, containing="stuck")
    await here.wants(say("stuck"), say("behind"), say("beside", "river"))
    async with working(here):
        await until(lambda: here.platform.texts() == ["beside"], 1)
        await asyncio.sleep(0.3)
        assert await here.state("key-stuck") == "doubt"
        here.clock.advance(timedelta(seconds=30))
        here.outbox.wake()
        await until(lambda: here.platform.texts() == ["beside", "stuck", "behind"])


async def test_a_reading_that_hangs_ends_too(circle: MakeCircle) -> None:
    here = circle(patience=0.1)
    here.platform.fail(Fault.UNHEARD)
    here.platform.fail_reading(Fault.HANG)
    await here.wants(say("a"))
    async with working(here):
        for times in (1, 2):
            await until(lambda wanted=times: len(here.platform.read) >= wanted or _later(here))  # type: ignore[misc]
    await here.outbox.settle()
    assert here.platform.tried == ["key-a"]


def _later(here: Circle) -> bool:
    here.clock.advance(timedelta(seconds=5))
    here.outbox.wake()
    return False


async def test_only_so_many_are_on_their_way_at_once(circle: MakeCircle) -> None:
    here = circle(patience=0.5)
    here.platform.fail(*[Fault.HANG] * 60)
    await here.wants(*[say(f"n{number}", f"room-{number}") for number in range(60)])
    async with working(here):
        for _ in range(10):
            here.outbox.wake()
            await asyncio.sleep(0.03)
        assert len(here.platform.tried) == 32


async def test_what_waits_behind_a_doubt_is_not_looked_at_without_end(circle: MakeCircle) -> None:
    clock = CountingClock(START)
    here = circle(platform=FakePlatform(clock, TEXT_ONLY))
    here.platform.fail(Fault.LOST)
    await here.wants(say("a"), say("b"), say("c"))
    async with working(here):
        await until(lambda: here.platform.tried == ["key-a"])
        await asyncio.sleep(0.2)
        before = clock.looks
        await asyncio.sleep(1.5)
        assert clock.looks - before < 30


async def test_it_looks_again_by_itself_when_a_refusal_ends(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.TRY_LATER, after=0.2)
    await here.wants(say("a"))
    async with working(here):
        await until(lambda: here.platform.tried == ["key-a"])
        await asyncio.sleep(0.05)
        here.clock.advance(timedelta(seconds=1))
        await until(lambda: here.platform.texts() == ["a"], 3)


async def test_a_store_that_fails_for_a_while_does_not_end_it(circle: MakeCircle) -> None:
    here = circle()
    async with working(here) as task:
        await asyncio.sleep(0.05)
        await here.wants(say("a"), say("b"))
        here.running.gates.clear()
        await here.wants(say("c"), gate="gone")
        here.outbox.wake()
        await until(lambda: here.platform.texts() == ["a", "b"])
        assert not task.done()


async def test_when_it_ends_nothing_is_on_its_way_any_more(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.SLOW)
    await here.wants(say("a"))
    async with working(here) as task:
        await here.platform.called.wait()
    assert task.cancelled()
    assert here.platform.texts() == ["a"]
    assert await here.state("key-a") == "sent"
