"""Retention: whose time is over is erased as if they had asked for it."""

from datetime import timedelta

from bot.core.refs import Member
from storage.communities import Communities
from storage.members import Members
from storage.transaction import Transaction
from tests.support.memory_circle import MemoryCircle

DAY = timedelta(days=1)


async def test_the_platform_lets_go_of_who_left_long_ago() -> None:
    circle = MemoryCircle(buttons=True)
    await circle.begin()
    await circle.says("ana", "start")
    await circle.joins("ana")
    await circle.leaves("ana")
    stage = circle.stage
    heard = len(stage.chat.seen_by("ana"))
    for days, erased in ((364, False), (2, True)):
        stage.clock.move_to(stage.clock.now() + days * DAY)
        await stage.app.retention.once()
        await stage.settle()
        assert stage.chat.forgotten == (["ana"] if erased else [])
        known = stage.opened.store.run(lambda tx: Members(tx).find(Member("memory", "ana")))
        assert (known is None) == erased
    assert len(stage.chat.seen_by("ana")) == heard
    stage.close()


async def test_the_platform_lets_go_of_all_who_were_in_a_community_that_is_gone() -> None:
    circle = MemoryCircle(buttons=True)
    await circle.begin()
    await circle.joins("ana")
    stage = circle.stage

    def take_away(tx: Transaction) -> None:
        (row,) = Communities(tx).all()
        row.state, row.gone_at = "gone", stage.clock.now()
        Communities(tx).save(row)

    stage.opened.store.run(take_away)
    stage.clock.move_to(stage.clock.now() + 91 * DAY)
    await stage.app.retention.once()
    await stage.settle()
    assert stage.chat.forgotten == ["ana"]
    assert stage.opened.store.run(lambda tx: Communities(tx).all()) == []
    stage.close()
