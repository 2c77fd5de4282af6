"""Which communities the bot tells of while it is invited, moved about and thrown out."""

from __future__ import annotations

from bot.core.events import Added, Joined, Posted, Removed
from bot.core.refs import Community, Standing
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
        place = await alex.create_room("Commons", invite=[bot.id])
        await added(bot, place)
        await alex.kick(place, bot.id)
        removed = await bot.host.first(Removed)
        assert removed.community == community(place)
        assert "matrix.room" in bot.host.memory
        await alex.invite(place, bot.id)
        await bot.host.until(lambda: len(told(bot.host, place)) == 2)
        assert [event.new for event in told(bot.host, place)] == [True, True]
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
        new = await alex.upgrade(old, "12")
        await bot.host.first(Added, lambda event: event.community.id == new)
        via = {"via": [bot.id.partition(":")[2]]}
        await alex.set_state(space, "m.space.child", via, key=new)
        now = await bot.host.first(
            Added,
            lambda event: event.community.id == space and [f.room.id for f in event.rooms] == [new],
        )
        assert now.rooms[0].can_post
        await alex.say(new, "!help")
        posted = await bot.host.first(Posted)
        # The creator of a room of version 12 is in no list of levels.
        assert posted.standing == (Standing(community(space), moderator=True),)


async def test_an_upgraded_space_is_still_a_space(account: MakeAccount, human: MakeHuman) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        old = await alex.create_room(
            "Circle", space=True, version="11", preset="public_chat", invite=[bot.id]
        )
        await added(bot, old)
        new = await alex.upgrade(old, "12")
        now = await added(bot, new)
        assert now.new
        assert now.rooms == ()
