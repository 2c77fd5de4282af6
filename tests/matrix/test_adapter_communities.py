"""Which communities the bot tells of while it is invited, moved about and thrown out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.actions import Edit, Say
from bot.core.errors import TryLater, Undeliverable
from bot.core.events import Added, Joined, Moved, Posted, Present, Removed
from bot.core.ports import Delivery
from bot.core.refs import Community, OutsideRoom, Standing, Way
from tests.matrix.running import ENCRYPTED, Bot, room, running
from tests.support.fake_host import FakeHost
from tests.support.human import MakeHuman
from tests.support.synapse import MakeAccount


def community(room_id: str) -> Community:
    return Community("matrix", room_id)


async def added(bot: Bot, room_id: str) -> Added:
    return await bot.host.first(Added, lambda event: event.community.id == room_id)


async def shows(bot: Bot, room_id: str, *names: str) -> Added:
    """Wait until the community was told of with just these rooms."""

    def fits(event: Added) -> bool:
        shown = tuple(facts.name for facts in event.rooms)
        return event.community.id == room_id and shown == names

    return await bot.host.first(Added, fits)


def told(host: FakeHost, room_id: str) -> list[Added]:
    return [event for event in host.of(Added) if event.community.id == room_id]


async def test_a_space_is_a_community_and_its_rooms_belong_to_it(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex, sam = await human("alex"), await human("sam")
        space = await alex.create_room("Circle", space=True, invite=[bot.id, sam.id])
        first = await added(bot, space)
        assert (first.name, first.rooms, first.new) == ("Circle", (), True)
        commons = await alex.create_room("Commons", parent=space, invite=[bot.id])
        library = await alex.create_room("Library", parent=space, invite=[bot.id])
        await shows(bot, space, "Commons", "Library")
        assert {event.community.id for event in bot.host.of(Added)} == {space}
        # A newcomer to a space is in none of its rooms yet.
        await sam.join(space)
        joined = await bot.host.first(Joined)
        assert joined.community == community(space)
        assert joined.standing == (Standing(community(space)),)
        await alex.say(library, "!help")
        posted = await bot.host.first(Posted)
        assert posted.community == community(space)
        assert posted.place == room(library)
        assert posted.standing == (Standing(community(space), moderator=True),)
        await alex.kick(commons, bot.id)
        await shows(bot, space, "Library")
        assert bot.host.of(Removed) == []


async def test_joining_a_room_of_a_space_is_not_coming_into_the_community(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex, sam = await human("alex"), await human("sam")
        space = await alex.create_room("Circle", space=True, invite=[bot.id])
        commons = await alex.create_room(
            "Commons", parent=space, invite=[bot.id], preset="public_chat"
        )
        await shows(bot, space, "Commons")
        await sam.join(commons)
        await sam.say(commons, "!help")
        posted = await bot.host.first(Posted)
        assert posted.standing == (Standing(community(space)),)
        assert bot.host.of(Joined) == []


async def test_a_name_that_changes_and_changes_back_is_told_both_times(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper = account("keeper")
    async with running(keeper) as bot:
        alex = await human("alex")
        place = await alex.create_room("One", invite=[bot.id])
        await added(bot, place)
        for name in ["Two", "One", "Two"]:
            await alex.set_state(place, "m.room.name", {"name": name})
            await bot.host.until(lambda: told(bot.host, place)[-1].name == name)  # noqa: B023
        assert [event.name for event in told(bot.host, place)] == ["One", "Two", "One", "Two"]
        assert [event.new for event in told(bot.host, place)] == [True, False, False, False]


async def test_what_the_bot_may_do_in_a_room_is_told(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await alex.create_room("Commons", invite=[bot.id])
        first = await added(bot, place)
        assert [(facts.can_post, facts.can_pin) for facts in first.rooms] == [(True, False)]
        await alex.set_power(place, bot.id, 50)
        await bot.host.first(Added, lambda event: event.rooms[0].can_pin)
        levels = await alex.power_levels(place)
        await alex.set_state(place, "m.room.power_levels", {**levels, "events_default": 60})
        await bot.host.first(Added, lambda event: not event.rooms[0].can_post)


async def test_removal_and_return(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        sam = await human("sam")
        place = await alex.create_room("Commons", invite=[sam.id])
        await sam.join(place)
        await alex.invite(place, bot.id)
        await added(bot, place)
        await alex.kick(place, bot.id)
        removed = await bot.host.first(Removed)
        await sam.leave(place)  # which nobody tells
        assert removed.community == community(place)
        assert "matrix.room" in bot.host.memory
        await alex.invite(place, bot.id)
        await bot.host.until(lambda: len(told(bot.host, place)) == 2)
        assert [event.new for event in told(bot.host, place)] == [True, True]
        await bot.host.until(lambda: len(bot.host.of(Present)) == 2)
        assert {sam.id} == bot.host.of(Present)[0].members - bot.host.of(Present)[1].members
        await alex.ban(place, bot.id)
        await bot.host.until(lambda: len(bot.host.of(Removed)) == 2)
        await bot.host.until(lambda: place not in bot.host.memory["matrix.room"])


async def test_removal_while_away_is_told_afterwards(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        place = await alex.create_room("Commons", invite=[bot.id])
        await added(bot, place)
        host = bot.host
    await alex.kick(place, keeper.user_id)
    async with running(keeper, host):
        await host.first(Removed)


async def test_only_those_who_are_permitted_bring_the_bot_in(
    account: MakeAccount, human: MakeHuman
) -> None:
    alex, sam = await human("alex"), await human("sam")
    async with running(account("keeper"), inviters=[alex.id]) as bot:
        stranger = await sam.create_room("Trap", invite=[bot.id])
        friend = await alex.create_room("Commons", invite=[bot.id])
        await added(bot, friend)
        await sam.expect(
            stranger,
            lambda event: (
                event.raw.get("state_key") == bot.id and event.content["membership"] == "leave"
            ),
        )
        assert bot.id not in await sam.members(stranger)
        assert told(bot.host, stranger) == []
        await bot.host.until(lambda: bot.host.memory["matrix.invite"] == {})


async def test_an_invitation_that_a_crash_left_open_is_answered_afterwards(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, alex = account("keeper"), await human("alex")
    async with running(keeper) as bot:
        await bot.synced()
        host = bot.host
    place = await alex.create_room("Commons", invite=[keeper.user_id])
    # Sync tells of an invitation once; what was noted of it is all that a killed bot has.
    host.memory["matrix.invite"] = {place: f'{{"sender": "{alex.id}", "via": []}}'}
    async with running(keeper, host) as bot:
        await added(bot, place)


async def test_in_an_encrypted_room_the_bot_says_why_it_does_not_stay(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await alex.create_room("Secret", encrypted=True, invite=[bot.id])
        notice = await alex.hears(place, ENCRYPTED)
        assert notice.msgtype == "m.notice"
        await alex.expect(place, lambda event: event.content.get("membership") == "leave")
        assert bot.host.of(Added) == []


async def test_a_room_that_becomes_encrypted_is_left_with_the_same_words(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await alex.create_room("Commons", invite=[bot.id])
        await added(bot, place)
        await alex.set_state(place, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        await alex.hears(place, ENCRYPTED)
        await bot.host.first(Removed)
        await alex.expect(place, lambda event: event.content.get("membership") == "leave")
        await bot.host.until(lambda: place not in bot.host.memory["matrix.room"])
        assert len(bot.host.of(Removed)) == 1
        heard = [event.text for event in await alex.messages(place)]
        assert heard.count(ENCRYPTED) == 1


async def test_the_bot_follows_a_room_to_its_replacement(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        space = await alex.create_room("Circle", space=True, invite=[bot.id])
        old = await alex.create_room(
            "Commons", parent=space, version="11", preset="public_chat", invite=[bot.id]
        )
        await shows(bot, space, "Commons")
        card = await bot.says(room(old), "A question")
        said = await bot.says(room(old), "Its thread", card, in_thread=True)
        new = await alex.upgrade(old, "12")
        moved = await bot.host.first(Moved, lambda event: bool(event.rooms))
        assert moved.rooms == ((room(old), room(new)),)
        assert moved.before == moved.after == community(space)
        # Before the space names the new room, it is in it already.
        now = await bot.host.first(
            Added,
            lambda event: event.community.id == space and [f.room.id for f in event.rooms] == [new],
        )
        assert now.rooms[0].can_post
        await alex.say(new, "!help")
        posted = await bot.host.first(Posted)
        # The creator of a room of version 12 is in no list of levels.
        assert posted.standing == (Standing(community(space), moderator=True),)
        assert new not in {event.community.id for event in bot.host.of(Added)}
        # What is meant for the old room is said in the new one, and its threads go on there.
        assert (await bot.says(room(old), "Later")).room == room(new)
        first = await bot.says(room(old), "More", card, in_thread=True)
        second = await bot.says(room(old), "And more", card, in_thread=True)
        (root,) = [each for each in await alex.messages(new) if each.text.startswith("It began at")]
        assert root.text == f"It began at https://matrix.to/#/{old}/{card.id}"
        assert first.room == second.room == room(new, root.id)
        with pytest.raises(Undeliverable, match="stayed behind"):
            await bot.delivers(Edit(key="e", to=room(old), after="k", text="No"), card)
        # Read back, it is found where it stands.
        say = Say(key="old-key", to=room(old), text="x")
        assert await bot.finds(Delivery("old-key", say)) is None
        assert said.room == room(old, card.id)


async def test_what_is_to_be_said_waits_for_an_invitation_into_what_replaced_a_room(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        space = await alex.create_room("Circle", space=True, invite=[bot.id])
        old = await alex.create_room("Commons", parent=space, version="11", invite=[bot.id])
        await shows(bot, space, "Commons")
        new = await alex.upgrade(old, "12")
        told = await bot.host.first(Added, lambda event: bool(event.outside))
        assert told.outside == (OutsideRoom(room(new), "Commons", Way.REPLACED),)
        with pytest.raises(TryLater) as refused:
            await bot.says(room(old), "Not lost")
        assert refused.value.alone
        await alex.invite(new, bot.id)
        await bot.host.first(Moved, lambda event: bool(event.rooms))
        assert (await bot.says(room(old), "Not lost")).room == room(new)
        # After a day it is given up, with a reason.
        newest = await alex.upgrade(new, "12")
        await bot.host.first(
            Added, lambda event: newest in {each.room.id for each in event.outside}
        )
        yesterday = bot.clock.now() - timedelta(days=2)
        late = Delivery("late", Say(key="late", to=room(old), text="x"), None, yesterday)
        with pytest.raises(Undeliverable, match="invite it there"):
            await bot.adapter.deliver(late)


async def test_an_upgraded_space_is_still_the_same_community(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex, sam = await human("alex"), await human("sam")
        old = await alex.create_room(
            "Circle", space=True, version="11", preset="public_chat", invite=[bot.id]
        )
        await added(bot, old)
        await alex.create_room("Commons", parent=old, invite=[bot.id])
        await shows(bot, old, "Commons")
        await sam.join(old)
        await bot.host.first(Joined)
        new = await alex.upgrade(old, "12")
        moved = await bot.host.first(Moved)
        assert (moved.before, moved.after, moved.rooms) == (community(old), community(new), ())
        await shows(bot, new, "Commons")
        # Who was there before only comes along; who is new is new.
        await sam.join(new)
        eve = await human("eve")
        await eve.join(new)
        await bot.host.until(lambda: len(bot.host.of(Joined)) > 1)
        assert [event.member.id for event in bot.host.of(Joined)] == [sam.id, eve.id]
        await eve.leave(new)
        await eve.join(new)
        await bot.host.until(lambda: len(bot.host.of(Joined)) == 3)


async def test_a_room_whose_space_is_joined_later_goes_on_as_the_space(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        space = await alex.create_room("Circle", space=True)
        commons = await alex.create_room("Commons", parent=space, invite=[bot.id])
        other = await alex.create_room("Elsewhere", invite=[bot.id])
        await added(bot, commons)
        await added(bot, other)
        await alex.invite(space, bot.id)
        moved = await bot.host.first(Moved)
        assert (moved.before, moved.after) == (community(commons), community(space))
        await shows(bot, space, "Commons")
        # Another community of the same account is not touched.
        await alex.say(other, "!help")
        posted = await bot.host.first(Posted)
        assert posted.community == community(other)
        assert community(other) not in [event.community for event in bot.host.of(Removed)]
