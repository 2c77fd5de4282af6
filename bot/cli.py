"""The command line. Exit codes: 0 fine, 1 found a problem, 2 wrong usage or configuration."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

import click

from bot import __version__, accounts, apart
from bot.app import App, content_checks, read_content
from bot.core.content import Folders
from bot.core.errors import Misconfigured
from bot.engine.host import StoreMemory
from bot.logs import configure_logs
from bot.operations.check import check as check_content
from bot.settings import TOML, Settings, check_settings, content_folders, load_settings
from bot.settings_layers import from_environment, from_toml
from storage.charter import set_floor
from storage.crypto import KeyFile
from storage.engines import make_engine
from storage.opening import open_store, waits_for_upgrade
from storage.reporting import remembered, report
from storage.schema import check_version, pending, upgrade

_WIDEST = 100
_CAST = (
    "A community on a simulated clock. Mira moderates, Tom is a member, Ana is new, and Inès, who "
    "reads French, comes later. Their lines are a script; the bot's are what it would say."
)


_SIGNING = {
    "kept": "The account's signing keys are in order.",
    "made": "The account had no signing keys; they are made.",
    "recovered": "The account's signing keys were brought back with the recovery key.",
    "reset": "The account has new signing keys: whoever verified it before must do so again.",
}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDEST})
@click.version_option(__version__, prog_name="circlekeeper")
def main() -> None:
    """Circlekeeper facilitates a learning community where its members already talk.

    Settings come from CIRCLEKEEPER_* variables and from circlekeeper.toml in the working folder.
    """


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """End with exit code 2 and one sentence when the host has to mend something."""
    try:
        yield
    except Misconfigured as error:
        click.echo(f"circlekeeper: {error}", err=True)
        sys.exit(2)


def _settings() -> Settings:
    return load_settings(os.environ, Path.cwd())


@main.command()
def run() -> None:
    """Connect, and facilitate until stopped (Ctrl-C or SIGTERM)."""
    with _told():
        settings = _settings()
        configure_logs(settings.log_level, settings.log_format)
        folders = content_folders(settings)
        mistakes = check_content(folders, content_checks())
        if mistakes:
            first = "\n".join(str(mistake) for mistake in mistakes[:10])
            raise Misconfigured(
                f"The content has mistakes; `circlekeeper check` names all.\n{first}"
            )
        content = read_content(folders)
        adapters = accounts.adapters(settings, content)
        if not adapters:
            raise Misconfigured(
                "There is nothing to connect to. Set CIRCLEKEEPER_DISCORD__TOKEN, or "
                "CIRCLEKEEPER_MATRIX__HOMESERVER, CIRCLEKEEPER_MATRIX__USER_ID and "
                "CIRCLEKEEPER_MATRIX__ACCESS_TOKEN, or see it first with `circlekeeper rehearse`."
            )
        url = settings.database_url.get_secret_value()
        if waits_for_upgrade(url):
            _upgrade_apart()
        opened = open_store(
            url,
            settings.key_file,
            warn=lambda text: click.echo(f"circlekeeper: {text}", err=True),
        )
        try:
            asyncio.run(_until_stopped(App(opened.store, content, adapters)))
        finally:
            opened.close()


def _upgrade_apart() -> None:
    """Bring the store up in another process, with the same settings.

    What that needs takes seven megabytes, which a process that runs for months would keep.
    """
    # -P: not a package that happens to be called bot in the working folder.
    code = apart.run("-P", "-m", "bot", "db", "upgrade", "--apart")
    if code:
        sys.exit(code)  # it has said why


async def _until_stopped(app: App) -> None:
    task = asyncio.ensure_future(app.run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        click.echo("circlekeeper: stopped", err=True)
    except BaseExceptionGroup as group:
        wrong = group.subgroup(Misconfigured)
        if wrong is None:
            raise
        raise _first(wrong) from None


def _first(group: BaseExceptionGroup[Misconfigured]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@main.command()
@click.option(
    "--weeks", type=click.IntRange(1, 104), default=3, show_default=True, help="How long to play."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same transcript.")
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def rehearse(weeks: int, seed: int, as_json: bool) -> None:
    """Play a newcomer's, a member's and a moderator's weeks, troubling nobody."""
    # Not for the other commands: one of them runs for months.
    from bot.rehearsal import rehearse as play
    from bot.rehearsal.transcript import Transcript, while_read
    from bot.rehearsal.transcript import as_json as to_json

    with _told():
        configure_logs("warning", "console")
        folders = content_folders(_settings())
        if as_json:
            show = while_read(lambda line: click.echo(to_json(line)))
            asyncio.run(play(folders, weeks, seed, show))
            return
        page = Transcript()
        page.note(_CAST)
        asyncio.run(play(folders, weeks, seed, while_read(page.show)))
        click.echo(f"\nThat was {weeks} week{'s' if weeks > 1 else ''}. Nothing of it was kept.")


