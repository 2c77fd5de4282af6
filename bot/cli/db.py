"""`circlekeeper db`: the database's schema."""

import click

from bot import apart
from bot.cli.commands import Group
from bot.cli.host import settings_here, told
from storage.engines import make_engine
from storage.opening import failed_upgrade, open_store
from storage.schema import check_version, pending, revision
from storage.schema import upgrade as bring_up


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
        url = settings.database_url.get_secret_value()
        engine = make_engine(url)
        try:
            check_version(engine)
            waiting = pending(engine)
            before = revision(engine)
            on_sqlite = engine.dialect.name == "sqlite"
        finally:
            engine.dispose()
        if waiting and on_sqlite:
            # As a start does it: no other process on the file, and after a copy.
            open_store(url, settings.key_file).close()
        elif waiting:
            try:
                bring_up(url)
            except Exception as error:
                hint = "Look at `circlekeeper backup`, and try again."
                raise failed_upgrade(error, before, hint) from error
        click.echo("Upgraded." if waiting else "Nothing to upgrade.")
