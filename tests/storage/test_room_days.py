"""What a room was told today, and what waits there for another day."""

from datetime import UTC, datetime, timedelta

from bot.core.refs import Community, Room
from storage.communities import Communities
from storage.outbox import Deliveries, Fresh
from storage.room_days import RoomDays
from storage.store import Store
from storage.transaction import Transaction

HALL, GARDEN = Room("matrix", "!hall"), Room("matrix", "!garden")
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
MIDNIGHT, TOMORROW = NOW - timedelta(hours=9), NOW + timedelta(hours=25)
LEASE = timedelta(minutes=1)


def post(key: str, room: Room = HALL, after: str | None = None, unasked: str = "waits") -> Fresh:
    return Fresh(
        key=key,
        account="bot",
        to=room,
        lane=1,
        kind="say",
        recovery="readable",
        body=f"body of {key}",
        flow="welcome",
        community="circle",
        after=after,
        unasked=None if after else unasked or None,
        not_before=NOW,
        created_at=NOW,
    )


def claim(tx: Transaction) -> list[str]:
    return [row.key for row in Deliveries(tx).claim("bot", "us", NOW, LEASE, 9)]


def test_what_was_posted_today_counts_and_nothing_else(store: Store) -> None:
    def work(tx: Transaction) -> tuple[list[int], list[int]]:
        Communities(tx).add(Community("matrix", "!c"), "Circle", "circle", "en", "UTC")
        days, deliveries = RoomDays(tx), Deliveries(tx)
        hall, garden = (deliveries.destination(room) for room in (HALL, GARDEN))
        sent = [post("one"), post("two", unasked="counts"), post("an answer", unasked="")]
        for fresh in (*sent, post("elsewhere", GARDEN)):
            deliveries.put(fresh)
            (key,) = claim(tx)
            deliveries.sent(key, "us", NOW, None)
        deliveries.put(post("gone"))
        (key,) = claim(tx)
        deliveries.give_up(key, NOW, "dead", "why")
        deliveries.put(post("next"))
        counts = [
            days.posted(hall, MIDNIGHT),
            days.posted(hall, MIDNIGHT, "two"),
            days.posted(hall, NOW + LEASE),
            days.posted(garden, MIDNIGHT),
        ]
        return counts, [days.meant(hall, MIDNIGHT), days.meant(garden, MIDNIGHT)]

    assert store.run(work) == ([2, 1, 0, 1], [3, 1])


def test_what_is_put_off_holds_up_nothing_and_comes_in_its_order(store: Store) -> None:
    def work(tx: Transaction) -> None:
        Communities(tx).add(Community("matrix", "!c"), "Circle", "circle", "en", "UTC")
        days, deliveries = RoomDays(tx), Deliveries(tx)
        hall = deliveries.destination(HALL)
        for fresh in (post("one"), post("thread", after="one"), post("two"), post("plain")):
            deliveries.put(fresh)
        for key in ("one", "two"):
            assert claim(tx) == [key]
            days.put_off(key, hall, TOMORROW)
        assert claim(tx) == ["plain"]
        assert deliveries.next_due("bot") == TOMORROW
        assert (days.until("one"), days.until("plain")) == (TOMORROW, None)
        assert days.body("two") == "body of two"
        days.rewrite("two", "other words")
        waiting = days.waiting("circle")[hall]
        assert (waiting.flows, waiting.until) == ({"welcome": 2}, TOMORROW)
        days.bring_forward("circle", NOW)
        assert claim(tx) == ["one"]
        deliveries.sent("one", "us", NOW, None)
        assert claim(tx) == ["thread"]
        deliveries.sent("thread", "us", NOW, None)
        (row,) = deliveries.claim("bot", "us", NOW, LEASE, 9)
        assert (row.key, row.body, row.unasked) == ("two", "other words", "waits")

    store.run(work)
