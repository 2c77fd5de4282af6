"""The double fails as platforms do, and what stood when can be told afterwards."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from bot.testing.faults import Trouble
from tests.discord.bare import running
from tests.discord.double import Double
from tests.discord.raw import Json, Rest


@pytest.mark.parametrize(
    ("trouble", "status", "stands"),
    [
        (Trouble.BUSY, 429, 0),
        (Trouble.FAILS, 500, 0),
        (Trouble.UNHEARD, 500, 1),
        (Trouble.CUT, None, 0),
        (Trouble.BROKEN_OFF, None, 1),
    ],
)
async def test_troubles_are_what_they_say(
    platform: Double, trouble: Trouble, status: int | None, stands: int
) -> None:
    guild = platform.person("mira").founds("Garden")
    platform.brings_bot(guild)
    platform.faults.chance = lambda: 0.1
    async with Rest(platform) as rest:
        platform.faults.plan(trouble)
        try:
            answer = await rest.says(guild.general, nonce="n1", enforce_nonce=True)
        except aiohttp.ClientError:
            assert status is None
        else:
            assert answer.status == status
            assert trouble is not Trouble.BUSY or answer.headers["Via"]
        assert len(platform.record.all("message", nonce="n1")) == stands
        await rest.says(guild.general, nonce="n1", enforce_nonce=True)
        assert len(platform.record.all("message", nonce="n1")) == 1


async def test_the_record_is_kept_in_a_file_line_by_line(tmp_path: Path) -> None:
    log = tmp_path / "stood.jsonl"
    async with Double(log=log) as platform, Rest(platform) as rest:
        guild = platform.person("mira").founds("Garden")
        platform.brings_bot(guild)
        message = (await rest.says(guild.general)).body["id"]
        path = f"/channels/{guild.general.id}/messages/{message}"
        await rest("PATCH", path, {"content": "Anew"})
        await rest("PUT", f"{path}/reactions/🌱/@me")
        await rest("DELETE", path)
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert [each["what"] for each in entries] == ["message", "edit", "react", "delete"]
    assert {each["message"] for each in entries} == {message}
    assert sorted(each["at"] for each in entries) == [each["at"] for each in entries]


async def _answers_a_burst(told: Json, does: Callable[..., Awaitable[Json]]) -> None:
    """Use a command of a bare bot many times, from the double's own process."""
    client = discord.Client(intents=discord.Intents(guilds=True))
    tree = app_commands.CommandTree(client)

    @tree.command(description="Come in")
    async def start(it: discord.Interaction) -> None:
        await it.response.send_message("Hello", ephemeral=True)

    async with running(SimpleNamespace(**told), client):
        await tree.sync()
        assert (await does(do="ready"))["ok"] is True
        assert (await does(do="uses", who="ana", path="start"))["text"] == "Hello"
        burst = await does(do="burst", path="start", count=20, at_once=5)
        counts = await does(do="counts")
    assert (len(burst["acknowledged"]), burst["failed"], burst["ok"]) == (20, 0, True)
    assert (counts["missing"], counts["violations"]) == ([], [])


async def test_it_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.discord.double", "--members", "3", stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None

    async def hears() -> Json:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            found: Json = json.loads(await process.stdout.readline())
            return found

    async def does(**order: Any) -> Json:  # noqa: ANN401 - whatever JSON takes
        assert process.stdin is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        return await hears()

    told = await hears()
    headers = {"Authorization": f"Bot {told['token']}"}
    async with aiohttp.ClientSession() as session:
        url = f"{told['api_url']}/users/@me/guilds?with_counts=true"
        async with session.get(url, headers=headers) as answer:
            assert [each["name"] for each in await answer.json()] == ["Garden 0"]
    assert (await does(do="join", who="ana"))["ok"] is True
    refused = await does(do="uses", who="ana", path="start")
    assert refused == {"ok": False, "error": "NotPossible: there is no command 'start'"}
    await _answers_a_burst(told, does)
    process.stdin.close()
    assert await process.wait() == 0
