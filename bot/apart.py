"""Work in a process of its own, which ends with the one that started it."""

import os
import subprocess
import sys
import threading


def run(*arguments: str) -> int:
    """Run Python with these arguments, and return its exit code; what it prints is dropped.

    It is to call `end_with_starter`: its standard input is a pipe that we hold open.
    """
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        return process.wait()


def end_with_starter() -> None:
    """From now on end at once when whoever started this process has ended, however it did.

    Else it would go on holding what they held, and a new start would be refused.
    """
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 1024):  # not through sys.stdin, which would be locked when we end
        pass
    os._exit(1)
