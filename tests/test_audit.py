"""What `scripts/audit` tells, lets pass, and does not let pass."""

import json
import os
import subprocess
import sys
import sysconfig
import threading
import venv
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KNOWN = {
    "vulns": [
        {
            "id": "OSV-2026-1",
            "aliases": ["CVE-2026-1"],
            "summary": "It can be made to stop.",
            "affected": [{"package": {"ecosystem": "PyPI", "name": "idna"}, "ranges": []}],
        }
    ]
}


class Lists(BaseHTTPRequestHandler):
    """A list of vulnerabilities, as OSV answers, that knows something of one package."""

    known: Mapping[str, Mapping[str, object]]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps(self.known.get(asked["package"]["name"], {})).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words: object) -> None:
        """Keep quiet."""


@pytest.fixture
def knowing() -> Iterator[str]:
    """Return the address of a list that knows something of idna, and nothing of the others."""
    handler = type("Known", (Lists,), {"known": {"idna": KNOWN}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def audit(
    *words: str, env: Mapping[str, str] | None = None, python: str | Path = sys.executable
) -> tuple[int, str]:
    """Return how an audit ended, and what it said."""
    command = (str(python), str(ROOT / "scripts" / "_audit.py"), *words)
    environment = {**os.environ, **(env or {})}
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=100, env=environment
    )
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def test_a_vulnerability_that_is_known_fails(knowing: str) -> None:
    words = ("--only", "vulnerabilities", "--osv-url", knowing)
    code, said = audit(*words, "--of", "idna")
    assert code == 1
    assert "VULNERABLE: idna " in said
    assert "CVE-2026-1" in said
    assert audit(*words, "--of", "certifi") == (
        0,
        "1 packages\n1 packages were looked up in the list.\n",
    )


def test_a_list_that_is_away_is_told_and_fails_only_where_that_is_asked_for() -> None:
    words = ("--only", "vulnerabilities", "--osv-url", "http://127.0.0.1:9/", "--of", "idna")
    code, said = audit(*words)
    assert code == 0
    assert "NOT ASKED: The list of known vulnerabilities could not be reached" in said
    assert audit(*words, "--strict")[0] == 1


def test_a_licence_that_cannot_be_passed_on_fails(tmp_path: Path) -> None:
    venv.create(tmp_path)
    program, packages = tmp_path / "bin", Path(sysconfig.get_path("purelib"))
    (program / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    (here,) = tmp_path.glob("lib/*/site-packages")
    (here / "ours.pth").write_text(f"{packages}\n")
    for name, licence in (("strange", "AGPL-3.0-only"), ("unsaid", "Ask my aunt")):
        info = here / f"{name}-1.0.dist-info"
        info.mkdir()
        needs = "Requires-Dist: unsaid\nRequires-Dist: idna\n" if name == "strange" else ""
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
            f"License-Expression: {licence}\n{needs}"
        )
    words = ("--only", "licences", "--of", "strange")
    code, said = audit(*words, python=program / "python")
    assert code == 1
    assert "LICENCE: strange 1.0 comes under AGPL-3.0-only." in said
    assert "LICENCE: unsaid 1.0 comes under Ask my aunt." in said
    assert "idna" not in said


def test_a_tool_that_cannot_be_fetched_is_told(tmp_path: Path) -> None:
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    offline["UV_TOOL_DIR"] = str(tmp_path / "tools")
    code, said = audit("--of", "idna", env=offline)
    assert code == 0
    assert said.count("NOT ASKED: ") == 2
    assert audit("--of", "idna", "--strict", env=offline)[0] == 1
