"""What goes wrong: the homeserver, the token, the store, the process."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.adapters.matrix.claim import KIND
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.transport import NoAnswer
from bot.core.actions import Enter, Say
from bot.core.errors import Doubt, Misconfigured, TryLater, Undeliverable
from bot.core.events import Added, Event, Posted, Removed
from bot.core.ports import Delivery
from tests.matrix.fake_homeserver import (
    ME,
    TOKEN,
    Fault,
    a_room,
    bad_gateway,
    fake_homeserver,
    refusal,
    reset,
    silence,
)
from tests.matrix.running import Bot, direct, room, running
from tests.support.fake_host import FakeHost, WallClock
from tests.support.human import Human, MakeHuman
from tests.support.running import Whatever
from tests.support.synapse import MakeAccount, Synapse

ROOM = "!room:fake"


def texts(host: FakeHost) -> list[str | None]:
    return [event.text for event in host.of(Posted)]


async def ended(bot: Bot) -> BaseException | None:
    """Wait until the bot gave up, and return why."""
    assert bot.task is not None
    await asyncio.wait([bot.task], timeout=30)
    return bot.task.exception()


# Another one


async def test_another_host_that_begins_to_act_as_the_account_stops_this_one() -> None:
    """Before it handles what came together with that."""
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        server.account_data = [{"type": KIND, "content": {"process": "another"}}]
        server.tell(a_room(ROOM, "!help"))
        error = await ended(bot)
    assert isinstance(error, Misconfigured)
    assert "Another circlekeeper, with a store of its own, has begun to act as" in str(error)
    assert "\n" not in str(error)
    assert texts(bot.host) == []


async def test_on_a_real_homeserver_whoever_began_last_goes_on(account: MakeAccount) -> None:
    keeper = account("keeper")
    async with running(keeper) as first:
        await first.synced()
        async with running(keeper) as second:
            await second.synced()
            assert isinstance(await ended(first), Misconfigured)
            await asyncio.sleep(0.2)
            assert second.task is not None
            assert not second.task.done()


async def test_another_process_on_the_same_store_is_no_other_host() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        await bot.host.remember("matrix.claim", {"processes": "this another"})
        server.account_data = [{"type": KIND, "content": {"process": "another"}}]
        server.tell(a_room(ROOM, "!help"))
        await bot.host.until(lambda: bool(texts(bot.host)))
        assert texts(bot.host) == ["!help"]


async def test_a_homeserver_that_keeps_no_account_data_is_good_enough() -> None:
    async with fake_homeserver() as server:
        server.always[KIND] = refusal(404, "M_UNRECOGNIZED")
        async with running(server.account) as bot:
            await bot.synced()
            assert bot.task is not None
            assert not bot.task.done()


# The token


async def test_a_token_that_is_not_accepted_ends_the_bot_with_what_to_do() -> None:
    async with fake_homeserver() as server:
        server.always["whoami"] = refusal(401, "M_UNKNOWN_TOKEN")
        async with running(server.account) as bot:
            error = await ended(bot)
    assert isinstance(error, Misconfigured)
    assert "circlekeeper matrix login" in str(error)
    assert TOKEN not in str(error)
    assert server.calls.total() == 1


@pytest.mark.parametrize(
    "fault", [refusal(401, "M_UNKNOWN_TOKEN"), refusal(401, "M_MISSING_TOKEN")]
)
async def test_a_token_that_is_withdrawn_later_does_so_too_and_at_once(fault: Fault) -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        server.always["sync"] = fault
        server.tell({})
        assert isinstance(await ended(bot), Misconfigured)
        assert server.calls["sync"] <= 3


async def test_a_token_that_expired_is_renewed_by_the_password_on_the_same_device() -> None:
    async with fake_homeserver() as server:
        options: dict[str, Whatever] = {
            "access_token": None,
            "device_id": None,
            "password": "secret",
        }
        async with running(server.account, clock=WallClock(haste=20), **options) as bot:
            await bot.synced()
            # A soft logout: the device and its keys stay.
            server.faults["sync"] = [refusal(401, "M_UNKNOWN_TOKEN", soft_logout=True)]
            server.faults["whoami"] = [refusal(401, "M_UNKNOWN_TOKEN", soft_logout=True)]
            server.tell({})
            server.tell(a_room(ROOM, "!help"))
            await bot.host.first(Posted)
        first, second = server.bodies["login"]
        assert "device_id" not in first
        assert second["device_id"] == "DEVICE"


async def test_logging_the_device_out_on_a_real_homeserver(account: MakeAccount) -> None:
    keeper = account("keeper")
    async with running(keeper) as bot, Human(keeper) as hand:
        await bot.synced()
        await hand.call("POST", "/_matrix/client/v3/logout", {})
        assert isinstance(await ended(bot), Misconfigured)


async def test_a_device_that_was_signed_out_while_it_ran_has_its_keys_again(
    account: MakeAccount, human: MakeHuman
) -> None:
    """With the device the homeserver drops its keys, and nobody could encrypt for the bot."""
    keeper, alex = account("keeper"), await human("alex")
    way_in: dict[str, Whatever] = {"access_token": None, "device_id": None, "encryption": True}
    async with running(keeper, password=keeper.password, **way_in) as bot:
        await bot.synced()
        first = dict(bot.host.memory["matrix.login"])

        async def shown() -> object:
            path = "/_matrix/client/v3/keys/query"
            answer = await alex.call("POST", path, {"device_keys": {bot.id: []}})
            return answer["device_keys"].get(bot.id)

        before = await shown()
        assert before
        async with Human(replace(keeper, access_token=first["access_token"])) as hand:
            await hand.call("POST", "/_matrix/client/v3/logout", {})
        await bot.host.until(lambda: bot.host.memory["matrix.login"] != first)
        for _ in range(100):
            if await shown() == before:
                break
            await asyncio.sleep(0.1)
        assert await shown() == before
        place = await alex.create_room(preset="public_chat", invite=[bot.id])
        await bot.host.first(Added)
        await alex.say(place, "!help")
        await bot.host.first(Posted)


@pytest.mark.parametrize(
    ("options", "told"),
    [({"device_id": "OTHER"}, "device"), ({"user": "@someone:fake"}, "another account")],
)
async def test_a_token_of_another_device_or_account_is_refused(
    options: dict[str, Whatever], told: str
) -> None:
    async with fake_homeserver() as server:
        account = server.account
        user = options.pop("user", account.user_id)
        other = type(account)(user, account.access_token, "DEVICE", "", server.url)
        async with running(other, **options) as bot:
            error = await ended(bot)
    assert isinstance(error, Misconfigured)
    assert told in str(error)


@pytest.mark.parametrize(
    "wrong", [{"access_token": None}, {"access_token": "", "password": ""}, {"user": "keeper"}]
)
async def test_an_account_without_a_way_in_is_refused_at_once(wrong: dict[str, Whatever]) -> None:
    async with fake_homeserver() as server:
        account = server.account
        user = wrong.pop("user", ME)
        with pytest.raises(Misconfigured):
            Bot(type(account)(user, TOKEN, "D", "", server.url), **wrong)


async def test_signing_in_by_password_keeps_one_device(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    way_in: dict[str, Whatever] = {
        "access_token": None,
        "device_id": None,
        "password": keeper.password,
    }
    async with running(keeper, **way_in) as bot:
        await bot.synced()
        first = dict(bot.host.memory["matrix.login"])
        said = await bot.says(direct(alex.id), "hello", key="same")
        host = bot.host
    async with running(keeper, host, **way_in) as bot:
        assert await bot.says(direct(alex.id), "hello", key="same") == said
    assert host.memory["matrix.login"] == first
    # The token is withdrawn: a new one, on the same device, so that nothing is sent twice.
    async with Human(keeper) as hand:
        await hand.call("POST", "/_matrix/client/v3/logout/all", {})
    async with running(keeper, host, **way_in) as bot:
        await host.until(lambda: host.memory["matrix.login"] != first)
        assert host.memory["matrix.login"]["device_id"] == first["device_id"]
        assert (await bot.says(direct(alex.id), "again")).room == said.room


async def test_a_wrong_password_is_told(account: MakeAccount) -> None:
    async with running(account("keeper"), access_token=None, password="wrong") as bot:
        error = await ended(bot)
    assert isinstance(error, Misconfigured)
    assert "PASSWORD" in str(error)
    assert "wrong" not in str(error)


# The homeserver


@pytest.mark.parametrize(
    "fault",
    [bad_gateway(502), bad_gateway(503), bad_gateway(200), reset, refusal(404, "M_UNRECOGNIZED")],
)
async def test_an_ill_homeserver_is_asked_ever_more_seldom(fault: Fault) -> None:
    clock = WallClock(haste=200)
    async with fake_homeserver() as server:
        server.faults["sync"] = [fault] * 9
        server.tell(a_room(ROOM, "!help"))
        async with running(server.account, clock=clock) as bot:
            await bot.host.first(Posted)
    steps = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    # A cut connection is tried anew once by the HTTP library.
    assert len(clock.pauses) == (4 if fault is reset else 9)
    for pause, step in zip(clock.pauses, steps, strict=False):
        assert step / 2 <= pause <= step
    assert server.calls["sync"] <= 12


async def test_the_pauses_begin_anew_after_a_success() -> None:
    clock = WallClock(haste=200)
    async with fake_homeserver() as server:
        server.faults["sync"] = [bad_gateway()] * 5
        server.tell(a_room(ROOM, "!one"))
        async with running(server.account, clock=clock) as bot:
            await bot.host.first(Posted)
            await bot.synced()
            server.faults["sync"] = [bad_gateway()]
            server.tell(a_room(ROOM, "!two", start=1))
            await bot.host.until(lambda: len(clock.pauses) == 6)
            server.tell(a_room(ROOM, "!three", start=2))
            await bot.host.first(Posted, lambda event: event.text == "!three")
    assert clock.pauses[5] <= 1


async def test_a_homeserver_that_says_when_to_come_back_is_obeyed() -> None:
    clock = WallClock(haste=1000)
    async with fake_homeserver() as server:
        server.faults["sync"] = [refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=90_000)]
        async with running(server.account, clock=clock) as bot:
            await bot.synced()
    assert clock.pauses == [90.0]


async def test_a_homeserver_that_is_down_at_the_start_is_waited_for() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clock = WallClock(haste=20)
    async with fake_homeserver() as other:
        account = type(other.account)(ME, TOKEN, "DEVICE", "", f"http://127.0.0.1:{port}")
    with capture_logs() as logs:
        async with running(account, clock=clock) as bot:
            await clock.paused(3)
            async with fake_homeserver(port):
                await bot.synced()
                await bot.kill()
    attempts = [line for line in logs if line["event"] == "matrix sign-in failed"]
    assert len(attempts) == len(clock.pauses)


async def test_a_real_homeserver_that_restarts_costs_nothing(human: MakeHuman) -> None:
    with await asyncio.to_thread(Synapse) as synapse:
        keeper = synapse.register("keeper")
        clock = WallClock(haste=4)
        async with Human(synapse.register("alex")) as alex, running(keeper, clock=clock) as bot:
            place = await alex.create_room("Commons", invite=[bot.id])
            await bot.host.first(Added)
            await asyncio.to_thread(synapse.stop, kill=True)
            with pytest.raises((TryLater, Doubt)):
                await bot.says(room(place), "while down", key="k1")
            await asyncio.to_thread(synapse.start)
            await alex.say(place, "!back")
            await bot.host.first(Posted, lambda event: event.text == "!back")
            await bot.says(room(place), "while down", key="k1")
            await alex.hears(place, "while down")


@pytest.mark.parametrize(
    ("fault", "means"),
    [
        (refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=7000), TryLater),
        (bad_gateway(502), Doubt),
        (bad_gateway(504), Doubt),
        (bad_gateway(404), Doubt),  # what some proxies say while their server starts anew
        (bad_gateway(403), Doubt),
        (refusal(403, "M_RESOURCE_LIMIT_EXCEEDED"), TryLater),
        (refusal(401, "M_USER_LOCKED"), TryLater),
        (refusal(403, "M_FORBIDDEN"), Undeliverable),
        (refusal(500, "M_UNKNOWN"), Doubt),
        (reset, Doubt),
        (refusal(401, "M_UNKNOWN_TOKEN"), TryLater),
    ],
)
async def test_what_a_failed_sending_means(fault: Fault, means: type[Exception]) -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        server.always["send"] = fault
        with pytest.raises(means) as caught:
            await bot.says(room(ROOM), "hello")
        if isinstance(caught.value, TryLater) and server.calls["send"] == 1:
            assert caught.value.after in (7.0, 30.0, 60.0)


async def test_a_room_that_lets_nobody_in_is_named_as_that() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        server.always[ROOM] = refusal(403, "M_FORBIDDEN")
        with pytest.raises(Undeliverable, match="was not let into a room"):
            await bot.delivers(Enter(key="k1", to=room(ROOM)))
        server.always[ROOM] = refusal(429, "M_LIMIT_EXCEEDED")
        with pytest.raises(TryLater):
            await bot.delivers(Enter(key="k1", to=room(ROOM)))


async def test_an_answer_that_never_comes_is_not_waited_for_for_ever() -> None:
    async with fake_homeserver() as server:
        server.always["send"] = silence
        client = Client(server.url, ME, patience=0.2)
        with pytest.raises(NoAnswer):
            await client.send(ROOM, "m.room.message", {}, "t1")
        await client.close()


async def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(fake_homeserver())
        async with running(server.account) as bot:
            await bot.synced()
            await stack.aclose()
            with pytest.raises(TryLater, match="reached"):
                await bot.says(room(ROOM), "hello")
            with pytest.raises(TryLater):
                await bot.finds(Delivery("k1", Say(key="k1", to=room(ROOM), text="hello")))


async def test_while_throttled_no_budget_goes_into_reactions() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        server.faults["send"] = [refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=60_000)]
        with pytest.raises(TryLater):
            await bot.says(room(ROOM), "hello")
        await bot.says(room(ROOM), "Which?", reactions=("1️⃣", "2️⃣"))
        await bot.adapter.close()
        assert server.calls["send"] == 2


# The store and the process


async def test_the_place_is_saved_after_the_events_and_once_an_answer() -> None:
    async with fake_homeserver() as server:
        server.tell(a_room(ROOM, "!one", "!two"))
        host = FakeHost()
        at_event: list[int] = []

        async def note(event: Event) -> None:
            at_event.append(host.writes.count("matrix.sync"))

        host.on_event = note
        async with running(server.account, host) as bot:
            await bot.synced()
    # One write tells when the first start was; the second, after all events, where we are.
    assert at_event == [1, 1, 1, 1]  # the community, who is there, what was said
    assert host.writes == ["matrix.claim", "matrix.sync", "matrix.room", "matrix.sync"]


async def test_a_process_killed_before_the_place_was_saved_hears_everything_again() -> None:
    async with fake_homeserver() as server:
        server.tell(a_room(ROOM, "!one", "!two"))
        first = FakeHost()

        async def hang(kind: str, values: Mapping[str, str | None]) -> None:
            if kind == "matrix.room":
                await asyncio.Event().wait()

        first.on_remember = hang
        async with running(server.account, first):
            await first.first(Posted, lambda event: event.text == "!two")
        assert "since" not in first.memory["matrix.sync"]
        first.on_remember = None
        server.tell(a_room(ROOM, "!one", "!two", "!three"))
        before = [event.event_id for event in first.events]
        async with running(server.account, first) as bot:
            await bot.synced()
    assert texts(first) == ["!one", "!two", "!three"]
    assert [event.event_id for event in first.events][: len(before)] == before


async def test_a_process_killed_between_events_hears_the_rest(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        place = await alex.create_room("Commons", invite=[bot.id])
        await bot.host.first(Added)
        host = bot.host
    for number in range(6):
        await alex.say(place, f"!count {number}")

    async def stall(event: Event) -> None:
        if isinstance(event, Posted) and event.text == "!count 3":
            await asyncio.Event().wait()

    host.on_event = stall
    async with running(keeper, host):
        await host.until(lambda: len(texts(host)) == 3)
    host.on_event = None
    async with running(keeper, host):
        await host.until(lambda: len(texts(host)) == 6)
    assert texts(host) == [f"!count {number}" for number in range(6)]


async def test_an_event_that_fails_is_tried_again_and_then_passed_over() -> None:
    clock = WallClock(haste=100)
    tries: list[str | None] = []

    async def fail(event: Event) -> None:
        if isinstance(event, Posted):
            tries.append(event.text)
            if event.text == "!bad" or (event.text == "!flaky" and tries.count("!flaky") < 3):
                raise RuntimeError("the text !bad must not reach the log")

    async with fake_homeserver() as server:
        server.tell(a_room(ROOM, "!one", "!bad", "!flaky", "!two"))
        host = FakeHost()
        host.on_event = fail
        with capture_logs() as logs:
            async with running(server.account, host, clock=clock) as bot:
                await bot.synced()
    assert texts(host) == ["!one", "!flaky", "!two"]
    assert (tries.count("!bad"), tries.count("!flaky")) == (5, 3)
    assert clock.pauses == [0.5, 1.0, 2.0, 4.0, 0.5, 1.0]
    assert "!bad" not in str(logs)


async def test_while_the_store_takes_nothing_no_event_is_passed_over() -> None:
    clock = WallClock(haste=1000)
    host, works = FakeHost(), False

    async def fail(*_: object) -> None:
        if not works:
            raise OSError("disk full")

    async with fake_homeserver() as server, running(server.account, host, clock=clock) as bot:
        await bot.synced()
        host.on_event, host.on_remember = fail, fail
        server.tell(a_room(ROOM, "!one", "!two"))
        await clock.paused(12)
        works = True
        await host.until(lambda: len(texts(host)) == 2)
    assert texts(host) == ["!one", "!two"]
    assert max(clock.pauses) == 30.0


async def test_a_store_that_fails_is_no_hot_circle_and_loses_nothing() -> None:
    clock = WallClock(haste=100)
    failures = iter(range(3))

    async def fail(kind: str, values: Mapping[str, str | None]) -> None:
        if "since" in values and next(failures, None) is not None:
            raise OSError("disk full")

    async with fake_homeserver() as server:
        for number in range(4):
            server.tell(a_room(ROOM, f"!say {number}", start=number))
        host = FakeHost()
        host.on_remember = fail
        async with running(server.account, host, clock=clock):
            await host.until(lambda: len(texts(host)) == 4)
            await host.until(lambda: "since" in host.memory["matrix.sync"])
    assert len(clock.pauses) == 3


async def test_a_homeserver_that_does_not_know_our_place_any_more_is_listened_to_anew() -> None:
    """From where we last heard it, and of rooms in which we are no more nothing is kept."""
    clock = WallClock(haste=100)

    async def refuse(request: web.Request) -> web.Response | None:
        if "since" in request.query:
            return web.json_response({"errcode": "M_UNKNOWN", "error": "no"}, status=400)
        return None

    async with fake_homeserver() as server, running(server.account, clock=clock) as bot:
        server.tell(a_room("!gone:fake", "!one"))
        await bot.host.until(lambda: texts(bot.host) == ["!one"])
        await bot.host.until(lambda: "since" in bot.host.memory["matrix.sync"])
        old = a_room(ROOM, "!two", "!old", start=1)
        event = old["join"][ROOM]["timeline"]["events"][1]
        event["origin_server_ts"] = int((time.time() - 3600) * 1000)
        server.tell(old)
        server.always["sync"] = refuse
        await bot.host.until(lambda: "!two" in texts(bot.host))
        await bot.host.first(Removed)
        server.always.clear()
        server.tell(a_room(ROOM, "!three", start=3))
        await bot.host.until(lambda: "!three" in texts(bot.host))
    assert texts(bot.host) == ["!one", "!two", "!three"]


async def test_what_is_malformed_in_an_answer_harms_nobody() -> None:
    junk: list[object] = [None, 3, "x", [], {}, {"type": "m.room.message"}]
    async with fake_homeserver() as server:
        news = a_room(ROOM, "!help")
        part = news["join"][ROOM]
        part["timeline"]["events"] = [*junk, *part["timeline"]["events"]]
        part["state"]["events"] = [*junk, *part["state"]["events"]]
        part["timeline"]["limited"] = "yes"
        news["join"]["!empty:fake"] = {}
        news["join"]["!odd:fake"] = {"timeline": [], "state": 3}
        news["invite"] = {"!a:fake": None, "!b:fake": {"invite_state": []}}
        news["leave"] = {"!c:fake": 7}
        server.tell(news)
        async with running(server.account) as bot:
            await bot.host.first(Posted)


async def test_state_that_no_room_should_have_is_lived_with() -> None:
    async with fake_homeserver() as server:
        news = a_room(ROOM, "!help")
        state = news["join"][ROOM]["state"]["events"]
        del state[0]["content"]["room_version"]  # the first version did not say so
        odd: dict[str, object] = {
            "m.room.power_levels": {"users": {"@anna:fake": "100", ME: None}, "events": []},
            "m.room.name": {"name": 7},
            "m.room.join_rules": {"join_rule": {"not": "a rule"}},
            "m.room.encryption": {},
            "m.room.tombstone": {"replacement_room": ["!x:fake"]},
            "m.space.child": {"via": "fake"},
        }
        del odd["m.room.encryption"]  # nobody could be answered in such a room
        state += [
            {"type": kind, "state_key": "", "sender": "@anna:fake", "content": content}
            for kind, content in odd.items()
        ]
        server.tell(news)
        async with running(server.account) as bot:
            posted = await bot.host.first(Posted)
        assert [each.moderator for each in posted.standing] == [True]


async def test_an_event_as_large_as_one_can_be_is_heard() -> None:
    async with fake_homeserver() as server:
        server.tell(a_room(ROOM, "!help " + "x" * 64_000))
        async with running(server.account) as bot:
            posted = await bot.host.first(Posted)
        assert posted.text is not None
        assert len(posted.text) > 60_000


async def test_no_words_ids_or_tokens_of_people_are_logged(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex, sam = account("keeper"), await human("alex"), await human("sam")
    with capture_logs() as logs:
        async with running(keeper, inviters=[alex.id]) as bot:
            place = await alex.create_room("Private matters", invite=[bot.id])
            await sam.create_room("Trap", invite=[bot.id])
            secret = await alex.create_room("Secret", encrypted=True, invite=[bot.id])
            await bot.host.first(Added)
            await alex.say(place, "!forget everything")
            await bot.host.first(Posted)
            await bot.says(direct(alex.id), "your words")
            await alex.hears(secret)
    assert logs
    for word in (alex.id, sam.id, "forget", "words", "Private", keeper.access_token):
        assert word not in str(logs)


# Its own messages


async def test_a_series_of_messages_wakes_the_sync_a_few_times_only() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        before = server.calls["sync"]

        async def slowly(_: web.Request) -> None:
            await asyncio.sleep(0.01)
            server.tell({})  # what we send wakes our own /sync

        server.always["send"] = slowly
        for number in range(30):
            await bot.delivers(Say(key=f"k{number}", to=room("!room:fake"), text="hello"))
        assert server.calls["send"] == 30
        assert server.calls["sync"] - before < 12


async def test_a_message_that_hangs_does_not_make_us_deaf() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()

        async def never(_: web.Request) -> None:
            await asyncio.sleep(20)

        server.always["send"] = never
        stuck = asyncio.create_task(
            bot.delivers(Say(key="stuck", to=room("!room:fake"), text="hello"))
        )
        await asyncio.sleep(0.05)
        server.tell(a_room(ROOM, "!help"))
        async with asyncio.timeout(5):
            await bot.host.first(Posted)
        stuck.cancel()
        with suppress(asyncio.CancelledError):
            await stuck


async def test_a_room_that_is_private_no_more_is_left_however_long_the_homeserver_is_ill() -> None:
    async with fake_homeserver() as server, running(server.account, clock=WallClock(10_000)) as bot:
        server.faults["leave"] = [bad_gateway()] * 20
        chat = a_room(ROOM)
        events = chat["join"][ROOM]["state"]["events"]
        events[1]["unsigned"] = {"prev_content": {"membership": "invite", "is_direct": True}}
        server.tell(chat)
        await bot.host.until(lambda: ROOM in bot.host.memory.get("matrix.room", {}))
        third = {**events[2], "state_key": "@eve:fake", "event_id": "$eve"}
        server.tell({"join": {ROOM: {"timeline": {"events": [third]}}}})
        for _ in range(400):
            if server.calls["leave"] > 20:
                break
            server.tell({})
            await asyncio.sleep(0.05)
    assert server.calls["leave"] == 21


def an_invitation(sender: str) -> dict[str, object]:
    """Say in an answer of /sync that somebody invites the bot."""
    event = {"type": "m.room.member", "state_key": ME, "sender": sender, "content": {}}
    return {"invite": {ROOM: {"invite_state": {"events": [event]}}}}


async def test_an_invitation_waits_as_long_as_the_homeserver_is_away() -> None:
    clock = WallClock(haste=10_000)
    async with fake_homeserver() as server, running(server.account, clock=clock) as bot:
        await bot.synced()
        server.faults[ROOM] = [bad_gateway()] * 25 + [refusal(403, "M_RESOURCE_LIMIT_EXCEEDED")]
        server.tell(an_invitation("@anna:fake"))
        await bot.host.until(lambda: ROOM in bot.host.memory.get("matrix.invite", {}))
        await bot.host.until(lambda: ROOM not in bot.host.memory["matrix.invite"])
    assert server.calls[ROOM] == 27


async def test_a_second_invitation_is_answered_though_the_first_is_just_being_declined() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        await bot.synced()
        second = asyncio.Event()

        async def hesitate(_: web.Request) -> None:
            await second.wait()

        server.faults["leave"] = [hesitate]
        server.tell(an_invitation("@eve:elsewhere"))
        await bot.host.until(lambda: ROOM in bot.host.memory.get("matrix.invite", {}))
        server.tell(an_invitation("@anna:fake"))
        await bot.host.until(lambda: bot.host.writes.count("matrix.invite") == 2)
        second.set()
        async with asyncio.timeout(20):
            while not server.calls[ROOM]:
                server.tell({})
                await asyncio.sleep(0.05)
        await bot.host.until(lambda: ROOM not in bot.host.memory["matrix.invite"])
    assert (server.calls["leave"], server.calls[ROOM]) == (1, 1)
