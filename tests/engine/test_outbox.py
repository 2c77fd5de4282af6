"""Each action once, as far as the platform can tell, whatever goes wrong on the way."""

from datetime import timedelta

import pytest

from bot.core.actions import Action, AskForm, Lane, Pin, Say
from bot.core.ports import Delivery
from bot.core.refs import Community, Destination, Direct, Member, Room
from bot.testing import Fault
from storage.communities import Communities
from storage.members import Members
from storage.outbox import Deliveries
from storage.transaction import Transaction
from tests.engine.circle import FAKE, ROOM, START, Circle, direct
from tests.engine.conftest import MakeCircle
from tests.engine.probe import FIELDS, Probe

OTHER = Room(FAKE, "river")


def say(
    text: str, to: Destination = ROOM, lane: Lane = Lane.NORMAL, after: str | None = None
) -> Say:
    return Say(key=f"key-{text}", to=to, text=text, lane=lane, after=after)


async def settled(here: Circle, times: int = 12) -> list[str]:
    """Let the bot go on for as long as something may still come; return what stands."""
    for _ in range(times):
        await here.outbox.settle()
        here.clock.advance(timedelta(seconds=40))
    await here.outbox.settle()
    return here.platform.texts()


@pytest.mark.parametrize(
    "fault", [Fault.TRY_LATER, Fault.LOST, Fault.UNHEARD, Fault.LATE, Fault.CRASH]
)
@pytest.mark.parametrize("which", ["a", "b", "c"])
async def test_order_is_kept_and_each_stands_once(
    circle: MakeCircle, fault: Fault, which: str
) -> None:
    here = circle()
    here.platform.fail(fault, fault, containing=which)
    await here.wants(say("a"), say("b"), say("c"))
    assert await settled(here) == ["a", "b", "c"]


async def test_lanes_and_places_do_not_wait_for_each_other(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.LOST, containing="a")
    await here.wants(say("a"), say("b"), say("aside", OTHER), say("hi", lane=Lane.INTERACTIVE))
    here.platform.fail(Fault.LOST, containing="aside")
    await here.outbox.settle()
    assert here.platform.texts() == ["hi"]
    await here.wants(say("more", OTHER, Lane.BULK))
    await here.outbox.settle()
    assert here.platform.texts() == ["hi", "more"]
    assert (await settled(here))[2:] in (["a", "b", "aside"], ["a", "aside", "b"])


async def test_what_is_urgent_overtakes(circle: MakeCircle) -> None:
    here = circle()
    await here.wants(say("bulk", lane=Lane.BULK), say("normal"), say("now", lane=Lane.INTERACTIVE))
    assert await settled(here) == ["now", "normal", "bulk"]


async def test_a_refusal_for_now_holds_back_the_whole_account(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.TRY_LATER, containing="a", after=60)
    await here.wants(say("a", lane=Lane.INTERACTIVE))
    await here.outbox.settle()
    await here.wants(say("b", OTHER))
    here.clock.advance(timedelta(seconds=59))
    await here.outbox.settle()
    assert here.platform.tried == ["key-a"]
    here.clock.advance(timedelta(seconds=1))
    await here.outbox.settle()
    assert here.platform.texts() == ["a", "b"]


async def test_a_shorter_refusal_does_not_shorten_a_longer_one(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.TRY_LATER, containing="a", after=60)
    here.platform.fail(Fault.TRY_LATER, containing="b", after=1)
    await here.wants(say("a"), say("b", OTHER))
    await here.outbox.settle()
    here.clock.advance(timedelta(seconds=30))
    await here.outbox.settle()
    assert here.platform.texts() == []


async def test_what_stands_after_all_is_found_and_not_sent_again(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.UNHEARD)
    await here.wants(say("a"))
    await here.outbox.settle()
    assert await here.state("key-a") == "doubt"
    assert await settled(here) == ["a"]
    assert (here.platform.tried, here.platform.read) == (["key-a"], ["key-a"])
    assert await here.state("key-a") == "sent"


async def test_what_is_absent_is_sent_again_with_the_same_key(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.LOST)
    await here.wants(say("a"))
    assert await settled(here) == ["a"]
    assert (here.platform.tried, here.platform.read) == (["key-a"] * 2, ["key-a"])


