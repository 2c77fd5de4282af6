"""The playground in this process, and Chromium as whoever sits before it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from bot.core.content import Folders
from bot.rehearsal.playground import Playground
from tests.support.node import missing

ROOT = Path(__file__).parents[2]
SHIPPED = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday, nine o'clock in Ljubljana
ZONE = "Europe/Ljubljana"
PATIENCE = 25_000  # milliseconds; a machine may be busy
PICTURES = ROOT / ".cache" / "pictures"

Staging = Callable[..., Awaitable[Playground]]


@asynccontextmanager
async def staged(folders: Folders = SHIPPED, **more: Any) -> AsyncIterator[Playground]:  # noqa: ANN401
    """Run a playground on a free port."""
    made = {"start": START, "zone": ZONE, "language": "en", "port": 0, **more}
    playground = Playground(folders, SHIPPED, **made)
    ready = asyncio.Event()
    running = asyncio.create_task(playground.run(lambda _link: ready.set()))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if running.done():
            running.result()
        yield playground
    finally:
        running.cancel()
        await asyncio.wait({running})


@pytest_asyncio.fixture(scope="session")
async def stage() -> AsyncIterator[Playground]:
    """A playground for all tests: to read the content takes longer than to begin anew."""
    async with staged(empty=True) as made:
        yield made


@pytest_asyncio.fixture
async def playground(stage: Playground) -> Playground:
    """A circle that is open already."""
    await stage.order("again", {"language": "en"})
    return stage


@pytest_asyncio.fixture
async def empty(stage: Playground) -> Playground:
    """A circle that nobody has set up."""
    await stage.order("again", {"language": "en", "empty": True})
    return stage


def chromium() -> str:
    """Return the browser's program."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CIRCLEKEEPER_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    if found is None:
        missing("Chromium is not installed (on Debian: apt install chromium)")
    assert found is not None
    return found


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    program = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


class Tab:
    """A tab of the browser, as one person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.wrong.append(said.text) if said.type in ("error", "warning") else None
            ),
        )

    async def be(self, name: str) -> None:
        """Be somebody."""
        await self.page.locator(f"[data-key='be {name}']").click()

    async def goes(self, place: str) -> None:
        """Go to a room, or to the private chat ("direct")."""
        await self.page.locator(f"[data-key='place {place}']").click()

    async def says(self, text: str) -> None:
        """Write and send."""
        box = self.page.locator("main textarea")
        await box.fill(text)
        await box.press("Enter")

    async def answers(self, label: str) -> None:
        """Click the newest button of this name in the conversation."""
        button = self.page.locator("main .answers").get_by_role("button", name=label)
        await button.last.click()

    async def chooses(self, label: str) -> None:
        """Choose from the newest list, and confirm."""
        answers = self.page.locator("main .answers", has=self.page.locator("select")).last
        await answers.locator("select").select_option(label=label)
        await answers.get_by_role("button", name="Choose").click()

    async def writes(self, *values: str) -> None:
        """Fill in the form that is open, and send it."""
        dialog = self.page.locator("dialog[open]")
        await dialog.wait_for()
        for position, value in enumerate(values):
            await dialog.locator("[data-field]").nth(position).fill(value)
        await dialog.get_by_role("button", name="Send").click()
        await dialog.wait_for(state="detached")

    async def hears(self, text: str) -> None:
        """Wait until this stands in the conversation."""
        await self.page.locator("main .message", has_text=text).last.wait_for(timeout=PATIENCE)

    async def tool(self, name: str) -> None:
        """Open what stands beside the conversation."""
        button = self.page.locator(f"[data-key='tool {name}']")
        if await button.get_attribute("aria-expanded") != "true":
            await button.click()

    async def comes_in(self, name: str) -> None:
        """Come into the circle."""
        await self.be(name)
        await self.page.get_by_role("button", name=f"Come in as {name}").first.click()

    async def picture(self, name: str) -> None:
        """Keep a picture to be looked at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=PICTURES / f"{name}.png")


Opening = Callable[..., Awaitable[Tab]]


@pytest_asyncio.fixture
async def tab(browser: Browser) -> AsyncIterator[Opening]:
    """Open tabs; each has what a browser keeps to itself, and none may complain."""
    opened: list[Tab] = []

    async def open_(playground: Playground, **context: Any) -> Tab:  # noqa: ANN401
        made = await browser.new_context(
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **context}
        )
        made.set_default_timeout(PATIENCE)
        one = Tab(await made.new_page())
        opened.append(one)
        await one.page.goto(playground.adapter.server.link)
        await one.page.locator(".sidebar .entry").first.wait_for(state="attached")
        return one

    yield open_
    wrong = [each for one in opened for each in one.wrong]
    for one in opened:
        await one.page.context.close()
    assert wrong == []


@pytest.fixture
def own_content(tmp_path: Path) -> Path:
    """A host's own folder, with one prompt in it."""
    folder = tmp_path / "mine" / "prompts" / "content"
    folder.mkdir(parents=True)
    return tmp_path / "mine"
