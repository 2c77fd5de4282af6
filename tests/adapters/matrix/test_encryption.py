"""Keys and messages between devices: read once, in any order, and after a crash at any place."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.matrix.encryption.own import OtherDevice
from bot.adapters.matrix.transport import MatrixError
from bot.core.errors import Misconfigured
from tests.adapters.matrix.key_double import ROOM, Json, KeyDouble, Somebody, somebody
from tests.support.fake_host import FakeHost, WallClock


class SetClock(WallClock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 11, 26, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


async def pair() -> tuple[KeyDouble, Somebody, Somebody]:
    double = KeyDouble()
    return double, await somebody(double, "keeper"), await somebody(double, "ana")


async def failing(_kind: str, _values: Mapping[str, str | None]) -> None:
    raise OSError("no space left")


async def test_what_one_says_the_other_reads_also_after_both_began_again() -> None:
    _, keeper, ana = await pair()
    first = await keeper.says("one", ana)
    await ana.sync()
    assert await ana.reads(first) == "one"
    answer = await ana.says("two", keeper)
    await keeper.sync()
    await keeper.start()
    await ana.start()
    assert await keeper.reads(answer) == "two"
    assert await ana.reads(first) == "one"
    again = await keeper.says("three", ana)
    await ana.sync()
    assert await ana.reads(again) == "three"


async def test_a_start_begins_a_new_key_so_no_crash_repeats_a_place_in_an_old_one() -> None:
    _, keeper, ana = await pair()
    before = await keeper.says("one", ana)
    await keeper.start()
    after = await keeper.says("two", ana)
    assert before["content"]["session_id"] != after["content"]["session_id"]
    await ana.sync()
    assert [await ana.reads(event) for event in (before, after)] == ["one", "two"]


async def test_nothing_is_sent_that_the_store_does_not_have() -> None:
    double, keeper, ana = await pair()

    async def no_steps(kind: str, values: Mapping[str, str | None]) -> None:
        if any(key.startswith("olm ") for key in values):
            await failing(kind, values)

    keeper.host.on_remember = no_steps
    with pytest.raises(OSError, match="no space"):
        await keeper.says("one", ana)
    assert not double.boxes[ana.user, ana.device]
    keeper.host.on_remember = None
    event = await keeper.says("one", ana)
    await ana.sync()
    assert await ana.reads(event) == "one"


async def test_a_key_that_could_not_be_kept_is_kept_when_the_answer_is_taken_again() -> None:
    double, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    answer = double.answer(keeper.user, keeper.device)
    keeper.host.on_remember = failing
    with pytest.raises(OSError, match="no space"):
        await keeper.sync(copy.deepcopy(answer))
    keeper.host.on_remember = None
    await keeper.sync(answer)
    await keeper.start()
    assert await keeper.reads(event) == "one"


async def test_a_crash_before_the_commit_leaves_the_key_to_be_taken_once_more() -> None:
    double, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    kept = copy.deepcopy(keeper.host.memory)
    await keeper.sync(double.answer(keeper.user, keeper.device, keep=True))
    keeper.host.memory = kept  # as if nothing of it had been committed
    await keeper.start()
    await keeper.sync()
    assert await keeper.reads(event) == "one"


async def test_an_answer_that_is_taken_twice_changes_nothing() -> None:
    double, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    await keeper.sync(double.answer(keeper.user, keeper.device, keep=True))
    await keeper.start()  # killed after the commit, before the sync token moved on
    double.calls.clear()
    await keeper.sync()
    assert await keeper.reads(event) == "one"
    assert "keys/claim" not in double.calls  # it did not take the channel for broken


async def test_a_key_and_the_step_of_its_channel_are_one_commit() -> None:
    _, keeper, ana = await pair()
    await ana.says("one", keeper)
    commits: list[set[str]] = []

    async def note(_kind: str, values: Mapping[str, str | None]) -> None:
        commits.append({key.split(" ")[0] for key in values})

    keeper.host.on_remember = note
    await keeper.encryption.receive(keeper.double.answer(keeper.user, keeper.device))
    assert commits[0] >= {"in", "olm", "account", "seen"}


async def test_a_key_that_comes_late_opens_what_waited_for_it_once() -> None:
    double, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    assert await keeper.reads(event) is None
    await keeper.start()
    assert not await keeper.encryption.late()
    await keeper.sync()
    (waiting,) = await keeper.encryption.late()
    assert await keeper.reads(waiting.event) == "one"
    await keeper.encryption.done(waiting)
    await keeper.start()
    await keeper.sync(double.answer(keeper.user, keeper.device))
    assert not await keeper.encryption.late()


async def test_a_late_key_is_not_forgotten_though_killed_before_its_event_was_handled() -> None:
    _, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    assert await keeper.reads(event) is None
    await keeper.sync()  # the key is committed; the event was not handled
    await keeper.start()
    (waiting,) = await keeper.encryption.late()
    assert await keeper.reads(waiting.event) == "one"
    await keeper.encryption.done(waiting)
    await keeper.start()
    assert not await keeper.encryption.late()


async def test_a_key_that_begins_later_leaves_an_event_waiting() -> None:
    double, keeper, ana = await pair()
    ben = await somebody(double, "ben")
    early = await ana.says("early", ben)
    assert await keeper.reads(early) is None
    late = await ana.says("late", ben, keeper)
    await keeper.sync()
    assert await keeper.reads(late) == "late"
    assert not await keeper.encryption.late()
    assert await keeper.reads(early) is None


async def test_a_missing_key_is_asked_for_and_given_again() -> None:
    double, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    double.boxes[keeper.user, keeper.device].clear()  # lost on the way
    keeper.clock = SetClock()
    await keeper.start()
    assert await keeper.reads(event) is None
    told: list[tuple[str, str]] = []
    keeper.clock.at += timedelta(seconds=30)
    for _ in range(2):
        await keeper.encryption.look(lambda room, which: told.append((room, which)))
    await keeper.settle()
    assert told == [(ROOM, event["event_id"])]
    requests = [each for each in double.boxes[ana.user, ana.device] if "request" in each["type"]]
    assert len(requests) == 1
    await ana.sync()
    await keeper.sync()
    (waiting,) = await keeper.encryption.late()
    assert await keeper.reads(waiting.event) == "one"


async def test_a_key_is_given_again_only_to_a_device_that_had_it() -> None:
    double, keeper, ana = await pair()
    eve = await somebody(double, "eve")
    event = await keeper.says("one", ana)
    request = {
        "action": "request",
        "requesting_device_id": eve.device,
        "request_id": "r",
        "body": {"room_id": ROOM, "session_id": event["content"]["session_id"]},
    }
    asked = {"type": "m.room_key_request", "sender": eve.user, "content": request}
    double.boxes[keeper.user, keeper.device].append(asked)
    await keeper.sync()
    assert not double.boxes[eve.user, eve.device]


async def test_what_waits_is_given_up_after_a_day() -> None:
    _, keeper, ana = await pair()
    keeper.clock = SetClock()
    await keeper.start()
    await keeper.reads(await ana.says("one", keeper))
    keeper.clock.at += timedelta(days=2)
    await keeper.encryption.look(lambda _room, _event: None)
    await keeper.sync()
    assert not await keeper.encryption.late()


async def test_of_a_withheld_key_the_person_is_told_at_once_and_once() -> None:
    double, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    double.boxes[keeper.user, keeper.device].clear()
    assert await keeper.reads(event) is None
    told: list[tuple[str, str]] = []
    await keeper.encryption.look(lambda *each: told.append(each))
    assert told == []
    withheld = {"room_id": ROOM, "session_id": event["content"]["session_id"]}
    double.boxes[keeper.user, keeper.device] += [
        {"type": "m.room_key.withheld", "sender": ana.user, "content": content}
        for content in ({}, {**withheld, "code": "m.unverified"})
    ]
    await keeper.sync()
    await keeper.encryption.look(lambda *each: told.append(each))
    await keeper.encryption.look(lambda *each: told.append(each))
    assert told == [(ROOM, event["event_id"])]


async def test_events_out_of_their_order_are_read_all_the_same() -> None:
    _, keeper, ana = await pair()
    events = [await ana.says(text, keeper) for text in ("one", "two", "three")]
    await keeper.sync()
    assert [await keeper.reads(each) for each in events[::-1]] == ["three", "two", "one"]


async def test_the_same_ciphertext_under_another_id_is_the_same_event() -> None:
    _, keeper, ana = await pair()
    event, other = await ana.says("one", keeper), await ana.says("two", keeper)
    await keeper.sync()
    replayed = {**event, "event_id": "$other"}
    ids = []
    for each in (event, other, replayed):  # in any order
        opened = await keeper.encryption.read(ROOM, each, private=True)
        assert opened is not None
        ids.append(opened.identity)
    assert ids[0] == ids[2] != ids[1]


async def test_nobody_can_pass_words_off_as_anothers() -> None:
    double, keeper, ana = await pair()
    eve = await somebody(double, "eve")
    event = await ana.says("one", keeper, eve)
    await keeper.sync()
    assert await keeper.reads({**event, "sender": eve.user}) is None
    assert await keeper.reads(event, room="!elsewhere:home") is None
    forged = await eve.says("I am Ana", keeper)
    await keeper.sync()
    assert await keeper.reads({**forged, "sender": ana.user}) is None
    assert await keeper.reads(forged) == "I am Ana"  # as Eve


async def test_who_left_cannot_read_on_and_who_came_reads_from_now_on() -> None:
    double, keeper, ana = await pair()
    ben = await somebody(double, "ben")
    first = await keeper.says("one", ana)
    second = await keeper.says("two", ana, ben)
    third = await keeper.says("three", ben)
    for person in (ana, ben):
        await person.sync()
    assert [await ana.reads(each) for each in (first, second, third)] == ["one", "two", None]
    assert [await ben.reads(each) for each in (first, second, third)] == [None, "two", "three"]


async def test_a_key_is_renewed_as_the_room_wants() -> None:
    _, keeper, ana = await pair()
    keeper.clock = SetClock()
    await keeper.start()
    events = [await keeper.says(str(number), ana, rotation=(2, 60_000)) for number in range(3)]
    keeper.clock.at += timedelta(minutes=2)
    events.append(await keeper.says("3", ana, rotation=(2, 60_000)))
    sessions = [each["content"]["session_id"] for each in events]
    assert sessions[0] == sessions[1]
    assert len(set(sessions)) == 3
    await ana.sync()
    assert [await ana.reads(each) for each in events] == ["0", "1", "2", "3"]


async def test_a_new_device_of_a_member_reads_and_so_do_thirty() -> None:
    double, keeper, ana = await pair()
    await keeper.says("zero", ana)
    more = [await somebody(double, "ana", f"D{number}") for number in range(30)]
    double.changed = {ana.user}
    await keeper.sync()
    event = await keeper.says("one", ana)
    for device in (ana, *more):
        await device.sync(double.answer(ana.user, device.device))
        assert await device.reads(event) == "one"


async def test_a_device_without_one_time_keys_reads_once_it_can_be_reached() -> None:
    double, keeper, ana = await pair()
    double.one_time.clear()
    fallback = double.fallback.pop((ana.user, ana.device))
    event = await keeper.says("one", ana)
    withheld = double.boxes[ana.user, ana.device].pop()
    assert (withheld["type"], withheld["content"]["code"]) == ("m.room_key.withheld", "m.no_olm")
    double.fallback[keeper.user, keeper.device] = {}  # as it is after the next supply
    await keeper.sync()
    await ana.says("hello", keeper)  # she reaches us first
    await keeper.sync()
    await ana.sync()
    assert await ana.reads(event) == "one"
    assert fallback


async def test_the_homeserver_is_kept_supplied_with_keys() -> None:
    double, keeper, _ = await pair()
    mine = keeper.user, keeper.device
    assert len(double.one_time[mine]) == 50
    double.one_time[mine].clear()  # it lost them
    del double.fallback[mine]
    await keeper.sync()
    assert len(double.one_time[mine]) == 50
    assert double.fallback[mine]


async def test_no_one_time_key_is_published_that_the_store_does_not_have() -> None:
    double, keeper, _ = await pair()
    mine = keeper.user, keeper.device
    double.one_time[mine].clear()

    async def no_account(kind: str, values: Mapping[str, str | None]) -> None:
        if "account" in values:
            await failing(kind, values)

    keeper.host.on_remember = no_account
    await keeper.sync()
    assert not double.one_time[mine]
    keeper.host.on_remember = None
    await keeper.sync()
    assert len(double.one_time[mine]) == 50


async def test_a_broken_channel_is_begun_anew() -> None:
    double, keeper, ana = await pair()
    await ana.says("one", keeper)
    await keeper.sync()
    await keeper.says("two", ana)
    await ana.sync()
    curve = ana.encryption.own.curve
    for text in ("olm " + curve, "seen"):
        keeper.host.memory["matrix.encryption"].pop(text)
    await keeper.start()
    event = await ana.says("three", keeper, rotation=(1, 0))
    await keeper.sync()
    assert await keeper.reads(event) is None
    (dummy,) = double.boxes[ana.user, ana.device]
    assert dummy["type"] == "m.room.encrypted"
    await ana.sync()
    again = await ana.says("four", keeper, rotation=(1, 0))
    await keeper.sync()
    assert await keeper.reads(again) == "four"


@pytest.mark.parametrize("change", ["key", "signature", "id", "shape"])
async def test_a_device_that_is_not_what_it_says_gets_no_key(change: str) -> None:
    double, keeper, ana = await pair()
    shown = double.devices[ana.user][ana.device]
    match change:
        case "key":
            shown["keys"]["curve25519:ONE"] = keeper.encryption.own.curve
        case "signature":
            shown["signatures"] = {}
        case "id":
            shown["device_id"] = "TWO"
        case _:
            double.devices[ana.user][ana.device] = ["no object"]
    await keeper.says("one", ana)
    assert not double.boxes[ana.user, ana.device]


async def test_a_device_never_gets_other_keys() -> None:
    double, keeper, ana = await pair()
    await keeper.says("one", ana)
    await ana.sync()
    double.notes.clear()
    del double.devices[ana.user]
    await somebody(double, "ana")  # the homeserver shows another one under the same name
    double.changed = {ana.user}
    await keeper.sync()
    event = await keeper.says("two", ana)
    await ana.sync()
    assert await ana.reads(event) == "two"


async def test_a_one_time_key_that_its_device_did_not_sign_is_not_used() -> None:
    double, keeper, ana = await pair()
    eve = await somebody(double, "eve")
    double.one_time[ana.user, ana.device] = dict(double.one_time[eve.user, eve.device])
    await keeper.says("one", ana)
    types = [each["type"] for each in double.boxes[ana.user, ana.device]]
    assert types == ["m.room_key.withheld"]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"algorithm": "m.olm.v1.curve25519-aes-sha2"},
        {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": 7, "ciphertext": []},
        {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x", "ciphertext": "MINE"},
    ],
)
@pytest.mark.parametrize("body", ["", "x", "AAAA", 7, None, "AwAAAA", "é"])
@pytest.mark.parametrize("kind", [0, 1, 7, -1, "0", None, 2**80])
async def test_nonsense_sent_to_the_device_stops_nothing(
    content: Json, body: object, kind: object
) -> None:
    _, keeper, ana = await pair()
    if content.get("ciphertext") == "MINE":
        mine = {keeper.encryption.own.curve: {"type": kind, "body": body}}
        content = {**content, "sender_key": ana.encryption.own.curve, "ciphertext": mine}
    event = await ana.says("one", keeper)
    answer = keeper.double.answer(keeper.user, keeper.device)
    nonsense = {"type": "m.room.encrypted", "sender": ana.user, "content": content}
    answer["to_device"]["events"].insert(0, nonsense)
    await keeper.sync(answer)
    assert await keeper.reads(event) == "one"


@pytest.mark.parametrize(
    "content",
    [
        None,
        {"algorithm": "m.megolm.v2"},
        {"algorithm": "m.megolm.v1.aes-sha2", "session_id": 7},
        {"session_id": "none", "ciphertext": ""},
        {"ciphertext": "AwgA"},
        {"ciphertext": "é" * 70_000},
        {"ciphertext": "A" * 64_000},
    ],
)
async def test_a_malformed_event_is_not_read_and_stops_nothing(content: Json | None) -> None:
    _, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    await keeper.sync()
    broken = {**event, "content": None if content is None else {**event["content"], **content}}
    assert await keeper.reads(broken) is None
    assert await keeper.reads(event) == "one"


async def test_a_lost_store_is_refused_with_how_to_make_a_new_device() -> None:
    _, keeper, _ = await pair()
    keeper.host = FakeHost()
    with pytest.raises(Misconfigured, match="login --new-device"):
        await keeper.start()


async def test_an_older_copy_of_the_store_is_refused() -> None:
    _, keeper, _ = await pair()
    old = copy.deepcopy(keeper.host.memory)
    await keeper.start()
    keeper.host.memory = old
    with pytest.raises(Misconfigured, match="older than the Matrix device"):
        await keeper.start()


async def test_a_copy_from_before_keys_were_published_is_refused() -> None:
    double, keeper, _ = await pair()
    old = copy.deepcopy(keeper.host.memory)
    double.one_time[keeper.user, keeper.device].clear()
    await keeper.sync()
    keeper.host.memory = old
    with pytest.raises(Misconfigured, match="older than the Matrix device"):
        await keeper.start()


async def test_a_device_of_another_program_is_not_taken_over() -> None:
    double, keeper, _ = await pair()
    double.notes.clear()
    keeper.host = FakeHost()
    with pytest.raises(OtherDevice, match="belongs to another program"):
        await keeper.start()


async def test_a_new_device_starts_afresh_and_old_words_stay_unread() -> None:
    double, keeper, ana = await pair()
    event = await ana.says("one", keeper)
    keeper.device = "TWO"
    await keeper.start()
    await keeper.sync()
    assert await keeper.reads(event) is None
    double.changed = {keeper.user}
    await ana.sync()
    again = await ana.says("two", keeper)
    await keeper.sync()
    assert await keeper.reads(again) == "two"


async def test_a_start_that_is_cut_short_goes_on_the_next_time() -> None:
    double = KeyDouble()
    ana = await somebody(double, "ana")
    keeper = Somebody(double, "keeper")
    post = double.post
    for cut in range(1, 9):
        left = [cut]

        def until_cut(
            user: str, device: str, path: str, body: Json, left: list[int] = left
        ) -> Json:
            left[0] -= 1
            if left[0] == 0:
                double.down = True
            return post(user, device, path, body)

        double.post = until_cut  # type: ignore[method-assign]
        double.down = False
        try:
            await keeper.start()
        except MatrixError:
            continue
        break
    double.post, double.down = post, False  # type: ignore[method-assign]
    await keeper.start()
    event = await ana.says("one", keeper)
    await keeper.sync()
    assert await keeper.reads(event) == "one"


async def test_keys_that_nobody_used_for_a_month_are_forgotten() -> None:
    _, keeper, ana = await pair()
    clock = keeper.clock = SetClock()
    await keeper.start()
    event = await ana.says("one", keeper)
    await keeper.sync()
    clock.at += timedelta(days=29)
    assert await keeper.reads(event) == "one"
    clock.at += timedelta(days=29)
    await keeper.encryption.look(lambda _room, _event: None)
    assert await keeper.reads(event) == "one"
    clock.at += timedelta(days=32)
    await keeper.encryption.look(lambda _room, _event: None)
    kept = keeper.host.memory["matrix.encryption"]
    assert not [key for key in kept if key.startswith("in ")]


async def test_nothing_is_kept_of_a_room_and_of_people_whom_we_have_left() -> None:
    double, keeper, ana = await pair()
    await ana.says("one", keeper)
    await keeper.says("two", ana)
    await keeper.sync()

    def kept() -> list[str]:
        return [
            key for key in keeper.host.memory["matrix.encryption"] if ana.user in key or ROOM in key
        ]

    assert len(kept()) == 3
    double.left = {ana.user}
    await keeper.encryption.left(ROOM)
    await keeper.sync()
    assert kept() == []
