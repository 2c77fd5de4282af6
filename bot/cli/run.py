"""`circlekeeper run`: connect, and facilitate until stopped."""

import asyncio
import gc
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import click

from bot import accounts, apart
from bot.app import DRAIN, App, SystemClock
from bot.cli.commands import Command
from bot.cli.host import settings_here, told, warn
from bot.cli.sound import read_sound_content
from bot.core.errors import Misconfigured, NotNow
from bot.engine.retention import Periods
from bot.logs import configure_logs
from bot.operations.supervisor import Supervisor
from bot.settings import Kept
from storage.opening import Opened, open_store, waits_for_upgrade
from storage.seen import check_clock

_PAUSE = 5.0  # seconds
_AT_ONCE = 1  # the exit code of a second signal


@click.command(cls=Command)
@click.option("--clock-is-right", is_flag=True, help="Also after a long pause, or another clock.")
def run(clock_is_right: bool) -> None:
    """Connect, and facilitate until stopped (Ctrl-C or SIGTERM)."""
    with told():
        settings = settings_here()
        configure_logs(settings.log_level, settings.log_format)
        content = read_sound_content(settings)
        adapters = accounts.adapters(settings, content)
        if not adapters:
            raise Misconfigured(
                "There is nothing to connect to. Set CIRCLEKEEPER_DISCORD__TOKEN, or "
                "CIRCLEKEEPER_MATRIX__HOMESERVER, CIRCLEKEEPER_MATRIX__USER_ID and "
                "CIRCLEKEEPER_MATRIX__PASSWORD, or see it first with `circlekeeper try`."
            )
        url = settings.database_url.get_secret_value()
        if not clock_is_right:
            check_clock(url, SystemClock().now())
        if waits_for_upgrade(url):
            _upgrade_apart()
        opened = _open(url, settings.key_file)
        try:
            if opened.store.shared and not clock_is_right:  # it may not have answered before
                check_clock(url, SystemClock().now())
            port = settings.http.port
            watched_at = None if port is None else (settings.http.host, port)
            app = App(
                opened.store,
                content,
                adapters,
                watched_at=watched_at,
                key_file=opened.key_file,
                supervisor=Supervisor(os.environ),
                off=settings.pause,
                periods=_periods(settings.keep_days),
            )
            # What was loaded stays for months: to look for garbage among it, too, would keep people
            # waiting for a tenth of a second again and again.
            gc.collect()
            gc.freeze()
            asyncio.run(_until_stopped(app))
        finally:
            opened.close()


def _open(url: str, key_file: Path) -> Opened:
    """Open the store; a server that is not there yet is waited for, and that is told once."""
    told_last = ""
    while True:
        try:
            opened = open_store(url, key_file, warn=warn)
        except NotNow as error:
            if str(error) != told_last:
                told_last = str(error)
                warn(f"{told_last} I try again every {_PAUSE:g} seconds.")
            time.sleep(_PAUSE)
        else:
            if told_last:
                warn("the database answers")
            return opened


def _periods(days: Kept) -> Periods:
    return Periods(
        *(timedelta(days=each) for each in (days.handled, days.unshared, days.left, days.gone))
    )


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
    stopping: list[asyncio.Future[None]] = []

    async def stop() -> None:
        if not await app.drain():
            warn("what is left stays in the store, and goes on at the next start")
        task.cancel()

    def wish() -> None:
        if stopping:
            os._exit(_AT_ONCE)  # as a kill: the store is whole whatever happens
        warn(f"stopping: what has begun is ended, in {DRAIN:g} seconds at most; again ends at once")
        stopping.append(asyncio.ensure_future(stop()))

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, wish)
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
