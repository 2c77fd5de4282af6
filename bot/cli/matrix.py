"""`circlekeeper matrix`: signing an account in for good."""

import asyncio
import sys
from typing import IO

import click

from bot import accounts
from bot.cli.commands import Group
from bot.cli.host import settings_here, told
from bot.engine.host import StoreMemory
from bot.logs import configure_logs
from storage.opening import open_store

_SIGNING = {
    "kept": "The account's signing keys are in order.",
    "made": "The account had no signing keys; they are made.",
    "recovered": "The account's signing keys were brought back with the recovery key.",
    "reset": "The account has new signing keys: whoever verified it before must do so again.",
}


@click.group(cls=Group)
def matrix() -> None:
    """Set a Matrix account up."""


@matrix.command()
@click.option("--new-device", is_flag=True, help="On a new device, with the password.")
@click.option("--reset", is_flag=True, help="Make new signing keys; people verify the bot anew.")
@click.option("--new-recovery-key", is_flag=True, help="Store the keys under a new recovery key.")
@click.option(
    "--password-file", type=click.File(), help="The account's password, if it is in no setting."
)
@click.option(
    "--recovery-key-file", type=click.File(), help="The recovery key that was shown once."
)
def login(
    new_device: bool,
    reset: bool,
    new_recovery_key: bool,
    password_file: IO[str] | None,
    recovery_key_file: IO[str] | None,
) -> None:
    """Sign in, and have the bot's device signed by its owner, so that strict clients trust it."""
    with told():
        settings = settings_here()
        configure_logs("error", "console")
        account = accounts.matrix_account(settings)
        opened = open_store(settings.database_url.get_secret_value(), settings.key_file)
        try:
            done = asyncio.run(
                accounts.matrix_login(
                    settings,
                    StoreMemory(opened.store, account),
                    password=lambda: _secret(password_file, "Password of the account"),
                    recovery_key=lambda: _secret(recovery_key_file, "Recovery key"),
                    new_device=new_device,
                    reset=reset,
                    new_recovery_key=new_recovery_key,
                )
            )
        finally:
            opened.close()
    click.echo(f"Signed in as {account} on the device {done.device_id}.")
    click.echo(_SIGNING[done.signed.keys])
    if done.access_token is not None:
        click.echo("Put these into the settings in place of the old ones; they are shown once:")
        click.echo(f"  access_token  {done.access_token}\n  device_id     {done.device_id}")
    if done.signed.recovery_key is not None:
        click.echo("The recovery key, shown once. Write it down, and keep it apart from the store:")
        click.echo(f"  {done.signed.recovery_key}")
    if not done.signed.stored:
        click.echo(
            "The homeserver has no secret storage: the keys that sign devices lie in the bot's "
            "database alone. If it is lost, `matrix login --reset` makes new ones."
        )
    if done.signed.trusted:
        click.echo("A strict client would talk to the bot: its device is signed by its owner.")
    else:
        click.echo("A strict client would not talk to the bot: the homeserver shows no signature.")
        sys.exit(1)


def _secret(file: IO[str] | None, what: str) -> str:
    """Return a secret from its file, or ask for it where somebody sits."""
    if file is not None:
        return file.read().strip()
    if not sys.stdin.isatty():
        return ""
    return str(click.prompt(what, hide_input=True, default="", show_default=False))
