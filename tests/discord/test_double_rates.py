"""More requests than Discord takes are refused, and told of beforehand."""

from __future__ import annotations

import asyncio

from tests.discord.double import Double
from tests.discord.double.limits import MESSAGES, SEEN
from tests.discord.double.schema import Schema
from tests.discord.raw import Rest


async def test_more_than_a_route_takes_is_refused_and_told_beforehand(
    schema: Schema | None,
) -> None:
    async with Double(limits=SEEN, schema=schema) as platform, Rest(platform) as rest:
        guild = platform.person("mira").founds("Garden")
        platform.brings_bot(guild)
        other = platform.world.channel(guild, "other")
        answers = [await rest.says(guild.general, str(n)) for n in range(6)]
        assert [each.status for each in answers] == [200] * 5 + [429]
        left = [each.headers["X-RateLimit-Remaining"] for each in answers]
        assert left == ["4", "3", "2", "1", "0", "0"]
        refused = answers[-1]
        assert 4 < refused.body["retry_after"] <= 5
        assert refused.body["global"] is False
        assert refused.headers["Via"]
        assert (await rest.says(other)).status == 200
        assert platform.limits.refused[MESSAGES] == 1
        assert platform.limits.invalid[429] == 1


async def test_all_requests_together_are_limited_but_for_interactions(
    schema: Schema | None,
) -> None:
    async with Double(per_second=5, schema=schema) as platform, Rest(platform) as rest:
        mira = platform.person("mira")
        guild = mira.founds("Garden")
        platform.brings_bot(guild)
        platform.commands.replace([{"name": "start", "description": "Come in"}])
        answers = [await rest("GET", "/users/@me") for _ in range(6)]
        assert [each.status for each in answers] == [200] * 5 + [429]
        assert answers[-1].body["global"] is True
        it = mira.uses("start", guild.general)
        assert (await rest.answers(it, 4, {"content": "Hello"})).status == 200
        hook = f"/webhooks/{platform.world.application_id}/{it.token}"
        assert (await rest("POST", hook, {"content": "More"})).status == 200
        async with asyncio.timeout(20):
            while (await rest("GET", "/users/@me")).status == 429:
                pass


async def test_too_many_invalid_requests_ban_the_address(platform: Double) -> None:
    platform.limits.most_invalid = 3
    async with Rest(platform) as rest:
        for _ in range(3):
            assert (await rest("GET", "/users/@me", token="another")).status == 401
        banned = await rest.banned("/users/@me")
    assert banned == (429, "text/html; charset=utf-8", False)
