"""Looking at a message on a real homeserver: whose it is, where, and its words after a yes."""

from __future__ import annotations

from bot.adapters.matrix.polls import POLL, RESPONSES
from bot.core.actions import Look, OpenThread, Poll
from bot.core.events import Added, Looked
from bot.core.ports import Delivery
from bot.core.refs import Community, MessageRef
from tests.matrix.running import Bot, direct, member, room, running
from tests.support.human import Human, MakeHuman
from tests.support.running import Whatever
from tests.support.synapse import MakeAccount


async def looked(bot: Bot, alex: Human, place: str, event: str, **asked: Whatever) -> Looked:
    """Return what the bot finds of an event of this place."""
    look = Look(
        key=bot.ids.new(),
        to=direct(alex.id),
        message=MessageRef(room(place), event),
        community=Community("matrix", place),
        **asked,
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


async def test_a_poll_stands_in_its_thread_once_and_everybodys_last_response_counts(
    account: MakeAccount, human: MakeHuman
) -> None:
    async with running(account("keeper")) as bot:
        alex, sam, eve = await human("alex"), await human("sam"), await human("eve")
        place = await alex.create_room("Commons", preset="public_chat", invite=[bot.id])
        await bot.host.first(Added, lambda event: event.community.id == place)
        for person in (sam, eve):
            await person.join(place)
        post = await bot.says(room(place), "The prompt")
        poll = Poll(key="p.h", to=room(place), after="p", question="Which?", options=("a", "b"))
        stands = await bot.delivers(poll, post)
        assert stands is not None
        assert await bot.delivers(poll, post) == stands
        assert await bot.finds(Delivery("p.h", poll, post, bot.clock.now())) == stands
        seen = await alex.hears(place, lambda event: event.type == POLL)
        assert (seen.id, seen.thread) == (stands.id, post.id)
        assert seen.content["org.matrix.msc1767.text"] == "Which?\n1. a\n2. b"
        assert [each["id"] for each in seen.content[POLL]["answers"]] == ["1", "2"]
        assert seen.content[POLL]["kind"].endswith("disclosed")
        assert (await looked(bot, alex, place, stands.id, hands=True)).hands == ()
        unstable, stable = RESPONSES
        for person, kind, content in (
            (alex, unstable, {unstable: {"answers": ["1"]}}),
            (sam, unstable, {unstable: {"answers": ["1"]}}),
            (eve, stable, {"m.selections": ["2"]}),
            (sam, stable, {"m.selections": ["2", "1"]}),
            (alex, unstable, {unstable: {"answers": ["2"]}}),
            (alex, unstable, {unstable: {"answers": ["x"]}}),  # spoilt: counts for nothing
        ):
            relation = {"rel_type": "m.reference", "event_id": stands.id}
            await person.send(place, kind, {**content, "m.relates_to": relation})
        assert (await looked(bot, alex, place, stands.id, hands=True)).hands == (0, 2)
        # Without being asked for, nothing is counted.
        assert (await looked(bot, alex, place, stands.id)).hands == ()
