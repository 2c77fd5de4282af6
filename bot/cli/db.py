"""`circlekeeper db`: the database's schema."""

import click

from bot import apart
from bot.cli.commands import Group
from bot.cli.host import settings_here, told
from bot.cli.progress import working
from storage.upgrading import upgrade_store


@click.group(cls=Group)
def db() -> None:
    """Look after the database."""


@db.command()
@click.option("--apart", "is_apart", is_flag=True, hidden=True)  # as `run` has it done
def upgrade(is_apart: bool) -> None:
    """Bring a PostgreSQL database to this version's schema (SQLite does so at start)."""
    if is_apart:
        apart.end_with_starter()
    with told():
        settings = settings_here()
        with working("Bringing the database up"):
            schema = upgrade_store(settings.database_url.get_secret_value(), settings.key_file)
        click.echo(f"Upgraded to schema {schema}." if schema else "Nothing to upgrade.")
