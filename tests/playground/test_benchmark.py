"""The benchmark runs and measures all that has a limit; how fast is not asked, how heavy is."""

import asyncio
import json
import os
import sys

from tests.playground.conftest import ROOT, chromium


async def test_every_figure_is_measured_and_the_page_is_light() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "benchmarks" / "playground.py"), "--quick", "--json"),
        env={**os.environ, "CIRCLEKEEPER_CHROMIUM": chromium()},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(150):
        printed, said = await process.communicate()
    assert process.returncode == 0, said.decode()[-2000:]
    found = json.loads(printed)
    assert found["people"] == 50
    figures, limits = found["figures"]["playground"], found["figures"]["limit"]
    assert figures.keys() == limits.keys()
    assert all(value > 0 for value in figures.values())
    assert figures["page_kilobytes"] < limits["page_kilobytes"]
