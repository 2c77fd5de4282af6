"""A strict client speaks with the bot as a process: matrix-js-sdk, which trusts signed devices
only.
"""

from __future__ import annotations

from tests.journeys.dialogues import a_newcomer_finds_their_feet
from tests.support.circle import opened, welcomed
from tests.support.matrix_circle import StrictCircle
from tests.support.sealed import all_is_sealed, killed_again_and_again
from tests.support.synapse import MakeAccount


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
        report = await killed_again_and_again(circle, kills=7, seed=1)
        assert report.kills == 7
        assert report.clean, report
