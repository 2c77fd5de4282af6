"""Direct conversations: one room a member, made once, and private for as long as it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from bot.core.actions import Forget, Lane, Say
from bot.core.errors import Unreachable
from bot.core.events import Added, Posted, Reacted
from bot.core.ports import Delivery
from bot.core.refs import Direct
from tests.matrix.fake_homeserver import a_room, fake_homeserver
from tests.matrix.running import ENCRYPTED, Bot, direct, member, running
from tests.support.fake_host import FakeHost
from tests.support.human import Human, MakeHuman
from tests.support.synapse import MakeAccount


class Crash(BaseException):
    """The process ends here."""


async def heard(bot: Bot, text: str) -> Posted:
    return await bot.host.first(Posted, lambda event: event.text == text)


async def test_the_bot_opens_one_room_for_a_member_however_much_it_has_to_say(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        await bot.synced()
        await asyncio.gather(*[bot.says(direct(alex.id), f"word {n}") for n in range(5)])
        place = await alex.direct_with(bot.id)
        for number in range(5):
            await alex.hears(place, f"word {number}")
        await alex.say(place, "!help")
        posted = await heard(bot, "!help")
        assert posted.place == Direct(member(alex.id))
        assert posted.message.room.id == place
        question = await bot.says(direct(alex.id), "1 or 2?", ask=True)
        assert question.room.id == place
        bot.host.waits_for_reactions.add(question.id)
        await alex.react(place, question.id, "1️⃣")
        assert (await bot.host.first(Reacted)).place == Direct(member(alex.id))
        # A direct room is no community.
        assert bot.host.of(Added) == []
        assert alex.invites == {}


async def test_the_same_room_serves_after_a_restart(account: MakeAccount, human: MakeHuman) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        first = await bot.says(direct(alex.id), "before")
        host = bot.host
    async with running(keeper, host) as bot:
        assert (await bot.says(direct(alex.id), "after")).room == first.room


async def test_a_crash_between_making_the_room_and_noting_it_leaves_one_room(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        await bot.synced()
        host = bot.host

        async def crash(kind: str, values: Mapping[str, str | None]) -> None:
            if kind == "matrix.direct" and "!" in str(values):
                raise Crash
            if kind in ("matrix.room", "matrix.sync"):
                await asyncio.Event().wait()  # what sync would tell is not noted either

        host.on_remember = crash
        with pytest.raises(Crash):
            await bot.says(direct(alex.id), "hello", key="same")
        host.on_remember = None
    place = await alex.direct_with(keeper.user_id)
    say = Delivery("same", Say(key="same", to=direct(alex.id), text="hello"))
    async with running(keeper, host) as bot:
        assert await bot.finds(say) is None
        assert (await bot.says(direct(alex.id), "hello", key="same")).room.id == place
    await alex.hears(place, "hello")
    assert alex.invites == {}


async def test_a_room_that_was_made_without_its_guest_is_completed(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    host = FakeHost()
    host.memory["matrix.direct"] = {
        "token": f'{{"member": "{alex.id}", "room": "", "gone": false}}'
    }
    async with Human(keeper) as hand:
        place = await hand.create_room(content={"io.circlekeeper.direct": "token"})
    async with running(keeper, host) as bot:
        assert (await bot.says(direct(alex.id), "hello")).room.id == place
        assert await alex.invited_by(bot.id) == place
        await alex.join(place)
        await alex.hears(place, "hello")
        await alex.say(place, "hi")
        assert (await heard(bot, "hi")).place == Direct(member(alex.id))


async def test_nothing_is_found_where_no_room_was_ever_made(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        await bot.synced()
        say = Delivery("k1", Say(key="k1", to=direct(alex.id), text="hello"))
        assert await bot.adapter.find(say) is None


async def test_who_left_is_written_to_again_only_in_answer(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        first = await bot.says(direct(alex.id), "hello")
        old = await alex.direct_with(bot.id)
        await alex.say(old, "hi")
        await heard(bot, "hi")
        await alex.leave(old)
        await bot.host.until(
            lambda: alex.id + '":"join' not in bot.host.memory["matrix.room"].get(old, "")
        )
        with pytest.raises(Unreachable):
            await bot.says(direct(alex.id), "news", lane=Lane.BULK)
        answer = await bot.says(direct(alex.id), "as you asked", lane=Lane.INTERACTIVE)
        assert answer.room != first.room
        new = await alex.direct_with(bot.id)
        await alex.hears(new, "as you asked")
        assert (await bot.says(direct(alex.id), "news", lane=Lane.BULK)).room.id == new


async def test_of_who_was_erased_nothing_is_kept_once_they_leave(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        await bot.says(direct(alex.id), "hello")
        place = await alex.direct_with(bot.id)
        await alex.say(place, "my forget")
        await heard(bot, "my forget")
        assert alex.id in str(bot.host.memory["matrix.direct"])
        await bot.says(direct(alex.id), "Everything is erased.")
        await bot.delivers(Forget(key="forget", to=direct(alex.id)))
        assert alex.id not in str(bot.host.memory["matrix.direct"])
        await alex.leave(place)
        await bot.host.until(lambda: alex.id not in str(bot.host.memory))


async def test_who_was_erased_and_comes_back_is_met_in_the_same_room(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        await bot.says(direct(alex.id), "hello")
        place = await alex.direct_with(bot.id)
        await bot.delivers(Forget(key="forget", to=direct(alex.id)))
        await bot.delivers(Forget(key="forget", to=direct(alex.id)))
        await alex.say(place, "start")
        await heard(bot, "start")
        assert (await bot.says(direct(alex.id), "Good to see you.")).room.id == place
        await alex.leave(place)
        await bot.host.until(
            lambda: alex.id + '":"join' not in bot.host.memory["matrix.room"].get(place, "")
        )
        with pytest.raises(Unreachable):
            await bot.says(direct(alex.id), "news", lane=Lane.BULK)


async def test_who_declines_is_left_alone(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        first = await bot.says(direct(alex.id), "hello")
        place = await alex.invited_by(bot.id, direct=True)
        assert place == first.room.id
        await bot.host.until(lambda: alex.id in bot.host.memory["matrix.room"].get(place, ""))
        await alex.leave(place)
        await bot.host.until(
            lambda: alex.id + '":' not in bot.host.memory["matrix.room"].get(place, "")
        )
        with pytest.raises(Unreachable):
            await bot.says(direct(alex.id), "news", lane=Lane.NORMAL)


async def test_a_member_can_open_the_conversation(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        await bot.synced()
        place = await alex.create_room(
            preset="trusted_private_chat", is_direct=True, invite=[bot.id]
        )
        await alex.say(place, "start")  # before the bot can have come
        posted = await heard(bot, "start")
        assert posted.place == Direct(member(alex.id))
        assert (await bot.says(direct(alex.id), "welcome")).room.id == place
        assert bot.host.of(Added) == []


async def test_a_room_of_three_is_no_direct_room(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        alex, sam = await human("alex"), await human("sam")
        await bot.synced()
        place = await alex.create_room(is_direct=True, invite=[bot.id, sam.id])
        added = await bot.host.first(Added)
        assert added.community.id == place
        await sam.leave(place)
        await alex.say(place, "private?")
        await alex.say(place, "!help")
        await heard(bot, "!help")
        assert len(bot.host.of(Posted)) == 1


async def test_a_direct_room_into_which_a_third_person_comes_is_left(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex, sam = await human("alex"), await human("sam")
        await bot.synced()
        place = await alex.create_room(
            preset="trusted_private_chat", is_direct=True, invite=[bot.id]
        )
        await alex.say(place, "start")
        await heard(bot, "start")
        await alex.invite(place, sam.id)
        await alex.expect(
            place,
            lambda event: event.sender == bot.id and event.content.get("membership") == "leave",
        )
        answer = await bot.says(direct(alex.id), "your notes", lane=Lane.INTERACTIVE)
        assert answer.room.id != place
        assert await alex.direct_with(bot.id)


async def test_nobody_else_can_be_brought_into_a_room_that_the_bot_made(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex, sam = await human("alex"), await human("sam")
        await bot.says(direct(alex.id), "hello")
        place = await alex.direct_with(bot.id)
        with pytest.raises(Exception, match="M_FORBIDDEN"):
            await alex.invite(place, sam.id)
        with pytest.raises(Exception, match="M_FORBIDDEN"):
            await alex.set_state(place, "m.room.encryption", {"algorithm": "x"})


async def test_an_encrypted_conversation_is_declined_in_words(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex: Human = await human("alex")
        await bot.synced()
        place = await alex.create_room(is_direct=True, encrypted=True, invite=[bot.id])
        await alex.hears(place, ENCRYPTED)
        await alex.expect(
            place,
            lambda event: event.sender == bot.id and event.content.get("membership") == "leave",
        )
        assert (await bot.says(direct(alex.id), "here", lane=Lane.INTERACTIVE)).room.id != place


async def test_a_recording_in_private_is_told_as_one_without_words_and_a_caption_as_words() -> None:
    async with fake_homeserver() as server, running(server.account) as bot:
        chat = a_room("!chat:fake", "x.ogg", "notes.txt", "x.png", "!help")
        share = chat["join"]["!chat:fake"]
        share["state"]["events"][1]["unsigned"] = {
            "prev_content": {"membership": "invite", "is_direct": True}
        }
        events = share["timeline"]["events"]
        events[0]["content"] |= {"msgtype": "m.audio", "url": "mxc://fake/a"}
        events[1]["content"] |= {"msgtype": "m.file", "url": "mxc://fake/b"}
        events[2]["content"] |= {"msgtype": "m.image", "filename": "IMG.png"}
        server.tell(chat)
        await bot.host.until(lambda: len(bot.host.of(Posted)) == 4)
    posted = bot.host.of(Posted)
    assert [event.text for event in posted] == ["", "", "x.png", "!help"]
    assert {event.place for event in posted} == {direct("@anna:fake")}
    assert not any(event.file for event in posted)
