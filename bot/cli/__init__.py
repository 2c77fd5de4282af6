"""The command line. Exit codes: 0 fine, 1 found a problem, 2 wrong usage or configuration.

Each subcommand lives in a module of this package and is loaded when it is called: what the others
need stays out of a process that runs for months. A new one is a line in `Circlekeeper`.
"""

from types import MappingProxyType

import click

from bot import __version__
from bot.cli.commands import Group


class Circlekeeper(Group):
    """What a host reads in `circlekeeper --help`, in this order."""

    subcommands = MappingProxyType(
        {
            "See it first": {
                "try": "bot.cli.try_:try_",
                "rehearse": "bot.cli.rehearse:rehearse",
                "check": "bot.cli.check:check",
            },
            "Connect it": {
                "discord": "bot.cli.discord:discord",
                "matrix": "bot.cli.matrix:matrix",
                "run": "bot.cli.run:run",
            },
            "Look after it": {
                "status": "bot.cli.status:status",
                "charter": "bot.cli.charter:charter",
                "forget": "bot.cli.forget:forget",
                "db": "bot.cli.db:db",
                "key": "bot.cli.key:key",
                "backup": "bot.cli.backup:backup",
                "restore": "bot.cli.backup:restore",
                "export": "bot.cli.backup:export",
                "import": "bot.cli.backup:take_in",
            },
        }
    )


@click.group(cls=Circlekeeper, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="circlekeeper")
def main() -> None:
    """Circlekeeper facilitates a learning community where its members already talk.

    Settings come from CIRCLEKEEPER_* variables and from circlekeeper.toml in the working folder.
    """
