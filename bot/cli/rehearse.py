"""`circlekeeper rehearse`: weeks of a small community on a simulated clock."""

import asyncio

import click

from bot.cli.commands import Command
from bot.cli.host import settings_here, told
from bot.cli.progress import working
from bot.cli.sound import sound_content
from bot.core.errors import Misconfigured
from bot.engine.words import Words
from bot.logs import configure_logs
from bot.rehearsal import rehearse as play
from bot.rehearsal.transcript import Transcript, as_json, while_read

_CAST = (
    "A community on a simulated clock. Mira moderates, Tom is a member, Ana is new, and Inès, who "
    "reads French, comes later. Their lines are a script; the bot's are what it would say."
)


@click.command(cls=Command)
@click.option(
    "--weeks", type=click.IntRange(1, 104), default=3, show_default=True, help="How long to play."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same transcript.")
@click.option("--language", default="en", show_default=True, help="What is spoken there.")
@click.option("--json", "in_json", is_flag=True, help="One object a line.")
def rehearse(weeks: int, seed: int, language: str, in_json: bool) -> None:
    """Play a newcomer's, a member's and a moderator's weeks, troubling nobody."""
    with told():
        configure_logs("warning", "console")
        folders = sound_content(settings_here())
        spoken = Words(folders.prompts).languages
        if language not in spoken:
            raise Misconfigured(f"I do not speak “{language}”. Possible are: {', '.join(spoken)}.")
        if in_json:
            show = while_read(lambda line: click.echo(as_json(line)))
            with working("Rehearsing", beside_output=True):
                asyncio.run(play(folders, weeks, seed, show, language))
            return
        page = Transcript()
        page.note(_CAST)
        with working("Rehearsing", beside_output=True):
            asyncio.run(play(folders, weeks, seed, while_read(page.show), language))
        click.echo(f"\nThat was {weeks} week{'s' if weeks > 1 else ''}. Nothing of it was kept.")
