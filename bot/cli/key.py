"""`circlekeeper key`: the master key that seals the store."""

import click

from bot.cli.commands import Group
from bot.cli.host import settings_here, told
from storage.crypto import KeyFile


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
