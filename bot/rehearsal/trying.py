"""`circlekeeper try`: the playground until it is stopped, its link, and a browser for it."""

import asyncio
import contextlib
import locale
import os
import signal
import sys
import webbrowser
from datetime import timedelta

import click
from tzlocal import get_localzone_name

from bot.app import SystemClock
from bot.engine.schedule.recurrence import valid_zone
from bot.rehearsal.playground import Playground
from bot.settings import Settings, content_folders

_ELSEWHERE = "Europe/Ljubljana"  # where the machine does not know its own zone


async def serve(
    settings: Settings, *, port: int, language: str, empty: bool, browser: bool
) -> None:
    """Serve the playground until Ctrl-C or SIGTERM.

    Raises: `Misconfigured` when the port cannot be used.
    """
    now = SystemClock().now()
    playground = Playground(
        content_folders(settings),
        content_folders(Settings()),
        start=now - timedelta(seconds=now.second, microseconds=now.microsecond),
        zone=_zone(),
        language=language or locale.getlocale()[0] or "",
        port=port,
        empty=empty,
    )
    task = asyncio.ensure_future(playground.run(lambda link: _tell(link, browser=browser)))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    click.echo("\nThe playground has ended. Nothing of it was kept.", err=True)


def _tell(link: str, *, browser: bool) -> None:
    click.echo("A small community is ready. Open it in a browser on this machine:\n")
    click.echo(f"  {link}\n")
    click.echo("Ctrl-C ends it; nothing that happens there leaves this machine.")
    sys.stdout.flush()
    if browser and _has_desktop():
        webbrowser.open(link)


def _has_desktop() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _zone() -> str:
    zone = str(get_localzone_name() or "")
    return zone if "/" in zone and valid_zone(zone) and not zone.startswith("Etc/") else _ELSEWHERE
