"""A process that has imported everything once, and forks: a worker starts in no time.

It is told what to do line by line on standard input, and ends what it started when that closes.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from tests.durability.plan import ROOT, DoubleSetup, WorkerSetup, as_given

_STEP = 0.002  # seconds


class Zygote:
    """The process, as those who start others by it see it."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.zygote"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, setup: DoubleSetup | WorkerSetup) -> int:
        """Start a process; return its id."""
        role = "double" if isinstance(setup, DoubleSetup) else "worker"
        pid = self._ask({"do": "start", "role": role, "given": as_given(setup)})
        assert pid is not None
        return pid

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a process that it started and that has not been waited for."""
        self._ask({"do": "signal", "pid": pid, "number": int(number)})

    def wait(self, pid: int, seconds: float = 10.0) -> int | None:
        """Return how a process ended (a signal as a negative number); None while it runs."""
        return self._ask({"do": "wait", "pid": pid, "seconds": seconds})

    def stopped(self, pid: int, seconds: float = 10.0) -> bool:
        """Wait until a process has stopped itself."""
        return bool(self._ask({"do": "stopped", "pid": pid, "seconds": seconds}))

    def kill(self, pid: int) -> int | None:
        """Kill a process with SIGKILL and wait for its end; tell how it ended."""
        self.signal(pid, signal.SIGKILL)
        return self.wait(pid)

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, wanted: dict[str, Any]) -> int | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        if not told:
            raise RuntimeError("The process that starts the others has ended.")
        answer: int | None = json.loads(told)
        return answer


def main() -> None:
    """Do what is asked for, until nobody asks any more."""
    from tests.durability import double, worker

    roles = {"double": double.serve, "worker": worker.work}
    children: dict[int, int | None] = {}
    worker.content()
    gc.freeze()  # what is here now is shared with all that are forked
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            told: int | None = None
            match asked["do"]:
                case "start":
                    told = _fork(roles[asked["role"]], asked["given"])
                    children[told] = None
                case "signal":
                    if children[asked["pid"]] is None:
                        os.kill(asked["pid"], asked["number"])
                case "wait":
                    told = _ended(children, asked["pid"], asked["seconds"])
                case "stopped":
                    told = int(_stopped(children, asked["pid"], asked["seconds"]))
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
    finally:
        for pid in children:
            if _ended(children, pid, 0) is None:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _fork(role: Callable[[dict[str, Any]], None], given: dict[str, Any]) -> int:
    pid = os.fork()
    if pid != 0:
        return pid
    status = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        role(given)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)


def _ended(children: dict[int, int | None], pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while children[pid] is None:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            children[pid] = os.waitstatus_to_exitcode(status)
        elif time.monotonic() >= until:
            break
        else:
            time.sleep(_STEP)
    return children[pid]


def _stopped(children: dict[int, int | None], pid: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while children[pid] is None and time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found and os.WIFSTOPPED(status):
            return True
        if found:
            children[pid] = os.waitstatus_to_exitcode(status)
        time.sleep(_STEP)
    return False


if __name__ == "__main__":
    main()
