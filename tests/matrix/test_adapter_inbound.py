"""What reaches the host from a real homeserver, in which order, and what never does."""

from __future__ import annotations

import asyncio

from bot.core.events import Added, Joined, Left, Posted, Reacted
from bot.core.refs import Community, Direct, Standing
from tests.matrix.running import Bot, direct, member, room, running
from tests.support.fake_host import FakeHost
from tests.support.human import Human, MakeHuman
from tests.support.synapse import Account, MakeAccount


def texts(host: FakeHost) -> list[str | None]:
    return [event.text for event in host.of(Posted)]


async def welcomed(bot: Bot, alex: Human, preset: str = "private_chat") -> str:
    """Let the bot be invited to a new room, and wait until it is in."""
    place = await alex.create_room("Commons", invite=[bot.id], preset=preset)
    await entered(bot, place)
    return place


async def entered(bot: Bot, place: str) -> None:
    await bot.host.first(Added, lambda event: event.community.id == place)


async def heard(bot: Bot, text: str) -> Posted:
    return await bot.host.first(Posted, lambda event: event.text == text)


async def test_every_command_of_a_burst_while_away_arrives_once_and_in_order(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        place = await welcomed(bot, alex)
        host = bot.host
        early = ["!early 1", "!early 2", "!early 3"]
        for text in early:
            await alex.say(place, text)
            await heard(bot, text)
    said = [f"!count {number}" for number in range(230)]
    for text in said:
        await alex.say(place, text)
    async with running(keeper, host):
        await host.until(lambda: len(texts(host)) >= len(early) + len(said))
    assert texts(host) == early + said
    # What was there before the gap is not told again, but for a last answer that was cut short.
    assert len(host.repeated) <= 1


async def test_a_burst_of_a_hundred_at_once_arrives_whole(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        said = [f"!count {number}" for number in range(100)]
        await asyncio.gather(*[alex.say(place, text) for text in said])
        await bot.host.until(lambda: len(texts(bot.host)) >= len(said))
        assert sorted(map(str, texts(bot.host))) == sorted(said)


async def test_joins_in_a_gap_are_told_too(account: MakeAccount, human: MakeHuman) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        place = await welcomed(bot, alex, preset="public_chat")
        host = bot.host
    sam = await human("sam")
    await sam.join(place)
    for number in range(120):
        await alex.say(place, f"!count {number}")
    async with running(keeper, host):
        joined = await host.first(Joined)
        await host.until(lambda: len(texts(host)) == 120)
    assert joined.member == member(sam.id)
    assert host.events.index(joined) < host.events.index(host.of(Posted)[0])


async def test_what_was_said_before_the_bot_came_is_not_acted_on(
    account: MakeAccount, human: MakeHuman
) -> None:
    alex = await human("alex")
    place = await alex.create_room("Commons")
    for number in range(5):
        await alex.say(place, f"!old {number}")
    async with running(account("keeper")) as bot:
        await bot.synced()
        await alex.invite(place, bot.id)
        await bot.host.first(Added)
        await alex.say(place, "!new")
        await heard(bot, "!new")
        assert texts(bot.host) == ["!new"]
        assert bot.host.of(Joined) == []


async def test_after_a_join_the_first_answer_may_be_short_and_nothing_is_missed(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        await bot.synced()
        host = bot.host
    place = await alex.create_room("Commons", preset="public_chat")
    await alex.say(place, "!old")
    async with Human(keeper) as hand:
        await hand.join(place)
    said = [f"!count {number}" for number in range(130)]
    for text in said:
        await alex.say(place, text)
    async with running(keeper, host):
        await host.until(lambda: len(texts(host)) >= len(said))
    assert texts(host) == said
    assert isinstance(host.events[0], Added)


async def test_a_new_store_finds_its_old_rooms_and_leaves_their_past_alone(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        place = await welcomed(bot, alex)
        await alex.say(place, "!long ago")
        await heard(bot, "!long ago")
    # Times are told to the second by the homeserver's clock.
    await asyncio.sleep(1.1)
    async with running(keeper) as fresh:
        added = await fresh.host.first(Added)
        await alex.say(place, "!now")
        await heard(fresh, "!now")
        assert texts(fresh.host) == ["!now"]
        assert added.new


async def test_edits_notices_and_the_bots_own_words_are_ignored(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        bot.host.waits_for_posts.add(place)
        await bot.says(room(place), "!mine", ask=True)
        await alex.say(place, "!notice", msgtype="m.notice")
        first = await alex.say(place, "!first")
        await alex.edit(place, first, "!second")
        await alex.say(place, "!end")
        await heard(bot, "!end")
        assert texts(bot.host) == ["!first", "!end"]


async def test_what_was_taken_back_while_away_is_not_acted_on(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        place = await welcomed(bot, alex)
        host = bot.host
    await alex.redact(place, await alex.say(place, "!secret"))
    await alex.say(place, "!end")
    async with running(keeper, host) as bot:
        await heard(bot, "!end")
    assert texts(host) == ["!end"]


async def test_a_post_that_is_not_for_the_bot_is_dropped_unless_somebody_waits_for_it(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        await alex.say(place, "a private thought")
        await alex.say(place, "!end")
        await heard(bot, "!end")
        assert texts(bot.host) == ["!end"]
        bot.host.waits_for_posts.add(place)
        wave = await alex.say(place, "hello all")
        posted = await bot.host.first(Posted, lambda event: event.text is None)
        assert posted.message.id == wave
        assert (posted.place, posted.reply) == (room(place), False)
        for answer in (
            await alex.say(place, "hello to you", thread=wave),
            await alex.say(place, "hello to you", reply_to=wave),
        ):
            await bot.host.until(
                lambda id_=answer: any(each.message.id == id_ for each in bot.host.of(Posted))  # type: ignore[misc]
            )
            replied = bot.host.of(Posted)[-1]
            assert (replied.text, replied.reply) == (None, True)
        assert "hello" not in repr(bot.host.asked)
        await alex.set_state(place, "m.room.topic", {"topic": "Under the lanterns"})
        await bot.host.first(Added, lambda event: event.rooms[0].topic == "Under the lanterns")


async def test_a_mention_a_thread_and_a_reply_to_a_question_are_for_the_bot(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        name = bot.id[1:].partition(":")[0]
        await alex.say(place, f"{name}: start", mentions=[bot.id])
        await heard(bot, "!start")
        root = await alex.say(place, "shall we?")
        await alex.say(place, "!help", thread=root)
        threaded = await heard(bot, "!help")
        assert threaded.place == room(place, root)
        assert threaded.message.room.thread == root
        question = await bot.says(room(place), "1 or 2?", ask=True)
        bot.host.waits_for_reactions.add(question.id)
        await alex.say(place, "2", reply_to=question.id, mentions=[bot.id])
        await heard(bot, "2")


async def test_reactions_count_where_somebody_waits_for_them(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        ours = await bot.says(room(place), "React!")
        bot.host.waits_for_reactions.add(ours.id)
        await alex.react(place, await alex.say(place, "mine"), "👎")
        await alex.react(place, ours.id, "👋")
        reacted = await bot.host.first(Reacted)
        assert (reacted.emoji, reacted.message, reacted.place) == ("👋", ours, room(place))
        assert reacted.member == member(alex.id)
        assert len(bot.host.of(Reacted)) == 1


async def test_coming_and_going_are_told_but_not_a_new_name_or_those_already_there(
    account: MakeAccount, human: MakeHuman
) -> None:
    alex, sam = await human("alex"), await human("sam")
    place = await alex.create_room("Commons", preset="public_chat")
    await sam.join(place)
    async with running(account("keeper")) as bot:
        await bot.synced()
        await alex.invite(place, bot.id)
        await bot.host.first(Added)
        await sam.set_state(
            place, "m.room.member", {"membership": "join", "displayname": "Sammy"}, key=sam.id
        )
        await sam.leave(place)
        left = await bot.host.first(Left)
        assert left.member == member(sam.id)
        assert left.standing == ()
        await sam.join(place)
        joined = await bot.host.first(Joined)
        assert joined.community == Community("matrix", place)
        assert joined.standing == (Standing(Community("matrix", place)),)
        await alex.kick(place, sam.id)
        await bot.host.until(lambda: len(bot.host.of(Left)) == 2)
        assert len(bot.host.of(Joined)) == 1


async def test_after_a_restart_everybody_still_stands_where_they_stood(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex, sam = account("keeper"), await human("alex"), await human("sam")
    async with running(keeper) as bot:
        versions = ["11", "12"]
        places = [
            await alex.create_room(f"Room {version}", version=version, invite=[bot.id, sam.id])
            for version in versions
        ]
        for place in places:
            await entered(bot, place)
            await sam.join(place)
        await bot.host.until(lambda: len(bot.host.of(Joined)) == 2)
        await bot.says(direct(alex.id), "hello")
        private = await alex.direct_with(bot.id)
        host = bot.host
    await alex.say(private, "am I known")
    await sam.say(places[1], "!and me")
    async with running(keeper, host) as bot:
        known = await heard(bot, "am I known")
        moderating = {Standing(Community("matrix", place), moderator=True) for place in places}
        assert set(known.standing) == moderating
        assert known.place == Direct(member(alex.id))
        assert known.community is None
        ordinary = await heard(bot, "!and me")
        assert {standing.moderator for standing in ordinary.standing} == {False}
        assert len(ordinary.standing) == 2
        await alex.set_power(places[0], sam.id, 50)
        await alex.set_power(places[1], sam.id, 50)
        await sam.say(places[1], "!now")
        promoted = await heard(bot, "!now")
        assert {standing.moderator for standing in promoted.standing} == {True}
        assert [event.new for event in host.of(Added)].count(True) == 2


async def test_the_bots_own_account_on_another_device_is_not_a_member(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper: Account = account("keeper")
    async with running(keeper) as bot:
        alex = await human("alex")
        place = await welcomed(bot, alex)
        async with Human(keeper) as hand:
            await hand.say(place, "!help")
        await alex.say(place, "!end")
        await heard(bot, "!end")
        assert texts(bot.host) == ["!end"]
