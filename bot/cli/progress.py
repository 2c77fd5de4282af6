"""That long work is under way: told at a terminal alone, and not where somebody reads a file."""

import contextlib
import sys
import threading
from collections.abc import Iterator

import click

_EVERY = 1.0  # seconds; what takes less says nothing
_CLEAR = "\r\x1b[K"


@contextlib.contextmanager
def working(what: str, *, beside_output: bool = False, every: float = _EVERY) -> Iterator[None]:
    """Show what is under way, and for how long, until it has ended.

    Args:
        what: a few words, such as "Bringing the database up".
        beside_output: the work writes to standard output meanwhile; where that is the terminal,
            it shows by itself that something goes on.
        every: seconds between two looks.
    """
    if not sys.stderr.isatty() or (beside_output and sys.stdout.isatty()):
        yield
        return
    ended = threading.Event()
    showing = threading.Thread(target=_show, args=(what, every, ended), daemon=True)
    showing.start()
    try:
        yield
    finally:
        ended.set()
        showing.join()


def _show(what: str, every: float, ended: threading.Event) -> None:
    passes = 0
    while not ended.wait(every):
        passes += 1
        click.echo(f"{_CLEAR}{what} ... {passes * every:.0f} s", err=True, nl=False)
    if passes:
        click.echo(_CLEAR, err=True, nl=False)
