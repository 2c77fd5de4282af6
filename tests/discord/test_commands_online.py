"""What a host types about Discord: the invitation, and the check that asks Discord."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.adapters.discord import invite_url, look
from tests.discord.double import USUAL, Double, Guild, Intent, Permission
from tests.discord.running import declared, running

_ROOT = Path(__file__).parents[2]


async def circlekeeper(double: Double, folder: Path, *words: str) -> tuple[int, str]:
    """Run a command beside the double; return its exit code and what it prints."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        cwd=folder,
        env=inherited
        | {
            "PYTHONPATH": str(_ROOT),
            "CIRCLEKEEPER_DISCORD__TOKEN": double.token,
            "CIRCLEKEEPER_DISCORD__API_URL": double.api_url,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert b"Traceback" not in err
    assert double.token.encode() not in out + err
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_commands_are_told_once_and_again_when_they_changed(
    platform: Double, guild: Guild
) -> None:
    def told() -> int:
        path = "/applications/{application_id}/commands"
        return platform.requests.count(("PUT", path, 200))

    async with running(platform) as bot:
        assert told() == 1
    async with running(platform, bot.host):
        pass
    assert told() == 1
    others = replace(declared(), does={**declared().does, "start": {"en": "home"}})
    async with running(platform, bot.host, declared=others):
        assert told() == 2
    start = platform.commands.named("start")
    assert start is not None
    assert start["description"] == "home"


async def test_all_is_well(platform: Double, tmp_path: Path) -> None:
    platform.brings_bot(platform.person("mira").founds("garden"))
    code, printed = await circlekeeper(platform, tmp_path, "check", "--online")
    assert (code, printed.splitlines()[-1]) == (0, "Everything is in order.")
    assert "opens the command to that role under Server Settings, Integrations" in printed


async def test_a_missing_permission_is_named_with_its_switch(
    platform: Double, tmp_path: Path
) -> None:
    guild = platform.person("mira").founds("garden")
    lesser = USUAL & ~(Permission.PIN_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS)
    everyone = guild.everyone
    everyone.permissions &= ~int(Permission.SEND_MESSAGES_IN_THREADS)
    platform.brings_bot(guild, int(lesser))
    code, printed = await circlekeeper(platform, tmp_path, "check", "--online")
    assert code == 1
    assert "In the server garden the bot lacks: Send Messages in Threads, Pin Messages." in printed
    assert "Server Settings, Roles" in printed


async def test_every_server_is_looked_at(platform: Double) -> None:
    mira = platform.person("mira")
    for number in range(201):
        lesser = USUAL if number < 200 else USUAL & ~Permission.MANAGE_ROLES
        platform.brings_bot(mira.founds(f"garden {number}"), int(lesser))
    (found,), _ = await look(platform.token, platform.api_url)
    assert "In the server garden 200 the bot lacks: Manage Roles" in found.what


async def test_a_missing_intent_is_a_hint(schema: object) -> None:
    async with Double(allowed=Intent(0)) as platform:
        found, hints = await look(platform.token, platform.api_url)
    assert found == []
    (intent,) = [hint for hint in hints if "Server Members Intent is off" in hint]
    page = f"https://discord.com/developers/applications/{platform.world.application_id}/bot"
    assert f"{page}, Privileged Gateway Intents" in intent
    assert any("in no server yet" in hint for hint in hints)


async def test_a_wrong_token_and_a_silent_host_are_named(platform: Double) -> None:
    (wrong,), _ = await look("wrong", platform.api_url)
    assert "does not accept the token" in wrong.what
    (silent,), _ = await look("any", "http://127.0.0.1:9/api/v10")
    assert "cannot be reached" in silent.what


def test_the_link_asks_for_what_is_needed_and_no_more() -> None:
    query = parse_qs(urlsplit(invite_url("123")).query)
    assert query["scope"] == ["bot applications.commands"]
    asked = Permission(int(query["permissions"][0]))
    assert asked == USUAL  # with which everything else here is tried


@pytest.mark.parametrize(("token", "code"), [("MTIzNDU2.x.y", 0), ("nonsense", 2)])
async def test_the_link_is_made_from_the_token_alone(
    platform: Double, tmp_path: Path, token: str, code: int
) -> None:
    platform.world.token = token
    ended, printed = await circlekeeper(platform, tmp_path, "discord", "invite-url")
    assert ended == code
    assert ("client_id=123456" in printed) == (code == 0)
