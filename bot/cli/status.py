"""`circlekeeper status`: how the bot is and what the store holds, told beside it."""

import json

import click

from bot.app import SystemClock
from bot.cli.commands import Command
from bot.cli.host import settings_here, told
from bot.operations.status import status as facts_of


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="One object.")
def status(as_json: bool) -> None:
    """Tell how the bot is, what the store holds and what waits; numbers about people stay out."""
    with told():
        facts = facts_of(settings_here(), SystemClock().now())
    if as_json:
        click.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            click.echo(f"{name}: {value}")
