"""Shards: a process takes those that it is given, and what Discord says about them is heeded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from bot.core.actions import SetRole
from bot.core.errors import Misconfigured
from bot.core.events import Added, Commanded, Posted
from bot.core.refs import Member
from tests.discord.double import Double, Guild, Person
from tests.discord.double.guilds import FORUM
from tests.discord.running import Bot, member, room
from tests.support.discord_circle import running
from tests.support.fake_host import FakeHost


@pytest.fixture
def mira(platform: Double) -> Person:
    platform.gateway.shards = 2
    return platform.person("mira")


@pytest.fixture
def guilds(platform: Double, mira: Person) -> tuple[Guild, Guild]:
    """A guild of each shard."""
    of_shard: dict[int, Guild] = {}
    while len(of_shard) < 2:
        made = mira.founds(f"garden {len(platform.world.guilds)}")
        of_shard.setdefault((made.id >> 22) % 2, made)
    for each in of_shard.values():
        platform.brings_bot(each)
    return of_shard[0], of_shard[1]


@pytest_asyncio.fixture
async def both(platform: Double, guilds: tuple[Guild, Guild]) -> AsyncIterator[tuple[Bot, Bot]]:
    """Two processes of one host, which remember together: the one listens to shard 0, the other
    to shard 1.
    """
    memory = FakeHost().memory
    async with AsyncExitStack() as stack:
        bots = []
        for shard in (0, 1):
            host = FakeHost()
            host.memory = memory
            bot = await stack.enter_async_context(Bot(platform, host, shard_ids=[shard]))
            await host.first(Added)
            bot.answering()
            bots.append(bot)
        yield bots[0], bots[1]


async def test_each_interaction_is_heard_by_one_of_two_processes(
    platform: Double, mira: Person, guilds: tuple[Guild, Guild], both: tuple[Bot, Bot]
) -> None:
    for guild in guilds:
        asked = await mira.uses("start", guild.general).answered()
        assert [each.text for each in asked.messages] == ["Here."]
    for bot, guild in zip(both, guilds, strict=True):
        assert bot.adapter.guild_ids == [str(guild.id)]
        assert [each.place for each in bot.host.of(Commanded)] == [room(guild.general)]
    assert sorted(each.shard for each in platform.gateway.sessions.values()) == [(0, 2), (1, 2)]


async def test_who_writes_in_private_is_known_from_the_other_process_guilds_too(
    platform: Double, mira: Person, guilds: tuple[Guild, Guild], both: tuple[Bot, Bot]
) -> None:
    ana = platform.person("ana")
    ana.joins(guilds[1])
    steward = platform.world.role(guilds[1], "steward")
    mira.gives(steward, ana, guilds[1])
    for person in (mira, ana):
        person.posts(person.direct, "start")
    heard = await both[0].host.first(Posted, lambda event: event.member == member(mira))
    by_guild = {each.community.id: each.moderator for each in heard.standing}
    assert by_guild == {str(guild.id): True for guild in guilds}
    heard = await both[0].host.first(Posted, lambda event: event.member == member(ana))
    (only,) = heard.standing
    assert (only.community.id, only.moderator) == (str(guilds[1].id), False)
    assert only.roles == (str(steward.id),)
    assert both[1].host.of(Posted) == []  # private conversations are shard 0's


async def test_a_process_sends_into_the_other_ones_guilds(
    platform: Double, mira: Person, guilds: tuple[Guild, Guild], both: tuple[Bot, Bot]
) -> None:
    forum = platform.world.channel(guilds[1], "forum", FORUM)
    role = platform.world.role(guilds[1], "Found their feet")
    own = next(each for each in guilds[1].roles.values() if each.managed)
    platform.world.set_role(guilds[1], own, position=5)
    first, _ = both
    post = await first.delivers(first.say(room(forum), "A question"))
    assert post is not None
    assert post.room.thread == post.id
    assert await mira.hears("A question") is not None
    wanted = SetRole(
        key=first.ids.new(),
        to=room(guilds[1].general),
        member=Member("discord", mira.id),
        role="found their feet",
    )
    await first.delivers(wanted)
    assert guilds[1].members[mira.user.id].roles == [role.id]


async def _ends_with(bot: Bot, said: str) -> None:
    assert bot.task is not None
    with pytest.raises(Misconfigured, match=said):
        await asyncio.wait_for(bot.task, 10)


async def test_shards_that_there_are_not_end_with_a_clear_sentence(
    platform: Double, guilds: tuple[Guild, Guild]
) -> None:
    async with Bot(platform, shard_ids=[1, 2]) as bot:
        await _ends_with(bot, "SHARD_IDS does not fit: the number of shards is 2, and they are")


async def test_what_the_host_counts_goes_before_what_discord_counts(
    platform: Double, mira: Person, guilds: tuple[Guild, Guild]
) -> None:
    platform.gateway.shards = 5
    async with Bot(platform, shard_ids=[1], shard_count=2) as bot:
        bot.answering()
        await bot.host.first(Added)
        await mira.uses("start", guilds[1].general).answered()
    assert _valid(platform) == [(1, 2)]


async def test_the_process_ends_with_that_sentence_and_exit_code_2(platform: Double) -> None:
    with running(platform, {"CIRCLEKEEPER_DISCORD__SHARD_IDS": "[7]"}) as process:
        assert await process.ended() == 2
        log = process.log.read_text()
    assert "SHARD_IDS does not fit: the number of shards is 1" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (4010, "SHARD_IDS does not fit: the number of shards is 2"),
        (4011, "more shards than 2. Set CIRCLEKEEPER_DISCORD__SHARD_COUNT"),
    ],
)
async def test_what_discord_says_of_the_shards_ends_with_a_clear_sentence(
    platform: Double, guilds: tuple[Guild, Guild], code: int, said: str
) -> None:
    async with Bot(platform, shard_ids=[1]) as bot:
        await bot.host.first(Added)
        platform.gateway.drop(code)
        await _ends_with(bot, said)


async def test_a_bot_that_grew_takes_more_shards_by_itself(
    platform: Double, mira: Person, guilds: tuple[Guild, Guild]
) -> None:
    platform.gateway.shards = 1
    async with Bot(platform) as bot:
        await bot.connected()
        platform.gateway.shards = platform.gateway.least = 2
        platform.gateway.forget()
        platform.gateway.drop(4011)
        await platform.world.until(lambda: len(_valid(platform)) == 2, 20)
        assert sorted(_valid(platform)) == [(0, 2), (1, 2)]
        bot.answering()
        for guild in guilds:
            await mira.uses("start", guild.general).answered()


def _valid(platform: Double) -> list[tuple[int, int]]:
    return [each.shard for each in platform.gateway.sessions.values() if each.valid]
