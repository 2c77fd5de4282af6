"""The homeserver and the people that the other Matrix tests rely on."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.human import MakeHuman


async def test_two_people_talk_react_and_thread(human: MakeHuman) -> None:
    alex, billie = await human("alex"), await human("billie")
    room = await alex.create_room("Garden", version="11", invite=[billie.id])
    await billie.join(await billie.invited_by(alex.id))

    question = await alex.says(room, "Who waters the beans?")
    heard = await billie.hears(room, "waters the beans")
    assert (heard.id, heard.sender, heard.msgtype) == (question, alex.id, "m.text")

    reaction = await billie.react(room, question, "🫘")
    assert (await alex.hears(room, lambda event: event.key == "🫘")).reacts_to == question
    assert [event.id for event in await billie.reactions(room, question)] == [reaction]

    await billie.says(room, "I do, on Mondays", thread=question)
    answer = await alex.hears(room, "Mondays")
    assert (answer.thread, answer.reply_to) == (question, None)

    await billie.edit(room, answer.id, "I do, on Tuesdays")
    assert (await alex.hears(room, "Tuesdays")).replaces == answer.id
    await alex.hears_nothing(room, seconds=0.3)
    with pytest.raises(AssertionError, match="did not hear 'Sundays'"):
        await alex.hears(room, "Sundays", timeout=0.3)


async def test_nothing_said_in_a_burst_is_lost(human: MakeHuman) -> None:
    alex, billie = await human("alex"), await human("billie")
    await alex.create_room(invite=[billie.id], preset="trusted_private_chat", is_direct=True)
    room = await billie.direct_with(alex.id)
    await billie.sync()

    said = [f"line {number}" for number in range(250)]
    await asyncio.gather(*(alex.say(room, text) for text in said))

    heard = [await billie.hears(room, "line", sender=alex.id) for _ in said]
    assert [event.id for event in heard] == [event.id for event in await alex.messages(room)]
    assert {event.text for event in heard} == set(said)
