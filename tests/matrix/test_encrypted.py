"""A strict client speaks with the bot as a process: matrix-js-sdk, which trusts signed devices
only.
"""

from __future__ import annotations

import asyncio
import random

from tests.journeys.dialogues import a_newcomer_finds_their_feet
from tests.support.circle import opened, welcomed
from tests.support.matrix_circle import StrictCircle
from tests.support.strict import StrictHuman
from tests.support.synapse import MakeAccount

_NO_SHIELD = 0


async def all_is_sealed(person: StrictHuman, chat: str, bot: str) -> None:
    """Fail unless all that the bot said here was encrypted, readable, and above suspicion."""
    said = [each for each in person.timeline if each.room == chat and each.sender == bot]
    messages = [each for each in said if each.type == "m.room.message"]
    assert messages
    assert not person.unreadable
    assert {person.wires[each.id] for each in messages} == {"m.room.encrypted"}
    assert {person.shields[each.id] for each in messages} == {_NO_SHIELD}


async def test_a_strict_client_finishes_hunt_charter_and_a_reflection(
    account: MakeAccount,
) -> None:
    async with StrictCircle(account) as circle:
        assert "A strict client would talk to the bot" in circle.printed
        await a_newcomer_finds_their_feet(circle)
        await circle.says("ana", "reflect now")
        first = await circle.hears("ana", "What would you like to keep")
        assert "the platform’s server cannot read it" in first
        await circle.says("ana", "Somebody quiet spoke first.")
        await circle.hears("ana", "Kept, for you alone")
        ana = await circle.strict("ana")
        chat = await circle.chat("ana")
        await all_is_sealed(ana, chat, circle.account.user_id)
        assert list((await ana.trusts(circle.account.user_id)).values()) == [True]
        kept = next(each for each in ana.timeline if "what I keep" in each.text)
        assert "cannot read it" in kept.text
        assert "which can read it" not in kept.text


async def test_the_community_itself_may_be_encrypted(account: MakeAccount) -> None:
    async with StrictCircle(account, encrypted=True) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.says("ana", "!help giraffe", room=True)
        await circle.hears("ana", "no page about that", room=True)
        ana, mira = await circle.strict("ana"), await circle.strict("mira")
        await all_is_sealed(mira, circle.room, circle.account.user_id)
        assert (await ana.trusts(circle.account.user_id)).values()


async def test_killed_in_an_encrypted_conversation_nothing_is_lost_doubled_or_unreadable(
    account: MakeAccount,
) -> None:
    async with StrictCircle(account) as circle:
        await killed_again_and_again(circle, times=5, seed=1)


async def killed_again_and_again(circle: StrictCircle, times: int, seed: int) -> None:
    """Ask something at every turn, with a kill at a random moment around it."""
    chance = random.Random(seed)
    await opened(circle)
    await welcomed(circle, "ana")
    for number in range(times):
        await circle.says("ana", f"help giraffe{number}")
        await asyncio.sleep(chance.random() * 0.3)
        circle.bot.kill()
        await circle.says("ana", f"help zebra{number}")
        circle.bot.start()
        await asyncio.sleep(chance.random() * 3)
        if chance.random() < 0.5:
            circle.bot.kill()
            circle.bot.start()
    ana, chat = await circle.strict("ana"), await circle.chat("ana")

    def answers() -> int:
        return sum("no page about that" in each.text for each in ana.timeline)

    async with asyncio.timeout(60):
        while answers() < 2 * times:
            await ana.sync(1)
    await ana.sync(3)
    await ana.sync(3)
    assert answers() == 2 * times
    await all_is_sealed(ana, chat, circle.account.user_id)
