"""Known vulnerabilities and licences of what the bot is installed with, by public tools.

The tools are fetched where they are wanted, and one of them asks a public list. What cannot be
fetched or asked, as without a network, is said plainly and fails nothing, but with `--strict`.
A vulnerability that is known, and a licence that is not among those below, fail.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

AUDIT, LICENCES = "pip-audit@2.10.1", "pip-licenses@5.5.5"
# A host may pass these on together with ours; of a text, one of them has to stand in it.
ALLOWED = (
    "Apache", "BSD", "ISC", "LGPL", "Lesser General", "MIT", "MPL-2.0", "Mozilla Public License 2",
    "PSF", "Python Software Foundation", "Public Domain", "Unlicense", "Zlib",
)  # fmt: skip
READ = {"peewee": "MIT", "vodozemac": "MIT"}  # they name none, but come with its text
FORBIDDEN = ("AGPL", "Affero", "Commercial", "GNU General Public", "Proprietary", "SSPL")
SECONDS = 90
UNREACHABLE = ("connect", "resolve", "network", "timed out", "unreachable", "dns", "retries",
               "failed to fetch", "not found in the", "no solution found", "offline")  # fmt: skip


@dataclass
class Found:
    """What a part found: lines to read, what is wrong, and what could not be asked."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)


def main() -> None:
    """Audit, print, and end with 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", default="circlekeeper[all]", help="with all that it needs")
    parser.add_argument("--strict", action="store_true", help="fail where something was not asked")
    parser.add_argument("--osv-url", help="ask this list, which speaks as OSV does")
    parser.add_argument("--only", choices=("vulnerabilities", "licences"))
    given = parser.parse_args()
    packages = installed(given.of)
    print(f"{len(packages)} packages")
    parts = {
        "vulnerabilities": lambda: vulnerabilities(packages, given.osv_url),
        "licences": lambda: licences(packages),
    }
    wanted = [work for name, work in parts.items() if given.only in (None, name)]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda work: work(), wanted))
    for each in found:
        for line in (*each.lines, *each.unasked, *each.wrong):
            print(line)
    failed = any(each.wrong or (given.strict and each.unasked) for each in found)
    sys.exit(1 if failed else 0)


def installed(wanted: str) -> dict[str, str]:
    """Return what a host gets, by name and version: dependencies and extras, not the tools."""
    found: dict[str, Distribution] = {}
    extras: dict[str, set[str]] = {}
    ahead = [Requirement(wanted)]
    while ahead:
        each = ahead.pop()
        try:
            there = distribution(each.name)
        except PackageNotFoundError:
            continue  # for another system
        name = there.metadata["Name"]
        found[name] = there
        known = extras.setdefault(name, set())
        fresh = {"", *each.extras} - known
        known |= fresh
        for needed in map(Requirement, there.requires or ()):
            marker = needed.marker
            if fresh and (
                marker is None or any(marker.evaluate({"extra": extra}) for extra in fresh)
            ):
                ahead.append(needed)
    found.pop("circlekeeper", None)
    return {name: found[name].version for name in sorted(found)}


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in an environment of its own."""
    uv = str(Path(sys.executable).with_name("uv"))
    try:
        return subprocess.run(
            [uv, "tool", "run", "--quiet", *words],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(late.cmd, 124, "", "timed out")


def not_asked(what: str, ended: subprocess.CompletedProcess[str]) -> Found:
    """Tell a network that is not there from a tool that is broken."""
    said = ended.stderr.strip() or ended.stdout.strip()
    if any(word in said.lower() for word in UNREACHABLE):
        reason = said.splitlines()[-1].strip()[:200]
        return Found(unasked=[f"NOT ASKED: {what} could not be reached ({reason})."])
    return Found(wrong=[f"{what} failed:", said])


def vulnerabilities(packages: dict[str, str], osv: str | None) -> Found:
    """Ask a public list what is known to be wrong with these versions."""
    where = ("--vulnerability-service", "osv", "--osv-url", osv) if osv else ()
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder, "asked.txt"), Path(folder, "answer.json")
        asked.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()))
        ended = tool(
            AUDIT, "--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", "20",
            *where, "--requirement", str(asked), "--format", "json", "--output", str(answer),
        )  # fmt: skip
        if not answer.exists() or not answer.read_text():
            return not_asked("The list of known vulnerabilities", ended)
        each_one = json.loads(answer.read_text())["dependencies"]
    found, unknown = Found(), [one["name"] for one in each_one if "skip_reason" in one]
    for one in each_one:
        for known in one.get("vulns", ()):
            names = ", ".join((known["id"], *known["aliases"]))
            mended = " or ".join(known["fix_versions"]) or "no version yet"
            found.wrong.append(
                f"VULNERABLE: {one['name']} {one['version']}: {names}; mended in {mended}."
            )
    found.lines.append(f"{len(each_one) - len(unknown)} packages were looked up in the list.")
    if unknown:
        who = "any package" if len(unknown) == len(each_one) else ", ".join(unknown)
        found.unasked.append(
            f"NOT ASKED: the list of known vulnerabilities, as it is reached from here, knows"
            f" nothing of {who}."
        )
    return found


def licences(packages: dict[str, str]) -> Found:
    """Look under which terms these packages come."""
    ended = tool(
        LICENCES, "--python", sys.executable, "--packages", *packages, "--format", "json"
    )  # fmt: skip
    if ended.returncode:
        return not_asked("The tool for licences", ended)
    found, count, told = Found(), Counter[str](), json.loads(ended.stdout)
    named = {canonicalize_name(one["Name"]) for one in told}
    found.wrong = [
        f"LICENCE: nothing was found of {name}."
        for name in packages
        if canonicalize_name(name) not in named
    ]
    for one in told:
        text = READ.get(one["Name"], "") if one["License"] == "UNKNOWN" else one["License"]
        allowed = [name for name in ALLOWED if name in text]
        count[", ".join(allowed) or text[:60]] += 1
        if not allowed or any(name in text for name in FORBIDDEN):
            terms = text[:80] or "terms that it does not name"
            found.wrong.append(f"LICENCE: {one['Name']} {one['Version']} comes under {terms}.")
    found.lines += [f"{number:4} {name}" for name, number in count.most_common()]
    return found


if __name__ == "__main__":
    os.environ.setdefault("UV_HTTP_TIMEOUT", "20")
    main()