async def test_reading_back_waits_until_a_late_commit_is_impossible(circle: MakeCircle) -> None:
    here = circle()
    here.platform.window = timedelta(0)  # the platform would not know the key again
    here.platform.fail(Fault.LATE, after=9.9)
    await here.wants(say("a"))
    for _ in range(40):
        await here.outbox.settle()
        here.clock.advance(timedelta(seconds=1))
    assert here.platform.texts() == ["a"]
    assert here.platform.tried == ["key-a"]


async def test_what_cannot_be_read_back_stays_in_doubt(circle: MakeCircle) -> None:
    here = circle()
    here.platform.readable = False
    here.platform.fail(Fault.UNHEARD)
    await here.wants(say("a"), say("b"))
    await settled(here, 60)
    assert here.platform.tried == ["key-a"]
    assert await here.state("key-a") == "doubt"
    here.platform.readable = True
    assert await settled(here) == ["a", "b"]


async def test_a_doubt_that_nothing_ends_is_given_up_with_a_reason(circle: MakeCircle) -> None:
    here = circle()
    here.platform.readable = False
    here.platform.fail(Fault.UNHEARD)
    await here.wants(say("a"), say("b"))
    assert await settled(here, 240) == ["a", "b"]
    assert await here.state("key-a") == "dead"
    assert here.platform.tried == ["key-a", "key-b"]


@pytest.mark.parametrize("fault", [Fault.TRY_LATER, Fault.LOST])
async def test_a_reading_that_is_refused_tells_nothing(circle: MakeCircle, fault: Fault) -> None:
    here = circle()
    here.platform.fail(Fault.UNHEARD)
    here.platform.fail_reading(fault, fault)
    here.platform.window = timedelta(0)
    await here.wants(say("a"))
    assert await settled(here) == ["a"]
    assert here.platform.tried == ["key-a"]


async def test_what_must_not_come_twice_is_given_up_in_doubt(circle: MakeCircle) -> None:
    here = circle([(probe := Probe()).feature()])
    here.platform.fail(Fault.LOST)
    await here.wants(
        AskForm(key="form", to=direct("ana"), text="Tell me.", question="form", fields=FIELDS)
    )
    assert await settled(here) == []
    assert await here.state("form") == "dead"
    assert here.platform.tried == ["form"]
    assert probe.outcomes == ["not: interrupted, and it must not be sent twice"]


async def test_what_hangs_on_another_waits_for_it(circle: MakeCircle) -> None:
    here = circle()
    here.platform.fail(Fault.LOST, containing="a")
    await here.wants(
        say("a"), Pin(key="pin", to=OTHER, after="key-a"), say("b", OTHER, after="pin")
    )
    await here.outbox.settle()
    assert here.platform.tried == ["key-a"]
    await settled(here)
    assert [each.key for each in here.platform.stands] == ["key-a", "pin", "key-b"]


@pytest.mark.parametrize("fault", [Fault.UNDELIVERABLE, Fault.UNREACHABLE])
async def test_what_hangs_on_another_dies_with_it(circle: MakeCircle, fault: Fault) -> None:
    here = circle([(probe := Probe()).feature()])
    here.platform.fail(fault)
    await here.wants(say("a"), say("b", after="key-a"), say("c", OTHER, after="key-b"), say("d"))
    assert await settled(here) == ["d"]
    states = [await here.state(f"key-{each}") for each in "abcd"]
    assert states == ["dead", "skipped", "skipped", "sent"]
    assert len([each for each in probe.outcomes if each.startswith("not: ")]) == 3


