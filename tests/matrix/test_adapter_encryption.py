"""Encrypted rooms through the adapter, on a real homeserver, with clients strict and less so."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapters.matrix import Credentials, log_in
from bot.adapters.matrix.polls import POLL, RESPONSES
from bot.core.actions import Edit, Look, Poll, Say
from bot.core.errors import TryLater
from bot.core.events import Looked, Posted, Reacted
from bot.core.ports import Delivery
from bot.core.refs import Community
from tests.matrix.running import ENCRYPTED, IN_CLEAR, Bot, direct, room, running
from tests.support.bot import BotProcess
from tests.support.fake_host import FakeHost, RandomIds, WallClock
from tests.support.human import MakeHuman
from tests.support.strict import StrictHuman
from tests.support.synapse import Account, MakeAccount


async def signed(account: Account, host: FakeHost) -> None:
    """Let the account sign its device, as the host's login does."""
    credentials = Credentials(
        account.homeserver, account.user_id, account.access_token, account.device_id
    )
    nothing = str
    done = await log_in(
        credentials, host, WallClock(), RandomIds(), password=nothing, recovery_key=nothing
    )
    assert done.signed.trusted


@asynccontextmanager
async def strict(account: MakeAccount, *, really: bool = True) -> AsyncIterator[StrictHuman]:
    async with StrictHuman(account("ana"), strict=really) as ana:
        yield ana


async def talks(person: StrictHuman, bot: Bot) -> str:
    """Open an encrypted conversation; return the room."""
    room = await person.create_room(is_direct=True, encrypted=True, invite=[bot.id])
    await person.expect(room, lambda event: event.sender == bot.id)  # it has come in
    await person.knows(room, bot.id, encrypted=True)
    return room


async def test_both_ways_with_threads_edits_reactions_and_reading_back(
    account: MakeAccount,
) -> None:
    keeper, host = account("keeper"), FakeHost()
    await signed(keeper, host)
    async with strict(account) as ana, running(keeper, host, encryption=True) as bot:
        room = await talks(ana, bot)
        asked = await ana.says(room, "start")
        posted = await host.first(Posted)
        assert (posted.text, posted.encrypted, posted.message.id) == ("start", True, asked)
        said = await bot.says(direct(ana.id), "Hello **you**", key="first")
        heard = await ana.hears(room, "Hello you")
        assert (ana.wires[heard.id], ana.shields[heard.id]) == ("m.room.encrypted", 0)
        await ana.says(room, "within", thread=said.id)
        within = await host.first(Posted, lambda each: each.text == "within")
        assert within.message.room.thread == said.id
        edit = Edit(key="edit", to=direct(ana.id), after="first", text="Hello all")
        await bot.delivers(edit, said)
        edited = await ana.hears(room, "Hello all")
        assert edited.replaces == said.id
        host.waits_for_reactions.add(said.id)
        await ana.react(room, said.id, "👍")
        assert (await host.first(Reacted)).encrypted
        action = Say(key="first", to=direct(ana.id), text="Hello **you**")
        assert await bot.finds(Delivery("first", action, None, bot.clock.now())) == said
        assert await bot.delivers(action) == said  # sent again, it is known by its id


async def test_a_strict_client_refuses_a_bot_whose_device_nobody_signed(
    account: MakeAccount,
) -> None:
    keeper = account("keeper")
    async with strict(account) as ana, running(keeper, encryption=True) as bot:
        room = await talks(ana, bot)
        await ana.says(room, "can you hear me")
        ref = await bot.says(direct(ana.id), "Nobody will read this")
        async with asyncio.timeout(20):
            while ref.id not in ana.unreadable:
                await ana.sync(1)
        assert not bot.host.of(Posted)
        assert await ana.trusts(bot.id) == {keeper.device_id: False}


async def test_a_less_strict_client_is_heard_by_an_unsigned_bot_which_makes_rooms_in_clear(
    account: MakeAccount,
) -> None:
    async with strict(account, really=False) as ana:
        async with running(account("keeper"), encryption=True) as bot:
            room = await talks(ana, bot)
            await ana.says(room, "start")
            assert (await bot.host.first(Posted)).encrypted
        async with running(account("other"), encryption=True) as other:
            await other.says(direct(ana.id), "In clear")
            place = await ana.direct_with(other.id)
            heard = await ana.hears(place, "In clear")
            assert ana.wires[heard.id] == "m.room.message"


async def test_a_direct_room_is_encrypted_for_whom_can_read_it_and_only_then(
    account: MakeAccount, human: MakeHuman
) -> None:
    keeper, host = account("keeper"), FakeHost()
    await signed(keeper, host)
    plain = await human("ben")  # whose client has no keys
    async with strict(account) as ana, running(keeper, host, encryption=True) as bot:
        sealed = "Only you and I read this"
        await bot.says(direct(ana.id), "The server reads this", encrypted_text=sealed)
        room = await ana.direct_with(bot.id)
        heard = await ana.hears(room, "Only you and I")
        assert ana.wires[heard.id] == "m.room.encrypted"
        await bot.says(direct(plain.id), "The server reads this", encrypted_text=sealed)
        place = await plain.direct_with(bot.id)
        await plain.hears(place, "The server reads this")
        assert await plain.state(place, "m.room.encryption") is None


