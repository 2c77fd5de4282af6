"""What every subcommand shares: the host's settings, and how it ends when the host must act."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from bot.core.errors import Misconfigured
from bot.settings import Settings, load_settings


@contextlib.contextmanager
def told() -> Iterator[None]:
    """End with exit code 2 and one sentence when the host has to mend something."""
    try:
        yield
    except Misconfigured as error:
        click.echo(f"circlekeeper: {error}", err=True)
        sys.exit(2)


def settings_here() -> Settings:
    """Return the settings of this environment and folder."""
    return load_settings(os.environ, Path.cwd())


def warn(text: str) -> None:
    """Tell the host something that does not stop the work."""
    click.echo(f"circlekeeper: {text}", err=True)
