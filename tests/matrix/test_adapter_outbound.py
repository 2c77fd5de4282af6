"""What the bot's actions look like to the people in a room, and that each happens once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.core.actions import AskForm, Edit, Field, OpenThread, Pin, Retract, Say, SetRole
from bot.core.errors import TryLater, Undeliverable, Unreadable
from bot.core.events import Added
from bot.core.ports import Delivery
from bot.core.refs import MessageRef
from tests.matrix.running import Bot, direct, member, room, running
from tests.support.human import Human, MakeHuman
from tests.support.synapse import MakeAccount


async def welcomed(bot: Bot, alex: Human) -> str:
    """Let the bot be invited to a new room, and wait until it is in."""
    place = await alex.create_room("Commons", invite=[bot.id])
    await bot.host.first(Added, lambda event: event.community.id == place)
    return place


def delivery(bot: Bot, key: str, place: str, text: str = "hello") -> Delivery:
    return Delivery(key, Say(key=key, to=room(place), text=text), None, bot.clock.now())


async def test_people_see_a_message_that_mentions_nobody(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        await bot.says(room(place), "**Hi** <b>@room</b>", key="k1")
        quiet = await alex.hears(place)
        assert (quiet.text, quiet.msgtype) == ("Hi <b>@room</b>", "m.notice")
        html = "<strong>Hi</strong> &lt;b&gt;@room&lt;/b&gt;"
        assert quiet.content["formatted_body"] == html
        assert quiet.content["m.mentions"] == {}
        assert quiet.content["io.circlekeeper.key"] == "k1"
        await bot.says(room(place), "Will you?", ask=True)
        assert (await alex.hears(place)).msgtype == "m.text"


async def test_answers_in_a_thread_hang_on_its_root(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        post = await bot.says(room(place), "The prompt")
        thread = OpenThread(key=bot.ids.new(), to=room(place), after="x", title="Week", text="Go")
        first = await bot.delivers(thread, post)
        assert first is not None
        assert first.room == room(place, post.id)
        opened = await alex.hears(place, "Week")
        assert opened.thread == post.id
        # On a message inside the thread, and into the thread by its name: the same root.
        second = await bot.says(room(place), "inside", first, in_thread=True)
        third = await bot.says(room(place, post.id), "by name")
        assert (await alex.hears(place, "inside")).thread == post.id
        assert (await alex.hears(place, "by name")).thread == post.id
        assert second.room == third.room == room(place, post.id)
        # On what a person said in a thread of theirs.
        root = await alex.say(place, "a question")
        reply = await alex.say(place, "!help", thread=root)
        await bot.says(room(place, root), "an answer", MessageRef(room(place, root), reply))
        assert (await alex.hears(place, "an answer")).thread == root


async def test_an_edit_replaces_and_doing_it_twice_changes_nothing(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        post = await bot.says(room(place), "old")
        edit = Edit(key="e" + bot.ids.new(), to=room(place), after="x", text="*new*")
        assert await bot.delivers(edit, post) is None
        assert await bot.delivers(edit, post) is None
        edited = await alex.hears(place, "new")
        assert edited.replaces == post.id
        assert [event.text for event in await alex.messages(place)].count("new") == 1
        back = Retract(key="r" + bot.ids.new(), to=room(place), after="x")
        for _ in range(2):
            assert await bot.delivers(back, post) is None
        await alex.hears(place, lambda event: event.type == "m.room.redaction")
        assert "old" not in [event.text for event in await alex.messages(place)]


async def test_pinning_adds_to_what_is_pinned_and_says_what_it_lacks(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        post = await bot.says(room(place), "Start here")
        other = await bot.says(room(place), "And here")
        pin = Pin(key="p1", to=room(place), after="x")
        with pytest.raises(Undeliverable, match=r"m\.room\.pinned_events"):
            await bot.delivers(pin, post)
        await alex.set_power(place, bot.id, 50)
        theirs = await alex.say(place, "mine")
        await alex.set_state(place, "m.room.pinned_events", {"pinned": [theirs]})
        await asyncio.gather(bot.delivers(pin, post), bot.delivers(pin, other))
        await bot.delivers(pin, post)
        pinned = await alex.state(place, "m.room.pinned_events")
        assert pinned is not None
        assert pinned["pinned"][0] == theirs
        assert sorted(pinned["pinned"][1:]) == sorted([post.id, other.id])


async def test_what_matrix_has_not(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        role = SetRole(key="r1", to=room(place), member=member(alex.id), role="Guide")
        assert await bot.delivers(role) is None
        form = AskForm(key="f1", to=room(place), text="?", question="q", fields=(Field("a", "A"),))
        with pytest.raises(Undeliverable):
            await bot.delivers(form)
        aside = Say(key="a1", to=room(place), text="psst", aside=member(alex.id))
        with pytest.raises(Undeliverable):
            await bot.delivers(aside)
        with pytest.raises(Undeliverable, match="never sent"):
            await bot.delivers(Pin(key="p1", to=room(place), after="x"))
        await alex.hears_nothing(place, "psst", seconds=0.5)


async def test_what_is_sent_again_stands_once_even_after_a_restart(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        place = await welcomed(bot, alex)
        first = await bot.says(room(place), "once", key="same")
        assert await bot.says(room(place), "once", key="same") == first
        host = bot.host
    async with running(keeper, host) as bot:
        assert await bot.says(room(place), "once", key="same") == first
    assert [event.text for event in await alex.messages(place)].count("once") == 1


async def test_a_delivery_in_doubt_is_read_back_by_its_key(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        sent = delivery(bot, "sent", place)
        stands = await bot.adapter.deliver(sent)
        for number in range(130):
            await alex.say(place, f"chatter {number}")
        await bot.says(room(place), "later")
        assert await bot.adapter.find(sent) == stands
        assert await bot.adapter.find(delivery(bot, "never", place)) is None
        # Nobody can write our key into a message and pass for us.
        await alex.send(
            place,
            "m.room.message",
            {"msgtype": "m.text", "body": "fake", "io.circlekeeper.key": "forged"},
        )
        assert await bot.adapter.find(delivery(bot, "forged", place)) is None
        threaded = Say(key="thr", to=room(place), text="in", in_thread=True)
        assert stands is not None
        standing = await bot.delivers(threaded, stands)
        assert await bot.adapter.find(Delivery("thr", threaded, stands)) == standing
        old = Delivery("sent", sent.action, None, bot.clock.now() - timedelta(days=1))
        assert await bot.adapter.find(old) == stands


async def test_a_history_that_cannot_be_read_is_not_taken_for_empty(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        await bot.synced()
        place = await alex.create_room("Elsewhere")
        with pytest.raises(Unreadable):
            await bot.adapter.find(delivery(bot, "k1", place))
        with pytest.raises(Undeliverable):
            await bot.adapter.deliver(delivery(bot, "k1", place))


async def test_what_is_too_long_for_matrix_is_final(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        place = await welcomed(bot, await human("alex"))
        with pytest.raises(Undeliverable, match="too long"):
            await bot.says(room(place), "x" * 70_000)
        await bot.says(room(place), "ж" * 16_000)


async def test_reactions_are_seeded_and_one_that_stands_already_is_no_failure(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        numbers = ("1️⃣", "1️⃣", "2️⃣", "3️⃣", "4️⃣")
        post = await bot.says(room(place), "Which?", reactions=numbers)
        await alex.expect(place, lambda event: event.key == "2️⃣")
        # At most three are tried; the one that stands already is passed over.
        assert [event.key for event in await alex.reactions(place, post.id)] == ["1️⃣", "2️⃣"]


async def test_closing_lets_the_last_reactions_finish(
    account: MakeAccount, human: MakeHuman
) -> None:
    alex = await human("alex")
    async with running(account("keeper")) as bot:
        place = await welcomed(bot, alex)
        post = await bot.says(room(place), "Which?", reactions=("1️⃣", "2️⃣", "3️⃣"))
    assert len(await alex.reactions(place, post.id)) == 3


async def test_nothing_is_sent_before_the_bot_is_connected(account: MakeAccount) -> None:
    bot = Bot(account("keeper"))
    for to in (room("!nowhere:test"), direct("@nobody:test")):
        say = Say(key="k1", to=to, text="x")
        with pytest.raises(TryLater):
            await bot.adapter.deliver(Delivery("k1", say))
        with pytest.raises(TryLater):
            await bot.adapter.find(Delivery("k1", say))
    await bot.adapter.close()
