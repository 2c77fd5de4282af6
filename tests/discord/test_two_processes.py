"""Two processes of a host on one PostgreSQL database, which share a Discord account by shards."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.discord.double import Double, Guild, Message, Person
from tests.support.bot import BotProcess
from tests.support.discord_circle import read
from tests.support.postgres import Server, postgres_server

__all__ = ["postgres_server"]

_STARTED = 60.0


@pytest.fixture
def processes(platform: Double, postgres_server: Server) -> Iterator[list[BotProcess]]:
    """Two processes, each with its shard; they do not run yet."""
    platform.gateway.shards = 2
    url = postgres_server.fresh_database()
    with ExitStack() as stack:
        made: list[BotProcess] = []
        for shard in (0, 1):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="circlekeeper-")))
            account = {
                "CIRCLEKEEPER_DISCORD__TOKEN": platform.token,
                "CIRCLEKEEPER_DISCORD__API_URL": platform.api_url,
                "CIRCLEKEEPER_DISCORD__GATEWAY_URL": platform.gateway_url,
                "CIRCLEKEEPER_DISCORD__SHARD_IDS": f"[{shard}]",
                "CIRCLEKEEPER_DISCORD__SHARD_COUNT": "2",
                "CIRCLEKEEPER_DATABASE_URL": url,
            }
            if made:
                account["CIRCLEKEEPER_KEY_FILE"] = str(made[0].folder / "key")
            bot = BotProcess(account, folder)
            if not made:
                bot.command("key", "new")
            made.append(bot)
            stack.callback(bot.stop)
        yield made


def founded(platform: Double, mira: Person) -> tuple[Guild, Guild]:
    """Found a guild of each shard."""
    of_shard: dict[int, Guild] = {}
    while len(of_shard) < 2:
        made = mira.founds(f"garden {len(platform.world.guilds)}")
        of_shard.setdefault((made.id >> 22) % 2, made)
    return of_shard[0], of_shard[1]


async def clicks(person: Person, message: Message, label: str) -> Message:
    """Click, and return the one answer."""
    (answer,) = (await person.clicks(message, label).answered()).messages
    return answer


async def set_up(mira: Person, guild: Guild) -> Message:
    """Set a guild up, up to the question about its first schedule."""
    (language,) = (await mira.uses("keeper setup", guild.general).answered()).messages
    zone = await clicks(mira, language, "English")
    charter = await clicks(mira, zone, "Keep UTC")
    return await clicks(mira, charter, "Not yet")


async def opened(mira: Person, schedule: Message) -> None:
    """Go on to the end, and open."""
    dates = await clicks(mira, schedule, "Every Tuesday at 9")
    opening = await clicks(mira, dates, "Yes")
    done = await clicks(mira, opening, "Open now")
    assert "The community is open" in read(done.text)


async def test_each_serves_its_shard_and_both_the_same_people(
    platform: Double, processes: list[BotProcess]
) -> None:
    mira, ana = platform.person("mira"), platform.person("ana")
    guilds = founded(platform, mira)
    for process in processes:
        process.start()
    identified = platform.gateway.seen
    await platform.world.until(lambda: identified["identify"] == 2, _STARTED)
    for guild in guilds:
        platform.brings_bot(guild)
        ana.joins(guild)
    for guild in guilds:
        await mira.hears("keeper setup", guild.general)
    schedules = [await set_up(mira, guild) for guild in guilds]

    # One of them is killed: the other one's guild goes on, and nobody there notices.
    processes[1].kill()
    await opened(mira, schedules[0])
    await mira.hears("Start here", guilds[0].general)
    processes[1].start()
    await platform.world.until(lambda: identified["identify"] == 3, _STARTED)
    await opened(mira, schedules[1])  # the button of before the kill
    await mira.hears("Start here", guilds[1].general)

    # In private, where shard 0 listens, one is asked which of both guilds is meant.
    ana.posts(ana.direct, "start")
    which = await ana.hears("You are in several communities", ana.direct)
    ana.clicks(which, guilds[1].name)
    await ana.hears("1 of 4", ana.direct)

    # And the other way round.
    processes[0].kill()
    ana.leaves(guilds[0])
    for path in ("start", "keeper status"):
        person = mira if path.startswith("keeper") else ana
        (answer,) = (await person.uses(path, guilds[1].general).answered()).messages
        assert answer.ephemeral
    assert [each for each in platform.interactions.all.values() if each.failed] == []
    assert [mark for mark, times in _marks(platform).items() if times > 1] == []


def _marks(platform: Double) -> Counter[str]:
    bot = platform.world.bot
    return Counter(
        str(each["id"])
        for channel in platform.world.channels.values()
        for message in channel.messages.values()
        if message.author is bot
        for each in message.components
        if each["type"] == 10 and each["id"] > 40  # given by us, not by Discord
    )
