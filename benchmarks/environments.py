"""Python environments of their own: ours as a host has it, and peers that contradict ours."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

from benchmarks.process import end

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "dev.txt"
CACHE = ROOT / ".cache" / "benchmarks"
INSTALL_SECONDS = 300.0


class Unmade(Exception):
    """An environment could not be made, or does not work."""


async def own_python(extras: str = "all") -> Path:
    """Install what Circlekeeper needs to run, without the tools of its developers.

    Args:
        extras: the parts that a host's page has installed with it, as pip names them.
    """
    wanted = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    mark = hashlib.sha256(wanted).hexdigest()[:12]
    return await environment(
        f"circlekeeper-{extras}-{mark}",
        "--constraint",
        str(LOCK),
        "--editable",
        f"{ROOT}[{extras}]",
    )


async def environment(name: str, *install: str) -> Path:
    """Return the Python of an environment that is made at the first time."""
    folder = CACHE / f"{name}-{sys.implementation.cache_tag}"
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        await run_once([sys.executable, "-m", "venv", "--clear", str(folder)])
        await run_once([str(python), "-m", "pip", "install", "--quiet", *install])
        ready.touch()
    return python


async def run_once(command: list[str]) -> str:
    """Run a program to its end, and return what it said."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(INSTALL_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        raise Unmade(f"{command} took more than {INSTALL_SECONDS} s") from None
    finally:
        await end(process)
    if process.returncode:
        text = output.decode(errors="replace")[-2000:]
        raise Unmade(f"{command} ended with {process.returncode}: {text}")
    return output.decode(errors="replace")
