"""Who left, and communities that the bot left: kept for a time, and then no more."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select

from bot.core.refs import Community as Ref
from bot.core.refs import Member
from storage.communities import Communities
from storage.crypto import KeyFile
from storage.erasing import Erasing
from storage.leaving import drop_gone, long_left
from storage.members import Members
from storage.store import Store
from storage.tables import Membership, Subject
from storage.transaction import Transaction

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = ("stays", "left", "lately", "elsewhere", "visitor")


def settle(store: Store) -> None:
    """Two communities; of five people one never joined, and three left one of them."""

    def work(tx: Transaction) -> None:
        communities, members = Communities(tx), Members(tx)
        for name in ("garden", "forest"):
            communities.add(Ref("x", name), name, name, "en", "UTC")
        for name in PEOPLE:
            members.ensure(Member("x", name), name)
            if name != "visitor":
                members.enter(name, "garden")
        members.enter("elsewhere", "forest")
        members.leave("left", "garden", NOW - 30 * DAY)
        members.leave("elsewhere", "garden", NOW - 30 * DAY)
        members.leave("lately", "garden", NOW - DAY)

    store.run(work)


def there(store: Store) -> set[str]:
    return set(store.run(lambda tx: tx.session.exec(select(Subject.id)).all()))


def left(store: Store, before: datetime, elsewhere: datetime, here: tuple[str, ...]) -> list[str]:
    return store.run(lambda tx: long_left(tx, before, 20, here=here, elsewhere=elsewhere))


def test_who_left_everywhere_is_found_when_their_time_is_over(store: Store) -> None:
    settle(store)
    never = NOW - 1000 * DAY
    assert left(store, NOW - 7 * DAY, never, ("x",)) == ["left"]
    assert left(store, NOW - 31 * DAY, never, ("x",)) == []
    # Nobody acts on their platform here: another process is let go first.
    assert left(store, NOW - 7 * DAY, never, ("y",)) == []
    assert left(store, never, NOW - 7 * DAY, ("y",)) == ["left"]
    assert left(store, never, NOW - 7 * DAY, ()) == ["left"]


def test_who_comes_back_in_time_stays(store: Store) -> None:
    settle(store)
    store.run(lambda tx: Members(tx).enter("left", "garden"))
    assert left(store, NOW + 7 * DAY, NOW + 7 * DAY, ("x",)) == ["lately"]


def test_a_community_that_the_bot_left_goes_with_those_who_were_in_no_other(
    store: Store, key_file: KeyFile
) -> None:
    settle(store)

    def drop(tx: Transaction, before: datetime) -> None:
        drop_gone(tx, before, Erasing(tx).erase)

    def leave(tx: Transaction) -> None:
        row = Communities(tx).get("garden")
        row.state, row.gone_at = "gone", NOW - 30 * DAY
        Communities(tx).save(row)

    store.run(leave)
    store.run(lambda tx: drop(tx, NOW - 31 * DAY))
    assert there(store) == set(PEOPLE)
    store.run(lambda tx: drop(tx, NOW - 7 * DAY))
    assert there(store) == {"elsewhere", "visitor"}
    assert key_file.erased() == set(PEOPLE) - there(store)  # a restored backup brings none back
    assert store.run(lambda tx: [each.id for each in Communities(tx).all()]) == ["forest"]
    rows = store.run(lambda tx: list(tx.session.exec(select(Membership.community_id))))
    assert rows == ["forest"]
