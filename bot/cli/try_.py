"""`circlekeeper try`: a small community in the browser, on this machine alone."""

import asyncio
from pathlib import Path

import click

from bot.cli.commands import Command
from bot.cli.host import settings_here, told
from bot.logs import configure_logs
from bot.rehearsal import trying

_PORT = 8640


@click.command("try", cls=Command)
@click.option(
    "--content",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of your own that extends prompts/.",
)
@click.option(
    "--charter",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A charter of your own.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Where to serve it; 0 takes any that is free.",
)
@click.option("--language", default="", help="What the circle speaks; else this machine's.")
@click.option("--empty", is_flag=True, help="Begin with a circle that nobody has set up.")
@click.option("--no-open", is_flag=True, help="Print the link, and open no browser.")
def try_(
    content: Path | None,
    charter: Path | None,
    port: int,
    language: str,
    empty: bool,
    no_open: bool,
) -> None:
    """Open a small community in the browser: be anybody in it, and move the clock.

    It connects nowhere and keeps nothing. Mistakes in your own content are shown in the page, with
    file and line.
    """
    with told():
        configure_logs("warning", "console")
        chosen = {"content": content, "charter": charter}
        named = {name: path.resolve() for name, path in chosen.items() if path is not None}
        settings = settings_here().model_copy(update=named)
        asyncio.run(
            trying.serve(settings, port=port, language=language, empty=empty, browser=not no_open)
        )