async def test_what_hangs_on_something_long_dead_holds_up_nobody(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    here.platform.fail(Fault.UNDELIVERABLE)
    await here.wants(say("a"))
    await here.outbox.settle()
    await here.types("mira", "hang key-a")
    await here.wants(say("b", lane=Lane.INTERACTIVE))
    assert await settled(here) == ["b"]
    assert await here.state("hanging") == "skipped"


def leave(tx: Transaction) -> None:
    Members(tx).enter("subjectana", "circle")
    Members(tx).leave("subjectana", "circle", START)


def remove(tx: Transaction) -> None:
    row = Communities(tx).find(Community(FAKE, "circle"))
    assert row is not None
    row.state = "gone"
    Communities(tx).save(row)


@pytest.mark.parametrize("change", ["unwilling", "left", "gone", "broken", "unknown gate", "late"])
@pytest.mark.parametrize("doubtful", [False, True])
async def test_just_before_sending_it_is_asked_whether_it_is_still_wanted(
    circle: MakeCircle, change: str, doubtful: bool
) -> None:
    here = circle([(probe := Probe()).feature()])
    gate = "removed.feature" if change == "unknown gate" else "probe.gate"
    if doubtful:
        if change == "unknown gate":
            return  # it would not have been tried
        here.platform.fail(Fault.LOST)
    wait = timedelta() if doubtful else timedelta(seconds=5)
    action: Action = say("a", direct("ana"))
    await here.wants(action, person="ana", gate=gate, expires=timedelta(seconds=6), after=wait)
    await here.outbox.settle()
    tried = ["key-a"] if doubtful else []
    assert here.platform.tried == tried
    probe.willing, probe.gate_breaks = change != "unwilling", change == "broken"
    if change in ("left", "gone"):
        await here.store.transact(leave if change == "left" else remove)
    here.clock.advance(timedelta(seconds=30 if change == "late" or doubtful else 5))
    await here.outbox.settle()
    assert (here.platform.tried, await here.state("key-a")) == (tried, "skipped")


async def test_many_that_nobody_wants_do_not_hide_one_that_is_wanted(circle: MakeCircle) -> None:
    here = circle([(probe := Probe()).feature()])
    probe.willing = False
    for number in range(40):
        to = Direct(direct(f"p{number}").member)
        await here.wants(say(f"n{number}", to), person=f"p{number}", gate="probe.gate")
    await here.wants(say("last"))
    await here.outbox.settle()
    assert here.platform.texts() == ["last"]


async def test_a_kill_in_the_middle_of_sending_leaves_a_doubt_that_is_found(
    circle: MakeCircle,
) -> None:
    here = circle()
    await here.wants(say("a"), say("b"))
    claimed = await here.store.transact(
        lambda tx: Deliveries(tx).claim(
            here.platform.account, here.outbox.run_id, here.clock.now(), timedelta(seconds=60), 1
        )
    )
    assert [row.key for row in claimed] == ["key-a"]
    await here.platform.deliver(Delivery("key-a", say("a")))  # and then the process was killed
    again = circle(platform=here.platform)
    assert await again.outbox.recover() == 1
    assert await settled(again) == ["a", "b"]
    assert here.platform.tried == ["key-a", "key-b"]


async def test_moderators_see_what_could_not_be_delivered_in_public(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    here.platform.fail(Fault.UNDELIVERABLE, containing="aloud")
    here.platform.fail(Fault.UNREACHABLE, containing="private")
    await here.wants(say("aloud"))
    await here.wants(say("private", direct("ana")), person="ana")
    await settled(here)
    dead = await here.store.transact(
        lambda tx: Deliveries(tx).dead("circle", here.clock.now() - timedelta(days=14))
    )
    assert [(flow, reason) for flow, reason, _ in dead] == [("probe", "not allowed to post here")]


async def test_the_outcome_is_told_with_the_note_of_it(circle: MakeCircle) -> None:
    here = circle([(probe := Probe()).feature()])
    here.platform.fail(Fault.UNDELIVERABLE, containing="b")
    await here.wants(say("a"), say("b"))
    await here.outbox.settle()
    assert probe.outcomes == ["stands: m1", "not: not allowed to post here"]


async def test_a_feature_that_breaks_on_the_outcome_undoes_nothing(circle: MakeCircle) -> None:
    here = circle([(probe := Probe()).feature()])
    probe.breaks_on_delivery = True
    await here.wants(say("a"))
    assert await settled(here) == ["a"]
    assert await here.state("key-a") == "sent"
    assert here.platform.tried == ["key-a"]
    nobody = Member(FAKE, "nobody")
    assert await here.store.transact(lambda tx: Members(tx).find(nobody)) is None
