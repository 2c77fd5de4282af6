"""A strict client speaks with the bot as a process: matrix-js-sdk, which trusts signed devices
only.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlmodel import select

from storage.notebook import Harvest, HarvestVersion, Notebook
from storage.tables import Community
from storage.transaction import Transaction
from tests.journeys.dialogues import a_newcomer_finds_their_feet
from tests.support.circle import opened, welcomed
from tests.support.fanout import in_store
from tests.support.matrix_circle import StrictCircle
from tests.support.sealed import all_is_sealed, killed_again_and_again
from tests.support.synapse import MakeAccount

HEARD = "Waiting is a way of listening."


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
        await files_are_opened(circle)


async def files_are_opened(circle: StrictCircle) -> None:
    """Files come sealed, and go sealed; a client opens them by the code that Element uses."""

    async def newest(name: str) -> tuple[str, str]:
        """Return the name of the last file in somebody's private room, and what is in it."""
        person, chat = await circle.strict(name), await circle.chat(name)
        event = [each for each in await person.messages(chat) if each.msgtype == "m.file"][-1]
        assert "url" not in event.content
        return event.content["filename"], await person.opened(event)

    await circle.says("ana", "charter history")
    await circle.answers("ana", "As a file to keep")
    await circle.hears("ana", "as a file: day, clause")
    name, receipt = await newest("ana")
    assert name == "my-receipt.txt"
    assert "Why we gather" in receipt
    await circle.says("ana", "reflect look-back")
    await circle.answers("ana", "All of it as a file, to keep")
    await circle.hears("ana", "all that you have kept here")
    assert "Somebody quiet spoke first." in (await newest("ana"))[1]
    await circle.says("ana", "my data json")
    await circle.hears("ana", "All that I keep of you, as JSON")
    assert "Somebody quiet spoke first." in json.dumps(json.loads((await newest("ana"))[1]))
    circle.bot.stop()
    in_store(circle, _keep_a_page)
    circle.bot.start()
    await circle.says("ana", "notebook read 1")
    await circle.answers("ana", "A page to show outside")
    await circle.hears("ana", "This may be shown outside")
    assert HEARD in (await newest("ana"))[1]
    # And the other way.
    await circle.says("mira", "keeper export")
    await circle.hears("mira", "one file, to keep or to carry")
    _, settings = await newest("mira")
    await circle.says("mira", "keeper import")
    await circle.hears("mira", "Give me the file")
    mira, chat = await circle.strict("mira"), await circle.chat("mira")
    file = await mira.sealed(settings.replace("Europe/Ljubljana", "Europe/Paris"))
    content = {"msgtype": "m.file", "body": "mine.yaml", "file": file}
    await mira.send(chat, "m.room.message", content)
    await circle.hears("mira", "This would happen")


def _keep_a_page(tx: Transaction) -> None:
    """Write a page of the notebook, as one that was gathered and kept."""
    community, now = tx.session.exec(select(Community.id)).one(), datetime.now(UTC)
    page = Harvest(
        id="page",
        community_id=community,
        talk_id="talk",
        delivery_key="talk",
        state="kept",
        since=now,
        version=1,
        number=1,
        kept_at=now,
        body=b"",
    )
    Notebook(tx).save(page, {"title": "Waiting", "remarks": []})
    version = HarvestVersion(harvest_id="page", version=1, at=now, kept=True, body=b"")
    said = {"heard": HEARD, "differ": "", "question": "", "words": [], "left": [], "stance": "peer"}
    Notebook(tx).write(version, said)


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
