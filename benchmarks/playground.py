"""The playground: its first paint, a click with fifty people there, and a simulated year.

Chromium is the page; what is measured there ends when the answer is painted. Each figure has its
limit beside it.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.async_api import Browser, WebSocket, async_playwright

from benchmarks.common import (
    FOLDERS,
    Figures,
    bounded,
    machine,
    options,
    percentile,
    show,
)
from bot.rehearsal.playground import Playground

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PEOPLE = 50
EVERY = 2.0  # seconds between two words of one person
LIMITS: Figures = {
    "first_paint_ms": 300,
    "page_kilobytes": 150,
    "click_painted_p50_ms": None,
    "click_painted_p95_ms": 100,
    "all_at_work_p50_ms": None,
    "all_at_work_p95_ms": 100,
    "year_seconds": 20,
}

# From a click until the page has painted what the bot says to it.
CLICK = """async (label) => {
    const list = document.querySelector("main .messages");
    const count = () => list.querySelectorAll(".message").length;
    const buttons = [...list.querySelectorAll(".answers button")];
    const named = buttons.filter((button) => button.textContent === label);
    const before = count();
    const started = performance.now();
    const answered = new Promise((done) => {
        new MutationObserver((_, watching) => {
            if (count() <= before) return;
            watching.disconnect();
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
        }).observe(list, { childList: true });
    });
    named.at(-1).click();
    return await answered;
}"""
WEIGHT = """() => performance.getEntriesByType("navigation")
    .concat(performance.getEntriesByType("resource"))
    .reduce((sum, each) => sum + each.transferSize, 0)"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
WELCOME = ("Start", "English", "By direct message", "Go on")


@contextlib.asynccontextmanager
async def staged() -> AsyncIterator[Playground]:
    """Run a playground with a circle that is open."""
    playground = Playground(
        FOLDERS, FOLDERS, start=START, zone="Europe/Ljubljana", language="en", port=0
    )
    ready = asyncio.Event()
    running = asyncio.create_task(playground.run(lambda _link: ready.set()))
    await ready.wait()
    try:
        yield playground
    finally:
        running.cancel()
        await asyncio.wait({running})


async def settled(playground: Playground) -> None:
    """Wait until nothing comes any more."""
    number = -1
    while number != playground.adapter.world.number:
        number = playground.adapter.world.number
        await asyncio.sleep(0.1)


async def first_paint(browser: Browser, playground: Playground, times: int) -> tuple[float, float]:
    """Open the page anew and again; return the slowest paint, and the most kilobytes."""
    paints, sizes = [], []
    for _ in range(times):
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        frames: list[int] = []

        def follow(socket: WebSocket, frames: list[int] = frames) -> None:
            socket.on("framereceived", lambda frame: frames.append(len(frame)))

        page.on("websocket", follow)
        await page.goto(playground.adapter.server.link)
        await page.locator(".sidebar .entry").first.wait_for()
        await page.wait_for_timeout(200)
        paints.append(float(await page.evaluate(PAINT)))
        sizes.append((int(await page.evaluate(WEIGHT)) + sum(frames)) / 1000)
        await context.close()
    return max(paints), max(sizes)


async def year(playground: Playground, *, quick: bool) -> float:
    """Move the clock on by a year of weekly prompts and check-ins; return the seconds."""
    words = ("reflect now", "One.", "reflect now Two.", "reflect how-often weekly 18:00")
    for number, text in enumerate(words):
        await playground.adapter.do({"id": f"tom {number}", "do": "say", "as": "Tom", "text": text})
        await settled(playground)
    date = START.replace(year=START.year + 1).isoformat()
    started = time.perf_counter()
    await playground.order("travel", {"to": "week"} if quick else {"to": "date", "date": date})
    return time.perf_counter() - started


async def arrive(playground: Playground) -> list[str]:
    """Let fifty people come in."""
    names = [f"Person {number}" for number in range(PEOPLE)]
    for name in names:
        await playground.adapter.do({"id": f"{name} is made", "do": "arrive", "name": name})
        come = {"id": f"{name} comes", "do": "change", "as": name, "here": True}
        await playground.adapter.do(come)
    await settled(playground)
    return names


async def clicks(browser: Browser, playground: Playground, names: list[str]) -> list[float]:
    """Click through the welcome in the page as each of these; return the seconds of each click."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(playground.adapter.server.link)
    taken: list[float] = []
    for name in names:
        await page.locator(f"[data-key='be {name}']").click()
        await page.locator("main .message").first.wait_for()
        for label in WELCOME:
            taken.append(float(await page.evaluate(CLICK, label)) / 1000)
            await settled(playground)
    await context.close()
    return taken


async def all_at_work(playground: Playground, names: list[str], seconds: float) -> list[float]:
    """Let everybody ask for help every two seconds; return the seconds until each answer."""
    taken: list[float] = []
    answered: dict[str, asyncio.Event] = {name: asyncio.Event() for name in names}
    world, tell = playground.adapter.world, playground.adapter.world.watch

    def watch(change: dict[str, Any]) -> None:
        tell(change)
        message = change.get("message", {})
        if not message.get("author", "-") and message.get("person") in answered:
            answered[message["person"]].set()

    async def one(name: str, position: int) -> None:
        await asyncio.sleep(EVERY * position / len(names))
        for number in range(max(1, int(seconds / EVERY))):
            answered[name].clear()
            started = time.perf_counter()
            said = {"id": f"{name} {number}", "do": "say", "as": name, "text": "help"}
            await playground.adapter.do(said)
            await answered[name].wait()
            taken.append(time.perf_counter() - started)
            await asyncio.sleep(max(0.0, EVERY - taken[-1]))

    world.watch = watch
    try:
        await asyncio.gather(*(one(name, position) for position, name in enumerate(names)))
    finally:
        world.watch = tell
    return taken


async def measure(*, quick: bool) -> dict[str, Any]:
    """Measure everything once."""
    program = os.environ.get("CIRCLEKEEPER_CHROMIUM") or shutil.which("chromium")
    async with staged() as playground, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        paint, size = await first_paint(browser, playground, 1 if quick else 5)
        seconds = await year(playground, quick=quick)
        await playground.order("again", {"language": "en"})
        names = await arrive(playground)
        clicked = await clicks(browser, playground, names[: 1 if quick else 10])
        worked = await all_at_work(playground, names, EVERY if quick else 6 * EVERY)
        await browser.close()
    figures = {
        "first_paint_ms": paint,
        "page_kilobytes": size,
        "click_painted_p50_ms": percentile(clicked, 50),
        "click_painted_p95_ms": percentile(clicked, 95),
        "all_at_work_p50_ms": percentile(worked, 50),
        "all_at_work_p95_ms": percentile(worked, 95),
        "year_seconds": seconds,
    }
    return {
        "machine": machine(),
        "people": PEOPLE,
        "figures": {"playground": figures, "limit": LIMITS},
        "ratios": {},
    }


def main() -> None:
    """Measure and print."""
    chosen = options(__doc__, limit=300).parse_args()
    show(bounded(measure(quick=chosen.quick), chosen.limit), chosen.json)


if __name__ == "__main__":
    main()
