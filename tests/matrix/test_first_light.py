"""What First light promises, on a real homeserver with the bot as a process that is killed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from storage.schedules import Schedules
from storage.tables import Community, Outbox
from storage.transaction import Transaction
from tests.support.bot import BotProcess
from tests.support.circle import opened, welcomed
from tests.support.fanout import in_store
from tests.support.human import MakeHuman
from tests.support.matrix_circle import MatrixCircle
from tests.support.synapse import MakeAccount, Synapse


async def test_a_hunt_goes_on_at_the_same_step_after_kill_9(account: MakeAccount) -> None:
    async with MatrixCircle(account) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.answers("ana", "The treasure hunt")
        await circle.answers("ana", "First footsteps")
        await circle.hears("ana", "Step 1 of 6")
        await circle.answers("ana", "Skip")
        await circle.hears("ana", "Step 2 of 6")
        await circle.restarts()
        await circle.reacts("ana", "👋", "Step 2 of 6")
        await circle.hears("ana", "Step 3 of 6")
        await circle.says("ana", "draft")
        await circle.hears("ana", "Step 4 of 6")
        circle.bot.kill()
        # What is said while the bot is down is heard when it is back.
        await circle.says("ana", "Good morning.", room=True)
        circle.bot.start()
        await circle.hears("ana", "Step 5 of 6")
        await circle.answers("ana", "Skip")
        await circle.hears("ana", "Step 6 of 6")
        await circle.says("ana", "Others ask themselves this, too.")
        celebration = await circle.hears("ana", "all the way through")
        assert "Others ask themselves this, too." in celebration


async def test_a_prompt_is_posted_once_though_killed_between_due_and_posting(
    account: MakeAccount, synapse: Synapse
) -> None:
    async with MatrixCircle(account) as circle:
        await opened(circle)
        circle.bot.stop()
        due = datetime.now(UTC) + timedelta(seconds=15)

        def soon(tx: Transaction) -> None:
            community = tx.session.exec(select(Community.id)).one()
            plan = Schedules(tx).of(community, "prompts.weekly")[0]
            Schedules(tx).save(replace(plan, next_due=due))

        in_store(circle, soon)
        circle.bot.start()
        mira = await circle.person("mira")
        await circle.says("mira", "help")
        await circle.hears("mira", "You are new here, or lost")  # it is back
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds() - 1)
        synapse.pause()  # the posting hangs: it is committed, and nobody knows whether it was sent
        try:
            await asyncio.sleep(6)
            circle.bot.kill()
            states = in_store(circle, lambda tx: tx.session.exec(select(Outbox.state)).all())
            assert states.count("sending") == 1
        finally:
            synapse.resume()
        circle.bot.start()
        await circle.hears("mira", "This thread is for your answers", room=True)
        await asyncio.sleep(8)
        posts = [
            each
            for each in await mira.messages(circle.room)
            if each.sender == circle.account.user_id and each.thread is None
        ]
        cards = [each for each in posts if "Keep a thought" in each.text]
        threads = [
            each for each in await mira.messages(circle.room) if "This thread is" in each.text
        ]
        assert len(cards) == 1
        assert [each.thread for each in threads] == [cards[0].id]
        assert cards[0].content["m.mentions"] == {}


async def test_a_hundred_commands_at_once_are_answered_a_hundred_times_in_order(
    account: MakeAccount,
) -> None:
    async with MatrixCircle(account) as circle:
        mira = await circle.person("mira")
        asked = await asyncio.gather(*(mira.says(circle.room, "!help") for _ in range(100)))
        for _ in asked:
            await circle.hears("mira", "You are new here, or lost", room=True)
        history = await mira.messages(circle.room)
        commands = [each.id for each in history if each.id in set(asked)]
        answered = [each.reply_to for each in history if "You are new here" in each.text]
        assert answered == commands


async def test_nothing_private_can_be_found_in_the_files(account: MakeAccount) -> None:
    async with MatrixCircle(account) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.says("ana", "reflect now")
        await circle.says("ana", "the zebra crossed at noon")
        await circle.hears("ana", "Kept")
        await circle.says("ana", "!help giraffe", room=True)
        await circle.hears("ana", "no page about that", room=True)
        await circle.says("mira", "keeper prompt add Which okapi did you meet?")
        await circle.hears("mira", "number 1")
        people = [(await circle.person(name)).id for name in ("ana", "mira")]
        circle.bot.kill()
        words = ["zebra", "giraffe", "okapi", *people, *(each[1:].split(":")[0] for each in people)]
        files = [path for path in circle.bot.folder.iterdir() if path.name.startswith("circle")]
        assert circle.bot.database in files
        for path in files:
            held = path.read_bytes()
            for word in words:
                assert word.encode() not in held, f"{word} in {path.name}"
                assert word.encode("utf-16-le") not in held, f"{word} in {path.name}"
        log = circle.bot.log.read_text()
        for word in words:
            assert word not in log


async def test_a_revoked_token_ends_the_bot_with_one_clear_sentence(
    account: MakeAccount, tmp_path: Path
) -> None:
    keeper = replace(account("keeper"), access_token="syt_no_longer_valid")
    with BotProcess(keeper, tmp_path) as bot:
        assert await bot.ended() == 2
    told = bot.log.read_text().strip().splitlines()[-1]
    assert told.startswith("circlekeeper: ")
    assert "token" in told
    assert "syt_no_longer_valid" not in bot.log.read_text()


async def test_an_encrypted_room_is_answered_with_why_not(
    account: MakeAccount, human: MakeHuman, tmp_path: Path
) -> None:
    mira = await human("mira")
    keeper = account("keeper")
    with BotProcess(keeper, tmp_path, {"CIRCLEKEEPER_MATRIX__ENCRYPTION": "false"}):
        room = await mira.create_room("secret", invite=[keeper.user_id], encrypted=True)
        said = await mira.hears(room, "encrypted rooms")
        assert "chiffré" in said.text
        await mira.hears(room, lambda event: event.content.get("membership") == "leave")


async def test_a_stranger_from_elsewhere_may_not_bring_the_bot_in(
    account: MakeAccount, human: MakeHuman, tmp_path: Path
) -> None:
    mira = await human("mira")
    keeper = account("keeper")
    with BotProcess(keeper, tmp_path, {"CIRCLEKEEPER_MATRIX__INVITERS": "elsewhere.example"}):
        room = await mira.create_room("garden", invite=[keeper.user_id])
        await mira.hears(room, lambda event: event.content.get("membership") == "leave")
        assert keeper.user_id not in await mira.members(room)


async def test_the_homeserver_may_be_down_for_a_while(
    account: MakeAccount, synapse: Synapse
) -> None:
    async with MatrixCircle(account) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        await asyncio.to_thread(synapse.stop)
        await asyncio.sleep(3)
        await asyncio.to_thread(synapse.start)
        await circle.says("ana", "charter read")
        await circle.hears("ana", "Part 1 of 4")


@pytest.mark.parametrize("version", ["11", "12"])
async def test_who_moderates_is_asked_on_every_turn(account: MakeAccount, version: str) -> None:
    async with MatrixCircle(account, version) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        mira, ana = await circle.person("mira"), await circle.person("ana")
        await circle.says("ana", "keeper prompt schedule")
        await circle.hears("ana", "moderators")
        await mira.set_power(circle.room, ana.id, 50)
        await circle.says("ana", "keeper prompt schedule")
        await circle.hears("ana", "How often shall a question come")
        await mira.set_power(circle.room, ana.id, 0)
        await circle.answers("ana", "Every Tuesday at 9")
        await circle.hears("ana", "moderators")
