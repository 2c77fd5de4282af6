"""`circlekeeper charter`: what only the host decides about a community's charter."""

import json

import click

from bot.cli.commands import Group
from bot.cli.host import settings_here, told
from storage.floors import set_floor
from storage.opening import open_store
from storage.reporting import report


@click.group(cls=Group)
def charter() -> None:
    """Decide what only the host decides about a community's charter."""


@charter.command()
@click.argument("clause", required=False)
@click.option("--community", default="", help="Its name, where there are several.")
@click.option("--off", is_flag=True, help="Give the clause back to the members.")
@click.option("--json", "as_json", is_flag=True, help="One object a clause.")
def floor(clause: str | None, community: str, off: bool, as_json: bool) -> None:
    """Keep a clause for law or safety, so that members cannot change it; without one, list them.

    On SQLite the bot has to be stopped meanwhile. Members are shown which clauses are the host's.
    """
    with told():
        settings = settings_here()
        url = settings.database_url.get_secret_value()
        report(url)  # refuses where there is no store yet
        opened = open_store(url, settings.key_file)
        try:
            clauses = opened.store.run(lambda tx: set_floor(tx, community, clause, floor=not off))
        finally:
            opened.close()
    for each in clauses:
        if as_json:
            click.echo(json.dumps(each, ensure_ascii=False))
        else:
            kept = "kept by the host" if each["floor"] else "the members'"
            click.echo(f"{each['community']}: {each['clause']} ({kept})")
