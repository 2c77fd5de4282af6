"""Looking at a message on a real homeserver: whose it is, where, and its words after a yes."""

from __future__ import annotations

from bot.core.actions import Look, OpenThread
from bot.core.events import Added, Looked
from bot.core.refs import Community, MessageRef
from tests.matrix.running import Bot, direct, member, room, running
from tests.support.human import Human, MakeHuman
from tests.support.synapse import MakeAccount


async def looked(bot: Bot, alex: Human, place: str, event: str, *, words: bool = False) -> Looked:
    """Return what the bot finds of an event of this place."""
    look = Look(
        key=bot.ids.new(),
        to=direct(alex.id),
        message=MessageRef(room(place), event),
        community=Community("matrix", place),
        words=words,
    )
    await bot.delivers(look)
    return await bot.host.first(Looked, lambda found: found.key == look.key)


async def test_a_message_is_looked_at_and_read_only_when_that_is_wanted(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        place = await alex.create_room("Commons", invite=[bot.id])
        await bot.host.first(Added, lambda event: event.community.id == place)
        post = await bot.says(room(place), "The prompt")
        opening = OpenThread(key=bot.ids.new(), to=room(place), after="x", title="Week", text="Go")
        await bot.delivers(opening, post)
        own = await looked(bot, alex, place, post.id)
        assert (own.found, own.author, own.answered) == (True, None, False)
        relation = {"rel_type": "m.thread", "event_id": post.id}
        content = {"msgtype": "m.text", "body": "First words.", "m.relates_to": relation}
        said = await alex.send(place, "m.room.message", content)
        found = await looked(bot, alex, place, said)
        assert (found.found, found.author) == (True, member(alex.id))
        assert found.thread == MessageRef(room(place), post.id)
        assert found.text is None
        assert (await looked(bot, alex, place, post.id)).answered
        assert (await looked(bot, alex, place, said, words=True)).text == "First words."
        await alex.edit(place, said, "Better words.")
        assert (await looked(bot, alex, place, said, words=True)).text == "Better words."
        await alex.redact(place, said)
        assert not (await looked(bot, alex, place, said, words=True)).found
        assert not (await looked(bot, alex, place, "$nowhere")).found


async def test_a_room_of_another_community_is_not_looked_into(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex = await human("alex")
        places = [await alex.create_room(name, invite=[bot.id]) for name in ("Here", "There")]
        for place in places:
            await bot.host.first(Added, lambda event, place=place: event.community.id == place)  # type: ignore[misc]
        said = await alex.says(places[1], "Not for here.")
        look = Look(
            key=bot.ids.new(),
            to=direct(alex.id),
            message=MessageRef(room(places[1]), said),
            community=Community("matrix", places[0]),
            words=True,
        )
        await bot.delivers(look)
        found = await bot.host.first(Looked)
        assert (found.found, found.text, found.author) == (False, None, None)