async def test_the_first_words_wait_until_a_strict_client_can_know_the_bot(
    account: MakeAccount,
) -> None:
    keeper, host = account("keeper"), FakeHost()
    await signed(keeper, host)
    async with strict(account) as ana, running(keeper, host, encryption=True) as bot:
        await bot.synced()
        say = Say(key="first", to=direct(ana.id), text="Hello you")
        delivery = Delivery("first", say, None, bot.clock.now())
        reasons: list[str] = []

        async def until_sent() -> None:
            while True:
                try:
                    await bot.adapter.deliver(delivery)
                    return
                except TryLater as later:
                    reasons.append(str(later) if later.alone else "all wait")
                    await asyncio.sleep(later.after)

        sending = asyncio.create_task(until_sent())
        room = await ana.invited_by(bot.id)
        await ana.join(room)
        heard = await ana.hears(room, "Hello you")
        await sending
        assert (ana.wires[heard.id], ana.shields[heard.id]) == ("m.room.encrypted", 0)
        assert reasons[0].startswith("not joined yet")
        assert reasons[-1].startswith("just joined")
        assert "all wait" not in reasons
        assert not ana.unreadable


async def test_encryption_that_comes_in_the_middle_of_a_conversation(
    account: MakeAccount,
) -> None:
    keeper, host = account("keeper"), FakeHost()
    await signed(keeper, host)
    async with strict(account) as ana, running(keeper, host, encryption=True) as bot:
        room = await ana.create_room(is_direct=True, invite=[bot.id])
        await ana.says(room, "in clear")
        posted = await host.first(Posted)
        assert posted.encrypted is False
        content = {"algorithm": "m.megolm.v1.aes-sha2"}
        await ana.order("state", room=room, type="m.room.encryption", content=content)
        await ana.knows(room, bot.id, encrypted=True)
        await ana.says(room, "encrypted")
        await host.first(Posted, lambda each: each.text == "encrypted" and bool(each.encrypted))
        # From now on, what comes in clear is not acted on, and the person hears why.
        await super(StrictHuman, ana).send(
            room, "m.room.message", {"msgtype": "m.text", "body": "forged"}
        )
        await ana.hears(room, IN_CLEAR)
        assert "forged" not in [each.text for each in host.of(Posted)]


async def test_without_its_part_or_on_anothers_device_rooms_are_declined(
    account: MakeAccount,
) -> None:
    # The session that a person uses in an app of theirs.
    async with strict(account) as ana, running(ana.account, encryption=None) as bot:
        await bot.synced()
        assert "matrix.encryption" not in bot.host.memory
    async with strict(account) as ana, running(account("keeper"), encryption=False) as bot:
        room = await ana.create_room(is_direct=True, encrypted=True, invite=[bot.id])
        await ana.hears(room, ENCRYPTED)


async def test_a_lost_store_ends_the_bot_with_how_to_make_a_new_device(
    account: MakeAccount, tmp_path: Path
) -> None:
    keeper = account("keeper")
    bot = BotProcess(keeper, tmp_path)
    await asyncio.to_thread(bot.command, "matrix", "login")
    for name in ("circlekeeper.db", "circlekeeper.db-wal", "circlekeeper.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    with bot:
        assert await bot.ended() == 2
    told = bot.log.read_text().strip().splitlines()[-1]
    assert "circlekeeper matrix login --new-device" in told


async def test_the_check_tells_whether_a_strict_client_would_talk(
    account: MakeAccount, tmp_path: Path
) -> None:
    keeper = account("keeper")
    bot = BotProcess(keeper, tmp_path)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        await asyncio.to_thread(bot.command, "check", "--online")
    assert "circlekeeper matrix login" in refused.value.stdout
    printed = await asyncio.to_thread(bot.command, "matrix", "login")
    assert "shown once" in printed
    again = await asyncio.to_thread(bot.command, "matrix", "login")
    assert "shown once" not in again
    checked = await asyncio.to_thread(bot.command, "check", "--online")
    assert "a strict client would talk to the bot" in checked


async def test_a_poll_is_encrypted_as_all_else_and_its_responses_are_read(
    account: MakeAccount,
) -> None:
    keeper, host = account("keeper"), FakeHost()
    await signed(keeper, host)
    async with strict(account) as ana, running(keeper, host, encryption=True) as bot:
        place = await ana.create_room("Commons", encrypted=True, invite=[bot.id])
        await ana.expect(place, lambda event: event.sender == bot.id)
        await ana.knows(place, bot.id, encrypted=True)
        post = await bot.says(room(place), "The prompt")
        poll = Poll(key="p.h", to=room(place), after="p", question="Which?", options=("a", "b"))
        stands = await bot.delivers(poll, post)
        assert stands is not None
        seen = await ana.expect(place, lambda event: event.type == POLL)
        assert (ana.wires[seen.id], ana.shields[seen.id]) == ("m.room.encrypted", 0)
        unstable = RESPONSES[0]
        relation = {"rel_type": "m.reference", "event_id": stands.id}
        for option in ("1", "2"):
            content = {unstable: {"answers": [option]}, "m.relates_to": relation}
            await ana.send(place, unstable, content)
        look = Look(
            key="look",
            to=direct(ana.id),
            message=stands,
            community=Community("matrix", place),
            hands=True,
        )
        await bot.delivers(look)
        assert (await host.first(Looked)).hands == (0, 1)