@main.command("try")
@click.option(
    "--content", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Your prompts."
)
@click.option(
    "--charter", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your charter."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8640, show_default=True, help="0: any free."
)
@click.option("--language", default="", help="Of the circle, such as fr; default: this machine's.")
@click.option("--empty", is_flag=True, help="Begin with a circle that is not set up yet.")
@click.option("--no-open", is_flag=True, help="Print the link, and open no browser.")
def try_(
    content: Path | None,
    charter: Path | None,
    port: int,
    language: str,
    empty: bool,
    no_open: bool,
) -> None:
    """See it in the browser: be a newcomer, a member or the moderator, and move the clock."""
    from bot.rehearsal import trying

    with _told():
        configure_logs("warning", "console")
        chosen = {"content": content, "charter": charter}
        named = {name: path.resolve() for name, path in chosen.items() if path is not None}
        settings = _settings().model_copy(update=named)
        asyncio.run(
            trying.serve(settings, port=port, language=language, empty=empty, browser=not no_open)
        )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
@click.option("--online", is_flag=True, help="Also ask the platforms about tokens and permissions.")
def check(as_json: bool, online: bool) -> None:
    """Name every mistake in settings, charter, prompts, hunts and catalogues, at once."""
    found = check_settings(os.environ, Path.cwd())
    try:
        folders = content_folders(_settings())
    except Misconfigured:
        folders = _named_content(Path.cwd())
    mistakes = check_content(folders, content_checks(), found)
    hints: list[str] = []
    if online:
        with _told():
            settings = _settings()
            wrong, hints = asyncio.run(accounts.look(settings, _remembered(settings)))
        mistakes += wrong
    if as_json:
        click.echo(json.dumps([asdict(mistake) for mistake in mistakes], ensure_ascii=False))
    else:
        for mistake in mistakes:
            click.echo(str(mistake))
        for hint in hints:
            click.echo(hint)
        click.echo(f"{len(mistakes)} to mend." if mistakes else "Everything is in order.")
    sys.exit(1 if mistakes else 0)


@main.group("discord")
def discord_group() -> None:
    """Set a Discord account up."""


@discord_group.command("invite-url")
def invite_url() -> None:
    """Print the link that brings the bot into a server, with the permissions that it needs."""
    with _told():
        settings = _settings()
        click.echo(accounts.invite_url(settings))
        click.echo(
            "Open it as somebody who may manage the server. Then start the bot, and use "
            "/keeper setup in a channel there.",
            err=True,
        )


@main.group("matrix")
def matrix_group() -> None:
    """Set a Matrix account up."""


