"""Programs on Node.js that a test drives: their packages, installed the first time."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

CACHE = Path(__file__).parents[2] / ".cache"
_PINNED = ("package.json", "package-lock.json", ".npmrc")


def missing(reason: str) -> None:
    """Say that an optional part is missing; fail where every part is wanted."""
    if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def installed(here: Path, what: str) -> Path:
    """Return the folder with the packages that are pinned here, in the locked versions."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing(f"Node.js with npm is not installed; {what} needs them")
    pinned = b"".join((here / name).read_bytes() for name in _PINNED)
    name = what.replace(".", "-")
    folder = CACHE / f"{name}-{hashlib.sha256(pinned).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "installed").exists():
            for each in _PINNED:
                shutil.copy(here / each, folder)
            done = subprocess.run(
                ["npm", "ci", "--no-progress"], cwd=folder, capture_output=True, text=True
            )
            if done.returncode:
                missing(f"{what} could not be installed: {done.stderr[-500:]}")
            (folder / "installed").touch()
    return folder


def program(folder: Path) -> str:
    """Return the Node.js that came with the packages, else the machine's own."""
    own = sorted(folder.glob("node_modules/node-linux-*/bin/node"))
    return str(own[0]) if own else "node"
