"""Members, communities and rooms; what adapters remember; events known already; who holds what."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.refs import Community, Member, Need, RoleFacts, Room, RoomFacts
from storage.communities import Communities
from storage.facts import Facts, forget_events, take_lease
from storage.members import Members
from storage.store import Store
from storage.transaction import Transaction

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANA = Member("matrix", "@ana:example.org")
GARDEN = Community("matrix", "!garden")


@pytest.fixture
def known(store: Store) -> Store:
    """A store that knows Ana and a community."""

    def work(tx: Transaction) -> None:
        Members(tx).ensure(ANA, "ana")
        Communities(tx).add(GARDEN, "Garden", "garden", "en", "Europe/Paris")

    store.run(work)
    return store


def test_a_member_is_known_again_and_by_nobody_elses_name(known: Store) -> None:
    assert known.run(lambda tx: Members(tx).ensure(ANA, "another id")) == "ana"
    assert known.run(lambda tx: Members(tx).who("ana")) == ANA
    assert known.run(lambda tx: Members(tx).find(Member("discord", ANA.id))) is None
    with pytest.raises(LookupError):
        known.run(lambda tx: Members(tx).who("nobody"))


def test_settings_are_kept_whole_and_none_are_none(known: Store) -> None:
    assert known.run(lambda tx: Members(tx).settings("ana")) == {}
    known.run(lambda tx: Members(tx).save_settings("ana", {"zone": "Europe/Paris", "a": 1}))
    known.run(lambda tx: Members(tx).save_settings("ana", {"zone": "UTC"}))
    assert known.run(lambda tx: Members(tx).settings("ana")) == {"zone": "UTC"}


def test_whoever_left_is_not_in_the_community_and_may_return(known: Store) -> None:
    def communities() -> list[str]:
        return known.run(lambda tx: Members(tx).communities("ana"))

    known.run(lambda tx: Members(tx).leave("ana", "garden", NOW))
    known.run(lambda tx: Members(tx).enter("ana", "garden"))
    assert communities() == ["garden"]
    known.run(lambda tx: Members(tx).leave("ana", "garden", NOW))
    assert communities() == []
    assert known.run(lambda tx: Members(tx).enter("ana", "garden").here)
    assert communities() == ["garden"]


def test_a_greeting_is_remembered_over_leaving(known: Store) -> None:
    def greet(tx: Transaction) -> None:
        Members(tx).enter("ana", "garden").greeted = True

    known.run(greet)
    known.run(lambda tx: Members(tx).leave("ana", "garden", NOW))
    assert known.run(lambda tx: Members(tx).enter("ana", "garden").greeted)


def test_a_community_is_found_by_its_platform_and_by_our_id(known: Store) -> None:
    def find(ref: Community) -> str | None:
        row = known.run(lambda tx: Communities(tx).find(ref))
        return row.id if row else None

    assert find(GARDEN) == "garden"
    assert find(Community("discord", "!garden")) is None
    row = known.run(lambda tx: Communities(tx).get("garden"))
    assert (row.name, row.state, row.zone) == ("Garden", "new", "Europe/Paris")
    row.state = "open"
    known.run(lambda tx: Communities(tx).save(row))
    assert [(each.id, each.state) for each in known.run(lambda tx: Communities(tx).all())] == [
        ("garden", "open")
    ]


def test_the_rooms_are_those_that_were_seen_last(known: Store) -> None:
    hall, yard = Room("matrix", "!hall"), Room("matrix", "!yard")

    def see(*rooms: RoomFacts) -> list[RoomFacts]:
        known.run(lambda tx: Communities(tx).set_rooms("garden", rooms))
        return known.run(lambda tx: Communities(tx).rooms("garden"))

    first = see(RoomFacts(yard, "yard", can_pin=False), RoomFacts(hall, "hall"))
    assert first == [RoomFacts(hall, "hall"), RoomFacts(yard, "yard", can_pin=False)]
    lacks = (Need.WRITE, Need.PIN)
    assert see(RoomFacts(hall, "great hall", can_post=False, lacks=lacks)) == [
        RoomFacts(hall, "great hall", can_post=False, lacks=lacks)
    ]


def test_the_roles_are_those_that_were_seen_last_and_the_highest_comes_first(known: Store) -> None:
    def see(*roles: RoleFacts) -> list[RoleFacts]:
        known.run(lambda tx: Communities(tx).set_roles("garden", roles))
        return known.run(lambda tx: Communities(tx).roles("garden"))

    stewards, readers = RoleFacts("9", "stewards"), RoleFacts("10", "readers")
    assert see(stewards, readers) == [stewards, readers]
    assert see(readers) == [readers]
    assert see() == []


def test_an_event_is_taken_in_once_by_each_account(store: Store) -> None:
    def take(account: str, event: str = "e1") -> bool:
        return store.run(lambda tx: Facts(tx, account).take_in(event, NOW))

    assert take("one")
    assert not take("one")
    assert take("two")
    assert take("one", "e2")


def test_an_event_whose_turn_failed_comes_in_again(store: Store) -> None:
    def fails(tx: Transaction) -> None:
        assert Facts(tx, "one").take_in("e1", NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.run(fails)
    assert store.run(lambda tx: Facts(tx, "one").take_in("e1", NOW))


def test_notes_of_events_go_after_a_while(store: Store) -> None:
    store.run(lambda tx: Facts(tx, "one").take_in("old", NOW))
    store.run(lambda tx: Facts(tx, "one").take_in("new", NOW + MINUTE))
    store.run(lambda tx: forget_events(tx, NOW + MINUTE))
    assert store.run(lambda tx: Facts(tx, "one").take_in("old", NOW))
    assert not store.run(lambda tx: Facts(tx, "one").take_in("new", NOW))


def test_an_adapters_memory_is_kept_by_account_and_kind(store: Store) -> None:
    def remember(account: str, kind: str, **values: str | None) -> None:
        store.run(lambda tx: Facts(tx, account).remember(kind, values))

    def recall(account: str, kind: str) -> dict[str, str]:
        return store.run(lambda tx: Facts(tx, account).recall(kind))

    remember("one", "rooms", hall="a", yard="b")
    remember("one", "sync", token="t1")
    remember("two", "rooms", hall="z")
    remember("one", "rooms", hall="c", yard=None, never=None)
    assert recall("one", "rooms") == {"hall": "c"}
    assert recall("one", "sync") == {"token": "t1"}
    assert recall("two", "rooms") == {"hall": "z"}
    assert recall("three", "rooms") == {}
    many = {f"room{number}": str(number) for number in range(1200)}
    remember("four", "rooms", **many)

    def some(*keys: str) -> dict[str, str]:
        return store.run(lambda tx: Facts(tx, "four").recall("rooms", keys))

    assert some("room7", "never", "room1199") == {"room7": "7", "room1199": "1199"}
    assert some() == {}
    assert some(*many) == many


def test_a_lease_is_held_by_one_until_it_ends(store: Store) -> None:
    def take(holder: str, at: datetime) -> datetime | None:
        return store.run(lambda tx: take_lease(tx, "account", holder, at, MINUTE))

    assert take("one", NOW) == NOW + MINUTE
    assert take("two", NOW + MINUTE / 2) is None
    assert take("one", NOW + MINUTE / 2) == NOW + MINUTE * 1.5
    assert take("two", NOW + MINUTE * 1.5) == NOW + MINUTE * 2.5
    assert take("one", NOW + MINUTE * 2) is None
