"""Long work shows at a terminal that it goes on, and nowhere else."""

import os
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.test_cli import ROOT


def at_terminal(code: str, *, output_too: bool) -> str:
    """Return what a terminal shows of a program of Python's."""
    terminal, ours = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=ours if output_too else subprocess.DEVNULL,
        stderr=ours,
    ) as program:
        os.close(ours)
        shown = b""
        with suppress(OSError):  # how Linux says that nobody writes any more
            while part := os.read(terminal, 1024):
                shown += part
    os.close(terminal)
    assert program.returncode == 0
    return shown.decode()


WORK = """
import threading
from bot.cli.progress import working
with working("Counting", beside_output={beside}, every=0.01):
    threading.Event().wait(0.2)
"""


@pytest.mark.parametrize(
    ("beside", "output_too", "shown"),
    [(False, True, True), (True, False, True), (True, True, False)],
)
def test_long_work_shows_that_it_goes_on(beside: bool, output_too: bool, shown: bool) -> None:
    said = at_terminal(WORK.format(beside=beside), output_too=output_too)
    assert ("Counting ..." in said) == shown
    assert not shown or said.endswith("\r\x1b[K")


def test_nothing_of_it_is_written_into_a_file() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WORK.format(beside=False)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert (ended.stdout, ended.stderr) == (b"", b"")