@matrix_group.command("login")
@click.option("--new-device", is_flag=True, help="On a new device, with the password.")
@click.option("--reset", is_flag=True, help="Make new signing keys; people verify the bot anew.")
@click.option("--new-recovery-key", is_flag=True, help="Store the keys under a new recovery key.")
@click.option(
    "--password-file", type=click.File(), help="The account's password, if it is in no setting."
)
@click.option(
    "--recovery-key-file", type=click.File(), help="The recovery key that was shown once."
)
def matrix_login(
    new_device: bool,
    reset: bool,
    new_recovery_key: bool,
    password_file: IO[str] | None,
    recovery_key_file: IO[str] | None,
) -> None:
    """Sign in, and have the bot's device signed by its owner, so that strict clients trust it."""
    with _told():
        settings = _settings()
        configure_logs("error", "console")
        account = accounts.matrix_account(settings)
        opened = open_store(settings.database_url.get_secret_value(), settings.key_file)
        try:
            done = asyncio.run(
                accounts.matrix_login(
                    settings,
                    StoreMemory(opened.store, account),
                    password=lambda: _secret(password_file, "Password of the account"),
                    recovery_key=lambda: _secret(recovery_key_file, "Recovery key"),
                    new_device=new_device,
                    reset=reset,
                    new_recovery_key=new_recovery_key,
                )
            )
        finally:
            opened.close()
    click.echo(f"Signed in as {account} on the device {done.device_id}.")
    click.echo(_SIGNING[done.signed.keys])
    if done.access_token is not None:
        click.echo("Put these into the settings in place of the old ones; they are shown once:")
        click.echo(f"  access_token  {done.access_token}\n  device_id     {done.device_id}")
    if done.signed.recovery_key is not None:
        click.echo("The recovery key, shown once. Write it down, and keep it apart from the store:")
        click.echo(f"  {done.signed.recovery_key}")
    if done.signed.trusted:
        click.echo("A strict client would talk to the bot: its device is signed by its owner.")
    else:
        click.echo("A strict client would not talk to the bot: the homeserver shows no signature.")
        sys.exit(1)


def _secret(file: IO[str] | None, what: str) -> str:
    """Return a secret from its file, or ask for it where somebody sits."""
    if file is not None:
        return file.read().strip()
    if not sys.stdin.isatty():
        return ""
    return str(click.prompt(what, hide_input=True, default="", show_default=False))


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


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One object.")
def status(as_json: bool) -> None:
    """Tell what the store holds and what waits; numbers about people stay out."""
    with _told():
        facts = report(_settings().database_url.get_secret_value())
    if as_json:
        click.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            click.echo(f"{name}: {value}")


@main.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@click.option("--apart", "is_apart", is_flag=True, hidden=True)  # as `run` has it done
def db_upgrade(is_apart: bool) -> None:
    """Bring a PostgreSQL database to this version's schema (SQLite does so at start)."""
    if is_apart:
        apart.end_with_starter()
    with _told():
        settings = _settings()
        url = settings.database_url.get_secret_value()
        engine = make_engine(url)
        try:
            check_version(engine)
            waiting = pending(engine)
            on_sqlite = engine.dialect.name == "sqlite"
        finally:
            engine.dispose()
        if waiting and on_sqlite:
            # As a start does it: no other process on the file, and after a copy.
            open_store(url, settings.key_file).close()
        elif waiting:
            upgrade(url)
        click.echo("Upgraded." if waiting else "Nothing to upgrade.")


@main.group()
def charter() -> None:
    """What only the host decides about a community's charter."""


@charter.command()
@click.argument("clause", required=False)
@click.option("--community", default="", help="Its name, where there are several.")
@click.option("--off", is_flag=True, help="Give the clause back to the members.")
@click.option("--json", "as_json", is_flag=True, help="One object a clause.")
def floor(clause: str | None, community: str, off: bool, as_json: bool) -> None:
    """Keep a clause for law or safety, so that members cannot change it; without one, list them.

    On SQLite the bot has to be stopped meanwhile. Members are shown which clauses are the host's.
    """
    with _told():
        settings = _settings()
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


@main.group()
def key() -> None:
    """Look after the master key."""


@key.command("new")
def key_new() -> None:
    """Make the master key; an existing one is never replaced."""
    with _told():
        path = _settings().key_file
        vault = KeyFile(path).create()
        click.echo(f"Made key {vault.key_id} in {path}. Keep a copy apart from your backups.")
