"""A real Synapse homeserver on loopback, for tests and benchmarks."""

from __future__ import annotations

import atexit
import hashlib
import hmac
import http.client
import importlib.util
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

BOOT_SECONDS = 90
SERVER_NAME = "circlekeeper.test"


class SynapseError(Exception):
    """The homeserver could not be started, or refused an administrative request."""


class SynapseMissing(SynapseError):
    """matrix-synapse is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "matrix-synapse is not installed; it is in the dependency group 'dev': "
            "python -m pip install --group dev"
        )


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the homeserver, logged in on one device."""

    user_id: str
    access_token: str = field(repr=False)
    device_id: str
    password: str = field(repr=False)
    homeserver: str


MakeAccount = Callable[[str], Account]
"""The fixture `account`: register a user whose name nobody else has."""


class Synapse:
    """One homeserver process with its own port and data; `with Synapse() as synapse:`.

    `limits=True` keeps Synapse's default rate limits, which are lifted otherwise.
    `extra` overrides keys of the configuration. Every call blocks: from a test that shares
    the loop with a bot use `await asyncio.to_thread(synapse.start)`.
    """

    def __init__(
        self,
        *,
        limits: bool = False,
        default_room_version: str | None = None,
        log_level: str = "INFO",
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        if importlib.util.find_spec("synapse") is None:
            raise SynapseMissing
        self.folder = Path(tempfile.mkdtemp(prefix="synapse-"))
        self.log = self.folder / "homeserver.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server_name = SERVER_NAME
        self._secret = secrets.token_hex(16)
        self._admin: Account | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False
        self._write_config(limits, default_room_version, log_level, extra or {})

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether the process lives (a paused one does)."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id while the homeserver runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> Self:
        """Start, or start again on the same port and data, and wait until it answers."""
        if self.running:
            return self
        with self.log.open("ab") as log:
            # The child leaves when our end of its standard input closes, so that even a
            # killed test run leaves no homeserver behind to answer for the next one.
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "import os, runpy, threading;"
                    "leave = lambda: (os.read(0, 1), os._exit(0));"
                    "threading.Thread(target=leave, daemon=True).start();"
                    "name = 'synapse.app.homeserver';"
                    "runpy.run_module(name, run_name='__main__', alter_sys=True)",
                    "--config-path",
                    "homeserver.yaml",
                ],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        atexit.register(self.close)
        self._wait_until_up()
        return self

    def stop(self, *, kill: bool = False) -> None:
        """End the process and keep its data; with `kill` at once, as a crash would."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._paused:
            process.send_signal(signal.SIGCONT)
            self._paused = False
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def pause(self) -> None:
        """Freeze the process: connections are accepted and nothing is answered."""
        self._signal(signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """Let a paused process go on."""
        self._signal(signal.SIGCONT)
        self._paused = False

    def close(self) -> None:
        """End the process and delete its data and log."""
        self.stop()
        atexit.unregister(self.close)
        shutil.rmtree(self.folder, ignore_errors=True)

    def register(self, name: str, *, admin: bool = False) -> Account:
        """Create the user `name` (its localpart, lower case) and log it in."""
        path = "/_synapse/admin/v1/register"
        nonce = self._request("GET", path)["nonce"]
        password = secrets.token_urlsafe(12)
        words = [nonce, name, password, "admin" if admin else "notadmin"]
        mac = hmac.new(self._secret.encode(), "\0".join(words).encode(), hashlib.sha1)
        answer = self._request(
            "POST",
            path,
            {
                "nonce": nonce,
                "username": name,
                "password": password,
                "admin": admin,
                "mac": mac.hexdigest(),
            },
        )
        return Account(
            answer["user_id"], answer["access_token"], answer["device_id"], password, self.url
        )

    def lift_limits(self, user_id: str) -> None:
        """Lift the rate limits for one user, as an administrator does for a bot."""
        self.limit(user_id, per_second=0, burst=0)

    def limit(self, user_id: str, *, per_second: int, burst: int) -> None:
        """Give one user limits of their own; 0: none."""
        if self._admin is None:
            self._admin = self.register(f"admin-{secrets.token_hex(4)}", admin=True)
        path = f"/_synapse/admin/v1/users/{quote(user_id, safe='')}/override_ratelimit"
        body = {"messages_per_second": per_second, "burst_count": burst}
        self._request("POST", path, body, self._admin.access_token)

    def log_tail(self, lines: int = 30) -> str:
        """Return the last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _write_config(
        self, limits: bool, room_version: str | None, log_level: str, extra: Mapping[str, Any]
    ) -> None:
        config: dict[str, Any] = {
            "server_name": self.server_name,
            "public_baseurl": f"{self.url}/",
            "listeners": [
                {
                    "type": "http",
                    "port": self.port,
                    "bind_addresses": ["127.0.0.1"],
                    "resources": [{"names": ["client"]}],
                }
            ],
            "database": {
                "name": "sqlite3",
                "args": {"database": str(self.folder / "homeserver.db")},
            },
            "media_store_path": str(self.folder / "media"),
            "log_config": str(self._write_log_config(log_level)),
            "signing_key": f"ed25519 a_test {_seed()}",
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "bcrypt_rounds": 4,
            "report_stats": False,
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "url_preview_enabled": False,
            "presence": {"enabled": False},
            "push": {"enabled": False},
            "user_directory": {"enabled": False},
        }
        if not limits:
            config |= _LIFTED
        if room_version is not None:
            config["default_room_version"] = room_version
        config |= extra
        # JSON is YAML.
        (self.folder / "homeserver.yaml").write_text(json.dumps(config, indent=1))

    def _write_log_config(self, level: str) -> Path:
        path = self.folder / "log.yaml"
        config = {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {
                "file": {
                    "class": "logging.FileHandler",
                    "filename": str(self.log),
                    "formatter": "line",
                }
            },
            "root": {"level": level, "handlers": ["file"]},
        }
        path.write_text(json.dumps(config))
        return path

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                code = self._process.returncode if self._process is not None else None
                message = f"Synapse ended with {code} while starting:\n{self.log_tail()}"
                self.stop()
                raise SynapseError(message)
            try:
                self._request("GET", "/_matrix/client/versions", patience=5)
            except (OSError, http.client.HTTPException, SynapseError):
                time.sleep(0.1)
            else:
                return
        message = f"Synapse did not answer in {BOOT_SECONDS} s:\n{self.log_tail()}"
        self.stop()
        raise SynapseError(message)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self.running:
            raise SynapseError("Synapse is not running")
        self._process.send_signal(number)

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        token: str | None = None,
        *,
        patience: float = 30,
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise SynapseError(f"{method} {path}: {response.status} {text}")
        answer: dict[str, Any] = json.loads(text)
        return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _seed() -> str:
    return b64encode(secrets.token_bytes(32)).decode().rstrip("=")


_FREE = {"per_second": 100_000, "burst_count": 100_000}
_LIFTED: dict[str, Any] = {
    "rc_message": _FREE,
    "rc_registration": _FREE,
    "rc_registration_token_validity": _FREE,
    "rc_login": {"address": _FREE, "account": _FREE, "failed_attempts": _FREE},
    "rc_joins": {"local": _FREE, "remote": _FREE},
    "rc_joins_per_room": _FREE,
    "rc_invites": {"per_room": _FREE, "per_user": _FREE, "per_issuer": _FREE},
    "rc_admin_redaction": _FREE,
    "rc_room_creation": _FREE,
    "rc_media_create": _FREE,
    "rc_presence": {"per_user": _FREE},
    "rc_profile": _FREE,
    "rc_reports": _FREE,
    "rc_user_directory": _FREE,
    "rc_delayed_event_mgmt": _FREE,
    "rc_third_party_invite": _FREE,
    "rc_3pid_validation": _FREE,
}
