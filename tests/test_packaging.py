"""The unit for systemd and the container file keep what they promise."""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "docs" / "hosting" / "circlekeeper.service"
CONTAINER = ROOT / "Containerfile"
HARDENED = {
    "Type": "notify",
    "RestartPreventExitStatus": "2",
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}


def test_the_unit_is_hardened() -> None:
    lines = [line for line in UNIT.read_text().splitlines() if "=" in line and line[0] != "#"]
    settings = dict(line.split("=", 1) for line in lines)
    assert HARDENED.items() <= settings.items()
    assert int(settings["TimeoutStopSec"]) > 10  # what the bot takes to end
    program = shutil.which("systemd-analyze")
    if program is not None:
        command = [program, "security", "--offline=true", str(UNIT)]
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        exposure = re.search(r"exposure level for \S+: ([\d.]+)", told.stdout)
        assert exposure is not None, told.stderr
        assert float(exposure[1]) < 2.0


def test_the_container_runs_as_nobody_of_note_and_is_looked_after() -> None:
    text = CONTAINER.read_text().replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and line[0] != "#"]
    words = [step[0] for step in steps]
    assert words.count("FROM") == 2
    last = len(words) - words[::-1].index("FROM")
    users = [step[1] for step in steps[last:] if step[0] == "USER"]
    assert users
    assert all(user.isdecimal() and int(user) > 0 for user in users)
    assert {"HEALTHCHECK", "VOLUME", "STOPSIGNAL", "ENTRYPOINT"} <= set(words[last:])
    copied = [s[1].split()[:-1] for s in steps if s[0] == "COPY" and not s[1].startswith("--from")]
    ignored = (ROOT / ".containerignore").read_text().split()
    for source in (each for sources in copied for each in sources):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, source
    (build,) = [s[1] for s in steps[:last] if s[0] == "RUN"]
    assert "'.[all]'" in build
