"""`circlekeeper key`: the master key that seals the store."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import click

from bot.cli.commands import Group
from bot.cli.host import settings_here, told, warn
from bot.cli.progress import working
from bot.core.errors import Misconfigured
from storage.crypto import KeyFile
from storage.opening import is_locked, open_store
from storage.reporting import recorded_key
from storage.rotation import LOOK_EVERY, seal_anew

_PATIENCE = 600.0  # seconds


@click.group(cls=Group)
def key() -> None:
    """Look after the master key."""


@key.command()
def new() -> None:
    """Make the master key; an existing one is never replaced."""
    with told():
        path = settings_here().key_file
        vault = KeyFile(path).create()
        click.echo(f"Made key {vault.key_id} in {path}. Keep a copy apart from your backups.")


@key.command()
@click.option(
    "--drop-old", is_flag=True, help="Afterwards take the earlier keys out of the key file."
)
def rotate(drop_old: bool) -> None:
    """Seal the store with a new key, while the bot runs or not.

    Earlier keys stay in the key file, since earlier backups need them, until --drop-old. Where
    several machines work on one database, stop the others first, and give them the key file after.
    """
    with told():
        settings = settings_here()
        url, key_file = settings.database_url.get_secret_value(), KeyFile(settings.key_file)
        held = key_file.load()
        recorded = recorded_key(url)
        if recorded is None or recorded not in held.key_ids:
            raise Misconfigured(
                f"The store is sealed with key {recorded}, and {key_file.path} does not hold it. "
                "Put the right key file in place first."
            )
        # An earlier rotation that was interrupted is finished, and not begun once more.
        vault = key_file.rotate() if recorded == held.key_id else held
        with working("Sealing the store anew"):
            if is_locked(url):
                _wait_for(vault.key_id, lambda: recorded_key(url))
            else:
                _seal_here(url, settings.key_file)
        click.echo(f"The store is sealed with key {vault.key_id}, which is in {key_file.path}.")
        if drop_old:
            key_file.drop_retired()
            click.echo("The earlier keys are gone: backups made before cannot be opened any more.")
        else:
            click.echo("Copy the key file anew. Earlier keys stay in it for earlier backups.")


def _seal_here(url: str, path: Path) -> None:
    opened = open_store(url, path, warn=warn)
    try:
        if opened.store.shared:
            time.sleep(2 * LOOK_EVERY)  # until those that run have taken it up
        asyncio.run(seal_anew(opened.store))
    finally:
        opened.close()


def _wait_for(key_id: str, recorded: Callable[[], str | None]) -> None:
    """Wait until the bot that runs has sealed all anew."""
    warn("a circlekeeper runs on this store; it seals all anew, and goes on meanwhile …")
    until = time.monotonic() + _PATIENCE
    while recorded() != key_id:
        if time.monotonic() > until:
            raise Misconfigured(
                "The bot that runs is not done yet. It goes on, also after a new start; "
                "`circlekeeper key rotate` again tells when it has ended."
            )
        time.sleep(0.5)
