"""Files on Matrix: a community's settings that are carried, and one's own words to keep."""

from tests.support.circle import opened
from tests.support.human import Event, Human
from tests.support.matrix_circle import MatrixCircle
from tests.support.synapse import MakeAccount


async def newest(person: Human, chat: str) -> Event:
    """Return the newest file that the bot sent."""
    return [each for each in await person.messages(chat) if each.msgtype == "m.file"][-1]


async def test_a_community_is_carried_as_a_file_and_words_are_kept_in_one(
    account: MakeAccount,
) -> None:
    async with MatrixCircle(account) as circle:
        await opened(circle)
        mira, chat = await circle.person("mira"), await circle.chat("mira")
        await circle.says("mira", "keeper export")
        await circle.hears("mira", "one file, to keep or to carry")
        event = await newest(mira, chat)
        assert event.content["filename"] == "circlekeeper.yaml"
        text = (await mira.download(event.content["url"])).decode()
        assert text.startswith("circlekeeper: 1")
        assert "Come freely" in text
        # A file that nobody asked for is not read.
        changed = text.replace("Europe/Ljubljana", "Europe/Paris").encode()
        sent = {"msgtype": "m.file", "body": "mine.yaml"}
        sent["url"] = await mira.upload("mine.yaml", changed)
        await mira.send(chat, "m.room.message", sent)
        await circle.says("mira", "keeper import")
        await circle.hears("mira", "Give me the file")
        await mira.send(chat, "m.room.message", {**sent, "url": "mxc://localhost/gone"})
        await circle.hears("mira", "could not read that file")
        await mira.send(chat, "m.room.message", sent)
        await circle.hears("mira", "This would happen")
        await circle.answers("mira", "Take it in")
        await circle.hears("mira", "keeper status shows how it is now")
        await circle.says("mira", "keeper status")
        await circle.hears("mira", "Europe/Paris")
        await circle.says("mira", "reflect now")
        await circle.hears("mira", "What would you like to keep")
        await circle.says("mira", "I waited *ten* seconds.")
        await circle.hears("mira", "Kept")
        await circle.says("mira", "reflect look-back")
        await circle.hears("mira", "Your own words")
        await circle.answers("mira", "All of it as a file, to keep")
        await circle.hears("mira", "all that you have kept here")
        kept = await mira.download((await newest(mira, chat)).content["url"])
        assert "I waited *ten* seconds." in kept.decode()
