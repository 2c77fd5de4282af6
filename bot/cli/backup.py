"""`circlekeeper backup`, `restore`, `export` and `import`: a store in one file, and back."""

import json
import os
from pathlib import Path

import click

from bot import __version__
from bot.app import SystemClock
from bot.cli.commands import Command
from bot.cli.host import settings_here, told, warn
from bot.cli.progress import working
from bot.core.errors import Misconfigured
from bot.settings import Settings
from storage.backup import Manifest, back_up
from storage.crypto import KeyFile
from storage.opening import keep_apart
from storage.restoring import Restored
from storage.restoring import restore as take_back

_BEHIND = 10  # how far a backup gives way to the bot, which people wait for
_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="One object.")
_NOBODY = click.option(
    "--nobody-was-erased", is_flag=True, help="There is no journal of erasures, and need not be."
)


@click.command(cls=Command)
@_FILE
@_JSON
def backup(file: Path, as_json: bool) -> None:
    """Write the store into FILE, and verify it; the bot may run meanwhile.

    The key and the journal of erasures are not in it: copy them apart from it.
    """
    os.nice(_BEHIND)
    with told():
        settings = settings_here()
        manifest = _write(settings, file)
        _tell(manifest, file, as_json)
        _look_for_key(manifest, settings.key_file)


@click.command(cls=Command)
@_FILE
@click.option("--replace", is_flag=True, help="Also where there is a store; SQLite keeps a copy.")
@_NOBODY
@_JSON
def restore(file: Path, replace: bool, nobody_was_erased: bool, as_json: bool) -> None:
    """Take the backup FILE in, verify it, and erase again who was erased since.

    The bot has to be stopped. What was on its way when the backup was made is looked for on the
    platform before it is sent.
    """
    with told():
        done = _read(file, replace=replace, nobody_was_erased=nobody_was_erased, moved=False)
    _tell_restored(done, file, as_json)


@click.command(cls=Command)
@_FILE
@_JSON
def export(file: Path, as_json: bool) -> None:
    """Write the store into FILE, to move to another database; the bot has to be stopped."""
    with told():
        settings = settings_here()
        url = settings.database_url.get_secret_value()
        with keep_apart(url, SystemClock().now()):
            _tell(_write(settings, file), file, as_json)


@click.command("import", cls=Command)
@_FILE
@_NOBODY
@_JSON
def take_in(file: Path, nobody_was_erased: bool, as_json: bool) -> None:
    """Take in what `export` wrote, into an empty SQLite or PostgreSQL database."""
    with told():
        done = _read(file, replace=False, nobody_was_erased=nobody_was_erased, moved=True)
    _tell_restored(done, file, as_json)


def _write(settings: Settings, file: Path) -> Manifest:
    url, key_file = settings.database_url.get_secret_value(), KeyFile(settings.key_file)
    with working("Writing the backup, and reading it again"):
        return back_up(url, key_file, Path.cwd() / file, SystemClock().now(), __version__)


def _read(file: Path, *, replace: bool, nobody_was_erased: bool, moved: bool) -> Restored:
    settings = settings_here()
    with working("Taking it in, and comparing"):
        return take_back(
            settings.database_url.get_secret_value(),
            KeyFile(settings.key_file),
            Path.cwd() / file,
            SystemClock().now(),
            replace=replace,
            without_journal=nobody_was_erased,
            moved=moved,
        )


def _look_for_key(manifest: Manifest, path: Path) -> None:
    """Warn a host whose backup would be worth nothing."""
    try:
        held = KeyFile(path).load().key_ids
    except Misconfigured as error:
        warn(f"the backup is whole, but its key is not here: {error}")
        return
    if manifest.key_id not in held:
        warn(
            f"the backup is whole, but {path} does not hold key {manifest.key_id}: without that "
            "key nobody can read it. Put the right key file in place."
        )


def _tell(manifest: Manifest, file: Path, as_json: bool) -> None:
    if as_json:
        counts = {name: rows for name, (rows, _) in manifest.tables.items()}
        click.echo(json.dumps({"file": str(file), "schema": manifest.schema, "rows": counts}))
        return
    click.echo(
        f"Wrote {manifest.rows} rows of {len(manifest.tables)} tables to {file}, and read them "
        f"again. It opens with key {manifest.key_id} alone: keep a copy of the key apart from it."
    )


def _tell_restored(done: Restored, file: Path, as_json: bool) -> None:
    if as_json:
        kept = str(done.kept) if done.kept else None
        click.echo(json.dumps({"rows": done.manifest.rows, "erased": done.erased, "kept": kept}))
        return
    click.echo(f"Took in {done.manifest.rows} rows of {file}, and compared them.")
    if done.erased:
        click.echo(f"Erased again: {done.erased}, who had been erased since.")
    if done.kept:
        click.echo(
            f"The store of before is {done.kept}. Delete it when all is well: it may still hold "
            "people who were erased."
        )
    click.echo(
        "Encrypted Matrix rooms need a new device: `circlekeeper matrix login --new-device`."
    )
