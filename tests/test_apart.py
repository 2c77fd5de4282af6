"""Work in a process of its own ends with whoever started it, so that a new start is not refused."""

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]
# Holds the file for as long as it lives.
CHILD = """
import sys, time
from filelock import FileLock
from bot.apart import end_with_starter
end_with_starter()
with FileLock(sys.argv[1]):
    print("held", file=sys.stderr, flush=True)
    time.sleep(3600)
"""
STARTER = "import sys; from bot.apart import run; sys.exit(run('-c', *sys.argv[1:]))"


@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_what_a_killed_process_had_started_lets_go(tmp_path: Path, how: str) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, CHILD, str(lock)], stderr=subprocess.PIPE, cwd=ROOT
    ) as starter:
        assert starter.stderr is not None
        assert starter.stderr.readline() == b"held\n"
        getattr(starter, how)()  # the child hears of it by the end of its standard input alone
        starter.wait(timeout=20)
    with FileLock(lock, timeout=30) as free:
        assert free.is_locked


def test_it_is_waited_for_and_its_exit_code_is_told() -> None:
    code = "from bot.apart import end_with_starter; end_with_starter(); raise SystemExit(3)"
    started = [sys.executable, "-c", STARTER, code]
    assert subprocess.run(started, cwd=ROOT, timeout=60).returncode == 3


def test_an_upgrade_whose_starter_is_gone_changes_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "db", "upgrade", "--apart"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert not (tmp_path / "circlekeeper.key").exists()
