"""`circlekeeper check`: every mistake at once; with `--online`, the platforms' answers, too."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from bot import accounts
from bot.app import content_checks
from bot.cli.commands import Command
from bot.cli.host import settings_here, told
from bot.cli.progress import working
from bot.core.content import Folders, Mistake
from bot.core.errors import Misconfigured
from bot.features.charter import edited
from bot.operations.check import check as check_content
from bot.settings import TOML, Settings, check_settings, content_folders
from bot.settings_layers import from_environment, from_toml
from storage.crypto import KeyFile
from storage.drafts import founded
from storage.opening import waits_for_upgrade
from storage.reporting import look_at_key, remembered


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
@click.option("--online", is_flag=True, help="Also ask the platforms about tokens and permissions.")
def check(as_json: bool, online: bool) -> None:
    """Name every mistake in settings, charter, prompts, hunts and catalogues, at once."""
    found = check_settings(os.environ, Path.cwd())
    try:
        folders = content_folders(settings_here())
    except Misconfigured:
        folders = _named_content(Path.cwd())
    mistakes = check_content(folders, content_checks(), found)
    mistakes += _store(online)
    hints = _edited_charter(folders, online)
    if online:
        with told():
            settings = settings_here()
            with working("Asking the platforms"):
                wrong, more = asyncio.run(accounts.look(settings, _remembered(settings)))
        mistakes += wrong
        hints += more
        if settings.discord is None and settings.matrix is None and not settings.adapters:
            hints.append("No account is set, so there was nobody to ask.")
    if as_json:
        click.echo(json.dumps([asdict(mistake) for mistake in mistakes], ensure_ascii=False))
    else:
        for mistake in mistakes:
            click.echo(str(mistake))
        for hint in hints:
            click.echo(hint)
        click.echo(f"{len(mistakes)} to mend." if mistakes else "Everything is in order.")
    sys.exit(1 if mistakes else 0)


def _store(online: bool) -> list[Mistake]:
    """Return what is wrong with the store or its key; a server is asked only with `--online`."""
    try:
        settings = settings_here()
    except Misconfigured:
        return []
    url = settings.database_url.get_secret_value()
    try:
        if url.startswith("sqlite") or online:
            look_at_key(url, KeyFile(settings.key_file))
    except Misconfigured as error:
        what, _, mend = str(error).rpartition(". ")
        where = str(settings.key_file)
        return [Mistake(where if where in what else "the store", 0, f"{what}.", mend)]
    return []


def _edited_charter(folders: Folders, online: bool) -> list[str]:
    """Explain what it means that the charter's file was edited after a community began with it."""
    try:
        url = settings_here().database_url.get_secret_value()
        charters = founded(url) if url.startswith("sqlite") or online else []
    except Misconfigured:
        return []  # `run` and `status` say what is wrong with the store
    return edited.explain(folders, charters)


def _remembered(settings: Settings) -> Callable[[str, str], dict[str, str]]:
    """Return what looks into the store, which may not be there yet."""

    def look(account: str, kind: str) -> dict[str, str]:
        url, key_file = settings.database_url.get_secret_value(), KeyFile(settings.key_file)
        if not key_file.exists() or waits_for_upgrade(url):
            return {}
        return remembered(url, key_file.load(), account, kind)

    return look


def _named_content(folder: Path) -> Folders:
    """Return the content that is named even where other settings are wrong."""
    values = from_toml(folder / TOML).values | from_environment(os.environ).values
    content, charter = (
        folder / Path(str(values.get((name,), ""))).expanduser() for name in ("content", "charter")
    )
    shipped = content_folders(Settings())
    own = [content] if content.is_dir() and ("content",) in values else []
    return Folders([*shipped.prompts, *own], charter if charter.is_file() else shipped.charter)
