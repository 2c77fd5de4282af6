"""`circlekeeper discord`: what a host needs to set a Discord account up."""

import click

from bot import accounts
from bot.cli.commands import Group
from bot.cli.host import settings_here, told


@click.group(cls=Group)
def discord() -> None:
    """Set a Discord account up."""


@discord.command("invite-url")
def invite_url() -> None:
    """Print the link that brings the bot into a server, with the permissions that it needs."""
    with told():
        settings = settings_here()
        click.echo(accounts.invite_url(settings))
        click.echo(
            "Open it as somebody who may manage the server. Then start the bot, and use "
            "/keeper setup in a channel there.",
            err=True,
        )
