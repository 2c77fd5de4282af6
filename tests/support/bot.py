"""The bot as its host runs it: a real process with its own store, which a test may kill."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.support.synapse import Account

_STARTED = 30.0
_ROOT = Path(__file__).parents[2]


class BotProcess:
    """`circlekeeper run` with an account.

    Args:
        account: the bot's Matrix account, or the settings of any other.
        folder: where the store, the key and the log lie; kept over restarts.
        extra: further environment.
        python: another Python than the tests' own.
    """

    def __init__(
        self,
        account: Account | Mapping[str, str],
        folder: Path,
        extra: Mapping[str, str] | None = None,
        python: Path = Path(sys.executable),
    ) -> None:
        """Prepare; nothing runs yet."""
        self._python = str(python)
        self._account = _settings(account) if isinstance(account, Account) else dict(account)
        self.folder = folder
        self.log = folder / "log"
        self.database = folder / "circlekeeper.db"
        self.key = folder / "key"
        self._extra = dict(extra or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the process's environment, without whatever this machine has set for a bot."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
        return inherited | {
            "PYTHONPATH": str(_ROOT),
            "CIRCLEKEEPER_DATABASE_URL": f"sqlite:///{self.database}",
            "CIRCLEKEEPER_KEY_FILE": str(self.key),
            "CIRCLEKEEPER_LOG_FORMAT": "json",
            **self._account,
            **self._extra,
        }

    def start(self) -> None:
        """Start the process, in the folder."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._python, "-m", "bot", "run"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def command(self, *words: str) -> str:
        """Run another command on the same store and return what it prints."""
        done = subprocess.run(
            [self._python, "-m", "bot", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    @property
    def pid(self) -> int | None:
        """Return the process id while it runs."""
        return None if self._process is None else self._process.pid

    def kill(self) -> None:
        """End it in the middle of whatever it does: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it as a host does: SIGTERM; return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(timeout=20)

    async def ended(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        assert self._process is not None
        code = await asyncio.wait_for(asyncio.to_thread(self._process.wait), _STARTED)
        self._process = None
        return code

    def logged(self) -> list[dict[str, object]]:
        """Return the log's JSON lines."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{")]

    def __enter__(self) -> "BotProcess":
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.close()

    def close(self) -> None:
        """Stop it, unless it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._end(signal.SIGTERM)
        self._process = None


def _settings(account: Account) -> dict[str, str]:
    return {
        "CIRCLEKEEPER_MATRIX__HOMESERVER": account.homeserver,
        "CIRCLEKEEPER_MATRIX__USER_ID": account.user_id,
        "CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": account.access_token,
        "CIRCLEKEEPER_MATRIX__DEVICE_ID": account.device_id,
    }
