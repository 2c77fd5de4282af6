"""What this process claimed and nobody sends: the database went away while that was committed."""

import asyncio
from datetime import timedelta

from bot.core.actions import Say
from bot.core.events import Posted
from bot.core.ports import Delivery
from bot.core.refs import Member, MessageRef, Room
from bot.testing import Fault
from storage.outbox import Claimed, Deliveries
from storage.transaction import Transaction
from tests.engine.circle import FAKE, ROOM, Circle, direct
from tests.engine.conftest import MakeCircle
from tests.engine.waiting import meanwhile, until

LEASE, MOMENT, QUIESCENCE = timedelta(seconds=60), timedelta(seconds=2), timedelta(seconds=30)


def say(text: str) -> Say:
    return Say(key=f"key-{text}", to=ROOM, text=text)


async def claimed_and_lost(here: Circle) -> list[Claimed]:
    """Let rows be claimed by this process, which does not hear of it."""

    def work(tx: Transaction) -> list[Claimed]:
        account, now = here.platform.account, here.clock.now()
        return Deliveries(tx).claim(account, here.outbox.run_id, now, LEASE, 16)

    return await here.store.transact(work)


def typed(name: str) -> Posted:
    """Return a turn's event."""
    place = direct(name)
    message = MessageRef(Room(FAKE, "any"), name)
    return Posted(event_id=name, member=Member(FAKE, name), place=place, message=message)


async def test_it_is_read_back_and_then_sent_long_before_its_lease_ends(
    circle: MakeCircle,
) -> None:
    here = circle()
    await here.wants(say("a"), say("b"))
    assert [row.key for row in await claimed_and_lost(here)] == ["key-a"]
    await here.outbox.settle()
    assert here.platform.texts() == []
    here.clock.advance(MOMENT)
    assert await here.outbox.recover() == 1
    await here.outbox.settle()
    assert here.platform.texts() == []  # a late commit on the platform is still possible
    here.clock.advance(QUIESCENCE)
    await here.outbox.settle()
    assert here.platform.texts() == ["a", "b"]
    assert here.platform.tried == ["key-a", "key-b"]


async def test_what_stands_after_all_is_found_and_not_sent_again(circle: MakeCircle) -> None:
    here = circle()
    await here.wants(say("a"))
    await claimed_and_lost(here)
    await here.platform.deliver(Delivery("key-a", say("a")))  # and nobody noted it
    here.clock.advance(MOMENT)
    assert await here.outbox.recover() == 1
    here.clock.advance(QUIESCENCE)
    await here.outbox.settle()
    assert here.platform.tried == ["key-a"]
    assert await here.state("key-a") == "sent"


async def test_what_was_claimed_just_now_may_be_on_its_way_to_be_sent(circle: MakeCircle) -> None:
    here = circle()
    await here.wants(say("a"))
    await claimed_and_lost(here)
    assert await here.outbox.recover() == 0
    here.clock.advance(MOMENT)
    assert await here.outbox.recover() == 1


async def test_what_a_turn_took_is_its_own_until_the_turn_is_over(circle: MakeCircle) -> None:
    """However long the database keeps it waiting."""
    here = circle()
    await here.wants(say("a"))
    event = typed("ana")
    async with meanwhile(here.outbox.run()):
        await until(lambda: here.platform.texts() == ["a"])
        await here.wants(say("b"))
        taken = await here.store.transact(lambda tx: here.outbox.take(tx, event, 1))
        assert [row.key for row in taken] == ["key-b"]
        here.clock.advance(10 * MOMENT)
        assert await here.outbox.recover() == 0
        here.outbox.over(event)  # it was done once more, and found its event handled
        assert await here.outbox.recover() == 1
    assert await here.state("key-b") == "doubt"


async def test_a_turn_that_never_ended_hides_nothing_for_longer_than_a_lease(
    circle: MakeCircle,
) -> None:
    here = circle()
    await here.wants(say("a"))
    async with meanwhile(here.outbox.run()):
        await until(lambda: here.platform.texts() == ["a"])
        await here.store.transact(lambda tx: here.outbox.take(tx, typed("ana"), 1))
    here.clock.advance(LEASE + MOMENT)
    await here.wants(say("b"))
    await claimed_and_lost(here)
    here.clock.advance(MOMENT)
    assert await here.outbox.recover() == 1


async def test_what_is_being_sent_is_left_alone(circle: MakeCircle) -> None:
    here = circle(patience=30.0)
    here.platform.fail(Fault.HANG)
    await here.wants(say("a"))
    async with meanwhile(here.outbox.run()):
        await until(lambda: here.platform.tried == ["key-a"])
        here.clock.advance(10 * MOMENT)
        assert await here.outbox.recover() == 0
        assert await here.state("key-a") == "sending"
        here.outbox.grace = 0.0


async def test_an_account_that_comes_back_takes_up_what_it_left_in_the_middle(
    circle: MakeCircle,
) -> None:
    """Its lease had ended while the database was away, so its sending was broken off."""
    here = circle(patience=30.0)
    here.platform.fail(Fault.HANG)
    here.outbox.grace = 0.0
    await here.wants(say("a"))
    async with meanwhile(here.outbox.run()):
        await until(lambda: here.platform.tried == ["key-a"])
    assert await here.state("key-a") == "sending"
    here.clock.advance(MOMENT)
    async with meanwhile(here.outbox.run()):
        async with asyncio.timeout(10):
            while await here.state("key-a") != "doubt":  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        here.clock.advance(QUIESCENCE)
        here.outbox.wake()
        await until(lambda: here.platform.texts() == ["a"])
