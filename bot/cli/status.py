"""`circlekeeper status`: what the store holds, told beside the process that runs."""

import json

import click

from bot.cli.commands import Command
from bot.cli.host import settings_here, told
from storage.reporting import report


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="One object.")
def status(as_json: bool) -> None:
    """Tell what the store holds and what waits; numbers about people stay out."""
    with told():
        facts = report(settings_here().database_url.get_secret_value())
    if as_json:
        click.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            click.echo(f"{name}: {value}")
