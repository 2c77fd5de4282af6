"""What a process costs: memory, processor, and by how much its event loop was late. Imports
nothing but the standard library, so that peers are measured without us.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from pathlib import Path
from types import TracebackType

_EVERY = 0.01


def most_memory() -> float:
    """Return how many MiB this process held at most."""
    status = Path("/proc/self/status")
    if status.exists():
        # What the system tells of usage (below) is begun with the parent's memory.
        lines = (line.split() for line in status.read_text().splitlines())
        return next(int(line[1]) / 2**10 for line in lines if line[0] == "VmHWM:")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def memory_of(pid: int, what: str) -> float | None:
    """Return how many MiB another process holds (`VmRSS`), or held at most (`VmHWM`), if known."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    lines = (line.split() for line in status.splitlines())
    return next((int(line[1]) / 2**10 for line in lines if line[0] == f"{what}:"), None)


def processor_seconds(pid: int) -> float | None:
    """Return how long another process was at work, if known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def end(process: asyncio.subprocess.Process) -> None:
    """End another process, if need be by force."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(10):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Stall:
    """Notes the longest time for which the event loop was held up, in milliseconds."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self.longest = 0.0
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Stall:
        """Watch from now on."""
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Note what is under way, and watch no longer."""
        await asyncio.sleep(2 * _EVERY)
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(_EVERY)
            self.longest = max(self.longest, (time.perf_counter() - begun - _EVERY) * 1000)
