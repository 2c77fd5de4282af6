"""The double's gateway: who hears what, and how sessions end and go on."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.discord.double import Double, Guild, Intent, Person
from tests.discord.raw import DIRECT, USUAL, Listener, Rest, connected, listening


async def test_only_what_was_asked_for_is_told(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with listening(platform, Intent.GUILDS) as few, listening(platform) as usual:
        ana = platform.person("ana")
        ana.joins(guild, pending=True)
        message = mira.posts(guild.general, "Good morning")
        mira.reacts(message, "🌱")
        ana.posts(ana.direct, "Hello, bot")
        await few.settled()
        await usual.settled()
        assert {each.get("t") for each in few.frames if each.get("t")} == {"READY", "GUILD_CREATE"}
        assert usual.told("GUILD_MEMBER_ADD") == []
        assert [each["content"] for each in usual.told("MESSAGE_CREATE")] == ["", "Hello, bot"]
        assert usual.told("MESSAGE_REACTION_ADD")[0]["emoji"] == {"id": None, "name": "🌱"}


async def test_text_comes_only_where_the_bot_is_addressed(
    platform: Double, mira: Person, guild: Guild
) -> None:
    bot = platform.world.bot
    async with listening(platform) as ear, Rest(platform) as rest:
        await rest.says(guild.general, "A question")
        asked = await mira.hears("A question")
        mira.posts(guild.general, "An answer", reply_to=asked)
        mira.posts(guild.general, "To somebody else")
        mira.posts(guild.general, f"<@{bot.id}> help")
        await ear.settled()
        heard = [each["content"] for each in ear.told("MESSAGE_CREATE")]
        listed = (await rest("GET", f"/channels/{guild.general.id}/messages")).body
    assert heard == ["A question", "An answer", "", f"<@{bot.id}> help"]
    assert [each["content"] for each in reversed(listed)] == heard


async def test_a_newcomer_is_pending_until_the_rules_are_accepted(
    platform: Double, guild: Guild
) -> None:
    async with listening(platform, USUAL | Intent.GUILD_MEMBERS) as ear:
        ana = platform.person("ana")
        ana.joins(guild, pending=True)
        ana.accepts_rules(guild)
        await ear.settled()
        assert ear.told("GUILD_MEMBER_ADD")[0]["pending"] is True
        assert ear.told("GUILD_MEMBER_UPDATE")[0]["pending"] is False
        await ear.send(8, {"guild_id": str(guild.id), "query": "", "limit": 0, "nonce": "all"})
        chunk = await ear.hears("GUILD_MEMBERS_CHUNK")
        names = [each["user"]["username"] for each in chunk["members"]]
    assert names == ["mira", "Circlekeeper", "ana"]
    assert chunk["nonce"] == "all"


async def test_a_session_is_resumed_where_it_broke(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with listening(platform) as ear:
        ready = await ear.hears("READY")
        await ear.hears("GUILD_CREATE")
        seq = ear.frames[-1]["s"]
        platform.gateway.drop()
        await ear.until(lambda: ear.closed is not None)
    mira.posts(mira.direct, "While you were away")
    assert ready["resume_gateway_url"] == platform.gateway_url
    async with connected(platform) as again:
        token = {"token": platform.token, "session_id": ready["session_id"], "seq": seq}
        await again.send(6, token)
        await again.hears("RESUMED")
        assert [each["content"] for each in again.told("MESSAGE_CREATE")] == ["While you were away"]


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_session_may_be_declared_invalid(
    platform: Double, guild: Guild, resumable: bool
) -> None:
    async with listening(platform) as ear:
        ready = await ear.hears("READY")
        platform.gateway.invalidate(resumable=resumable)
        frame = await ear.until(lambda: next((e for e in ear.frames if e["op"] == 9), None))
        assert frame["d"] is resumable
    async with connected(platform) as again:
        token = {"token": platform.token, "session_id": ready["session_id"], "seq": 1}
        await again.send(6, token)

        def outcome() -> str | None:
            ops = [each["op"] for each in again.frames]
            return "resumed" if again.told("RESUMED") else "invalid" if 9 in ops else None

        assert await again.until(outcome) == ("resumed" if resumable else "invalid")


@pytest.mark.parametrize(
    ("identify", "code"),
    [
        ({"token": "another"}, 4004),
        ({"intents": int(Intent.GUILDS | Intent.MESSAGE_CONTENT)}, 4014),
        ({"shard": [2, 2]}, 4010),
    ],
)
async def test_who_identifies_wrongly_is_closed_with_a_code(
    platform: Double, identify: dict[str, Any], code: int
) -> None:
    async with listening(platform, **identify) as ear:
        assert await ear.until(lambda: ear.closed) == code


async def test_shards_share_the_guilds_and_the_first_has_direct_messages(
    platform: Double, mira: Person
) -> None:
    guilds = [mira.founds(f"Garden {number}") for number in range(6)]
    for each in guilds:
        platform.clock.shift(0.001)
        platform.brings_bot(each)
    async with listening(platform, shard=[0, 2]) as one, listening(platform, shard=[1, 2]) as two:
        await one.settled()
        await two.settled()
        mira.posts(mira.direct, "Hello")
        await one.hears("MESSAGE_CREATE")
        await two.settled()
        assert two.told("MESSAGE_CREATE") == []

        def known(ear: Listener) -> set[int]:
            return {int(each["id"]) for each in ear.told("GUILD_CREATE")}

        assert known(one) == {each.id for each in guilds if (each.id >> 22) % 2 == 0}
        assert known(two) == {each.id for each in guilds if (each.id >> 22) % 2 == 1}


async def test_what_a_bot_may_not_see_it_does_not_hear(
    platform: Double, mira: Person, guild: Guild
) -> None:
    hidden = platform.world.channel(guild, "hidden")
    platform.world.overwrite(hidden, guild.everyone, deny=1 << 10)
    own = next(each for each in guild.roles.values() if each.managed)
    platform.world.overwrite(hidden, own, deny=1 << 10)
    async with listening(platform) as ear:
        mira.posts(hidden, f"<@{platform.world.bot.id}> hello")
        await ear.settled()
        assert ear.told("MESSAGE_CREATE") == []


async def test_the_first_connection_can_be_refused(platform: Double) -> None:
    platform.gateway.refusals = 1
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.ws_connect(platform.gateway_url)
    async with listening(platform, DIRECT) as ear:
        assert (await ear.hears("READY"))["user"]["id"] == str(platform.world.bot.id)


async def test_a_bot_that_is_removed_is_told_so_and_no_more(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with listening(platform) as ear, Rest(platform) as rest:
        platform.world.leave(guild, platform.world.bot)
        assert "unavailable" not in await ear.hears("GUILD_DELETE")
        mira.posts(guild.general, "Gone")
        refused = await rest.says(guild.general)
        assert (refused.status, refused.code) == (403, 50001)
        platform.brings_bot(guild)
        await ear.settled()
        assert len(ear.told("GUILD_CREATE")) == 2
        assert ear.told("MESSAGE_CREATE") == []


async def test_a_client_that_talks_too_much_is_closed(platform: Double) -> None:
    async with listening(platform, DIRECT) as ear:
        for _ in range(120):
            await ear.send(1, None)
        assert await ear.until(lambda: ear.closed) == 4008


async def test_a_dead_connection_does_not_answer_heartbeats(platform: Double) -> None:
    platform.gateway.acknowledges = False
    async with connected(platform) as ear:
        await ear.send(1, None)
        await ear.send(2, {"token": platform.token, "intents": 1, "properties": {}})
        await ear.hears("READY")
        assert 11 not in [each["op"] for each in ear.frames]


async def test_an_outage_is_no_removal(platform: Double, guild: Guild) -> None:
    async with listening(platform) as ear:
        platform.world.outage(guild)
        platform.world.back(guild)
        await ear.settled()
        assert ear.told("GUILD_DELETE") == [{"id": str(guild.id), "unavailable": True}]
        assert len(ear.told("GUILD_CREATE")) == 2
