"""The host's command line, from the same declarations as `--help`."""

from collections.abc import Iterator

import click

from bot.cli import main
from docs.generator.markdown import code, table

_TITLE = """# Command line

What a host types in a terminal, in the folder that holds `circlekeeper.toml`. Each command tells
the same with `--help`. Where a virtual environment holds the program, its name is
`.venv/bin/circlekeeper`.

Exit codes: 0 fine, 1 found a problem, 2 wrong usage or configuration. Results go to standard
output; everything else that is said goes to standard error, so `--json` can be piped.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([_TITLE, *_commands(main, ("circlekeeper",))])


def _commands(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    context = command.context_class(command, info_name=" ".join(words))
    if len(words) > 1:
        yield f"## {' '.join(words)}\n"
        yield f"{_help(command)}\n"
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None and not below.hidden:
                yield from _commands(below, (*words, word))
        return
    usage = " ".join([*words, *command.collect_usage_pieces(context)])
    yield f"```text\n{usage}\n```\n"
    records = [param.get_help_record(context) for param in command.params]
    rows = [(code(record[0]), record[1]) for record in records if record is not None]
    if rows:
        yield table(("option", "what it does"), rows)


def _help(command: click.Command) -> str:
    return (command.help or "").replace("\b\n", "")
