"""`circlekeeper matrix login` on a real homeserver, through whatever a host may lose."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.support.bot import BotProcess
from tests.support.synapse import Account, MakeAccount

_TRUSTED = "A strict client would talk to the bot"


def with_password(account: Account, folder: Path) -> BotProcess:
    settings = {
        "CIRCLEKEEPER_MATRIX__HOMESERVER": account.homeserver,
        "CIRCLEKEEPER_MATRIX__USER_ID": account.user_id,
        "CIRCLEKEEPER_MATRIX__PASSWORD": account.password,
    }
    return BotProcess(settings, folder)


def lose_store(bot: BotProcess) -> None:
    for path in bot.folder.glob("circlekeeper.db*"):
        path.unlink()


def device(printed: str) -> str:
    return printed.splitlines()[0].rpartition(" ")[2].rstrip(".")


async def test_it_survives_the_loss_of_the_store_and_of_the_keys(
    account: MakeAccount, tmp_path: Path
) -> None:
    await asyncio.to_thread(_lose_and_mend, with_password(account("keeper"), tmp_path), tmp_path)


def _lose_and_mend(bot: BotProcess, folder: Path) -> None:
    first = bot.command("matrix", "login")
    assert _TRUSTED in first
    lines = first.splitlines()
    shown = next(n for n, line in enumerate(lines) if "recovery key, shown once" in line)
    key = folder / "recovery"
    key.write_text(lines[shown + 1])
    again = bot.command("matrix", "login")
    assert device(again) == device(first)
    assert "shown once" not in again
    assert "a strict client would talk" in bot.command("check", "--online")

    lose_store(bot)
    mended = bot.command("matrix", "login", "--new-device", "--recovery-key-file", str(key))
    assert "brought back with the recovery key" in mended
    assert _TRUSTED in mended
    assert device(mended) != device(first)

    lose_store(bot)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        bot.command("matrix", "login", "--new-device")
    assert refused.value.returncode == 2
    assert "--reset" in refused.value.stderr
    reset = bot.command("matrix", "login", "--reset")
    assert "must do so again" in reset
    assert "shown once" in reset
    assert _TRUSTED in reset


async def test_with_a_token_a_new_device_is_printed_for_the_settings(
    account: MakeAccount, tmp_path: Path
) -> None:
    keeper = account("keeper")
    (tmp_path / "password").write_text(keeper.password)
    bot = BotProcess(keeper, tmp_path)
    words = ("matrix", "login", "--new-device", "--password-file", str(tmp_path / "password"))
    printed = await asyncio.to_thread(bot.command, *words)
    assert _TRUSTED in printed
    token, name = (
        next(line.split()[1] for line in printed.splitlines() if line.split()[:1] == [what])
        for what in ("access_token", "device_id")
    )
    assert name == device(printed) != keeper.device_id
    moved = Account(keeper.user_id, token, name, keeper.password, keeper.homeserver)
    checked = await asyncio.to_thread(BotProcess(moved, tmp_path).command, "check", "--online")
    assert "a strict client would talk" in checked
