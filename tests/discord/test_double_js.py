"""discord.js, which shares no line with discord.py, lives on the double as well."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from tests.discord.double import Double
from tests.support.node import installed

HERE = Path(__file__).parent / "js"


@pytest.fixture(scope="module")
def modules() -> Path:
    """The folder with discord.js, in the locked version; it is installed the first time."""
    return installed(HERE, "discord.js")


async def test_discord_js_does_all_that_a_facilitator_does(platform: Double, modules: Path) -> None:
    mira, ana = platform.person("mira"), platform.person("ana")
    guild = mira.founds("Garden")
    platform.brings_bot(guild)
    told: list[dict[str, Any]] = []
    environment = {
        "PATH": os.environ["PATH"],
        "API": platform.api_url.removesuffix("/v10"),
        "TOKEN": platform.token,
        "MODULES": f"{modules}/",
    }
    node = await asyncio.create_subprocess_exec(
        "node", str(HERE / "bot.mjs"), env=environment, stdout=PIPE, stderr=PIPE
    )

    async def listen() -> None:
        assert node.stdout is not None
        async for line in node.stdout:
            told.append(json.loads(line))
        assert node.stderr is not None
        errors = (await node.stderr.read()).decode()
        told.append({"what": "ended", "errors": errors[-2000:]})

    def tells(**wanted: object) -> bool:
        ended = next((each for each in told if each["what"] in ("ended", "error")), None)
        assert ended is None, ended
        return any(wanted.items() <= each.items() for each in told)

    listening = asyncio.create_task(listen())
    try:
        await platform.world.until(lambda: tells(what="ready"), 30)
        assert told[0] == {"what": "ready", "messages": 2, "pins": 1}
        ana.joins(guild)
        opened = await ana.hears("Start here")
        ana.reacts(opened, "🌱")
        typed = await ana.types("start", "topic", "gar", guild.general).answered()
        assert typed.choices == [{"name": "Gardens", "value": "gardens"}]
        await ana.uses("start", guild.general, topic="gardens").answered()
        hello = await ana.hears("Hello gardens")
        assert (await ana.hears("And more")).ephemeral
        form = await ana.clicks(hello, "Write").answered()
        said = await ana.submits(form, {"Your word": "seed"}).answered()
        assert said.messages[0].text == "So: seed"
        platform.gateway.drop(4000)
        ana.posts(guild.general, f"<@{platform.world.bot.id}> while you were away")
        await platform.world.until(lambda: tells(what="resumed") and tells(what="posted"), 15)
        assert tells(what="joined", name="ana")
        assert tells(what="reacted", emoji="🌱")
    finally:
        listening.cancel()
        if node.returncode is None:
            node.kill()
        await node.wait()
    threads = [each.text for each in ana.sees(guild.named("Answers")) if each.text]
    assert threads == ["A line is enough"]
    if platform.schema is not None:
        # What discord.js sends beyond the document is its own affair; what it is told is ours.
        found = {each for each in platform.schema.violations if each.where[:7] != "request"}
        platform.schema.found.clear()
        assert found == set()
